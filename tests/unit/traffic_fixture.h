/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A socket pair with a sender and a receiver on it, for tests of traffic.
 */
#ifndef SOCKSPEC_TESTS_TRAFFIC_FIXTURE_H
#define SOCKSPEC_TESTS_TRAFFIC_FIXTURE_H

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "core/traffic.h"

#define LINK_MAX_SIZE 8192
#define LINK_TIMEOUT_MS 50000

/* fds[0] sends, fds[1] receives; done hangs up when the sender has left. */
struct link {
	int fds[2];
	int done[2];
	bool keep_open;		/* the sender's end, when it has finished */
	struct uds_source source;
	struct uds_ledger *ledger;
	struct uds_progress *progress;
	struct uds_send_options send;
	struct uds_recv_options recv;
	struct uds_sent sent;
	struct uds_received received;
};

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Options for sockets that are in link->fds already. */
static inline void link_init(struct link *link, bool stream, size_t n_senders)
{
	ck_assert_int_eq(pipe2(link->done, O_CLOEXEC), 0);
	link->keep_open = false;
	link->source = (struct uds_source) {
		.seed = 12345, .receiver = 5, .sizes = UDS_FIXED(500),
	};
	link->ledger = uds_ledger_new(5, n_senders);
	link->progress = uds_progress_map(2);
	ck_assert_ptr_nonnull(link->progress);
	link->send = (struct uds_send_options) {
		UDS_SEND_OPTIONS_INIT,
		.fd = link->fds[0],
		.stream = stream,
		.source = &link->source,
		.deadline_ns = clock_deadline_ms(LINK_TIMEOUT_MS),
		.progress = &link->progress[0],
	};
	link->recv = (struct uds_recv_options) {
		UDS_RECV_OPTIONS_INIT,
		.fds = &link->fds[1],
		.n_fds = 1,
		.stream = stream,
		.seed = 12345,
		.max_size = LINK_MAX_SIZE,
		.source = &link->source,
		.ledger = link->ledger,
		.deadline_ns = clock_deadline_ms(LINK_TIMEOUT_MS),
		.progress = &link->progress[1],
	};
	link->recv.done_fd = link->done[0];
}

static inline void link_open(struct link *link, int type)
{
	ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0,
				    link->fds), 0);
	link_init(link, type == SOCK_STREAM, 1);
}

static inline void link_close(struct link *link)
{
	close_fd(&link->fds[0]);
	close_fd(&link->fds[1]);
	close_fd(&link->done[0]);
	close_fd(&link->done[1]);
	uds_ledger_free(link->ledger);
	uds_progress_unmap(link->progress, 2);
}

/* The smallest send buffer there is. */
static inline void link_shrink(struct link *link)
{
	int size = 1;

	ck_assert_int_eq(setsockopt(link->fds[0], SOL_SOCKET, SO_SNDBUF, &size,
				    sizeof(size)), 0);
}

static inline void link_run_sender(struct link *link)
{
	ck_assert_int_eq(uds_traffic_send(&link->send, &link->sent), 0);
}

static inline void *link_sender_thread(void *arg)
{
	struct link *link = arg;

	link_run_sender(link);
	if (!link->keep_open)
		close_fd(&link->fds[0]);
	close_fd(&link->done[1]);
	return NULL;
}

/* The rest, when the sender has left. */
static inline void link_run_receiver(struct link *link)
{
	if (!link->keep_open)
		close_fd(&link->fds[0]);
	close_fd(&link->done[1]);
	ck_assert_int_eq(uds_traffic_receive(&link->recv, &link->received), 0);
}

/* Both at once. */
static inline void link_run(struct link *link)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, link_sender_thread,
					link), 0);
	ck_assert_int_eq(uds_traffic_receive(&link->recv, &link->received), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static inline void link_assert_perfect(struct link *link, uint64_t n)
{
	struct buf text = BUF_NULL;

	uds_ledger_finish(link->ledger, link->source.sender,
			  link->sent.accepted);
	uds_counts_print(uds_ledger_counts(link->ledger), &text);
	ck_assert_msg(uds_counts_perfect(uds_ledger_counts(link->ledger)),
		      "%s (sender: %s, receiver: %s, errno %d)", text.data,
		      uds_stop_name(link->sent.stop),
		      uds_stop_name(link->received.stop), link->received.err);
	ck_assert_int_ne(link->received.stop, UDS_STOP_DEADLINE);
	ck_assert_uint_eq(link->sent.accepted, n);
	ck_assert_uint_eq(atomic_load(&link->progress[0].accepted), n);
	ck_assert_uint_eq(atomic_load(&link->progress[1].received), n);
	ck_assert_uint_eq(link->received.garbage_bytes, 0);
	buf_free(&text);
}

static inline int run_tcase(const char *name, TCase *tc)
{
	Suite *suite = suite_create(name);
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
