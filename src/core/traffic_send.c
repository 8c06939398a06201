// SPDX-License-Identifier: BSD-2-Clause
/*
 * The sending side. A record counts as accepted when calls have returned its
 * full length, and progress is published before a call (offered) and after it
 * (accepted), so that whoever survives the sender can tell what must arrive.
 */
#include "config.h"

#include "core/traffic.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "core/fdmode.h"
#include "core/send_call.h"

#define DEFAULT_BATCH 8
#define NAP_MS 1

struct sender {
	const struct uds_send_options *options;
	struct uds_sent *sent;
	unsigned char *stage;	/* records made and not yet accepted */
	uint64_t next;		/* sequence of the record to make next */
	uint64_t made;		/* bytes of all records made */
	int epoll_fd;
	bool told_full;
	bool stopped;
};

static void stop(struct sender *sender, enum uds_stop why, int err)
{
	sender->stopped = true;
	sender->sent->stop = why;
	sender->sent->err = err;
}

static bool has_more(const struct sender *sender)
{
	const struct uds_send_options *options = sender->options;

	return (!options->count || sender->next < options->count) &&
	       (!options->volume || sender->made < options->volume);
}

/* The next record, or 0 bytes and stopped when its credit does not come. */
static size_t make_record(struct sender *sender, void *buf)
{
	const struct uds_send_options *options = sender->options;
	size_t size;
	int r = 0;

	if (sender->next > 0)
		r = uds_gate_wait(options->credit_fd, options->deadline_ns);
	if (r < 0) {
		stop(sender, r == -ETIMEDOUT ? UDS_STOP_DEADLINE :
		     UDS_STOP_GATE, 0);
		return 0;
	}
	size = uds_record_fill(options->source, sender->next, buf);
	sender->next++;
	sender->made += size;
	return size;
}

static void publish(const struct sender *sender, bool offer)
{
	struct uds_progress *progress = sender->options->progress;

	if (!progress)
		return;
	if (offer) {
		atomic_store(&progress->offered, sender->next);
		return;
	}
	atomic_store(&progress->accepted, sender->sent->accepted);
	atomic_store(&progress->bytes, sender->sent->bytes);
}

/* The next call has to return at once even though the descriptor blocks. */
static bool is_probing(const struct sender *sender)
{
	const struct uds_send_options *options = sender->options;

	return options->wait == UDS_WAIT_BLOCK &&
	       (options->stop_when_full ||
		(options->full_fd >= 0 && !sender->told_full));
}

static void count_interrupt(struct sender *sender)
{
	sender->sent->n_interrupted++;
	if (sender->options->progress)
		atomic_fetch_add(&sender->options->progress->interrupted, 1);
}

/*
 * Return when another attempt makes sense.
 *
 * No event tells that the queue of a receiver one is not connected to has
 * room (unix_dgram_poll() asks the peer only), nor that ENOBUFS is over:
 * there it is trying again, at a decent pace.
 */
static void wait_for_room(struct sender *sender, int err)
{
	const struct uds_send_options *options = sender->options;
	struct pollfd pollfd = { .fd = options->fd, .events = POLLOUT };
	int timeout_ms = uds_wait_ms(options->deadline_ns);
	struct epoll_event event;
	int n;

	if (err == ENOBUFS ||
	    (options->dest && options->dest->sa_family == AF_UNIX))
		n = poll(NULL, 0, NAP_MS);
	else if (options->wait == UDS_WAIT_EPOLL)
		n = epoll_wait(sender->epoll_fd, &event, 1, timeout_ms);
	else
		n = poll(&pollfd, 1, timeout_ms);
	if (n < 0 && errno == EINTR)
		count_interrupt(sender);
}

static void queue_is_full(struct sender *sender, int err)
{
	const struct uds_send_options *options = sender->options;

	sender->sent->n_refused++;
	if (options->progress)
		atomic_fetch_add(&options->progress->refused, 1);
	if (!sender->told_full) {
		sender->told_full = true;
		uds_gate_open(options->full_fd);
	}
	if (options->stop_when_full)
		stop(sender, UDS_STOP_FULL, 0);
	else if (options->wait != UDS_WAIT_BLOCK || err == ENOBUFS)
		wait_for_room(sender, err);
}

