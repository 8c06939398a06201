// SPDX-License-Identifier: BSD-2-Clause
/*
 * The receiving side: one reader of many descriptors and one ledger.
 *
 * Blocking on a single descriptor really blocks in the call; to look at done_fd
 * and at the deadline the call gets a timeout, and once the senders are gone
 * the rest is read as if in poll mode. With edge-triggered epoll a descriptor
 * is read again only after an event, until it says EAGAIN: an edge that the
 * system forgets shows as records that never come.
 */
#include "config.h"

#include "core/traffic.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "core/fdmode.h"
#include "core/intake.h"
#include "core/recv_wait.h"

#define DEFAULT_READ 65536
#define MAX_READS_A_TURN 64

struct inlet {
	struct uds_fdmode mode;
	struct uds_intake intake;
	uint64_t n_reads;
};

struct receiver {
	const struct uds_recv_options *options;
	struct uds_received *received;
	struct uds_recv_wait wait;
	struct inlet *inlets;
	unsigned char *buf;
	size_t room;
	uint64_t n_credited;	/* arrivals credit_fd was told of */
	bool told_idle;
	bool stopped;
};

static void stop(struct receiver *receiver, enum uds_stop why)
{
	receiver->stopped = true;
	receiver->received->stop = why;
}

static bool has_all(const struct receiver *receiver)
{
	const struct uds_counts *counts =
		uds_ledger_counts(receiver->options->ledger);

	return receiver->options->count &&
	       counts->received + counts->damaged >= receiver->options->count;
}

/* Tell the others what the ledger has learnt. */
static void tell_progress(struct receiver *receiver)
{
	const struct uds_recv_options *options = receiver->options;
	uint64_t n = uds_ledger_counts(options->ledger)->arrivals;

	if (options->progress) {
		atomic_store(&options->progress->received, n);
		atomic_store(&options->progress->bytes,
			     receiver->received->bytes);
	}
	for (; options->credit_fd >= 0 && receiver->n_credited < n;
	     receiver->n_credited++)
		uds_gate_open(options->credit_fd);
	if (has_all(receiver))
		stop(receiver, UDS_STOP_COUNT);
}

static bool is_dgram(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_DGRAM;
}

static bool has_no_sender(const struct receiver *receiver)
{
	struct pollfd pollfd = { .fd = receiver->options->done_fd };

	return receiver->wait.done || poll(&pollfd, 1, 0) > 0;
}

static void end_inlet(struct receiver *receiver, size_t i, int err)
{
	struct uds_received *received = receiver->received;

	if (err == 0)
		received->n_eof += !is_dgram(receiver->options->fds[i]);
	else if (received->err == 0)
		received->err = err;
	uds_intake_end(&receiver->inlets[i].intake);
	uds_recv_wait_remove(&receiver->wait, i);
	tell_progress(receiver);
	if (receiver->wait.n_open == 0 && !receiver->stopped)
		stop(receiver, received->err ? UDS_STOP_ERROR :
			       received->n_eof ? UDS_STOP_EOF : UDS_STOP_DONE);
}

/* Does poll() tell here that a peer has closed? Asked once. */
static bool poll_tells_end(void)
{
	static _Atomic int known;
	struct pollfd pollfd = { .events = POLLRDHUP };
	int fd[2];

	if (known == 0 &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == 0) {
		close(fd[1]);
		pollfd.fd = fd[0];
		known = poll(&pollfd, 1, 0) > 0 ? 1 : -1;
		close(fd[0]);
	}
	return known >= 0;
}

/*
 * Where poll() does not tell: nothing came, and nothing would come again, so
 * that it was no empty message.
 */
static bool is_hollow(const struct receiver *receiver, size_t i)
{
	char byte;

	return !poll_tells_end() &&
	       recv(receiver->options->fds[i], &byte, 1,
		    MSG_PEEK | MSG_DONTWAIT) == 0;
}

/*
 * A message of no bytes, or the end: a peer that hung up ends. Where poll()
 * does not tell, a connection that gives nothing once more has come to its
 * end, and datagrams have when all senders are gone.
 */
