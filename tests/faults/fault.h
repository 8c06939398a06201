/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the author of a fault includes.
 *
 *	FAULT(ret, "CALL DELTA", 0)
 *	{
 *		long got = call_next(c);
 *
 *		return got < 0 ? got : fault_adjust(&use->arg[0], got);
 *	}
 *
 * is the fault "ret recv -1".  The usage gives the words after the name, in
 * order: CALL is a call, a group of calls or a glob of both, every other word
 * a number or a name of one, with an optional sign in front (use->arg[]); in
 * square brackets it may be left out.  The last argument of FAULT is the set
 * of calls for a fault without the word CALL.
 *
 * A fault stands around a call: it does the call with call_next(), as often
 * as it likes, after changing what goes in and before changing what comes
 * out.  It returns what the call shall return, with errno.  While a fault
 * runs, the C library that it sees is the real one.
 */
#ifndef SOCKSPEC_TESTS_FAULTS_FAULT_H
#define SOCKSPEC_TESTS_FAULTS_FAULT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#define FAULT_MAX_ARGS 4

/* Every call that can be broken. */
enum call_id {
#define CALL(subject, ret, name, ...) CALL_##name,
#include "fault_calls.def"
#undef CALL
	CALL_fcntl,		/* variadic, and therefore not in the table */
	CALL_ioctl,
	CALL_open,
	N_CALL,
};

#define ON(name) (UINT64_C(1) << CALL_##name)
#define ON_SENDS (ON(send) | ON(sendto) | ON(sendmsg) | ON(sendmmsg) | \
		  ON(write) | ON(writev))
#define ON_RECVS (ON(recv) | ON(recvfrom) | ON(recvmsg) | ON(recvmmsg) | \
		  ON(read) | ON(readv))
#define ON_MAKES (ON(socket) | ON(socketpair))
#define ON_ACCEPTS (ON(accept) | ON(accept4))
#define ON_POLLS (ON(poll) | ON(ppoll) | ON(select) | ON(pselect) | \
		  ON(epoll_wait) | ON(epoll_pwait))
#define ON_NAMES (ON(getsockname) | ON(getpeername))

/* What the call acts on, and so how it is told whether it is our affair. */
enum call_subject {
	SUBJECT_FAMILY,		/* it makes a socket: domain is AF_UNIX */
	SUBJECT_FD,		/* fd is an AF_UNIX socket */
	SUBJECT_FD2,		/* fd or fd2 is one */
	SUBJECT_PATH,		/* path is a socket in the file system */
	SUBJECT_SET,		/* it waits for several: the fault looks */
};

/**
 * struct fault_call - one call, with the arguments that it has
 * @fd: the socket; -1 when the call makes one or has none
 * @table: @fd is no socket, but one of the tables of FAULT_TABLE
 * @type: SOCK_STREAM, ... of @fd, or as asked for; 0 for paths and sets
 * @name: option, request, command, how: what name=X speaks of
 * @buf: what to send, room for what is received, an option, a struct stat
 * @addr: where an address is or goes to
 * @addrlen, @addrlen_p: length of the address or the option, or where it is
 * @arg: backlog, mode, timeout, fcntl's argument
 */
struct fault_call {
	enum call_id id;
	unsigned int pos;		/* in the chain of faults */
	long (*real)(struct fault_call *c);
	int fd, fd2;
	int domain, type, type_flags, protocol;
	bool table;
	int *pair;
	struct sockaddr *addr;
	socklen_t addrlen;
	socklen_t *addrlen_p;
	void *buf;
	size_t len;
	int flags;
	const struct iovec *iov;
	int n_iov;
	struct msghdr *msg;
	struct mmsghdr *mmsg;
	unsigned int n_mmsg;
	int level;
	long name;
	long arg;
	void *ptr;			/* sigmask, offset, timeval, event */
	struct pollfd *fds;
	unsigned long n_fds;
	void *set[3];			/* fd_set: read, write, except */
	void *timeout;			/* timespec or timeval */
	const char *path, *path2;
};

struct fault_value {
	char sign;		/* '+', '-', or 0 for a plain number */
	bool given;
	bool any;		/* '*' */
	long n;
};

struct fault;

/* A fault as asked for in SOCKSPEC_FAULT; qualifiers are the core's. */
struct fault_use {
	const struct fault *fault;
	uint64_t calls;
	struct fault_value arg[FAULT_MAX_ARGS];
	/* qualifiers: see README */
	unsigned long nth, from, every;
	unsigned int types;		/* bits 1 << SOCK_*, 0: all */
	int flags, noflags;
	size_t min, max;
	bool have_max, have_name;
	long name;
	int thread;			/* 0, 'm'ain or 'o'ther */
	int nonblock;			/* 0, 'y'es or 'n'o */
	int addr;			/* 0, 'p'ath, 'a'bstract or 'n'one */
	_Atomic unsigned long count;
};

struct fault {
	const char *name;
	const char *usage;
	uint64_t calls;
	bool always;		/* call around() though the qualifiers say no */
	bool tables;		/* about reads of tables, and never of sockets */
	long (*around)(struct fault_use *use, struct fault_call *c);
};

