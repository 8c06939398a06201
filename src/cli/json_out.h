/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON for the subcommands that print facts: one object a line.  What does
 * not fit into memory ends the program with EXIT_CHECKER.
 */
#ifndef SOCKSPEC_CLI_JSON_OUT_H
#define SOCKSPEC_CLI_JSON_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/** json_out_set: takes the reference to value over. */
void json_out_set(json_t *object, const char *key, json_t *value);

/** json_out_text: NULL is null; bytes that are no text are made visible. */
void json_out_text(json_t *object, const char *key, const char *text);
void json_out_number(json_t *object, const char *key, long long number);
void json_out_bool(json_t *object, const char *key, bool value);

/** json_out_append: add a string to an array. */
void json_out_append(json_t *array, const char *text);

/** json_out_push: add a value to an array, which takes the reference over. */
void json_out_push(json_t *array, json_t *value);

/** json_out_words: an array of the words in text (NULL: none). */
void json_out_words(json_t *object, const char *key, const char *words);

/** json_out_print: one line on standard output; releases the object. */
void json_out_print(json_t *object);

#endif