static bool is_end(const struct receiver *receiver, size_t i)
{
	int fd = receiver->options->fds[i];
	struct pollfd pollfd = { .fd = fd, .events = POLLRDHUP };

	if (receiver->options->stream)
		return true;
	if (poll(&pollfd, 1, 0) > 0 &&
	    (pollfd.revents & (POLLRDHUP | POLLHUP)))
		return true;
	return is_hollow(receiver, i) &&
	       (!is_dgram(fd) || has_no_sender(receiver));
}

static size_t read_size(const struct receiver *receiver, size_t i)
{
	const struct uds_recv_options *options = receiver->options;
	uint32_t size;

	if (!options->stream || uds_schedule_max(&options->reads) == 0)
		return receiver->room;
	size = uds_schedule_size(&options->reads, options->seed + i,
				 receiver->inlets[i].n_reads++);
	return size ? size : 1;
}

static ssize_t receive_once(struct receiver *receiver, int fd, size_t len)
{
	struct iovec iov = { receiver->buf, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	receiver->received->n_calls++;
	switch (receiver->options->call) {
	case UDS_CALL_SEND:
		break;
	case UDS_CALL_WRITE:
		return read(fd, receiver->buf, len);
	case UDS_CALL_MSG:
	case UDS_CALL_MMSG:
		n = recvmsg(fd, &msg, 0);
		if (n >= 0 && (msg.msg_flags & MSG_TRUNC))
			receiver->received->n_truncated++;
		return n;
	}
	return recv(fd, receiver->buf, len, 0);
}

static void count_interrupt(struct receiver *receiver)
{
	receiver->received->n_interrupted++;
	if (receiver->options->progress)
		atomic_fetch_add(&receiver->options->progress->interrupted, 1);
}

static void tell_idle(struct receiver *receiver)
{
	receiver->received->n_idle++;
	if (!receiver->told_idle) {
		receiver->told_idle = true;
		uds_gate_open(receiver->options->idle_fd);
	}
}

/* One read; true when another from the same descriptor makes sense now. */
static bool read_inlet(struct receiver *receiver, size_t i)
{
	ssize_t n = receive_once(receiver, receiver->options->fds[i],
				 read_size(receiver, i));

	bool ended = n == 0 && is_end(receiver, i);

	/* The peer is gone, and the word of it is still to come. */
	if (n == 0 && !ended && is_hollow(receiver, i))
		return true;
	if (n > 0 || (n == 0 && !ended)) {
		receiver->received->bytes += (size_t)n;
		uds_intake_note(&receiver->inlets[i].intake, receiver->buf,
				(size_t)n);
		tell_progress(receiver);
		return !receiver->stopped;
	}
	if (n < 0 && errno == EINTR) {
		count_interrupt(receiver);
		/* Signals may come faster than the timeout ever passes. */
		receiver->wait.ticked = true;
		return true;
	}
	if (n < 0 && errno == EAGAIN) {
		if (receiver->wait.how == UDS_WAIT_BLOCK)
			receiver->wait.ticked = true;
		else
			tell_idle(receiver);
		return false;
	}
	end_inlet(receiver, i, n < 0 ? errno : 0);
	return false;
}

/* An edge is used up by EAGAIN only; a level asks again by itself. */
static void read_ready(struct receiver *receiver, size_t i)
{
	const struct uds_recv_options *options = receiver->options;
	bool nonblock = receiver->wait.how != UDS_WAIT_BLOCK;
	unsigned int n = 0;

	while (read_inlet(receiver, i)) {
		if (uds_deadline_passed(options->deadline_ns)) {
			stop(receiver, UDS_STOP_DEADLINE);
			return;
		}
		if (receiver->wait.how != UDS_WAIT_EPOLL &&
		    (!nonblock || ++n == MAX_READS_A_TURN))
			return;
	}
}

static void receive_all(struct receiver *receiver)
{
	const struct uds_recv_options *options = receiver->options;

	while (!receiver->stopped) {
		size_t n_ready;
		int r;

		receiver->wait.peek = options->idle_fd >= 0 &&
				      !receiver->told_idle;
		r = uds_recv_wait_next(&receiver->wait, &n_ready);
		if (r == -EINTR) {
			count_interrupt(receiver);
		} else if (r < 0) {
			receiver->received->err = -r;
			stop(receiver, UDS_STOP_ERROR);
		} else if (r == UDS_WAIT_NOTHING && receiver->wait.peek) {
			tell_idle(receiver);
		} else if (r == UDS_WAIT_OVER) {
			for (size_t i = 0; i < options->n_fds; i++)
				uds_intake_end(&receiver->inlets[i].intake);
			tell_progress(receiver);
			stop(receiver, UDS_STOP_DONE);
		}
		for (size_t i = 0; r == UDS_WAIT_READY && i < n_ready &&
				   !receiver->stopped; i++)
			read_ready(receiver, receiver->wait.ready[i]);
		if (!receiver->stopped &&
		    uds_deadline_passed(options->deadline_ns))
			stop(receiver, UDS_STOP_DEADLINE);
	}
}

/* Put every descriptor into its mode; *ret_n are to be put back. */
static int enter_modes(struct receiver *receiver, size_t *ret_n)
{
	const struct uds_recv_options *options = receiver->options;
	bool blocks = options->wait == UDS_WAIT_BLOCK;
	bool ticks = blocks && options->n_fds == 1 &&
		     (options->deadline_ns || options->done_fd >= 0);
	size_t i;
	int r = 0;

	for (i = 0; i < options->n_fds && r == 0; i++)
		r = uds_fdmode_enter(&receiver->inlets[i].mode,
				     options->fds[i], !blocks,
				     ticks ? SO_RCVTIMEO : 0);
	*ret_n = i;
	return r;
}

static void init_buffers(struct receiver *receiver)
{
	const struct uds_recv_options *options = receiver->options;
	size_t max_read = uds_schedule_max(&options->reads);

	/* Room to see that a message is longer than it ought to be. */
	receiver->room = 2 * options->max_size + UDS_HEADER_SIZE;
	if (options->stream)
		receiver->room = max_read ? max_read : DEFAULT_READ;
	receiver->buf = xcalloc(1, receiver->room);
	receiver->inlets = xcalloc(options->n_fds, sizeof(struct inlet));
	for (size_t i = 0; i < options->n_fds; i++)
		uds_intake_init(&receiver->inlets[i].intake, options);
}

static void free_buffers(struct receiver *receiver)
{
	for (size_t i = 0; i < receiver->options->n_fds; i++) {
		struct uds_intake *intake = &receiver->inlets[i].intake;

		receiver->received->garbage_bytes +=
			intake->parser.garbage_bytes;
		uds_intake_free(intake);
	}
	free(receiver->inlets);
	free(receiver->buf);
}

int uds_traffic_receive(const struct uds_recv_options *options,
			struct uds_received *ret_received)
{
	struct receiver receiver = {
		.options = options, .received = ret_received,
	};
	struct uds_sigpipe_hold hold;
	size_t n_entered;
	int r;

	*ret_received = (struct uds_received) { .stop = UDS_STOP_COUNT };
	if (options->n_fds == 0 || !options->ledger ||
	    (options->source &&
	     uds_schedule_max(&options->source->sizes) > options->max_size))
		return -EINVAL;
	receiver.n_credited = uds_ledger_counts(options->ledger)->arrivals;
	init_buffers(&receiver);
	r = enter_modes(&receiver, &n_entered);
	if (r == 0) {
		r = uds_recv_wait_init(&receiver.wait, options);
		if (r == 0) {
			uds_sigpipe_hold(&hold);
			r = uds_gate_wait(options->start_fd,
					  options->deadline_ns);
			if (r < 0)
				stop(&receiver, r == -ETIMEDOUT ?
				     UDS_STOP_DEADLINE : UDS_STOP_GATE);
			receive_all(&receiver);
			uds_sigpipe_release(&hold);
			r = 0;
		}
		uds_recv_wait_free(&receiver.wait);
	}
	for (size_t i = 0; i < n_entered; i++)
		uds_fdmode_leave(&receiver.inlets[i].mode, options->fds[i]);
	free_buffers(&receiver);
	return r;
}
