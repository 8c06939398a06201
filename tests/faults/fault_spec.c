// SPDX-License-Identifier: BSD-2-Clause
/*
 * From SOCKSPEC_FAULT to the faults that are asked for.
 *
 *	SOCKSPEC_FAULT='errno bind EADDRINUSE EINVAL type=stream; hurry 4'
 *
 * What cannot be read ends the program: a fault that does nothing would prove
 * nothing.
 */
#include "config.h"

#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_WORDS 16
#define MAX_SPEC 1000
#define STATUS_BAD_FAULT 3

extern const struct fault *const __start_sockspec_faults[];
extern const struct fault *const __stop_sockspec_faults[];

static void bad(const char *fmt, ...) __attribute__((noreturn,
						     format(printf, 1, 2)));

static void bad(const char *fmt, ...)
{
	va_list ap;

	fputs("fault: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(STATUS_BAD_FAULT);
}

/* An identifier ends in '_' where its name belongs to C: errno_. */
static bool same_name(const char *id, const char *word)
{
	for (; *id && *word; id++, word++) {
		if (*id != *word && !(*id == '_' && *word == '-'))
			return false;
	}
	return (!*id || strcmp(id, "_") == 0) && !*word;
}

static const struct fault *find(const char *word)
{
	const struct fault *const *f;

	for (f = __start_sockspec_faults; f < __stop_sockspec_faults; f++) {
		if (same_name((*f)->name, word))
			return *f;
	}
	return NULL;
}

static void print_help(void)
{
	const struct fault *const *f;

	for (f = __start_sockspec_faults; f < __stop_sockspec_faults; f++) {
		for (const char *p = (*f)->name; *p && strcmp(p, "_"); p++)
			putchar(*p == '_' ? '-' : *p);
		printf(" %s\n", (*f)->usage);
	}
	fflush(stdout);
	_exit(0);
}

static void parse_value(struct fault_value *v, const char *word)
{
	const char *number = word;

	v->given = true;
	if (strcmp(word, "*") == 0) {
		v->any = true;
		return;
	}
	if (*number == '+' || *number == '-')
		v->sign = *number++;
	if (!name_number(number, &v->n))
		bad("'%s' is neither a number nor a name of one", word);
}

static int choose(const char *text, const char *letters, const char *value)
{
	if (strchr(letters, *value) && *value)
		return *value;
	bad("%s=%s: not one of %s", text, value, letters);
}

static unsigned int parse_types(const char *text)
{
	unsigned int types = 0;

	if (strstr(text, "stream"))
		types |= 1u << SOCK_STREAM;
	if (strstr(text, "dgram"))
		types |= 1u << SOCK_DGRAM;
	if (strstr(text, "seqpacket"))
		types |= 1u << SOCK_SEQPACKET;
	if (!types)
		bad("type=%s: no such type", text);
	return types;
}

static long parse_number(const char *text)
{
	long n;

	if (!name_number(text, &n))
		bad("'%s' is neither a number nor a name of one", text);
	return n;
}

/* word is "key=value". */
static void parse_qualifier(struct fault_use *use, char *word)
{
	char *value = strchr(word, '=');

	*value++ = '\0';
	if (strcmp(word, "type") == 0) {
		use->types = parse_types(value);
	} else if (strcmp(word, "nth") == 0) {
		use->nth = (unsigned long)parse_number(value);
	} else if (strcmp(word, "from") == 0) {
		use->from = (unsigned long)parse_number(value);
	} else if (strcmp(word, "every") == 0) {
		use->every = (unsigned long)parse_number(value);
	} else if (strcmp(word, "flags") == 0) {
		use->flags = (int)parse_number(value);
	} else if (strcmp(word, "noflags") == 0) {
		use->noflags = (int)parse_number(value);
	} else if (strcmp(word, "min") == 0) {
		use->min = (size_t)parse_number(value);
	} else if (strcmp(word, "max") == 0) {
		use->max = (size_t)parse_number(value);
		use->have_max = true;
	} else if (strcmp(word, "name") == 0) {
		use->name = parse_number(value);
		use->have_name = true;
	} else if (strcmp(word, "thread") == 0) {
		use->thread = choose(word, "mo", value);
	} else if (strcmp(word, "nonblock") == 0) {
		use->nonblock = choose(word, "yn", value);
	} else if (strcmp(word, "addr") == 0) {
		use->addr = choose(word, "pan", value);
	} else {
		bad("no qualifier '%s'", word);
	}
}

static size_t split(char *text, const char *separators, char **words,
		    size_t max)
{
	char *rest = NULL;
	size_t n = 0;

	for (char *w = strtok_r(text, separators, &rest); w;
	     w = strtok_r(NULL, separators, &rest)) {
		if (n == max)
			bad("too many words");
		words[n++] = w;
	}
	return n;
}

static void parse_words(struct fault_use *use, char **words, size_t n_words)
{
	char usage[200], *names[FAULT_MAX_ARGS + 1];
	size_t n_names, next = 0, n_args = 0;

	snprintf(usage, sizeof(usage), "%s", use->fault->usage);
	n_names = split(usage, " ", names, FAULT_MAX_ARGS + 1);
	use->calls = use->fault->calls;
	for (size_t i = 1; i < n_words; i++) {
		if (strchr(words[i], '=')) {
			parse_qualifier(use, words[i]);
			continue;
		}
		if (next == n_names)
			bad("%s takes %s", words[0], use->fault->usage);
		if (strcmp(names[next++], "CALL") != 0) {
			parse_value(&use->arg[n_args++], words[i]);
			continue;
		}
		use->calls = name_calls(words[i]);
		if (!use->calls)
			bad("'%s' is no call", words[i]);
	}
	if (next < n_names && names[next][0] != '[')
		bad("%s takes %s", words[0], use->fault->usage);
}

/* True when the text is a fault; "hurry" is not one. */
static bool parse_use(char *text, struct fault_use *use)
{
	char *words[MAX_WORDS];
	size_t n = split(text, " \t", words, MAX_WORDS);

	if (n == 0)
		return false;
	if (strcmp(words[0], "help") == 0)
		print_help();
	if (strcmp(words[0], "hurry") == 0) {
		fault_hurry = n == 2 ? parse_number(words[1]) : 0;
		if (fault_hurry < 1)
			bad("hurry takes a number");
		return false;
	}
	use->fault = find(words[0]);
	if (!use->fault)
		bad("no fault '%s'", words[0]);
	parse_words(use, words, n);
	return true;
}

unsigned int fault_parse(const char *spec, struct fault_use *uses,
			 unsigned int max)
{
	char copy[MAX_SPEC], *rest = NULL;
	unsigned int n = 0;

	if (strlen(spec) >= sizeof(copy))
		bad("SOCKSPEC_FAULT is too long");
	strcpy(copy, spec);
	for (char *text = strtok_r(copy, ";", &rest); text;
	     text = strtok_r(NULL, ";", &rest)) {
		if (n == max)
			bad("more than %u faults at once", max - 1);
		n += parse_use(text, &uses[n]);
	}
	if (n == 0)
		bad("SOCKSPEC_FAULT names no fault");
	return n;
}
