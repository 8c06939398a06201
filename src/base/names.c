// SPDX-License-Identifier: BSD-2-Clause
/*
 * Errno and signal names come from the C library where it has them; a libc
 * without them (musl, glibc before 2.32) is helped by tables.
 */
#include "config.h"

#include "base/names.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define N_SLOTS 8
#define SLOT_SIZE 160

static char *slot(void)
{
	static __thread char slots[N_SLOTS][SLOT_SIZE];
	static __thread unsigned int next;

	return slots[next++ % N_SLOTS];
}

#ifndef HAVE_STRERRORNAME_NP
static const char *strerrorname_np(int err)
{
	static const char *const names[] = {
#define NAME(name) [name] = #name,
#include "base/names_errno.def"
#undef NAME
	};

	return err > 0 && err < (int)(sizeof(names) / sizeof(names[0])) ?
		       names[err] : NULL;
}
#endif

#ifndef HAVE_SIGABBREV_NP
static const char *sigabbrev_np(int sig)
{
	static const char *const names[] = {
#define NAME(name) [SIG##name] = #name,
#include "base/names_signal.def"
#undef NAME
	};

	return sig > 0 && sig < (int)(sizeof(names) / sizeof(names[0])) ?
		       names[sig] : NULL;
}
#endif

const char *name_errno(int err)
{
	const char *name;
	char *text;

	if (err == 0)
		return "0";
	name = strerrorname_np(err);
	if (name)
		return name;
	text = slot();
	snprintf(text, SLOT_SIZE, "errno %d", err);
	return text;
}

const char *name_signal(int sig)
{
	const char *abbrev = sigabbrev_np(sig);
	char *text = slot();

	if (abbrev)
		snprintf(text, SLOT_SIZE, "SIG%s", abbrev);
	else
		snprintf(text, SLOT_SIZE, "signal %d", sig);
	return text;
}

const char *name_socket_type(int type)
{
	char *text;

	switch (type) {
	case SOCK_STREAM:
		return "SOCK_STREAM";
	case SOCK_DGRAM:
		return "SOCK_DGRAM";
	case SOCK_SEQPACKET:
		return "SOCK_SEQPACKET";
	case SOCK_RAW:
		return "SOCK_RAW";
	case SOCK_RDM:
		return "SOCK_RDM";
	}
	text = slot();
	snprintf(text, SLOT_SIZE, "socket type %d", type);
	return text;
}

struct bit_name {
	unsigned int bit;
	const char *name;
};

/* The names of the bits joined by '|', what has no name in hexadecimal. */
static const char *join_bits(unsigned int bits, const struct bit_name *names,
			     size_t n)
{
	char *text;
	size_t len = 0;

	if (bits == 0)
		return "0";
	text = slot();
	text[0] = '\0';
	for (size_t i = 0; i < n && len < SLOT_SIZE; i++) {
		if ((bits & names[i].bit) != names[i].bit)
			continue;
		bits &= ~names[i].bit;
		len += (size_t)snprintf(text + len, SLOT_SIZE - len, "%s%s",
					len ? "|" : "", names[i].name);
	}
	if (bits && len < SLOT_SIZE)
		snprintf(text + len, SLOT_SIZE - len, "%s0x%x", len ? "|" : "",
			 bits);
	return text;
}

#define BIT(name) { (unsigned int)name, #name }
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const char *name_poll(unsigned int events)
{
	static const struct bit_name names[] = {
		BIT(POLLIN), BIT(POLLPRI), BIT(POLLOUT), BIT(POLLERR),
		BIT(POLLHUP), BIT(POLLNVAL), BIT(POLLRDNORM), BIT(POLLRDBAND),
		BIT(POLLWRNORM), BIT(POLLWRBAND), BIT(POLLRDHUP),
	};

	return join_bits(events, names, COUNT(names));
}

const char *name_msg_flags(unsigned int flags)
{
	static const struct bit_name names[] = {
		BIT(MSG_OOB), BIT(MSG_PEEK), BIT(MSG_DONTROUTE),
		BIT(MSG_CTRUNC), BIT(MSG_TRUNC), BIT(MSG_DONTWAIT),
		BIT(MSG_EOR), BIT(MSG_WAITALL), BIT(MSG_CONFIRM),
		BIT(MSG_ERRQUEUE), BIT(MSG_NOSIGNAL), BIT(MSG_MORE),
		BIT(MSG_WAITFORONE), BIT(MSG_FASTOPEN), BIT(MSG_CMSG_CLOEXEC),
	};

	return join_bits(flags, names, COUNT(names));
}
