// SPDX-License-Identifier: BSD-2-Clause
/* What sleeps, what wakes it, and how a signal ends it. */
#define _GNU_SOURCE
#include "witness.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Another process sends when some ticks are over. */
static void sends_later(int fd)
{
	if (fork_after_ticks() == 0) {
		must((int)send(fd, "x", 1, 0));
		_exit(0);
	}
}

WITNESS(restart_recv, "1")
{
	int end[2];
	char byte;

	pair(SOCK_STREAM, end);
	sends_later(end[0]);
	tick(SA_RESTART);
	answer(recv(end[1], &byte, 1, 0));
}

WITNESS(restart_accept, "accepted")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1);

	if (fork_after_ticks() == 0) {
		client(SOCK_STREAM, &name);
		_exit(0);
	}
	tick(SA_RESTART);
	if (accept(fd, NULL, NULL) < 0)
		answer(-1);
	else
		answer_text("accepted");
}

WITNESS(restart_with_timeout, "EINTR")
{
	struct timeval long_time = { 100, 0 };
	int end[2];

	pair(SOCK_STREAM, end);
	must(setsockopt(end[0], SOL_SOCKET, SO_SNDTIMEO, &long_time,
			sizeof(long_time)));
	fill(end[0]);
	tick(SA_RESTART);
	answer(send(end[0], "x", 1, 0));
}

WITNESS(write_timeout, "EAGAIN")
{
	struct timeval soon = { 0, 50000 };
	int end[2];

	pair(SOCK_STREAM, end);
	must(setsockopt(end[0], SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon)));
	fill(end[0]);
	answer(write(end[0], "x", 1));
}

/* A thread that sends or receives a byte. */
struct sleeper {
	pthread_t thread;
	_Atomic pid_t tid;
	int fd, receives;
	char byte;
	long result;
	int error;
};

static void *sleep_in_call(void *arg)
{
	struct sleeper *s = arg;

	s->tid = (pid_t)syscall(SYS_gettid);
	s->result = s->receives ? recv(s->fd, &s->byte, 1, 0) :
				  send(s->fd, &s->byte, 1, 0);
	s->error = errno;
	return NULL;
}

static void start(struct sleeper *s, int fd)
{
	s->fd = fd;
	if (pthread_create(&s->thread, NULL, sleep_in_call, s))
		cannot("no thread");
	while (!s->tid)
		sched_yield();
	await_asleep(getpid(), s->tid);
}

static void finish(struct sleeper *s)
{
	pthread_join(s->thread, NULL);
	errno = s->error;
	answer(s->result);
}

WITNESS(named_sleeper_and_room, "1")
{
	struct sleeper s = { 0 };
	int end[2];

	named_pair(end);
	fill(end[0]);
	start(&s, end[0]);
	drain(end[1]);
	finish(&s);
}

WITNESS(named_sleeper_and_own_shutdown, "EPIPE")
{
	struct sleeper s = { 0 };
	int end[2];

	named_pair(end);
	fill(end[0]);
	start(&s, end[0]);
	must(shutdown(end[0], SHUT_WR));
	finish(&s);
}

WITNESS(named_sleeper_and_peers_shutdown, "EPIPE")
{
	struct sleeper s = { 0 };
	int end[2];

	named_pair(end);
	fill(end[0]);
	start(&s, end[0]);
	must(shutdown(end[1], SHUT_RD));
	drain(end[1]);
	finish(&s);
}

WITNESS(sleeper_and_peers_close, "ECONNRESET EPIPE")
{
	struct sleeper s = { 0 };
	int end[2];

	pair(SOCK_STREAM, end);
	fill(end[0]);
	start(&s, end[0]);
	close(end[1]);
	finish(&s);
	answer(send(end[0], "x", 1, 0));
}

WITNESS(sleeper_and_larger_buffer, "1")
{
	struct sleeper s = { 0 };
	int end[2];

	pair(SOCK_STREAM, end);
	must(set_option(end[0], SO_SNDBUF, 4096));
	fill(end[0]);
	start(&s, end[0]);
	must(set_option(end[0], SO_SNDBUF, 100000));
	finish(&s);
}

static volatile sig_atomic_t raised;

static void on_sigio(int number)
{
	(void)number;
	raised++;
}

/* Data for a reader that sleeps raises no SIGIO. */
WITNESS(sigio_and_sleeper, "1 0")
{
	struct sleeper s = { .receives = 1 };
	int end[2];

	pair(SOCK_STREAM, end);
	signal(SIGIO, on_sigio);
	must(fcntl(end[1], F_SETOWN, getpid()));
	must(fcntl(end[1], F_SETFL, O_ASYNC));
	/* It may have been asleep on its way, not in the call: once will do. */
	for (int i = 0; i < 10 && (i == 0 || raised); i++) {
		raised = 0;
		start(&s, end[1]);
		must((int)send(end[0], "x", 1, 0));
		pthread_join(s.thread, NULL);
	}
	answer(s.result);
	answer(raised);
}

WITNESS(smaller_buffer_has_no_room, "EAGAIN")
{
	int end[2];
	long ret = 1;

	pair(SOCK_STREAM, end);
	for (int i = 0; i < 10; i++)
		must((int)send(end[0], "x", 1, 0));
	must(set_option(end[0], SO_SNDBUF, 0));
	for (int i = 0; i < 100 && ret == 1; i++)
		ret = send(end[0], "x", 1, MSG_DONTWAIT);
	answer(ret);
}

/* The flag is about the pipe. */
WITNESS(splice_nonblock_to_full, "EINTR")
{
	int end[2], pipe_fd[2];

	pair(SOCK_DGRAM, end);
	must(pipe(pipe_fd));
	must((int)write(pipe_fd[1], "x", 1));
	fill(end[0]);
	tick(0);
	answer(splice(pipe_fd[0], NULL, end[0], NULL, 1, SPLICE_F_NONBLOCK));
}
