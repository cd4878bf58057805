#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Random connections: traffic.py serve | connect CONNECTIONS SEED

The client says in the first line what the server is to do."""

import random
import socket
import struct
import sys
import threading
import time

HOSTS = {socket.AF_INET: "10.9.0.2", socket.AF_INET6: "fd09::2"}
PORT = 8080
CLOSED_PORT = 8081


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))


def drain(sock):
    while sock.recv(65536):
        pass


def answer(sock):
    """request answer_bytes how\\n, then request bytes"""
    try:
        sock.settimeout(60)
        data = sock.makefile("rb")
        line = data.readline().split()
        if len(line) != 3:
            return
        data.read(int(line[0]))
        sock.sendall(b"y" * int(line[1]))
        if line[2] == b"client":
            drain(sock)
        elif line[2] == b"server":
            sock.shutdown(socket.SHUT_WR)
            drain(sock)
        elif line[2] == b"both":
            time.sleep(0.02)
        elif line[2] == b"server-reset":
            time.sleep(0.1)
            reset(sock)
        else:
            drain(sock)
    except OSError:
        pass
    finally:
        sock.close()


def serve():
    for family, host in HOSTS.items():
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, PORT))
        listener.listen(256)
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
    threading.Event().wait()


def accept(listener):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=answer, args=(sock,), daemon=True).start()


def connect(family, port, request, reply, how):
    sock = socket.socket(family)
    sock.settimeout(60)
    try:
        sock.connect((HOSTS[family], port))
        sock.sendall(b"%d %d %s\n" % (request, reply, how.encode()) +
                     b"x" * request)
        while reply > 0:
            data = sock.recv(65536)
            if not data:
                break
            reply -= len(data)
        if how == "client":
            sock.shutdown(socket.SHUT_WR)
            drain(sock)
        elif how == "server":
            drain(sock)
        elif how == "both":
            time.sleep(0.02)
        elif how == "client-reset":
            time.sleep(0.1)
            reset(sock)
        elif how == "server-reset":
            drain(sock)
    except OSError:
        pass
    finally:
        sock.close()


def connect_all(connections, seed):
    dice = random.Random(seed)
    threads = []
    for _ in range(connections):
        family = dice.choice((socket.AF_INET, socket.AF_INET6))
        port = CLOSED_PORT if dice.random() < 0.05 else PORT
        size = (0, 1, 100, 3000, 40000)
        how = dice.choice(("client", "client", "server", "server", "both",
                           "client-reset", "server-reset"))
        args = (family, port, dice.choice(size), dice.choice(size), how)
        threads.append(threading.Thread(target=connect, args=args))
        threads[-1].start()
        time.sleep(dice.random() * 0.03)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        connect_all(int(sys.argv[2]), int(sys.argv[3]))
