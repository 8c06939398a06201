// SPDX-License-Identifier: BSD-2-Clause
/*
 * Names in SOCKSPEC_FAULT: of calls, and of everything that is a number.
 */
#include "config.h"

#include "fault.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/sockios.h>

static const char *const call_names[N_CALL] = {
#define CALL(subject, ret, name, ...) [CALL_##name] = #name,
#include "fault_calls.def"
#undef CALL
	[CALL_fcntl] = "fcntl",
	[CALL_ioctl] = "ioctl",
	[CALL_open] = "open",
};

static const struct group {
	const char *name;
	uint64_t calls;
} groups[] = {
	{ "accepts", ON_ACCEPTS },
	{ "all", ~UINT64_C(0) },
	{ "makes", ON_MAKES },
	{ "names", ON_NAMES },
	{ "polls", ON_POLLS },
	{ "recvs", ON_RECVS },
	{ "sends", ON_SENDS },
};

/* What Linux headers of some age do not have. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif
#ifndef SO_INQ
#define SO_INQ 84
#endif
#ifndef SCM_INQ
#define SCM_INQ 84
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif
#ifndef SCM_SECURITY
#define SCM_SECURITY 3
#endif
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif
#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE (SIOCPROTOPRIVATE + 0)
#endif

#define N(name) { #name, (long)(name) }

static const struct number {
	const char *name;
	long n;
} numbers[] = {
	N(E2BIG), N(EACCES), N(EADDRINUSE), N(EADDRNOTAVAIL),
	N(EAFNOSUPPORT), N(EAGAIN), N(EALREADY), N(EBADF), N(EBUSY),
	N(ECHILD), N(ECONNABORTED), N(ECONNREFUSED), N(ECONNRESET),
	N(EDESTADDRREQ), N(EDOM), N(EEXIST), N(EFAULT), N(EFBIG),
	N(EHOSTUNREACH), N(EINPROGRESS), N(EINTR), N(EINVAL), N(EIO),
	N(EISCONN), N(EISDIR), N(ELOOP), N(EMFILE), N(EMLINK), N(EMSGSIZE),
	N(ENAMETOOLONG), N(ENETUNREACH), N(ENFILE), N(ENOBUFS), N(ENODATA),
	N(ENODEV), N(ENOENT), N(ENOMEM), N(ENOPROTOOPT), N(ENOSPC),
	N(ENOSYS), N(ENOTCONN), N(ENOTDIR), N(ENOTEMPTY), N(ENOTSOCK),
	N(ENOTTY), N(ENXIO), N(EOPNOTSUPP), N(EOVERFLOW), N(EPERM),
	N(EPIPE), N(EPROTO), N(EPROTONOSUPPORT), N(EPROTOTYPE), N(ERANGE),
	N(EROFS), N(ESHUTDOWN), N(ESOCKTNOSUPPORT), N(ESPIPE), N(ESRCH),
	N(ETIMEDOUT), N(ETOOMANYREFS), N(EWOULDBLOCK), N(EXDEV),
	N(AF_INET), N(AF_INET6), N(AF_UNIX), N(AF_UNSPEC),
	N(SOCK_CLOEXEC), N(SOCK_DGRAM), N(SOCK_NONBLOCK), N(SOCK_RAW),
	N(SOCK_SEQPACKET), N(SOCK_STREAM),
	N(SHUT_RD), N(SHUT_RDWR), N(SHUT_WR),
	N(MSG_CMSG_CLOEXEC), N(MSG_CTRUNC), N(MSG_DONTROUTE),
	N(MSG_DONTWAIT), N(MSG_EOR), N(MSG_ERRQUEUE), N(MSG_MORE),
	N(MSG_NOSIGNAL), N(MSG_OOB), N(MSG_PEEK), N(MSG_TRUNC),
	N(MSG_WAITALL), N(MSG_WAITFORONE),
	N(SCM_CREDENTIALS), N(SCM_INQ), N(SCM_PIDFD), N(SCM_RIGHTS),
	N(SCM_SECURITY), N(SCM_TIMESTAMP), N(SCM_TIMESTAMPNS),
	N(SO_ACCEPTCONN), N(SO_ATTACH_FILTER), N(SO_BROADCAST),
	N(SO_BUSY_POLL), N(SO_COOKIE), N(SO_DEBUG), N(SO_DETACH_FILTER),
	N(SO_DOMAIN), N(SO_DONTROUTE), N(SO_ERROR), N(SO_INCOMING_CPU),
	N(SO_INQ), N(SO_KEEPALIVE), N(SO_LINGER), N(SO_LOCK_FILTER),
	N(SO_MARK), N(SO_MEMINFO), N(SO_NETNS_COOKIE), N(SO_OOBINLINE),
	N(SO_PASSCRED), N(SO_PASSPIDFD), N(SO_PASSRIGHTS), N(SO_PASSSEC),
	N(SO_PEEK_OFF), N(SO_PEERCRED), N(SO_PEERGROUPS), N(SO_PEERNAME),
	N(SO_PEERPIDFD), N(SO_PEERSEC), N(SO_PRIORITY), N(SO_PROTOCOL),
	N(SO_RCVBUF), N(SO_RCVBUFFORCE), N(SO_RCVLOWAT), N(SO_RCVTIMEO),
	N(SO_REUSEADDR), N(SO_REUSEPORT), N(SO_SNDBUF), N(SO_SNDBUFFORCE),
	N(SO_SNDLOWAT), N(SO_SNDTIMEO), N(SO_TIMESTAMP), N(SO_TIMESTAMPNS),
	N(SO_TYPE), N(SO_ZEROCOPY),
	N(POLLERR), N(POLLHUP), N(POLLIN), N(POLLMSG), N(POLLNVAL),
	N(POLLOUT), N(POLLPRI), N(POLLRDBAND), N(POLLRDHUP), N(POLLRDNORM),
	N(POLLWRBAND), N(POLLWRNORM),
	N(EPOLLET), N(EPOLLEXCLUSIVE), N(EPOLLONESHOT), N(EPOLL_CTL_ADD),
	N(EPOLL_CTL_DEL), N(EPOLL_CTL_MOD),
	N(FIOASYNC), N(FIOCLEX), N(FIONBIO), N(FIONCLEX), N(FIONREAD),
	N(FIOSETOWN), N(SIOCATMARK),
	N(SIOCGIFINDEX), N(SIOCGPGRP),
	N(SIOCINQ), N(SIOCOUTQ), N(SIOCSPGRP), N(SIOCUNIXFILE),
	N(F_DUPFD), N(F_DUPFD_CLOEXEC), N(F_GETFD), N(F_GETFL),
	N(F_GETOWN), N(F_GETOWN_EX), N(F_GETPIPE_SZ), N(F_GETSIG),
	N(F_SETFD), N(F_SETFL), N(F_SETOWN), N(F_SETOWN_EX),
	N(F_SETPIPE_SZ), N(F_SETSIG),
	N(FD_CLOEXEC), N(O_ASYNC), N(O_NONBLOCK),
	N(SEEK_CUR), N(SEEK_END), N(SEEK_SET),
};

static bool one_number(const char *text, size_t len, long *ret)
{
	char *end;

	if (len > 0 && isdigit((unsigned char)*text)) {
		*ret = strtol(text, &end, 0);
		return end == text + len;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strlen(numbers[i].name) == len &&
		    memcmp(numbers[i].name, text, len) == 0) {
			*ret = numbers[i].n;
			return true;
		}
	}
	return false;
}

bool name_number(const char *text, long *ret)
{
	long sum = 0;

	for (;;) {
		size_t len = strcspn(text, "|");
		long n;

		if (!one_number(text, len, &n))
			return false;
		sum |= n;
		if (!text[len])
			break;
		text += len + 1;
	}
	*ret = sum;
	return true;
}

uint64_t name_calls(const char *text)
{
	uint64_t calls = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (strcmp(groups[i].name, text) == 0)
			return groups[i].calls;
	}
	for (unsigned int id = 0; id < N_CALL; id++) {
		if (fnmatch(text, call_names[id], 0) == 0)
			calls |= UINT64_C(1) << id;
	}
	return calls;
}

const char *name_call(enum call_id id)
{
	return call_names[id];
}
