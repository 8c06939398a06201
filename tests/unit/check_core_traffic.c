// SPDX-License-Identifier: BSD-2-Clause
/*
 * Traffic over real sockets: every way to send against every way to wait, and
 * what happens at full and empty queues. Pipes are the barriers.
 */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "core/traffic.h"
#include "traffic_fixture.h"

static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

/* Types x ways to wait x calls. */
START_TEST(every_combination_is_perfect)
{
	struct link link;

	link_open(&link, types[_i % 3]);
	link.source.sizes = (struct uds_schedule)UDS_BETWEEN(40, 3000);
	link.send.wait = link.recv.wait = (enum uds_wait)(_i / 3 % 3);
	link.send.call = link.recv.call = (enum uds_call)(_i / 9);
	link.send.count = 300;
	link_run(&link);
	link_assert_perfect(&link, 300);
	ck_assert_int_eq(link.sent.stop, UDS_STOP_COUNT);
	ck_assert_uint_eq(link.sent.bytes, link.received.bytes);
	ck_assert_uint_eq(link.received.n_truncated, 0);
	link_close(&link);
}
END_TEST

START_TEST(stream_pieces_have_nothing_to_do_with_records)
{
	static const struct uds_schedule pieces[] = {
		UDS_FIXED(1), UDS_BETWEEN(1, 100), UDS_BETWEEN(0, 5000),
		UDS_FIXED(65536),
	};
	struct link link;

	link_open(&link, SOCK_STREAM);
	link.source.sizes = (struct uds_schedule)UDS_BETWEEN(40, 700);
	link.send.chunks = pieces[_i / 4];
	link.recv.reads = pieces[_i % 4];
	link.send.count = 60;
	link_run(&link);
	link_assert_perfect(&link, 60);
	link_close(&link);
}
END_TEST

/* One write is larger than the buffer: taken in part, and continued. */
START_TEST(short_writes_are_continued)
{
	struct link link;

	link_open(&link, SOCK_STREAM);
	link_shrink(&link);
	link.source.sizes = (struct uds_schedule)UDS_BETWEEN(40, 3000);
	link.send.chunks = (struct uds_schedule)UDS_FIXED(65536);
	link.send.wait = link.recv.wait = (enum uds_wait)(1 + _i);
	link.send.count = 200;
	link_run(&link);
	link_assert_perfect(&link, 200);
	ck_assert_uint_gt(link.sent.n_short, 0);
	link_close(&link);
}
END_TEST

START_TEST(smallest_messages_arrive)
{
	static const uint32_t sizes[] = {
		0, 1, 2, 0, 0, 39, 40, 41, 4095, 4096, 4097,
	};
	struct link link;

	link_open(&link, _i % 2 ? SOCK_DGRAM : SOCK_SEQPACKET);
	link.source.sizes = (struct uds_schedule)UDS_LIST(sizes, 11);
	link.send.wait = link.recv.wait = (enum uds_wait)(_i / 2);
	link.send.count = 110;
	link.recv.count = 110;
	link.keep_open = true;
	link_run(&link);
	link_assert_perfect(&link, 110);
	ck_assert_int_eq(link.received.stop, UDS_STOP_COUNT);
	link_close(&link);
}
END_TEST

/* The receiver starts when the sender finds the queue full. */
START_TEST(sender_far_faster)
{
	struct link link;
	int gate[2];

	link_open(&link, types[_i % 3]);
	link_shrink(&link);
	ck_assert_int_eq(pipe2(gate, O_CLOEXEC), 0);
	link.send.wait = link.recv.wait = (enum uds_wait)(_i / 3 % 3);
	link.send.call = _i / 9 ? UDS_CALL_WRITE : UDS_CALL_SEND;
	link.send.full_fd = gate[1];
	link.recv.start_fd = gate[0];
	link.send.count = 400;
	link_run(&link);
	link_assert_perfect(&link, 400);
	ck_assert_uint_gt(link.sent.n_refused, 0);
	close(gate[0]);
	close(gate[1]);
	link_close(&link);
}
END_TEST

