// SPDX-License-Identifier: GPL-2.0
/* A record as a line of text; the grammar is in text.h. */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/time64.h>

#include "core/fsm.h"
#include "core/why.h"
#include "text.h"
#include "uapi/tcptrace.h"

struct bit_name {
	u32 bit;
	const char *name;
};

static const struct bit_name flag_names[] = {
	{ TCPTRACE_SYN, "SYN" },
	{ TCPTRACE_FIN, "FIN" },
	{ TCPTRACE_RST, "RST" },
	{ TCPTRACE_PSH, "PSH" },
	{ TCPTRACE_ACK, "ACK" },
	{ TCPTRACE_URG, "URG" },
	{ TCPTRACE_ECE, "ECE" },
	{ TCPTRACE_CWR, "CWR" },
	{ TCPTRACE_AE, "AE" },
};

/* MSS and window scale have a key of their own. */
static const struct bit_name opt_names[] = {
	{ TCPTRACE_OPT_SACK_PERM, "sack-perm" },
	{ TCPTRACE_OPT_TS, "ts" },
	{ TCPTRACE_OPT_SACK, "sack" },
	{ TCPTRACE_OPT_MD5, "md5" },
	{ TCPTRACE_OPT_MPTCP, "mptcp" },
	{ TCPTRACE_OPT_FASTOPEN, "fastopen" },
};

static const struct bit_name local_names[] = {
	{ TCPTRACE_F_LOCAL_CLIENT, "client" },
	{ TCPTRACE_F_LOCAL_SERVER, "server" },
};

static const struct bit_name mark_names[] = {
	{ TCPTRACE_F_RETRANSMIT, "retransmit" },
	{ TCPTRACE_F_AGAIN, "again" },
	{ TCPTRACE_F_PICKUP, "pickup" },
	{ TCPTRACE_F_PARTIAL, "guess" },
	{ TCPTRACE_F_NAT, "nat" },
	{ TCPTRACE_F_ORPHAN, "orphan" },
};

static const char *const vantage_names[] = {
	[TCPTRACE_NOWHERE]	= "nowhere",
	[TCPTRACE_LEAVES]	= "leaves",
	[TCPTRACE_ARRIVES]	= "arrives",
	[TCPTRACE_PASSES]	= "passes",
};

static const char *const opening_names[] = {
	[TCPTRACE_OPENING_TLS]		= "tls",
	[TCPTRACE_OPENING_SSL2]		= "ssl2",
	[TCPTRACE_OPENING_HTTP]		= "http",
	[TCPTRACE_OPENING_OTHER]	= "other",
};

/* The names of those bits that are set; false if there are none. */
static bool put_bits(struct seq_file *m, const char *key, u32 bits,
		     const struct bit_name *names, size_t count)
{
	const char *before = key;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!(bits & names[i].bit))
			continue;
		seq_puts(m, before);
		seq_puts(m, names[i].name);
		before = ",";
	}
	return before != key;
}

static void put_time(struct seq_file *m, const char *key, u64 ns)
{
	u32 rem;
	u64 sec = div_u64_rem(ns, NSEC_PER_SEC, &rem);

	seq_printf(m, "%s%llu.%09u", key, sec, rem);
}

static void put_end(struct seq_file *m, const struct tcptrace_record *rec,
		    enum tcptrace_endpoint end)
{
	if (rec->family == 4)
		seq_printf(m, " %pI4:%u", &rec->addr[end][12], rec->port[end]);
	else
		seq_printf(m, " [%pI6c]:%u", rec->addr[end], rec->port[end]);
}

static const char *arrow(u8 from)
{
	switch (from) {
	case TCPTRACE_CLIENT:
		return " >";
	case TCPTRACE_SERVER:
		return " <";
	default:
		return " -";
	}
}

