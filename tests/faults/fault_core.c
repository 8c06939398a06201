// SPDX-License-Identifier: BSD-2-Clause
/*
 * From SOCKSPEC_FAULT to a chain of faults, and a call's way through it.
 *
 *	SOCKSPEC_FAULT='errno bind EADDRINUSE EINVAL type=stream; hurry 4'
 *
 * Read once, before main().  What cannot be read ends the program: a fault
 * that does nothing would prove nothing.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <dlfcn.h>

#define MAX_USES 8
#define MAX_WORDS 16
#define STATUS_BAD_FAULT 3
#define USUAL_HURRY 8

extern const struct fault *const __start_sockspec_faults[];
extern const struct fault *const __stop_sockspec_faults[];

static struct fault_use uses[MAX_USES];
static unsigned int n_uses;
static uint64_t wanted;		/* calls that some use is about */
static long hurry = 1;		/* how many times faster time goes by */
static bool trace;
static _Thread_local bool inside;

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

static void parse_use(char *text)
{
	struct fault_use *use = &uses[n_uses];
	char *words[MAX_WORDS];
	size_t n = split(text, " \t", words, MAX_WORDS);

	if (n == 0)
		return;
	if (strcmp(words[0], "help") == 0)
		print_help();
	if (strcmp(words[0], "hurry") == 0) {
		hurry = n == 2 ? parse_number(words[1]) : 0;
		if (hurry < 1)
			bad("hurry takes a number");
		return;
	}
	if (n_uses == MAX_USES)
		bad("more than %d faults at once", MAX_USES);
	use->fault = find(words[0]);
	if (!use->fault)
		bad("no fault '%s'", words[0]);
	parse_words(use, words, n);
	wanted |= use->calls;
	n_uses++;
}

__attribute__((constructor)) static void set_up(void)
{
	const char *spec = getenv("SOCKSPEC_FAULT");
	char *copy, *uses_text[MAX_USES + 1];
	size_t n;

	if (!spec || !*spec)
		return;
	inside = true;
	trace = getenv("SOCKSPEC_FAULT_TRACE");
	hurry = USUAL_HURRY;
	copy = strdup(spec);
	if (!copy)
		bad("out of memory");
	n = split(copy, ";", uses_text, MAX_USES + 1);
	for (size_t i = 0; i < n; i++)
		parse_use(uses_text[i]);
	free(copy);
	if (!n_uses)
		bad("SOCKSPEC_FAULT names no fault");
	/* A descriptor that is closed takes with it what we knew of it. */
	wanted |= ON(close);
	inside = false;
}

/* The length that min= and max= speak of. */
static size_t length_of(const struct fault_call *c)
{
	struct held m = { 0 };
	size_t len;

	if (is(c, ON_RECVS))
		return room_length(c);
	if (!is(c, ON_SENDS))
		return c->len;
	if (c->buf || !message_take((struct fault_call *)c, &m))
		return c->len;
	len = m.len;
	held_drop(&m);
	return len;
}

static int address_kind(const struct fault_call *c)
{
	const struct sockaddr_un *un = (const void *)c->addr;
	size_t head = offsetof(struct sockaddr_un, sun_path);
	char first;

	if (!c->addr || c->addrlen <= head)
		return 'n';
	if (!copy_in(&first, un->sun_path, 1))
		return 0;
	return first ? 'p' : 'a';
}

static bool qualifies(const struct fault_use *use, const struct fault_call *c)
{
	bool main_thread = syscall(SYS_gettid) == getpid();

	if (use->types && !(use->types >> c->type & 1))
		return false;
	if ((c->flags & use->flags) != use->flags || c->flags & use->noflags)
		return false;
	if (use->min && length_of(c) < use->min)
		return false;
	if (use->have_max && length_of(c) > use->max)
		return false;
	if (use->have_name && use->name != c->name)
		return false;
	if (use->thread && (use->thread == 'm') != main_thread)
		return false;
	if (use->nonblock && (use->nonblock == 'y') != call_is_nonblock(c))
		return false;
	return !use->addr || use->addr == address_kind(c);
}

bool fault_turn(struct fault_use *use, struct fault_call *c)
{
	unsigned long n;

	if (!qualifies(use, c))
		return false;
	n = ++use->count;
	if ((use->nth && n != use->nth) || n < use->from ||
	    (use->every && n % use->every != 0))
		return false;
	if (trace)
		dprintf(STDERR_FILENO, "fault: %s at %s(%d)\n",
			use->fault->name, name_call(c->id), c->fd);
	return true;
}

long call_next(struct fault_call *c)
{
	unsigned int pos = c->pos;
	long ret;

	while (c->pos < n_uses) {
		struct fault_use *use = &uses[c->pos++];

		if (!is(c, use->calls) ||
		    (!use->fault->always && !fault_turn(use, c)))
			continue;
		ret = use->fault->around(use, c);
		c->pos = pos;
		return ret;
	}
	ret = c->real(c);
	c->pos = pos;
	return ret;
}

static bool concerns_us(struct fault_call *c, enum call_subject subject)
{
	struct stat st;

	switch (subject) {
	case SUBJECT_FAMILY:
		return c->domain == AF_UNIX;
	case SUBJECT_FD:
		c->type = fd_unix_type(c->fd);
		return c->type;
	case SUBJECT_FD2:
		c->type = fd_unix_type(c->fd);
		if (!c->type)
			c->type = fd_unix_type(c->fd2);
		return c->type;
	case SUBJECT_PATH:
		return c->path && lstat(c->path, &st) == 0 &&
		       S_ISSOCK(st.st_mode);
	case SUBJECT_SET:
		return true;
	}
	return false;
}

long fault_run(struct fault_call *c, enum call_subject subject)
{
	int saved = errno;
	bool ours;
	long ret;

	if (inside || !is(c, wanted))
		return c->real(c);
	inside = true;
	ours = concerns_us(c, subject);
	errno = saved;
	ret = ours ? call_next(c) : c->real(c);
	if (ours && c->id == CALL_close) {
		saved = errno;
		fd_forget(c->fd);
		errno = saved;
	}
	inside = false;
	return ret;
}

long fault_adjust(const struct fault_value *v, long n)
{
	switch (v->sign) {
	case '+':
		return n + v->n;
	case '-':
		return n - v->n;
	default:
		return v->n;
	}
}

long fail(int err)
{
	errno = err;
	return -1;
}

/*
 * The checker takes seconds to call a call hung.  Its clock is made to run
 * fast, so that a fault that makes calls hang is found in one.
 */
__attribute__((visibility("default")))
int wrap_clock_gettime(clockid_t id, struct timespec *ts)
	__asm__("clock_gettime");

__attribute__((visibility("default")))
int wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	static int (*_Atomic real)(clockid_t, struct timespec *);
	int64_t ns;
	int ret;

	if (!real)
		real = (__typeof__(&wrap_clock_gettime))dlsym(RTLD_NEXT,
							      "clock_gettime");
	ret = real(id, ts);
	if (ret == 0 && id == CLOCK_MONOTONIC && hurry > 1) {
		ns = (ts->tv_sec * INT64_C(1000000000) + ts->tv_nsec) * hurry;
		ts->tv_sec = ns / 1000000000;
		ts->tv_nsec = ns % 1000000000;
	}
	return ret;
}