/* The sender sends a record for each that the receiver has had. */
START_TEST(receiver_far_faster)
{
	struct link link;
	int credit[2];

	link_open(&link, types[_i % 3]);
	ck_assert_int_eq(pipe2(credit, O_CLOEXEC), 0);
	link.send.wait = link.recv.wait = (enum uds_wait)(_i / 3);
	link.send.credit_fd = credit[0];
	link.recv.credit_fd = credit[1];
	link.send.count = 100;
	link_run(&link);
	link_assert_perfect(&link, 100);
	close(credit[0]);
	close(credit[1]);
	link_close(&link);
}
END_TEST

START_TEST(sender_without_credit_sends_one)
{
	struct link link;
	int credit[2];

	link_open(&link, types[_i]);
	ck_assert_int_eq(pipe2(credit, O_CLOEXEC), 0);
	link.send.credit_fd = credit[0];
	link.send.deadline_ns = clock_deadline_ms(20);
	link_run_sender(&link);
	ck_assert_uint_eq(link.sent.accepted, 1);
	ck_assert_int_eq(link.sent.stop, UDS_STOP_DEADLINE);
	close(credit[1]);
	link.send.deadline_ns = 0;
	link_run_sender(&link);
	ck_assert_uint_eq(link.sent.accepted, 1);
	ck_assert_int_eq(link.sent.stop, UDS_STOP_GATE);
	close(credit[0]);
	link_close(&link);
}
END_TEST

START_TEST(sender_waits_for_an_idle_receiver)
{
	struct link link;
	int gate[2];

	link_open(&link, types[_i % 3]);
	ck_assert_int_eq(pipe2(gate, O_CLOEXEC), 0);
	link.send.wait = link.recv.wait = _i / 3 ? UDS_WAIT_POLL :
						   UDS_WAIT_EPOLL;
	link.recv.idle_fd = gate[1];
	link.send.start_fd = gate[0];
	link.send.count = 50;
	link_run(&link);
	link_assert_perfect(&link, 50);
	ck_assert_uint_gt(link.received.n_idle, 0);
	close(gate[0]);
	close(gate[1]);
	link_close(&link);
}
END_TEST

/* What went in before the queue was full is what comes out, no more. */
START_TEST(full_queue_keeps_what_it_took)
{
	struct link link;
	uint64_t took;

	link_open(&link, types[_i % 3]);
	link_shrink(&link);
	link.send.wait = (enum uds_wait)(_i / 3);
	link.send.stop_when_full = true;
	link_run_sender(&link);
	ck_assert_int_eq(link.sent.stop, UDS_STOP_FULL);
	took = link.sent.accepted;
	ck_assert_uint_gt(took, 0);
	ck_assert_uint_eq(link.sent.n_refused, 1);
	ck_assert_uint_eq(atomic_load(&link.progress->accepted), took);
	link_run_receiver(&link);
	if (link.sent.partial == 0)
		link_assert_perfect(&link, took);
	ck_assert_uint_eq(uds_ledger_counts(link.ledger)->received, took);
	ck_assert_uint_eq(uds_ledger_counts(link.ledger)->n[UDS_FAULT_TORN],
			  link.sent.partial > 0);
	ck_assert_uint_eq(link.sent.bytes, link.received.bytes);
	link_close(&link);
}
END_TEST

START_TEST(volume_ends_the_sending)
{
	struct link link;

	link_open(&link, types[_i]);
	link.source.sizes = (struct uds_schedule)UDS_FIXED(1000);
	link.send.volume = 99001;
	link_run(&link);
	link_assert_perfect(&link, 100);
	link_close(&link);
}
END_TEST

START_TEST(deadline_ends_the_waiting)
{
	struct link link;

	link_open(&link, types[_i % 3]);
	link.recv.wait = link.send.wait = (enum uds_wait)(_i / 3);
	link.recv.done_fd = -1;
	link.recv.deadline_ns = clock_deadline_ms(30);
	ck_assert_int_eq(uds_traffic_receive(&link.recv, &link.received), 0);
	ck_assert_int_eq(link.received.stop, UDS_STOP_DEADLINE);
	link_shrink(&link);
	link.send.deadline_ns = clock_deadline_ms(30);
	ck_assert_int_eq(uds_traffic_send(&link.send, &link.sent), 0);
	ck_assert_int_eq(link.sent.stop, UDS_STOP_DEADLINE);
	link.send.start_fd = link.done[0];
	link.send.deadline_ns = clock_deadline_ms(1);
	ck_assert_int_eq(uds_traffic_send(&link.send, &link.sent), 0);
	ck_assert_int_eq(link.sent.stop, UDS_STOP_DEADLINE);
	ck_assert_uint_eq(link.sent.n_calls, 0);
	link_close(&link);
}
END_TEST