static void put_move(struct seq_file *m, const char *key,
		     const struct tcptrace_record *rec,
		     enum tcptrace_endpoint end)
{
	bool old_inferred = rec->inferred & TCPTRACE_INFERRED_OLD(end);
	bool new_inferred = rec->inferred & TCPTRACE_INFERRED_NEW(end);

	seq_puts(m, key);
	if (rec->old[end] != rec->state[end] || old_inferred != new_inferred)
		seq_printf(m, "%s%s>", tcptrace_state_name(rec->old[end]),
			   old_inferred ? "?" : "");
	seq_printf(m, "%s%s", tcptrace_state_name(rec->state[end]),
		   new_inferred ? "?" : "");
}

static void put_vantage(struct seq_file *m, u8 vantage)
{
	seq_putc(m, ' ');
	if (vantage < ARRAY_SIZE(vantage_names))
		seq_puts(m, vantage_names[vantage]);
	else
		seq_printf(m, "vantage-%u", vantage);
}

static void put_segment(struct seq_file *m, const struct tcptrace_record *rec)
{
	const struct tcptrace_seg *seg = &rec->u.seg;
	bool scales = seg->wscale != TCPTRACE_WSCALE_NONE;
	u32 win = seg->win;

	/* RFC 7323 section 2.2: the window of a SYN is never scaled. */
	if (scales && !(seg->flags & TCPTRACE_SYN))
		win <<= min_t(u8, seg->wscale, 14);

	put_vantage(m, rec->vantage);
	if (!put_bits(m, " ", seg->flags, flag_names, ARRAY_SIZE(flag_names)))
		seq_puts(m, " none");
	seq_printf(m, " seq=%u", seg->seq);
	if (seg->flags & TCPTRACE_ACK)
		seq_printf(m, " ack=%u", seg->ack);
	seq_printf(m, " len=%u win=%u", seg->len, win);
	if (scales)
		seq_printf(m, " wscale=%u", seg->wscale);
	if (seg->opts & TCPTRACE_OPT_MSS)
		seq_printf(m, " mss=%u", seg->mss);
	put_bits(m, " opts=", seg->opts, opt_names, ARRAY_SIZE(opt_names));
	if (seg->segs > 1)
		seq_printf(m, " segs=%u", seg->segs);
}

static void put_sum(struct seq_file *m, const char *key,
		    const struct tcptrace_record *rec,
		    enum tcptrace_endpoint end)
{
	const struct tcptrace_count *count = &rec->u.count[end];

	seq_printf(m, "%s%u/%llu/%u/%u", key, count->segs, count->bytes,
		   count->retrans, rec->u.data_segs[end]);
}

static void put_what(struct seq_file *m, const struct tcptrace_record *rec)
{
	switch (rec->kind) {
	case TCPTRACE_REC_SEGMENT:
		put_segment(m, rec);
		break;
	case TCPTRACE_REC_STATE:
		seq_puts(m, " state");
		break;
	case TCPTRACE_REC_UNDO:
		seq_puts(m, " undo");
		break;
	case TCPTRACE_REC_TIMER:
		put_time(m, " timer due=", rec->u.timer.due_ns);
		put_time(m, " since=", rec->u.timer.since_ns);
		break;
	case TCPTRACE_REC_COUNT:
	case TCPTRACE_REC_END:
		seq_puts(m, rec->kind == TCPTRACE_REC_END ? " end" : " count");
		put_sum(m, " up=", rec, TCPTRACE_CLIENT);
		put_sum(m, " down=", rec, TCPTRACE_SERVER);
		break;
	case TCPTRACE_REC_WORD:
		seq_printf(m, " kernel said=%s before=%s source=%s",
			   tcptrace_state_name(rec->u.word.said),
			   tcptrace_state_name(rec->u.word.before),
			   rec->u.word.source == TCPTRACE_SOURCE_EVENT ?
			   "event" : "skb");
		break;
	default:
		seq_printf(m, " kind-%u", rec->kind);
		break;
	}
}

