// SPDX-License-Identifier: GPL-2.0
#include "portset.h"

#define PORT_MAX	65535

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* Reads one port number at *@p and moves on; NULL or what is wrong at *@p. */
static const char *parse_port(const char **p, u32 *ret_port)
{
	const char *c = *p;
	u32 port = 0;

	if (*c < '0' || *c > '9')
		return "a port number is wanted here";
	for (; *c >= '0' && *c <= '9'; c++) {
		port = port * 10 + (u32)(*c - '0');
		if (port > PORT_MAX)
			return "a port is at most 65535";
	}
	if (!port)
		return "port 0 cannot be traced";
	*p = c;
	*ret_port = port;
	return NULL;
}

const char *tcptrace_portset_parse(const char *text,
				   struct tcptrace_portset *ret_set,
				   size_t *ret_where)
{
	const char *p = skip_blanks(text), *token, *wrong;
	u32 first, last;

	memset(ret_set, 0, sizeof(*ret_set));
	if (*p == '\0' || (*p == '\n' && p[1] == '\0'))
		return NULL;
	for (;;) {
		p = skip_blanks(p);
		token = p;
		wrong = parse_port(&p, &first);
		if (wrong)
			goto bad;
		last = first;
		p = skip_blanks(p);
		if (*p == '-') {
			p = skip_blanks(p + 1);
			wrong = parse_port(&p, &last);
			if (wrong)
				goto bad;
			if (last < first) {
				p = token;
				wrong = "a range ends below its beginning";
				goto bad;
			}
			p = skip_blanks(p);
		}
		for (; first <= last; first++)
			ret_set->bits[first / 64] |= 1ULL << (first % 64);
		if (*p == '\n' && p[1] == '\0')
			return NULL;
		if (*p == '\0')
			return NULL;
		if (*p != ',') {
			wrong = "a comma is wanted here";
			goto bad;
		}
		p++;
	}
bad:
	*ret_where = (size_t)(p - text);
	return wrong;
}

/* Writes @port in decimal to @buf, which has room for 5; returns how many. */
static size_t format_port(u32 port, char *buf)
{
	char digits[5];
	size_t n = 0, i;

	do {
		digits[n++] = (char)('0' + port % 10);
		port /= 10;
	} while (port);
	for (i = 0; i < n; i++)
		buf[i] = digits[n - 1 - i];
	return n;
}

size_t tcptrace_portset_format(const struct tcptrace_portset *set,
			       char *buf, size_t size)
{
	static const char cut[] = ",...";
	const size_t cut_len = sizeof(cut) - 1;
	size_t used = 0, mark = 0;	/* mark: where a cut would still fit */
	u32 port = 1, last;

	if (!size)
		return 0;
	for (; port <= PORT_MAX; port = last + 1) {
		char token[1 + 5 + 1 + 5];
		size_t n = 0;

		last = port;
		if (!(port % 64) && !set->bits[port / 64]) {
			last += 63;	/* a whole word without any */
			continue;
		}
		if (!tcptrace_portset_has(set, (u16)port))
			continue;
		while (last < PORT_MAX &&
		       tcptrace_portset_has(set, (u16)(last + 1)))
			last++;
		if (used)
			token[n++] = ',';
		n += format_port(port, token + n);
		if (last > port) {
			token[n++] = last == port + 1 ? ',' : '-';
			n += format_port(last, token + n);
		}
		if (used + n > size - 1) {
			used = mark;
			if (used + cut_len <= size - 1) {
				memcpy(buf + used, cut, cut_len);
				used += cut_len;
			}
			break;
		}
		memcpy(buf + used, token, n);
		used += n;
		if (used + cut_len <= size - 1)
			mark = used;
	}
	buf[used] = '\0';
	return used;
}

u32 tcptrace_portset_count(const struct tcptrace_portset *set)
{
	u32 word, count = 0;

	for (word = 0; word < TCPTRACE_PORTSET_WORDS; word++) {
		u64 bits = set->bits[word];

		for (; bits; bits &= bits - 1)
			count++;
	}
	return count;
}
