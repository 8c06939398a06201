// SPDX-License-Identifier: BSD-2-Clause
/*
 * Traffic when life is hard: parties that are killed, signals all the time,
 * crowds of senders, and a transport that loses.
 */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "core/traffic.h"
#include "traffic_fixture.h"

#define N_SENDERS 6

static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

/* Until another party has come so far; a deadline fails the test. */
static void wait_until(_Atomic uint64_t *value, uint64_t at_least)
{
	int64_t deadline_ns = clock_deadline_ms(LINK_TIMEOUT_MS);

	while (atomic_load(value) < at_least) {
		ck_assert_int_lt(clock_now_ns(), deadline_ns);
		poll(NULL, 0, 1);
	}
}

static void *receiver_thread(void *arg)
{
	struct link *link = arg;

	ck_assert_int_eq(uds_traffic_receive(&link->recv, &link->received), 0);
	return NULL;
}

static pid_t fork_sender(struct link *link)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(link->fds[1]);
		uds_traffic_send(&link->send, &link->sent);
		_exit(0);
	}
	close_fd(&link->fds[0]);
	close_fd(&link->done[1]);
	return pid;
}

static void kill_and_reap(pid_t pid)
{
	int status;

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
}

static char *text_of(const struct uds_counts *counts)
{
	static struct buf text;

	buf_clear(&text);
	uds_counts_print(counts, &text);
	return text.data;
}

/* What the dead had been told was accepted is there, and nothing else is. */
START_TEST(killed_sender_delivers_what_was_accepted)
{
	const struct uds_counts *counts;
	uint64_t accepted;
	pthread_t thread;
	struct link link;
	pid_t pid;

	link_open(&link, types[_i % 3]);
	link.source.sizes = (struct uds_schedule)UDS_BETWEEN(40, 3000);
	link.send.wait = (enum uds_wait)(_i / 3);
	link.send.call = _i == 1 ? UDS_CALL_MMSG : UDS_CALL_SEND;
	pid = fork_sender(&link);
	ck_assert_int_eq(pthread_create(&thread, NULL, receiver_thread, &link),
			 0);
	wait_until(&link.progress[0].accepted, 500);
	kill_and_reap(pid);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);

	counts = uds_ledger_counts(link.ledger);
	accepted = atomic_load(&link.progress[0].accepted);
	uds_ledger_finish_killed(link.ledger, 0, accepted,
				 atomic_load(&link.progress[0].offered));
	for (int i = 0; i < UDS_N_FAULTS; i++)
		if (i != UDS_FAULT_TORN)
			ck_assert_msg(counts->n[i] == 0, "%s", text_of(counts));
	ck_assert_uint_ge(counts->received, accepted);
	/* A stream may end within the record that was being written. */
	ck_assert_uint_le(counts->n[UDS_FAULT_TORN], types[_i % 3] ==
			  SOCK_STREAM);
	ck_assert_uint_le(counts->received + counts->damaged,
			  atomic_load(&link.progress[0].offered));
	link_close(&link);
}
END_TEST

START_TEST(killed_receiver_stops_the_sender)
{
	struct link link;
	uint64_t received;
	int status;
	pid_t pid;

	link_open(&link, types[_i % 3]);
	link.send.call = _i / 3 % 2 ? UDS_CALL_WRITE : UDS_CALL_MSG;
	link.send.wait = (enum uds_wait)(_i / 6);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(link.fds[0]);
		close(link.done[1]);
		uds_traffic_receive(&link.recv, &link.received);
		_exit(0);
	}
	close_fd(&link.fds[1]);
	pid_t killer = fork();

	ck_assert_int_ge(killer, 0);
	if (killer == 0) {
		/* Its end would keep the receiver's socket alive. */
		close(link.fds[0]);
		while (atomic_load(&link.progress[1].received) < 300)
			poll(NULL, 0, 1);
		kill(pid, SIGKILL);
		_exit(0);
	}
	link_run_sender(&link);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(waitpid(killer, &status, 0), killer);
	ck_assert_int_eq(link.sent.stop, UDS_STOP_ERROR);
	ck_assert(link.sent.err == EPIPE || link.sent.err == ECONNRESET ||
		  link.sent.err == ECONNREFUSED);
	received = atomic_load(&link.progress[1].received);
	ck_assert_uint_ge(received, 300);
	ck_assert_uint_ge(link.sent.accepted, received);
	link_close(&link);
}
END_TEST