static void put_why(struct seq_file *m, u8 why)
{
	const char *name = tcptrace_why_name(why);

	if (why == TCPTRACE_WHY_NONE)
		return;
	if (name)
		seq_printf(m, " why=%s", name);
	else
		seq_printf(m, " why=%u", why);
}

/*
 * A task names itself. No helper of the kernel escapes all of what is not
 * ASCII: its isprint() takes half of Latin-1 for printable.
 */
static void put_comm(struct seq_file *m, const char *comm)
{
	int i;

	seq_puts(m, " comm=\"");
	for (i = 0; i < TCPTRACE_COMM_LEN && comm[i]; i++) {
		u8 c = comm[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\')
			seq_printf(m, "\\x%02x", c);
		else
			seq_putc(m, c);
	}
	seq_putc(m, '"');
}

/* Which kinds carry u.seg, and with it sock_state and comm. */
static bool has_segment(u8 kind)
{
	return kind == TCPTRACE_REC_SEGMENT || kind == TCPTRACE_REC_STATE ||
	       kind == TCPTRACE_REC_UNDO;
}

static void put_opening(struct seq_file *m, u16 rflags)
{
	u16 opening = (rflags & TCPTRACE_F_OPENING) >> TCPTRACE_OPENING_SHIFT;

	if (opening < ARRAY_SIZE(opening_names) && opening_names[opening])
		seq_printf(m, " opening=%s", opening_names[opening]);
}

/* Attackers' bytes are hexadecimal digits here: nothing to be escaped. */
static void put_tls(struct seq_file *m, const struct tcptrace_tls_record *rec)
{
	const u32 first = min_t(u32, rec->len, sizeof(rec->head));
	const u32 rest = min_t(u32, rec->len - first, sizeof(rec->tail));

	seq_printf(m, " if=0 -%s - tls", arrow(rec->from));
	put_vantage(m, rec->vantage);
	seq_printf(m, " offset=%u", rec->offset);
	if (rec->len)
		seq_printf(m, " len=%u hex=%*phN%*phN", rec->len, (int)first,
			   rec->head, (int)rest, rec->tail);
	if (rec->type)
		seq_printf(m, " type=%u version=%#06x length=%u", rec->type,
			   rec->version, rec->length);
	put_why(m, rec->why);
	seq_putc(m, '\n');
}

void tcptrace_text_record(struct seq_file *m,
			  const struct tcptrace_record *rec)
{
	put_time(m, "", rec->t_ns);
	seq_printf(m, " #%llu/%u ns=%u", rec->conn, rec->n, rec->netns);
	if (rec->kind == TCPTRACE_REC_TLS) {
		put_tls(m, (const struct tcptrace_tls_record *)rec);
		return;
	}
	seq_printf(m, " if=%u", rec->ifindex);
	put_end(m, rec, TCPTRACE_CLIENT);
	seq_puts(m, arrow(rec->from));
	put_end(m, rec, TCPTRACE_SERVER);

	put_what(m, rec);

	put_move(m, " client=", rec, TCPTRACE_CLIENT);
	put_move(m, " server=", rec, TCPTRACE_SERVER);
	put_why(m, rec->why);

	put_bits(m, " local=", rec->rflags, local_names,
		 ARRAY_SIZE(local_names));
	put_bits(m, " marks=", rec->rflags, mark_names, ARRAY_SIZE(mark_names));
	if (rec->kind == TCPTRACE_REC_COUNT)
		put_opening(m, rec->rflags);
	if (has_segment(rec->kind) && rec->rflags & TCPTRACE_F_SK)
		seq_printf(m, " sk=%s",
			   tcptrace_state_name(rec->u.seg.sock_state));
	if (has_segment(rec->kind) && rec->rflags & TCPTRACE_F_TASK) {
		seq_printf(m, " pid=%u", rec->pid);
		put_comm(m, rec->u.seg.comm);
	}
	seq_putc(m, '\n');
}
