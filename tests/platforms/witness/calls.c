// SPDX-License-Identifier: BSD-2-Clause
/* What the witnesses share: words of an answer, and the way to sockets. */
#define _GNU_SOURCE
#include "witness.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef POLLRDHUP
#define POLLRDHUP 0x2000
#endif

static volatile sig_atomic_t ticked;
static int told_fd = -1;	/* for whom a tick is a byte */

#define E(name) { name, #name }

static const struct {
	int number;
	const char *name;
} errors[] = {
	E(EACCES),     E(EADDRINUSE),	    E(EAFNOSUPPORT), E(EAGAIN),
	E(EBADF),      E(EBUSY),	    E(ECONNREFUSED), E(ECONNRESET),
	E(EDESTADDRREQ),
	E(EDOM),       E(EEXIST),	    E(EFAULT),	     E(EINPROGRESS),
	E(EINTR),      E(EINVAL),	    E(EIO),	     E(EISCONN),
	E(EISDIR),     E(ELOOP),	    E(EMFILE),	     E(EMSGSIZE),
	E(ENOBUFS),    E(ENODATA),	    E(ENODEV),	     E(ENOENT),
	E(ENOMEM),     E(ENOPROTOOPT),	    E(ENOSPC),	     E(ENOSYS),
	E(ENOTCONN),   E(ENOTDIR),	    E(ENOTSOCK),     E(ENOTTY),
	E(ENXIO),      E(EOPNOTSUPP),	    E(EPERM),	     E(EPIPE),
	E(EPROTOTYPE), E(EPROTONOSUPPORT), E(EROFS),	     E(ESOCKTNOSUPPORT),
	E(ESPIPE),     E(ESRCH),	    E(ETIMEDOUT),    E(ETOOMANYREFS),
};

void answer_text(const char *word)
{
	dprintf(STDOUT_FILENO, " %s", word);
}

void answer(long result)
{
	int error = errno;

	if (result != -1) {
		dprintf(STDOUT_FILENO, " %ld", result);
		return;
	}
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].number == error) {
			answer_text(errors[i].name);
			return;
		}
	}
	dprintf(STDOUT_FILENO, " errno-%d", error);
}

void answer_poll(int fd)
{
	static const struct {
		short bit;
		const char *name;
	} bits[] = {
		{ POLLIN, "IN" },     { POLLOUT, "OUT" },     { POLLPRI, "PRI" },
		{ POLLERR, "ERR" },   { POLLHUP, "HUP" },     { POLLRDHUP, "RDHUP" },
		{ POLLNVAL, "NVAL" },
	};
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0 };
	const char *sep = " ";

	must(poll(&p, 1, 0));
	if (p.revents == 0)
		answer_text("none");
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (!(p.revents & bits[i].bit))
			continue;
		dprintf(STDOUT_FILENO, "%s%s", sep, bits[i].name);
		sep = "+";
	}
}

int must(int result)
{
	char text[100];

	if (result == -1) {
		snprintf(text, sizeof(text), "a call before it: %s",
			 strerror(errno));
		cannot(text);
	}
	return result;
}

struct name name_abstract(void)
{
	static unsigned int n;
	struct name name = { .un = { .sun_family = AF_UNIX } };
	int len = snprintf(name.un.sun_path + 1, sizeof(name.un.sun_path) - 1,
			   "witness-%ld-%u", (long)getpid(), n++);

	name.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			       (size_t)len);
	return name;
}

struct name name_path(const char *path)
{
	struct name name = { .un = { .sun_family = AF_UNIX } };

	snprintf(name.un.sun_path, sizeof(name.un.sun_path), "%s", path);
	name.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			       strlen(path) + 1);
	return name;
}

int new_socket(int type)
{
	return must(socket(AF_UNIX, type, 0));
}

void pair(int type, int end[2])
{
	must(socketpair(AF_UNIX, type, 0, end));
}

int bind_to(int fd, const struct name *name)
{
	return bind(fd, (const struct sockaddr *)&name->un, name->len);
}

int connect_to(int fd, const struct name *name)
{
	return connect(fd, (const struct sockaddr *)&name->un, name->len);
}

int bound(int type, const struct name *name)
{
	int fd = new_socket(type);

	must(bind_to(fd, name));
	return fd;
}

int listener(int type, const struct name *name, int backlog)
{
	int fd = bound(type, name);

	must(listen(fd, backlog));
	return fd;
}

int client(int type, const struct name *name)
{
	int fd = new_socket(type);

	must(connect_to(fd, name));
	return fd;
}

void connection(int type, int end[2])
{
	struct name name = name_abstract();
	int fd = listener(type, &name, 1);

	end[0] = client(type, &name);
	end[1] = must(accept(fd, NULL, NULL));
	close(fd);
}

void named_pair(int end[2])
{
	struct name name[2] = { name_abstract(), name_abstract() };

	for (int i = 0; i < 2; i++)
		end[i] = bound(SOCK_DGRAM, &name[i]);
	for (int i = 0; i < 2; i++)
		must(connect_to(end[i], &name[!i]));
}

void fill(int fd)
{
	char data[1024] = "";

	for (size_t len = sizeof(data); len; len /= 2) {
		while (send(fd, data, len, MSG_DONTWAIT) >= 0)
			;
	}
}

void drain(int fd)
{
	char data[1024];

	while (recv(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
}

int set_option(int fd, int name, int value)
{
	return setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value));
}

int option(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) ? -1 : value;
}

void no_descriptor(void)
{
	struct rlimit files;

	must(getrlimit(RLIMIT_NOFILE, &files));
	files.rlim_cur = 3;
	must(setrlimit(RLIMIT_NOFILE, &files));
}

static void on_tick(int number)
{
	(void)number;
	ticked++;
	if (told_fd >= 0)
		(void)!write(told_fd, "", 1);
}

void tick(int flags)
{
	struct sigaction action = { .sa_handler = on_tick, .sa_flags = flags };
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } };

	must(sigaction(SIGALRM, &action, NULL));
	must(setitimer(ITIMER_REAL, &often, NULL));
}

int ticks(void)
{
	return ticked;
}

int fork_after_ticks(void)
{
	int told[2], pid;
	char byte;

	must(pipe(told));
	pid = must(fork());
	close(told[pid ? 0 : 1]);
	if (pid) {
		told_fd = told[1];
		return pid;
	}
	for (int i = 0; i < 10; i++) {
		if (read(told[0], &byte, 1) != 1)
			_exit(0);	/* the parent has its answer */
	}
	return 0;
}

static int is_asleep(const char *path)
{
	char text[200] = "";
	const char *letter;
	FILE *f = fopen(path, "r");

	if (!f)
		return 1;
	letter = fgets(text, sizeof(text), f) ? strrchr(text, ')') : NULL;
	fclose(f);
	return letter && letter[1] && letter[2] == 'S';
}

void await_asleep(int pid, int tid)
{
	char path[60];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	while (!is_asleep(path))
		sched_yield();
}

int send_fd(int sock, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return (int)sendmsg(sock, &msg, MSG_DONTWAIT);
}

long receive(int fd, struct message *m, size_t room, int flags)
{
	m->iov = (struct iovec){ m->data, sizeof(m->data) };
	m->hdr = (struct msghdr){ .msg_iov = &m->iov,
				  .msg_iovlen = 1,
				  .msg_control = m->control,
				  .msg_controllen = room };
	return recvmsg(fd, &m->hdr, flags);
}

char *inaccessible(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		cannot("mmap()");
	must(mprotect(map + page, page, PROT_NONE));
	return map + page;
}
