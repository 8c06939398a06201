// SPDX-License-Identifier: BSD-2-Clause
/*
 * The faults of this process, and a call's way through them.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_USES 8
#define USUAL_HURRY 8

static struct fault_use uses[MAX_USES];
static unsigned int n_uses;
static uint64_t wanted;		/* calls that some use is about */
static bool any_tables;		/* some use is about tables */
static bool trace;
static _Thread_local bool inside;

__attribute__((constructor)) static void set_up(void)
{
	const char *spec = getenv("SOCKSPEC_FAULT");

	if (!spec || !*spec)
		return;
	trace = getenv("SOCKSPEC_FAULT_TRACE");
	fault_hurry = USUAL_HURRY;
	n_uses = fault_parse(spec, uses, MAX_USES);
	for (unsigned int i = 0; i < n_uses; i++) {
		wanted |= uses[i].calls;
		any_tables = any_tables || uses[i].fault->tables;
	}
	/* A descriptor that is closed takes with it what we knew of it. */
	wanted |= ON(close);
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

		if (!is(c, use->calls) || use->fault->tables != c->table ||
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
		c->table = any_tables && !c->type && fd_is_table(c->fd);
		return c->type || c->table;
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
