// SPDX-License-Identifier: GPL-2.0
/* What is written is json, and says what was meant: another's parser judges. */
#include <jansson.h>
#include <string.h>

#include "jput.h"
#include "tap.h"

static const int64_t numbers[] = { 0, 7, 10, -1, INT64_MAX, INT64_MIN };

static void check_strings(void)
{
	char one[] = "a?b", all[140];
	struct jput j = { 0 };
	unsigned int c, bad = 0;
	json_t *array;

	for (c = 1; c < 0x80; c++)
		all[c - 1] = (char)c;
	memcpy(all + 0x7f, "\xe2\x80\xa6", 4);
	jput_open(&j, '[');
	jput_string(&j, all);
	for (c = 1; c < 0x80; c++) {
		one[1] = (char)c;
		jput_string(&j, one);
	}
	jput_close(&j, ']');
	array = json_loadb(j.s, j.len, 0, NULL);
	if (tap_ok(array, "strings are json")) {
		tap_ok(!strcmp(json_string_value(json_array_get(array, 0)), all),
		       "all of ASCII in one, and more");
		for (c = 1; c < 0x80; c++) {
			one[1] = (char)c;
			bad += !!strcmp(json_string_value(json_array_get(array, c)),
					one);
		}
		tap_is_u64(bad, 0, "each character of ASCII");
	}
	json_decref(array);
	jput_free(&j);
}

static const char object[] =
	"{\"a\":null,\"b\":[],\"c\":{},\"d\":[true,false],\"e\":\"x\",\"f\":{\"g\":1},\"h\":null}";

static void check_object(void)
{
	struct jput j = { 0 };
	struct text t = { 0 };
	unsigned int round;

	for (round = 0; round < 2; round++) {
		jput_clear(&j);
		jput_open(&j, '{');
		jput_set_null(&j, "a");
		jput_key(&j, "b");
		jput_open(&j, '[');
		jput_close(&j, ']');
		jput_key(&j, "c");
		jput_open(&j, '{');
		jput_close(&j, '}');
		jput_key(&j, "d");
		jput_open(&j, '[');
		jput_bool(&j, true);
		jput_bool(&j, false);
		jput_close(&j, ']');
		text_put(&t, "x");
		jput_set_text(&j, "e", &t);
		jput_key(&j, "f");
		jput_open(&j, '{');
		jput_set_number(&j, "g", 1);
		jput_close(&j, '}');
		jput_set_string(&j, "h", NULL);
		jput_close(&j, '}');
		tap_ok(j.len == strlen(object) && !memcmp(j.s, object, j.len),
		       "commas are where they belong, round %u", round);
	}
	jput_free(&j);
}

static void check_numbers(void)
{
	struct jput j = { 0 };
	json_t *array;
	size_t i;

	jput_open(&j, '[');
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		jput_number(&j, numbers[i]);
	jput_close(&j, ']');
	array = json_loadb(j.s, j.len, 0, NULL);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		tap_ok(json_integer_value(json_array_get(array, i)) == numbers[i],
		       "%lld", (long long)numbers[i]);
	json_decref(array);
	jput_free(&j);
}

int main(void)
{
	check_strings();
	check_object();
	check_numbers();
	return tap_done();
}
