/* SPDX-License-Identifier: GPL-2.0 */
/* A file that is read from front to back, compressed or not. */
#ifndef _TCPTIMELINE_INPUT_H
#define _TCPTIMELINE_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct input;

/* Returns NULL after one line on stderr. */
struct input *input_open(const char *path);
void input_close(struct input *in);

const char *input_path(const struct input *in);
bool input_is_capture(const struct input *in);
ssize_t input_read(struct input *in, void *buf, size_t size);
FILE *input_stream(struct input *in);
bool input_torn(const struct input *in);
uint64_t input_size(const struct input *in);
uint64_t input_done(const struct input *in);

#endif /* _TCPTIMELINE_INPUT_H */