static void on_alarm(int sig)
{
	(void)sig;
}

/* A signal every half millisecond, and calls are not restarted. */
static void start_storm(void)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval often = {
		.it_interval.tv_usec = 500, .it_value.tv_usec = 500,
	};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static pid_t fork_stormy_sender(struct link *link)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		start_storm();
		close(link->fds[1]);
		uds_traffic_send(&link->send, &link->sent);
		_exit(link->sent.stop == UDS_STOP_COUNT ? 0 : 1);
	}
	close_fd(&link->fds[0]);
	close_fd(&link->done[1]);
	return pid;
}

START_TEST(signals_do_not_harm_a_sender)
{
	struct link link;
	int status;
	pid_t pid;

	link_open(&link, types[_i % 3]);
	link_shrink(&link);
	link.source.sizes = (struct uds_schedule)UDS_BETWEEN(40, 3000);
	link.send.wait = (enum uds_wait)(_i / 3);
	link.send.count = 1000;
	pid = fork_stormy_sender(&link);
	/* It meets a full queue, and is interrupted there. */
	wait_until(&link.progress[0].interrupted, 5);
	ck_assert_int_eq(uds_traffic_receive(&link.recv, &link.received), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	link.sent.accepted = atomic_load(&link.progress[0].accepted);
	link_assert_perfect(&link, 1000);
	link_close(&link);
}
END_TEST

/* A receiver whose process is in the storm; it judges, and exits 0 if well. */
START_TEST(signals_do_not_harm_a_receiver)
{
	struct link link;
	int status;
	pid_t pid;

	link_open(&link, types[_i % 3]);
	link.recv.wait = (enum uds_wait)(_i / 3);
	link.send.count = 1000;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		start_storm();
		close_fd(&link.fds[0]);
		close_fd(&link.done[1]);
		uds_traffic_receive(&link.recv, &link.received);
		uds_ledger_finish(link.ledger, 0, 1000);
		_exit(link.received.stop == UDS_STOP_DEADLINE ||
		      !uds_counts_perfect(uds_ledger_counts(link.ledger)));
	}
	wait_until(&link.progress[1].interrupted, 5);
	link_run_sender(&link);
	close_fd(&link.fds[0]);
	close_fd(&link.done[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(link.sent.accepted, 1000);
	link_close(&link);
}
END_TEST

static void open_udp(struct link *link)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int size = 4096;

	link->fds[0] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	link->fds[1] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	setsockopt(link->fds[1], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	ck_assert_int_eq(bind(link->fds[1], (struct sockaddr *)&address, len),
			 0);
	ck_assert_int_eq(getsockname(link->fds[1], (struct sockaddr *)&address,
				     &len), 0);
	ck_assert_int_eq(connect(link->fds[0], (struct sockaddr *)&address,
				 len), 0);
	link_init(link, false, 1);
}

START_TEST(overflowing_udp_loses_and_the_ledger_knows)
{
	const struct uds_counts *counts;
	struct link link;

	open_udp(&link);
	link.send.wait = link.recv.wait = (enum uds_wait)(_i % 3);
	link.send.call = _i / 3 ? UDS_CALL_MMSG : UDS_CALL_SEND;
	link.send.count = 1000;
	link.recv.drain_ms = 100;
	link_run_sender(&link);
	ck_assert_uint_eq(link.sent.accepted, 1000);
	link_run_receiver(&link);
	ck_assert_int_eq(link.received.stop, UDS_STOP_DONE);
	uds_ledger_finish(link.ledger, 0, link.sent.accepted);
	counts = uds_ledger_counts(link.ledger);
	ck_assert_uint_gt(counts->n[UDS_FAULT_LOST], 0);
	ck_assert_uint_gt(counts->received, 0);
	ck_assert_uint_eq(counts->received + counts->n[UDS_FAULT_LOST], 1000);
	for (int i = UDS_FAULT_DUPLICATED; i < UDS_N_FAULTS; i++)
		ck_assert_uint_eq(counts->n[i], 0);
	link_close(&link);
}
END_TEST

struct member {
	struct uds_source source;
	struct uds_send_options send;
	struct uds_sent sent;
	pthread_t thread;
	int fd;
	int done_fd;
};

static void *member_thread(void *arg)
{
	struct member *member = arg;

	ck_assert_int_eq(uds_traffic_send(&member->send, &member->sent), 0);
	close(member->fd);
	close(member->done_fd);
	return NULL;
}

/* Senders as threads, the receiver here, and all in one ledger. */
static void run_crowd(struct link *link, struct member *members)
{
	const struct uds_counts *counts = uds_ledger_counts(link->ledger);

	for (uint32_t i = 0; i < N_SENDERS; i++) {
		struct member *member = &members[i];

		member->source = link->source;
		member->source.sender = i;
		member->send = link->send;
		member->send.fd = member->fd;
		member->send.source = &member->source;
		member->send.progress = NULL;
		member->done_fd = dup(link->done[1]);
		ck_assert_int_eq(pthread_create(&member->thread, NULL,
						member_thread, member), 0);
	}
	close_fd(&link->done[1]);
	ck_assert_int_eq(uds_traffic_receive(&link->recv, &link->received), 0);
	for (uint32_t i = 0; i < N_SENDERS; i++) {
		pthread_join(members[i].thread, NULL);
		ck_assert_uint_eq(members[i].sent.accepted, link->send.count);
		uds_ledger_finish(link->ledger, i, members[i].sent.accepted);
	}
	ck_assert_msg(uds_counts_perfect(counts), "%s", text_of(counts));
	ck_assert_uint_eq(counts->received, N_SENDERS * link->send.count);
}

/* One bound datagram socket; senders connected to it, or naming it. */
START_TEST(many_senders_to_one_receiver)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sa_family_t);
	struct member members[N_SENDERS];
	bool connected = _i / 3;
	struct link link;

	link.fds[0] = -1;
	link.fds[1] = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Without a name the kernel chooses a free abstract one. */
	ck_assert_int_eq(bind(link.fds[1], (struct sockaddr *)&address, len),
			 0);
	len = sizeof(address);
	ck_assert_int_eq(getsockname(link.fds[1], (struct sockaddr *)&address,
				     &len), 0);
	link_init(&link, false, N_SENDERS);
	link.recv.source = NULL;
	link.recv.wait = link.send.wait = (enum uds_wait)(_i % 3);
	link.send.count = 150;
	for (int i = 0; i < N_SENDERS; i++) {
		members[i].fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (connected)
			ck_assert_int_eq(connect(members[i].fd,
						 (struct sockaddr *)&address,
						 len), 0);
	}
	if (!connected) {
		link.send.dest = (struct sockaddr *)&address;
		link.send.dest_len = len;
	}
	run_crowd(&link, members);
	ck_assert_int_eq(link.received.stop, UDS_STOP_DONE);
	link_close(&link);
}
END_TEST

