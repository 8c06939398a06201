// SPDX-License-Identifier: BSD-2-Clause
/* The ends of connections: poll(), resets, errors, SIGPIPE, SIGIO. */
#define _GNU_SOURCE
#include "witness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef POLLWRBAND
#define POLLWRBAND 0x200
#endif

WITNESS(poll_peer_closed, "IN+OUT+HUP+RDHUP")
{
	int end[2];

	pair(SOCK_STREAM, end);
	close(end[1]);
	answer_poll(end[0]);
}

/* The peer ends with the process that has it, when poll() sleeps. */
static void answer_sleeper(short events)
{
	struct pollfd p = { .events = events };
	int end[2], pid = getpid();

	pair(SOCK_STREAM, end);
	if (must(fork()) == 0) {
		await_asleep(pid, pid);
		_exit(0);
	}
	close(end[1]);
	p.fd = end[0];
	answer(poll(&p, 1, -1));
	answer(p.revents);
}

WITNESS(poll_hangup_wakes, "1 16")
{
	answer_sleeper(0);
}

WITNESS(poll_rdhup_wakes, "1 8208")
{
	answer_sleeper(POLLRDHUP);
}

WITNESS(epoll_hangup_unasked, "1 16")
{
	struct epoll_event event = { .events = 0 };
	int end[2], epoll_fd = must(epoll_create1(0));

	pair(SOCK_STREAM, end);
	must(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, end[0], &event));
	close(end[1]);
	answer(epoll_wait(epoll_fd, &event, 1, 0));
	answer(event.events);
}

WITNESS(poll_peer_shut_down, "IN+OUT+RDHUP")
{
	int end[2];

	pair(SOCK_STREAM, end);
	must(shutdown(end[1], SHUT_WR));
	answer_poll(end[0]);
}

WITNESS(poll_wrband, "0x300")
{
	int end[2];
	struct pollfd p = { .events = POLLWRNORM | POLLWRBAND };

	pair(SOCK_STREAM, end);
	p.fd = end[0];
	must(poll(&p, 1, 0));
	answer_text(p.revents == (POLLWRNORM | POLLWRBAND) ? "0x300" :
							     "another");
}

WITNESS(poll_unconnected, "OUT+HUP")
{
	answer_poll(new_socket(SOCK_STREAM));
}

WITNESS(poll_dgram_unconnected, "OUT")
{
	answer_poll(new_socket(SOCK_DGRAM));
}

WITNESS(poll_dgram_peer_closed, "OUT EAGAIN")
{
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	close(end[1]);
	answer_poll(end[0]);
	answer(recv(end[0], &byte, 1, MSG_DONTWAIT));
}

WITNESS(poll_dgram_peer_shut_down, "OUT EAGAIN")
{
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	must(shutdown(end[1], SHUT_WR));
	answer_poll(end[0]);
	answer(recv(end[0], &byte, 1, MSG_DONTWAIT));
}

WITNESS(poll_reset, "IN+OUT+ERR+HUP+RDHUP")
{
	int end[2];

	pair(SOCK_STREAM, end);
	must((int)send(end[0], "x", 1, 0));
	close(end[1]);
	answer_poll(end[0]);
}

WITNESS(reset_is_told_once, "ECONNRESET 0 0")
{
	int end[2];
	char byte;

	pair(SOCK_STREAM, end);
	must((int)send(end[0], "x", 1, 0));
	close(end[1]);
	answer(recv(end[0], &byte, 1, 0));
	answer(recv(end[0], &byte, 1, 0));
	answer(recv(end[0], &byte, 1, 0));
}

WITNESS(reset_so_error, "104 0 0")
{
	int end[2];
	char byte;

	pair(SOCK_STREAM, end);
	must((int)send(end[0], "x", 1, 0));
	close(end[1]);
	answer(option(end[0], SO_ERROR));
	answer(option(end[0], SO_ERROR));
	answer(recv(end[0], &byte, 1, 0));
}

WITNESS(reset_send_seqpacket, "ECONNRESET EPIPE")
{
	int end[2];

	pair(SOCK_SEQPACKET, end);
	must((int)send(end[0], "x", 1, 0));
	close(end[1]);
	answer(send(end[0], "x", 1, 0));
	answer(send(end[0], "x", 1, 0));
}

WITNESS(reset_after_data_seqpacket, "ECONNRESET 1 0")
{
	int end[2];
	char byte;

	pair(SOCK_SEQPACKET, end);
	must((int)send(end[0], "x", 1, 0));
	must((int)send(end[1], "y", 1, 0));
	close(end[1]);
	answer(recv(end[0], &byte, 1, 0));
	answer(recv(end[0], &byte, 1, 0));
	answer(recv(end[0], &byte, 1, 0));
}

WITNESS(dgram_peer_gone, "ECONNREFUSED ENOTCONN EAGAIN")
{
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	close(end[1]);
	answer(send(end[0], "x", 1, 0));
	answer(send(end[0], "x", 1, 0));
	answer(recv(end[0], &byte, 1, MSG_DONTWAIT));
}