/* A call failed: wait, or go on at once, or stop. */
static void handle_failure(struct sender *sender, int err, bool probing)
{
	const struct uds_send_options *options = sender->options;

	if (err == EINTR)
		count_interrupt(sender);
	else if (err == ENOBUFS)
		queue_is_full(sender, err);
	else if (err != EAGAIN)
		stop(sender, UDS_STOP_ERROR, err);
	else if (options->wait != UDS_WAIT_BLOCK || probing)
		queue_is_full(sender, err);
	if (!sender->stopped && uds_deadline_passed(options->deadline_ns))
		stop(sender, UDS_STOP_DEADLINE, 0);
}

/* Hand n messages over, however many calls it takes. */
static void send_batch(struct sender *sender, struct iovec *iov,
		       unsigned int n)
{
	unsigned int n_done = 0;

	while (n_done < n && !sender->stopped) {
		bool probing = is_probing(sender);
		int flags = MSG_NOSIGNAL | (probing ? MSG_DONTWAIT : 0);
		int r;

		sender->sent->n_calls++;
		if (sender->options->call == UDS_CALL_MMSG) {
			r = uds_send_many(sender->options, iov + n_done,
					  n - n_done, flags);
		} else {
			ssize_t len = uds_send_one(sender->options,
						   iov + n_done, flags);

			r = len < 0 ? -1 :
			    (size_t)len == iov[n_done].iov_len;
		}
		if (r < 0) {
			handle_failure(sender, errno, probing);
			continue;
		}
		for (int i = 0; i < r; i++)
			sender->sent->bytes += iov[n_done + i].iov_len;
		n_done += (unsigned int)r;
		sender->sent->accepted += (unsigned int)r;
		publish(sender, false);
		if (r == 0) {
			sender->sent->n_short++;
			stop(sender, UDS_STOP_SHORT, 0);
		}
		if (n_done < n &&
		    uds_deadline_passed(sender->options->deadline_ns))
			stop(sender, UDS_STOP_DEADLINE, 0);
	}
}

static unsigned int batch_size(const struct uds_send_options *options)
{
	if (options->call != UDS_CALL_MMSG || options->stream ||
	    options->credit_fd >= 0)
		return 1;
	if (!options->batch)
		return DEFAULT_BATCH;
	return options->batch < UDS_MAX_BATCH ? options->batch : UDS_MAX_BATCH;
}

static void send_messages(struct sender *sender)
{
	unsigned int batch = batch_size(sender->options);
	struct iovec iov[UDS_MAX_BATCH];

	while (!sender->stopped && has_more(sender)) {
		size_t pos = 0;
		unsigned int n = 0;

		while (n < batch && has_more(sender)) {
			size_t size = make_record(sender, sender->stage + pos);

			if (sender->stopped)
				return;
			iov[n].iov_base = sender->stage + pos;
			iov[n++].iov_len = size;
			pos += size;
		}
		publish(sender, true);
		send_batch(sender, iov, n);
		if (!sender->stopped && has_more(sender) &&
		    uds_deadline_passed(sender->options->deadline_ns))
			stop(sender, UDS_STOP_DEADLINE, 0);
	}
}

/* Count the records that end within the bytes sent so far. */
static void count_accepted(struct sender *sender)
{
	struct uds_sent *sent = sender->sent;

	while (sent->accepted < sender->next) {
		size_t size = uds_record_size(sender->options->source,
					      sent->accepted);

		if (sent->partial < size)
			break;
		sent->partial -= size;
		sent->accepted++;
	}
	publish(sender, false);
}

/*
 * Make records until len bytes are staged, at least one record if any is left.
 * What is staged begins at *pos.
 */
static size_t stage_records(struct sender *sender, size_t n_staged,
			    size_t *pos, size_t len)
{
	while ((n_staged == 0 || n_staged < len) && has_more(sender) &&
	       !sender->stopped) {
		memmove(sender->stage, sender->stage + *pos, n_staged);
		*pos = 0;
		n_staged += make_record(sender, sender->stage + n_staged);
	}
	return n_staged;
}

