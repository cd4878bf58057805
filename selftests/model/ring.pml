/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ring's protocol, as module/uapi/tcptrace.h tells it and module/ring.h and
 * userspace/reader.c do it: one writer, one reader, for spin. ring.sh runs it.
 *
 *	writer		stores records, RECORDS of them, into SLOTS slots of a
 *			stamp and two words; may be stopped after any store
 *	interrupt	one more record, in the midst of one, if interrupts are on
 *	memory		lets stores come through, in any order but for barriers
 *	reader		passes until it sees that the module is gone
 *	second_look	the reader's last load of a record, which its CPU may
 *			satisfy while it has gone on to the next
 *
 * Weak memory. A store waits in a buffer, one for each location, and comes
 * through when the stores have that must come before it: all earlier ones for a
 * store-release, those before the last smp_wmb() for any, an earlier one to the
 * same location always. (Two to one location never wait at the same time. That
 * takes no order away: wherever it makes the writer wait, a barrier or the same
 * location would keep all that follows from coming through.) A load takes what
 * is in memory at some time after the load-acquires before it, before the loads
 * behind an acquire fence, and in order with others of its location; nothing
 * else orders it. With one writer and one reader there is nobody who could tell
 * a store that came through to some from one that came through to all.
 *
 * @wrong, a set, is what is done wrongly; @sought is the one property that is
 * looked at then, or a place that must be reached. Both come from the
 * environment, so that one program does for all.
 */
#define SLOTS		2
#define RECORDS		5

/* wrong: what the writer leaves out */
#define NO_ZERO		1	/* the stamp of the old record stays */
#define NO_A		2	/* the smp_wmb() */
#define NO_B_STAMP	4	/* the stamp is a plain store */
#define NO_B_HEAD	8	/* the head is a plain store */
#define NO_C		16	/* the flag "gone" is a plain store */
#define NO_IRQS_OFF	32	/* another record comes in the midst of one */
/* wrong: what the reader leaves out */
#define NO_ACQUIRE	64	/* the stamp is a plain load */
#define NO_ACQUIRE_HEAD	128	/* the head is a plain load */
#define NO_FENCE	256	/* the acquire fence */
#define NO_FIRST	512	/* the first look at the stamp */
#define NO_SECOND	1024	/* the second */
#define NO_SKIP		2048	/* lapped, it goes on slot by slot */

/* sought: properties, any if 0 */
#define TORN		1	/* accepted: words of two records */
#define OF_ANOTHER	2	/* accepted: not the record of its position */
#define AGAIN		3	/* accepted twice, or out of order */
#define MISCOUNTED	4	/* read + lost is not the advance */
#define NOT_OVERWRITTEN	5	/* lost: it was there, and would have stayed */
#define CUT_SHORT	6	/* it saw the flag, not all that came before */
/* sought: places */
#define ACCEPTED	16
#define FIRST_MISSED	17
#define SECOND_MISSED	18
#define SKIPPED		19
#define LAPPED		20	/* by more than a round at once */
#define ENDED		21

#define AMISS(what, is)	assert(!(is) || (sought && sought != what))
#define REACHED(what)	assert(sought != what)

/* Locations: stamp and words of each slot, the head, the flag. */
#define STAMP(pos)	(((pos) % SLOTS) * 3)
#define WORD(pos, i)	(STAMP(pos) + (i))
#define HEAD		6
#define GONE		7
#define LOCATIONS	8
#define BIT(l)		(1 << (l))

c_decl {
\#include <stdlib.h>
}

short wrong;
byte sought;

byte mem[LOCATIONS];

/* The writer's CPU: stores that wait, what each waits for, the last smp_wmb(). */
byte waits;
byte value[LOCATIONS];
byte waits_for[LOCATIONS];
byte fenced;

byte cpu_head;			/* the head, as this CPU has stored it */
byte begun;			/* records begun */
bool inside, interrupted;	/* a record is being written; and it has to wait */

