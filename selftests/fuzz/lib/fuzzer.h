/* SPDX-License-Identifier: GPL-2.0 */
/* What each fuzzer is, by the name that libFuzzer and AFL++ call it. */
#ifndef _TCPTRACE_FUZZER_H
#define _TCPTRACE_FUZZER_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* _TCPTRACE_FUZZER_H */