START_TEST(modes_are_put_back)
{
	struct timeval before = { .tv_sec = 77 };
	struct timeval after = { 0 };
	socklen_t len = sizeof(after);
	struct link link;

	link_open(&link, SOCK_SEQPACKET);
	setsockopt(link.fds[1], SOL_SOCKET, SO_RCVTIMEO, &before,
		   sizeof(before));
	link.recv.deadline_ns = clock_deadline_ms(1);
	uds_traffic_receive(&link.recv, &link.received);
	getsockopt(link.fds[1], SOL_SOCKET, SO_RCVTIMEO, &after, &len);
	ck_assert_int_eq(after.tv_sec, 77);

	link.recv.wait = UDS_WAIT_EPOLL;
	uds_traffic_receive(&link.recv, &link.received);
	ck_assert_int_eq(fcntl(link.fds[1], F_GETFL) & O_NONBLOCK, 0);
	link_close(&link);
}
END_TEST

START_TEST(impossible_options_are_refused)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct link link;

	link_open(&link, SOCK_STREAM);
	link.source.sizes = (struct uds_schedule)UDS_BETWEEN(39, 100);
	ck_assert_int_eq(uds_traffic_send(&link.send, &link.sent), -EINVAL);
	link.send.stream = false;
	link.send.call = UDS_CALL_WRITE;
	link.send.dest = (const struct sockaddr *)&address;
	ck_assert_int_eq(uds_traffic_send(&link.send, &link.sent), -EINVAL);
	link.recv.n_fds = 0;
	ck_assert_int_eq(uds_traffic_receive(&link.recv, &link.received),
			 -EINVAL);
	link.recv.n_fds = 1;
	link.recv.max_size = 10;
	ck_assert_int_eq(uds_traffic_receive(&link.recv, &link.received),
			 -EINVAL);
	link_close(&link);
}
END_TEST

START_TEST(second_sender_on_a_connection_is_misrouted)
{
	struct link link;

	link_open(&link, types[_i]);
	uds_ledger_free(link.ledger);
	link.ledger = link.recv.ledger = uds_ledger_new(5, 2);
	link.recv.own_sender = true;
	link.send.count = 3;
	link_run_sender(&link);
	link.source.sender = 1;
	link_run_sender(&link);
	link_run_receiver(&link);
	ck_assert_uint_eq(uds_ledger_counts(link.ledger)->received, 3);
	ck_assert_uint_eq(
		uds_ledger_counts(link.ledger)->n[UDS_FAULT_MISROUTED], 3);
	link_close(&link);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("traffic");

	tcase_add_loop_test(tc, every_combination_is_perfect, 0, 36);
	tcase_add_loop_test(tc, stream_pieces_have_nothing_to_do_with_records,
			    0, 16);
	tcase_add_loop_test(tc, short_writes_are_continued, 0, 2);
	tcase_add_loop_test(tc, smallest_messages_arrive, 0, 6);
	tcase_add_loop_test(tc, sender_far_faster, 0, 18);
	tcase_add_loop_test(tc, receiver_far_faster, 0, 9);
	tcase_add_loop_test(tc, sender_without_credit_sends_one, 0, 3);
	tcase_add_loop_test(tc, sender_waits_for_an_idle_receiver, 0, 6);
	tcase_add_loop_test(tc, full_queue_keeps_what_it_took, 0, 9);
	tcase_add_loop_test(tc, volume_ends_the_sending, 0, 3);
	tcase_add_loop_test(tc, deadline_ends_the_waiting, 0, 9);
	tcase_add_test(tc, modes_are_put_back);
	tcase_add_test(tc, impossible_options_are_refused);
	tcase_add_loop_test(tc, second_sender_on_a_connection_is_misrouted, 0,
			    3);
	return run_tcase("core/traffic", tc);
}