/* --- memory --------------------------------------------------------------- */

#define COMES_THROUGH(l)					\
	d_step {						\
		(waits & BIT(l)) && !waits_for[l] ->		\
		mem[l] = value[l];				\
		value[l] = 0;					\
		waits = waits & ~BIT(l);			\
		fenced = fenced & ~BIT(l);			\
		i = 0;						\
		do						\
		:: i < LOCATIONS ->				\
			waits_for[i] = waits_for[i] & ~BIT(l);	\
			i++					\
		:: else -> break				\
		od;						\
		i = 0						\
	}

proctype memory()
{
	byte i;

end:	do
	:: COMES_THROUGH(0)
	:: COMES_THROUGH(1)
	:: COMES_THROUGH(2)
	:: COMES_THROUGH(3)
	:: COMES_THROUGH(4)
	:: COMES_THROUGH(5)
	:: COMES_THROUGH(6)
	:: COMES_THROUGH(7)
	od
}

/* --- the writer ----------------------------------------------------------- */

/* @nested: said by the interrupt, which runs to its end before the other does */
inline store(nested, l, v, release)
{
	d_step {
		interrupted == nested && !(waits & BIT(l)) ->
		value[l] = v;
		waits_for[l] = (release -> waits : fenced);
		waits = waits | BIT(l)
	}
}

inline smp_wmb(nested)
{
	d_step { interrupted == nested -> fenced = waits }
}

inline put(nested, pos, content)
{
	if
	:: !(wrong & NO_ZERO) -> store(nested, STAMP(pos), 0, false)
	:: else
	fi;
	if
	:: !(wrong & NO_A) -> smp_wmb(nested)
	:: else
	fi;
	store(nested, WORD(pos, 1), content, false);
	store(nested, WORD(pos, 2), content, false);
	store(nested, STAMP(pos), pos + 1, !(wrong & NO_B_STAMP));
	store(nested, HEAD, pos + 1, !(wrong & NO_B_HEAD))
}

proctype writer()
{
	byte pos;

	do
	:: cpu_head < RECORDS ->
		d_step {
			pos = cpu_head;
			begun = pos + 1;
			inside = true
		};
		put(false, pos, pos + 1);
		d_step {
			!interrupted ->
			cpu_head = pos + 1;
			inside = false
		}
	:: else -> break
	od;
	/* Not its doing, but whoever does it has waited for it to end. */
	store(false, GONE, 1, !(wrong & NO_C))
}

/* Of the same position, but not the same record: so large are no others. */
#define NESTED	64

proctype interrupt()
{
	byte pos;

end:	atomic {
		(wrong & NO_IRQS_OFF) && inside ->
		interrupted = true;
		pos = cpu_head
	};
	put(true, pos, NESTED + pos + 1);
	d_step {
		cpu_head = pos + 1;
		interrupted = false
	}
}

/* --- the reader ----------------------------------------------------------- */

byte nr_read, lost;
byte newest;			/* stamp of the last record accepted */

/* A record that waits for its second look. */
bool looking;
byte look_pos, look_word[3];
bool looked_early;
byte early_stamp;

/* Missed counts as lost: only what the writer has begun to overwrite may be. */
inline miss(pos)
{
	lost++;
	AMISS(NOT_OVERWRITTEN, begun <= pos + SLOTS)
}

inline accept(pos)
{
	REACHED(ACCEPTED);
	nr_read++;
	AMISS(TORN, look_word[1] != look_word[2]);
	AMISS(OF_ANOTHER, (look_word[1] & (NESTED - 1)) != pos + 1);
	AMISS(AGAIN, pos + 1 <= newest);
	newest = pos + 1
}