START_TEST(many_connections_to_one_reader)
{
	struct member members[N_SENDERS];
	int type = types[_i % 3];
	int fds[N_SENDERS];
	struct link link;

	link.fds[0] = link.fds[1] = -1;
	link_init(&link, type == SOCK_STREAM, N_SENDERS);
	for (int i = 0; i < N_SENDERS; i++) {
		int pair[2];

		ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0,
					    pair), 0);
		members[i].fd = pair[0];
		fds[i] = pair[1];
	}
	link.source.sizes = (struct uds_schedule)UDS_BETWEEN(40, 2000);
	link.recv.source = NULL;
	link.recv.fds = fds;
	link.recv.n_fds = N_SENDERS;
	link.recv.own_sender = true;
	link.recv.wait = link.send.wait = (enum uds_wait)(_i / 3);
	link.send.count = 150;
	run_crowd(&link, members);
	ck_assert_uint_eq(link.received.n_eof,
			  type == SOCK_DGRAM ? 0 : N_SENDERS);
	ck_assert_int_eq(link.received.stop, type == SOCK_DGRAM ?
			 UDS_STOP_DONE : UDS_STOP_EOF);
	for (int i = 0; i < N_SENDERS; i++)
		close(fds[i]);
	link_close(&link);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("survival");

	tcase_add_loop_test(tc, killed_sender_delivers_what_was_accepted, 0, 9);
	tcase_add_loop_test(tc, killed_receiver_stops_the_sender, 0, 18);
	tcase_add_loop_test(tc, signals_do_not_harm_a_sender, 0, 9);
	tcase_add_loop_test(tc, signals_do_not_harm_a_receiver, 0, 9);
	tcase_add_loop_test(tc, overflowing_udp_loses_and_the_ledger_knows, 0,
			    6);
	tcase_add_loop_test(tc, many_senders_to_one_receiver, 0, 6);
	tcase_add_loop_test(tc, many_connections_to_one_reader, 0, 9);
	return run_tcase("core/survival", tc);
}
