#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""compare.py PREFIX: what three programs make of one capture

PREFIX.json is of tcptimeline, PREFIX.csv of Ostermann's tcptrace, and
PREFIX.tshark has a line of fields for each packet. Exit status 1 if they
differ where they should not."""

import json
import sys

FIN, SYN, RST, ACK = 1, 2, 4, 16
ENDS = ("client", "server")


class Stream:
    """A connection as tshark's fields have it."""

    def __init__(self, client, server):
        self.ends = (client, server)
        self.segments = [0, 0]
        self.ranges = [set(), set()]
        self.top = [None, None]
        self.ordered = [True, True]
        self.closer = None
        self.reset = None

    def add(self, who, flags, seq, length):
        self.segments[who] += 1
        end = (seq + length + bool(flags & SYN) + bool(flags & FIN)) % 2**32
        if length:
            self.ranges[who].add((seq, length))
        if flags & RST:
            pass
        elif self.top[who] is None:
            self.top[who] = end
        else:
            if 0 < (seq - self.top[who]) % 2**32 < 2**31:
                self.ordered[who] = False
            if (end - self.top[who]) % 2**32 < 2**31:
                self.top[who] = end
        if flags & FIN and self.closer is None:
            self.closer = ENDS[who]
        if flags & RST and self.reset is None:
            self.reset = ENDS[who]

    def unique_bytes(self, who):
        """Each once, whatever the order in which they came."""
        ranges = self.ranges[who]
        if not ranges:
            return 0
        base = next(iter(ranges))[0]
        total, end = 0, None
        for start, length in sorted(
                (((s - base + 2**31) % 2**32) - 2**31, n) for s, n in ranges):
            begin = start if end is None else max(start, end)
            if start + length > begin:
                total += start + length - begin
                end = start + length
        return total


def read_tshark(path):
    streams = {}
    with open(path, encoding="ascii") as file:
        for line in file:
            f = line.rstrip("\n").split(",")
            source = (f[1] or f[2], int(f[3]))
            target = (f[4] or f[5], int(f[6]))
            flags = int(f[7], 16)
            if int(f[0]) not in streams:
                first = flags & (SYN | ACK) != SYN | ACK
                streams[int(f[0])] = Stream(*((source, target) if first else
                                              (target, source)))
            stream = streams[int(f[0])]
            stream.add(stream.ends.index(source), flags, int(f[8]), int(f[9]))
    return {stream.ends: stream for stream in streams.values()}


def read_csv(path):
    """By ports, for tcptrace cuts IPv6 addresses short."""
    rows, names = {}, None
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            cells = [cell.strip() for cell in line.split(",")]
            if cells[0] == "conn_#":
                names = cells
            elif names and cells[0].isdigit():
                row = dict(zip(names, cells))
                key = int(row["port_a"]), int(row["port_b"]), \
                    ":" in row["host_a"]
                rows.setdefault(key, []).append(row)
    return rows


def read_json(path):
    conns = {}
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            conn = json.loads(line)
            key = tuple((conn[end]["addr"], conn[end]["port"]) for end in ENDS)
            conns.setdefault(key, []).append(conn)
    return conns


def first_with(conn, flag):
    for event in conn["events"]:
        if event["kind"] == "segment" and flag in event["flags"]:
            return event["from"]
    return None


def seen(stream, who):
    return ", in order" if stream.ordered[who] else ", out of order"


class Score:
    """How often a question was asked, and what came of it."""

    def __init__(self):
        self.asked = {}
        self.wrong = {}

    def ask(self, question, ours, theirs, who):
        self.asked[question] = self.asked.get(question, 0) + 1
        if ours != theirs:
            self.wrong.setdefault(question, []).append(
                f"{who}: {ours}, they say {theirs}")

    def tell(self):
        for question, asked in self.asked.items():
            wrong = self.wrong.get(question, [])
            print(f"  {question}: {asked} compared, {len(wrong)} differ")
            for line in wrong[:5]:
                print(f"    {line}")
        return not self.wrong


def main(prefix):
    streams = read_tshark(prefix + ".tshark")
    rows = read_csv(prefix + ".csv")
    conns = read_json(prefix + ".json")
    score = Score()

    nr_conns = sum(len(same) for same in conns.values())
    nr_rows = sum(len(same) for same in rows.values())
    print(f"{prefix.rsplit('/', 1)[-1]}: {nr_conns} connections; "
          f"tshark {len(streams)}, tcptrace {nr_rows}")
    score.ask("connections, tshark", nr_conns, len(streams), "all")
    # It does not know Linux cooked captures v2.
    if rows:
        score.ask("connections, tcptrace", nr_conns, nr_rows, "all")

    for key, same in conns.items():
        stream = streams.get(key)
        who = f"{key[0][0]}:{key[0][1]} > {key[1][1]}"
        score.ask("known to tshark", bool(stream), True, who)
        if not stream or len(same) != 1:
            continue
        conn = same[0]
        for i, end in enumerate(ENDS):
            ours = conn[end]
            score.ask("segments, tshark", ours["segments"],
                      stream.segments[i], f"{who} {end}")
            score.ask("bytes, tshark" + seen(stream, i), ours["bytes"],
                      stream.unique_bytes(i), f"{who} {end}")
        score.ask("first FIN, tshark", first_with(conn, "FIN"), stream.closer,
                  who)
        score.ask("first RST, tshark", first_with(conn, "RST"), stream.reset,
                  who)
        row = rows.get((key[0][1], key[1][1], ":" in key[0][0]), [])
        if len(row) != 1:
            continue
        for i, end in enumerate(ENDS):
            way = "_a2b" if i == 0 else "_b2a"
            score.ask("segments, tcptrace", conn[end]["segments"],
                      int(row[0]["total_packets" + way]), f"{who} {end}")
            score.ask("bytes, tcptrace" + seen(stream, i), conn[end]["bytes"],
                      int(row[0]["unique_bytes_sent" + way]), f"{who} {end}")
            # SYNs and FINs that came again included: they have a number.
            score.ask("sent again, tcptrace" + seen(stream, i),
                      conn[end]["retransmits"],
                      int(row[0]["rexmt_data_pkts" + way]), f"{who} {end}")
    return 0 if score.tell() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
