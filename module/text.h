/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A record as a line of text.
 *
 * Lines that begin with '#' are comments. Every other line is one record:
 * fields apart by single spaces, the first seven (six words and an arrow)
 * always there and in this order, then words and key=value, in the order
 * shown, each only where it applies. No field has a space in it.
 *
 *	line	= time " #" conn "/" n " ns=" netns " if=" ifindex
 *		  " " client " " arrow " " server
 *		  " " what
 *		  " client=" move " server=" move [" why=" word]
 *		  [" local=" ends] [" marks=" mark {"," mark}]
 *		  [" opening=" opening]
 *		  [" sk=" state] [" pid=" number " comm=" quoted]
 *		| time " #" conn "/" n " ns=" netns " if=0 - " arrow " -"
 *		  " tls " vantage " offset=" bytes
 *		  [" len=" bytes " hex=" digits] [header] " why=" tls
 *	time	= seconds "." nanoseconds, 9 digits; CLOCK_MONOTONIC
 *	conn	= number of the connection
 *	n	= number of the record within its connection, from 0; one that
 *		  is missing was overwritten
 *	client	= address ":" port of who sent the first SYN; IPv6 in brackets
 *	server	= the same of the other end
 *	arrow	= ">" sent by the client | "<" by the server | "-" by neither
 *	what	= vantage " " flags segment	a segment was seen
 *		| "state"	a further move by the segment of the line before
 *		| "undo"	an inferred move is taken back
 *		| "timer due=" time " since=" time
 *		| "kernel said=" name " before=" name " source=" source
 *				the kernel tells the state of the arrow's
 *				sender's socket, and what it had said before
 *		| "count" sums	so far
 *		| "end" sums	it is over; what follows is an orphan
 *		| "kind-" number
 *	source	= "event": inet_sock_set_state | "skb": the socket that sends
 *	vantage	= "leaves" its host | "arrives" | "passes"
 *	flags	= SYN, ACK, FIN, RST, PSH, URG, ECE, CWR, AE, apart by ","; or
 *		  "none"
 *	segment	= " seq=" number [" ack=" number] " len=" bytes " win=" bytes
 *		  [" wscale=" shift] [" mss=" bytes] [" opts=" opt {"," opt}]
 *		  [" segs=" number]
 *		  win is scaled by wscale, except on a SYN, which offers it;
 *		  segs if the packet stands for more than one
 *	opt	= sack-perm | ts | sack | md5 | mptcp | fastopen
 *	sums	= " up=" sum " down=" sum; by the client, by the server
 *	sum	= segments "/" bytes "/" retransmitted segments
 *		  "/" segments with payload
 *	move	= state [ ">" state ]	before and after, or where it stays
 *	state	= RFC 9293 name ["?"]	"?": inferred, not proved
 *	ends	= client | server | client,server	which are on this host
 *	mark	= retransmit	all that it carries was sent before
 *		| again		second sighting: it left, now it arrives
 *		| pickup	the connection began before it was seen
 *		| guess		who is the client is a guess
 *		| nat		addresses are those before NAT
 *		| orphan	came after the end of its connection
 *	opening	= how the client's stream begins, with why=first-data:
 *		  tls | ssl2 | http | other
 *	offset	= in the stream of the arrow's sender; 0 follows its SYN
 *	digits	= two for each of the bytes of records in the clear
 *	header	= " type=" number " version=0x" digits " length=" bytes
 *		  of a record (RFC 8446 section 5.1) that is not copied
 *	tls	= bytes		of records in the clear
 *		| record	one that is not copied: it is encrypted, or too much
 *		| data		likewise, of type 23: no more is looked at
 *		| cap		tls_bytes reached: headers only from here on
 *		| hole		what follows was not seen, or is too much
 *		| not-tls	no record begins here
 *		| alert		after the handshake, one record of an alert, or of its size
 *	sk	= the kernel's state of the sender's socket
 *	pid	= process that sent it
 *	quoted	= its name, in quotes; '"', '\', space and all that is not
 *		  printable ASCII as \xHH
 *
 * Words and keys may be added; readers skip what they do not know.
 */
#ifndef _TCPTRACE_TEXT_H
#define _TCPTRACE_TEXT_H

struct seq_file;
struct tcptrace_record;

/**
 * tcptrace_text_record() - write a record as a line
 * @m: where to
 * @rec: the record
 *
 * Context: any in which @m may be written.
 */
void tcptrace_text_record(struct seq_file *m,
			  const struct tcptrace_record *rec);

#endif /* _TCPTRACE_TEXT_H */