WITNESS(dgram_peer_gone_unread, "EAGAIN")
{
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	must((int)send(end[0], "x", 1, 0));
	close(end[1]);
	answer(recv(end[0], &byte, 1, MSG_DONTWAIT));
}

WITNESS(dgram_shut_read, "EPIPE EAGAIN IN+OUT+RDHUP")
{
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	must(shutdown(end[1], SHUT_RD));
	answer(send(end[0], "x", 1, 0));
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
	answer_poll(end[1]);
}

WITNESS(dgram_shut_read_queued, "1 EAGAIN")
{
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	must((int)send(end[0], "x", 1, 0));
	must(shutdown(end[1], SHUT_RD));
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
}

WITNESS(dgram_sender_shut_down, "1 1")
{
	struct name name = name_abstract();
	int to = bound(SOCK_DGRAM, &name);
	int one = client(SOCK_DGRAM, &name), two = client(SOCK_DGRAM, &name);
	char byte;

	must(shutdown(one, SHUT_WR));
	answer(send(two, "x", 1, 0));
	answer(recv(to, &byte, 1, MSG_DONTWAIT));
}

static volatile sig_atomic_t raised;

static void on_signal(int number)
{
	(void)number;
	raised++;
}

WITNESS(sigpipe, "EPIPE 1 EPIPE 1")
{
	int end[2];

	pair(SOCK_STREAM, end);
	close(end[1]);
	signal(SIGPIPE, on_signal);
	answer(send(end[0], "x", 1, 0));
	answer(raised);
	answer(send(end[0], "x", 1, MSG_NOSIGNAL));
	answer(raised);
}

static void raise_sigio(int fd, int number)
{
	struct sigaction action = { .sa_handler = on_signal };

	must(sigaction(number, &action, NULL));
	must(fcntl(fd, F_SETOWN, getpid()));
	if (number != SIGIO)
		must(fcntl(fd, F_SETSIG, number));
	must(fcntl(fd, F_SETFL, O_ASYNC));
	raised = 0;
}

WITNESS(sigio_each_arrival, "1 2 2")
{
	int end[2];
	char byte;

	pair(SOCK_STREAM, end);
	raise_sigio(end[1], SIGIO);
	must((int)send(end[0], "x", 1, 0));
	answer(raised);
	must((int)send(end[0], "x", 1, 0));
	answer(raised);
	must((int)recv(end[1], &byte, 1, 0));
	answer(raised);
}

WITNESS(sigio_dgram_peer_closed, "0")
{
	int end[2];

	pair(SOCK_DGRAM, end);
	raise_sigio(end[1], SIGIO);
	close(end[0]);
	answer(raised);
}

WITNESS(sigio_dgram_room, "1")
{
	int end[2];

	named_pair(end);
	raise_sigio(end[0], SIGIO);
	fill(end[0]);
	raised = 0;
	drain(end[1]);
	answer(raised > 0);
}

WITNESS(sigio_room_unasked, "0")
{
	int end[2];
	char byte;

	pair(SOCK_STREAM, end);
	raise_sigio(end[0], SIGIO);
	must((int)send(end[0], "x", 1, 0));
	must((int)recv(end[1], &byte, 1, 0));
	answer(raised);
}

/* Of a socket that nobody owns. */
WITNESS(sigio_owner, "0")
{
	struct f_owner_ex owner = { .pid = 77 };
	int end[2];

	pair(SOCK_STREAM, end);
	must(fcntl(end[0], F_GETOWN_EX, &owner));
	answer(owner.pid);
}

/* Two processes of a group, to which this one does not belong. */
WITNESS(sigio_group, "2")
{
	struct timespec two_seconds = { 2, 0 };
	pid_t group = 0;
	sigset_t set;
	int end[2], status, told = 0;

	pair(SOCK_STREAM, end);
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 2; i++) {
		pid_t pid = must(fork());

		if (pid == 0)
			_exit(sigtimedwait(&set, NULL, &two_seconds) == SIGIO);
		must(setpgid(pid, group));
		group = group ? group : pid;
	}
	must(fcntl(end[1], F_SETOWN, -group));
	must(fcntl(end[1], F_SETFL, O_ASYNC));
	must((int)send(end[0], "x", 1, 0));
	for (int i = 0; i < 2; i++) {
		must(wait(&status));
		told += WEXITSTATUS(status);
	}
	answer(told);
}

WITNESS(sigio_code, "1 1")
{
	siginfo_t info;
	sigset_t set;
	int end[2];

	pair(SOCK_STREAM, end);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise_sigio(end[1], SIGRTMIN);
	must((int)send(end[0], "x", 1, 0));
	must(sigwaitinfo(&set, &info));
	answer(info.si_code);
	answer(info.si_band & POLLIN);
}
