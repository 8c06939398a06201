// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "cli/json_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/die.h"
#include "report/sanitize.h"

static void need(bool held)
{
	if (!held)
		die(EXIT_CHECKER, "out of memory");
}

static json_t *text_value(const char *text, size_t len)
{
	cleanup_buf struct buf clean = BUF_NULL;

	sanitize(&clean, text, len, SANITIZE_TEXT);
	return json_stringn(clean.data, clean.len);
}

void json_out_set(json_t *object, const char *key, json_t *value)
{
	need(json_object_set_new(object, key, value) == 0);
}

void json_out_text(json_t *object, const char *key, const char *text)
{
	json_out_set(object, key,
		     text ? text_value(text, strlen(text)) : json_null());
}

void json_out_number(json_t *object, const char *key, long long number)
{
	json_out_set(object, key, json_integer(number));
}

void json_out_bool(json_t *object, const char *key, bool value)
{
	json_out_set(object, key, json_boolean(value));
}

void json_out_push(json_t *array, json_t *value)
{
	need(json_array_append_new(array, value) == 0);
}

void json_out_append(json_t *array, const char *text)
{
	json_out_push(array, text_value(text, strlen(text)));
}

void json_out_words(json_t *object, const char *key, const char *words)
{
	json_t *array = json_array();

	while (words && *words) {
		size_t n = strcspn(words, " ");

		if (n)
			json_out_push(array, text_value(words, n));
		words += n + strspn(words + n, " ");
	}
	json_out_set(object, key, array);
}

void json_out_print(json_t *object)
{
	char *line = json_dumps(object, JSON_COMPACT);

	need(line != NULL);
	puts(line);
	free(line);
	json_decref(object);
}
