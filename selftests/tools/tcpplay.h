/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tcpplay.h - what the parts of tcpplay share. Each knows its own steps and has
 * a table of them; tcpplay.c plays the script.
 */
#ifndef _TCPTRACE_TOOLS_TCPPLAY_H
#define _TCPTRACE_TOOLS_TCPPLAY_H

#include <sys/socket.h>

/**
 * struct verb - a kind of step
 * @name: its first word; NULL behind the last one of a table
 * @min_words: how many words it has at least, @name being one
 * @run: does it, and waits for what it waits for; does not return if it went
 *	wrong
 */
struct verb {
	const char *name;
	int min_words;
	void (*run)(int argc, char **argv);
};

extern const struct verb open_verbs[];
extern const struct verb talk_verbs[];
extern const struct verb wait_verbs[];
extern const struct verb forge_verbs[];

/* Of the command line, or of a line of the list. */
extern const char *default_addr;
extern int default_port;
extern int client_port;
extern int limit_ms;	/* of a step */

/**
 * fail() - the step went wrong: say so and exit
 * @fmt: how, for printf()
 */
void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/**
 * fd_of() - a socket
 * @name: its name
 *
 * Return: its descriptor.
 */
int fd_of(const char *name);

/**
 * sock_add() - name a socket
 * @name: a name that no other has
 * @fd: its descriptor, the table's from now on
 */
void sock_add(const char *name, int fd);

/**
 * sock_drop() - close a socket, whose name is free then
 * @name: its name
 */
void sock_drop(const char *name);

/**
 * sock_drop_all() - close all that there are
 */
void sock_drop_all(void);

/**
 * set_int() - set a socket option that is a number
 * @fd: the socket
 * @level: of setsockopt()
 * @name: of setsockopt()
 * @value: the number
 */
void set_int(int fd, int level, int name, int value);

/**
 * wait_for() - wait until something can be done
 * @fd: with which socket
 * @events: of poll()
 */
void wait_for(int fd, short events);

/**
 * make_addr() - an address for the calls that want one
 * @addr: of IPv4 or IPv6, in letters
 * @port: in host order
 * @ret_ss: the address
 *
 * Return: how much of @ret_ss it takes.
 */
socklen_t make_addr(const char *addr, int port, struct sockaddr_storage *ret_ss);

#endif