#define FAULT_(id, usage_, calls_, always_, ...)                              \
	static long around_##id(struct fault_use *use, struct fault_call *c); \
	static const struct fault fault_##id = {                              \
		.name = #id, .usage = usage_, .calls = calls_,                \
		.always = always_, .around = around_##id, __VA_ARGS__         \
	};                                                                    \
	__attribute__((used, section("sockspec_faults")))                     \
	static const struct fault *const entry_##id = &fault_##id;            \
	static long around_##id(                                              \
		struct fault_use *use __attribute__((unused)),                \
		struct fault_call *c __attribute__((unused)))

/**
 * FAULT: the name in SOCKSPEC_FAULT has '-' where the identifier has '_'; one
 * at the end, where the name alone belongs to C, counts for nothing.
 */
#define FAULT(id, usage, calls) FAULT_(id, usage, calls, false)

/** FAULT_ALWAYS: sees every call, and asks fault_turn() when to be wrong. */
#define FAULT_ALWAYS(id, usage, calls) FAULT_(id, usage, calls, true)

/**
 * FAULT_TABLE: about recv() and read() of what the kernel tells of all
 * sockets: NETLINK_SOCK_DIAG, /proc/net and fdinfo.
 */
#define FAULT_TABLE(id, usage, calls) \
	FAULT_(id, usage, calls, false, .tables = true)

/** call_next: the rest of the chain, and the real call at its end. */
long call_next(struct fault_call *c);

/** fault_turn: do the qualifiers allow this call?  Counts it. */
bool fault_turn(struct fault_use *use, struct fault_call *c);

/** fault_run: what every interposed function does. */
long fault_run(struct fault_call *c, enum call_subject subject);

/** fault_adjust: n as the value says: plain replaces, a sign adds. */
long fault_adjust(const struct fault_value *value, long n);

/** fail: errno = err, return -1. */
long fail(int err);

/** is: one of the calls? */
static inline bool is(const struct fault_call *c, uint64_t calls)
{
	return calls >> c->id & 1;
}

/* fault_spec.c */

/** fault_parse: read SOCKSPEC_FAULT, or end the program; how many uses. */
unsigned int fault_parse(const char *spec, struct fault_use *uses,
			 unsigned int max);

/* fault_clock.c: how many times faster CLOCK_MONOTONIC goes by. */
extern long fault_hurry;

/* fault_names.c */

/** name_number: EADDRINUSE, SO_TYPE, POLLIN|POLLHUP, 17, 0x11 to a number. */
bool name_number(const char *text, long *ret);

/** name_calls: "bind", "recv*", "sends", "recvs", ... to a set; 0: unknown. */
uint64_t name_calls(const char *text);

/** name_call: the symbol in the C library. */
const char *name_call(enum call_id id);

/* fault_fd.c */

/** fd_is_table: descriptor of one of the tables of FAULT_TABLE. */
bool fd_is_table(int fd);

/** fd_unix_type: SOCK_* of an AF_UNIX socket, 0 for everything else. */
int fd_unix_type(int fd);

/** fd_is_nonblock: O_NONBLOCK is set. */
bool fd_is_nonblock(int fd);

/** call_is_nonblock: this call does not wait. */
bool call_is_nonblock(const struct fault_call *c);

/** fd_ready: poll() for events, without waiting. */
int fd_ready(int fd, int events);

/** nap: a millisecond; false when a signal came. */
bool nap(void);

/* A message that a fault keeps, or bytes of it. */
struct held {
	void *data;
	size_t len;
	bool full;		/* there is one, be it of no bytes */
};

/* What faults remember of a descriptor; all zero for a new one. */
struct fd_state {
	struct held held;
	int accepted;		/* a descriptor kept back, plus one */
	unsigned int marks;	/* of the fault's own */
};

/** fd_state: of this descriptor, or NULL where there is no room. */
struct fd_state *fd_state(int fd);

/** fd_forget: it was closed. */
void fd_forget(int fd);

/** fault_lock: around everything that all threads share; not recursive. */
void fault_lock(void);
void fault_unlock(void);

/* fault_message.c: what goes through sends and recvs, whichever the call */

/** copy_in: like memcpy(), but false where the memory is not readable. */
bool copy_in(void *to, const void *from, size_t len);

/** message_take: a copy of what is to be sent; false: let the call fail. */
bool message_take(struct fault_call *c, struct held *m);

/**
 * message_send: send these bytes in place of the call's, with its address
 * and flags, and with its control data if that is asked for.
 */
ssize_t message_send(struct fault_call *c, const void *data, size_t len,
		     bool control);

/** message_send_now: the same without waiting and without control data. */
ssize_t message_send_now(struct fault_call *c, const void *data, size_t len);

/** held_set: keep a copy; held_drop: forget it. */
void held_set(struct held *held, const void *data, size_t len);
void held_drop(struct held *held);

/** room_length: bytes that a receiving call has room for. */
size_t room_length(const struct fault_call *c);

/** room_at: the byte at this offset of the room, or NULL. */
unsigned char *room_at(const struct fault_call *c, size_t offset);

/** room_put: copy into the room; the number of bytes that fitted. */
size_t room_put(const struct fault_call *c, size_t offset, const void *data,
		size_t len);

/** room_recv: receive into a plain buffer, with the call's flags and more. */
ssize_t room_recv(struct fault_call *c, void *buf, size_t len, int flags);

/**
 * call_each: for a fault in single messages, around sendmmsg() or recvmmsg():
 * the same fault around so many sendmsg() or recvmsg().
 */
long call_each(struct fault_use *use, struct fault_call *c);

#endif
