// SPDX-License-Identifier: GPL-2.0
/*
 * The core in one piece, for the module: a sighting goes through a dozen small
 * functions of as many files, and what the compiler sees together costs fewer
 * calls and spills.
 */
#define TCPTRACE_ONE_PIECE

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
