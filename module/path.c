// SPDX-License-Identifier: GPL-2.0
/*
 * What a segment meets, in one piece: the hook, its flow, the socket that sends
 * it, the core, the record.
 * Most control segments take one way through a dozen small functions of as many
 * files; what the compiler sees together costs fewer calls and spills.
 *
 * The kernel's headers come first: the core has short names. pr_fmt, which sock.c
 * wants, counts only before the first of them.
 */
#define TCPTRACE_ONE_PIECE
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "hook.c"
#include "flow.c"
#include "record.c"
#include "sock.c"

#include "core/fsm.c"
#include "core/end.c"
#include "core/judge.c"
#include "core/note.c"
#include "core/step.c"
#include "core/numbers.c"
#include "core/contradict.c"
#include "core/sender.c"
#include "core/receiver.c"
#include "core/usual.c"
#include "core/conn.c"
#include "core/age.c"
#include "core/word.c"