proctype second_look()
{
end:	do
	:: atomic {
		looking ->
		if
		:: (looked_early -> early_stamp : mem[STAMP(look_pos)]) == look_pos + 1 ||
		   (wrong & NO_SECOND) ->
			accept(look_pos)
		:: else ->
			REACHED(SECOND_MISSED);
			miss(look_pos)
		fi;
		looking = false;
		looked_early = false;
		early_stamp = 0;
		look_pos = 0;
		look_word[1] = 0;
		look_word[2] = 0
	}
	od
}

/* An earlier load of the same location has to be satisfied. */
#define IN_ORDER(pos)	(!looking || STAMP(look_pos) != STAMP(pos))

/* Before the load-acquire of the stamp no word is loaded. */
#define MAY_COPY	(has_stamp || (wrong & NO_ACQUIRE))

inline first_look(pos)
{
	d_step {
		stamp = ((wrong & NO_FIRST) -> pos + 1 : mem[STAMP(pos)]);
		has_stamp = true
	}
}

/* What was loaded of the record at @next. A word is kept plus one, 0 is none. */
inline forget()
{
	stamp = 0;
	has_stamp = false;
	early = 0;
	has_early = false;
	word[1] = 0;
	word[2] = 0
}

proctype reader()
{
	byte next, until, head, stamp, early;
	byte word[3];
	bool gone, has_stamp, has_early;

	do
	:: /* reader_gone(), a load-acquire */
		gone = mem[GONE];
		do
		:: (wrong & NO_ACQUIRE_HEAD) && !has_stamp && IN_ORDER(next) ->
			first_look(next)
		:: (wrong & NO_ACQUIRE_HEAD) && MAY_COPY && !word[1] ->
			word[1] = mem[WORD(next, 1)] + 1
		:: (wrong & NO_ACQUIRE_HEAD) && MAY_COPY && !word[2] ->
			word[2] = mem[WORD(next, 2)] + 1
		:: true -> break
		od;
		/* reader_pass() */
		until = mem[HEAD];
		do
		:: /* skip_overwritten() */
			atomic {
				head = mem[HEAD];
				if
				:: head > next + SLOTS && !(wrong & NO_SKIP) ->
					REACHED(SKIPPED);
					assert(sought != LAPPED ||
					       head - next < 2 * SLOTS);
					lost = lost + head - SLOTS - next;
					next = head - SLOTS;
					forget()
				:: else
				fi;
				head = 0
			};
			if
			:: next >= until -> break
			:: else
			fi;
			/* copy() */
			do
			:: !has_stamp && IN_ORDER(next) -> first_look(next)
			:: has_stamp && stamp != next + 1 -> break
			:: MAY_COPY && !word[1] ->
				word[1] = mem[WORD(next, 1)] + 1
			:: MAY_COPY && !word[2] ->
				word[2] = mem[WORD(next, 2)] + 1
			:: (wrong & NO_FENCE) && has_stamp && !has_early &&
			   IN_ORDER(next) ->
				atomic {
					early = mem[STAMP(next)];
					has_early = true
				}
			:: has_stamp && stamp == next + 1 && word[1] && word[2] ->
				break
			od;
			atomic {
				if
				:: stamp != next + 1 ->
					REACHED(FIRST_MISSED);
					miss(next)
				:: else ->
					!looking;
					look_pos = next;
					look_word[1] = word[1] - 1;
					look_word[2] = word[2] - 1;
					looked_early = has_early;
					early_stamp = early;
					looking = true
				fi;
				forget();
				next++
			}
		od;
		atomic {
			!looking ->
			AMISS(MISCOUNTED, nr_read + lost != next);
			until = 0;
			forget()
		};
		if
		:: gone -> break
		:: else
		fi
	od;
	REACHED(ENDED);
	/* Whoever saw the flag sees every record. */
	AMISS(CUT_SHORT, next != RECORDS)
}

init {
	atomic {
		c_code {
			now.wrong = atoi(getenv("WRONG"));
			now.sought = atoi(getenv("SOUGHT"));
		};
		run memory();
		run writer();
		run interrupt();
		run second_look();
		run reader()
	}
}