static void send_stream(struct sender *sender)
{
	const struct uds_send_options *options = sender->options;
	bool has_chunks = uds_schedule_max(&options->chunks) > 0;
	struct uds_sent *sent = sender->sent;
	uint64_t n_chunks = 0;
	size_t n_staged = 0;
	size_t pos = 0;

	while (!sender->stopped) {
		size_t len = 0;
		bool probing;
		ssize_t n;

		if (has_chunks)
			len = uds_schedule_size(&options->chunks,
						options->source->seed,
						n_chunks++);
		n_staged = stage_records(sender, n_staged, &pos, len);
		if (n_staged == 0 || sender->stopped)
			return;
		if (!has_chunks || len > n_staged)
			len = n_staged;

		publish(sender, true);
		probing = is_probing(sender);
		sent->n_calls++;
		n = uds_send_one(options,
				 &(struct iovec) { sender->stage + pos, len },
				 MSG_NOSIGNAL | (probing ? MSG_DONTWAIT : 0));
		if (n < 0) {
			handle_failure(sender, errno, probing);
			continue;
		}
		if ((size_t)n < len)
			sent->n_short++;
		pos += (size_t)n;
		n_staged -= (size_t)n;
		sent->bytes += (size_t)n;
		sent->partial += (size_t)n;
		count_accepted(sender);
		if ((n_staged > 0 || has_more(sender)) &&
		    uds_deadline_passed(options->deadline_ns))
			stop(sender, UDS_STOP_DEADLINE, 0);
	}
}

static bool is_possible(const struct uds_send_options *options)
{
	const struct uds_source *source = options->source;

	if (options->dest && options->call == UDS_CALL_WRITE)
		return false;
	if (options->stream)
		return !options->dest &&
		       uds_schedule_min(&source->sizes) >= UDS_HEADER_SIZE;
	return !options->volume || uds_schedule_max(&source->sizes) > 0;
}

static int watch_room(struct sender *sender)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLET };

	sender->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (sender->epoll_fd < 0 ||
	    epoll_ctl(sender->epoll_fd, EPOLL_CTL_ADD, sender->options->fd,
		      &event) < 0)
		return -errno;
	return 0;
}

int uds_traffic_send(const struct uds_send_options *options,
		     struct uds_sent *ret_sent)
{
	size_t max_size = uds_schedule_max(&options->source->sizes);
	cleanup_free unsigned char *stage = NULL;
	struct sender sender = {
		.options = options, .sent = ret_sent, .epoll_fd = -1,
	};
	struct uds_sigpipe_hold hold;
	struct uds_fdmode mode;
	bool ticks = options->wait == UDS_WAIT_BLOCK && options->deadline_ns;
	int r;

	*ret_sent = (struct uds_sent) { .stop = UDS_STOP_COUNT };
	if (!is_possible(options))
		return -EINVAL;
	stage = xcalloc(1, max_size * (batch_size(options) + 1) +
			   uds_schedule_max(&options->chunks));
	sender.stage = stage;
	r = uds_fdmode_enter(&mode, options->fd,
			     options->wait != UDS_WAIT_BLOCK,
			     ticks ? SO_SNDTIMEO : 0);
	if (r == 0 && options->wait == UDS_WAIT_EPOLL)
		r = watch_room(&sender);
	if (r == 0) {
		uds_sigpipe_hold(&hold);
		r = uds_gate_wait(options->start_fd, options->deadline_ns);
		if (r < 0)
			stop(&sender, r == -ETIMEDOUT ? UDS_STOP_DEADLINE :
			     UDS_STOP_GATE, 0);
		else if (options->stream)
			send_stream(&sender);
		else
			send_messages(&sender);
		uds_sigpipe_release(&hold);
		r = 0;
	}
	if (sender.epoll_fd >= 0)
		close(sender.epoll_fd);
	uds_fdmode_leave(&mode, options->fd);
	return r;
}
