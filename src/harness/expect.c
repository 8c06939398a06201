// SPDX-License-Identifier: BSD-2-Clause
/*
 * Evidence.  verb_begin() tells the warden which call is about to run;
 * the judge_*() functions record what did not hold and, under ASSERT, leave.
 * The threads of a case may judge too: what belongs to one judgement is
 * thread-local.
 */
#include "config.h"

#include "harness/expect.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "harness/child.h"
#include "harness/record.h"

#define TEXT_MAX 600

static __thread struct {
	enum verb verb;
	const char *text;
	const char *where;
} now;

static char context[200];
static _Atomic bool failed;

void verb_begin(enum verb verb, const char *text, const char *where)
{
	struct case_page *page = child_current ? child_current->page : NULL;

	now.verb = verb;
	now.text = text;
	now.where = where;
	if (!page)
		return;
	atomic_store_explicit(&page->verb, verb, memory_order_relaxed);
	page->call = text;
	page->where = where;
	atomic_fetch_add_explicit(&page->calls, 1, memory_order_release);
}

static const char *say_value(char *buf, size_t size, long value, int err)
{
	if (value == -1)
		snprintf(buf, size, "-1 %s", name_errno(err));
	else
		snprintf(buf, size, "%ld", value);
	return buf;
}

void CONTEXT(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
}

void context_clear(void)
{
	context[0] = '\0';
}

bool has_failed(void)
{
	return failed;
}

void child_record(int kind, const char *call, const char *expected,
		  const char *got, const char *where)
{
	struct record r = {
		.serial = child_current->serial,
		.kind = (enum record_kind)kind,
		.context = context, .call = call, .expected = expected,
		.got = got, .where = where,
	};
	int saved = errno;

	record_write(RESULT_FD, &r);
	errno = saved;
}

bool judge(bool held, const char *expected, const char *got)
{
	if (held)
		return true;
	failed = true;
	child_record(RECORD_FAIL, now.text, expected, got, now.where);
	if (now.verb == VERB_ASSERT)
		child_leave();
	return false;
}

static bool is_absent(int err)
{
	switch (err) {
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
	case ESOCKTNOSUPPORT:
	case ENOSYS:
		return true;
	}
	return false;
}

void verb_setup(bool set_up_failed)
{
	char got[TEXT_MAX];
	int err = errno;

	if (!set_up_failed)
		return;
	snprintf(got, sizeof(got), "%s failed with %s", now.text,
		 name_errno(err));
	if (is_absent(err))
		SKIP_CASE("%s", got);
	child_record(RECORD_BROKEN, now.text, got, name_errno(err), now.where);
	child_leave();
}

bool judge_ok(long value, int err)
{
	char got[64];

	if (value != -1)
		return true;
	return judge(false, "success",
		     say_value(got, sizeof(got), value, err));
}

bool judge_ret(long want, long value, int err)
{
	char expected[64], got[64];

	if (value == want)
		return true;
	snprintf(expected, sizeof(expected), "%ld", want);
	return judge(false, expected,
		     say_value(got, sizeof(got), value, err));
}

bool judge_errno(int want, long value, int err)
{
	char expected[64], got[64];

	if (value == -1 && err == want)
		return true;
	return judge(false,
		     say_value(expected, sizeof(expected), -1, want),
		     say_value(got, sizeof(got), value, err));
}

bool judge_errno_in(const int *want, size_t n, long value, int err)
{
	char expected[TEXT_MAX] = "", got[64];
	bool held = false, choice = false;
	size_t len = 0;

	say_value(got, sizeof(got), value, err);
	for (size_t i = 0; i < n && len < sizeof(expected); i++) {
		/* An answer that is no longer permitted repeats another. */
		if (i && want[i] == want[0])
			continue;
		choice |= i > 0;
		held |= want[i] ? value == -1 && err == want[i] : value != -1;
		len += (size_t)snprintf(expected + len, sizeof(expected) - len,
					"%s%s", i ? " or " : "",
					want[i] ? name_errno(want[i]) : "success");
	}
	if (held && choice)
		NOTE("%s gave %s (permitted: %s)", now.text, got, expected);
	return judge(held, expected, got);
}

bool judge_eq(long long want, long long got)
{
	char w[32], g[32];

	if (want == got)
		return true;
	snprintf(w, sizeof(w), "%lld", want);
	snprintf(g, sizeof(g), "%lld", got);
	return judge(false, w, g);
}

bool judge_range(long long min, long long max, long long got)
{
	char w[80], g[32];

	if (min <= got && got <= max)
		return true;
	snprintf(w, sizeof(w), "%lld to %lld", min, max);
	snprintf(g, sizeof(g), "%lld", got);
	return judge(false, w, g);
}

bool judge_that(bool cond, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	if (cond)
		return true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return judge(false, "true", text);
}

bool judge_mem(const void *want, const void *got, size_t len)
{
	const unsigned char *w = want, *g = got;
	char expected[64], text[64];
	size_t at = 0;

	while (at < len && w[at] == g[at])
		at++;
	if (at == len)
		return true;
	snprintf(expected, sizeof(expected), "byte %zu of %zu is 0x%02x", at, len,
		 w[at]);
	snprintf(text, sizeof(text), "0x%02x", g[at]);
	return judge(false, expected, text);
}

bool judge_msg_flags(unsigned int want, unsigned int got)
{
	return want == got || judge(false, name_msg_flags(want), name_msg_flags(got));
}

bool judge_poll(unsigned int want, int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, 0);
	char got[64];

	if (n < 0)
		return judge(false, name_poll(want),
			     say_value(got, sizeof(got), -1, errno));
	if ((unsigned int)(unsigned short)p.revents == want)
		return true;
	return judge(false, name_poll(want),
		     name_poll((unsigned int)(unsigned short)p.revents));
}

bool judge_err_eq(int want, int got)
{
	return want == got || judge(false, name_errno(want), name_errno(got));
}

void NOTE(const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	child_record(RECORD_NOTE, "", text, "", "");
}

void SKIP_CASE(const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	child_record(RECORD_SKIP, "", text, "", now.where ? now.where : "");
	child_leave();
}

void BROKEN(const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	child_record(RECORD_BROKEN, "", text, "", now.where ? now.where : "");
	child_leave();
}
