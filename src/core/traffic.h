/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traffic: one function that sends a source's records on a descriptor, one
 * that receives them on one or many and enters them in a ledger. Each is
 * called in a thread or a process of its own.
 *
 * Both hold SIGPIPE back for their thread, give the descriptor the mode they
 * need (O_NONBLOCK, timeouts) and put it back when they return. A wait is
 * always for an event; deadlines are absolute, as clock_deadline_ms() gives
 * them, and 0 is none. All options that are left 0 mean the plain case, but
 * for descriptors, where -1 is none: start from UDS_SEND_OPTIONS_INIT and
 * UDS_RECV_OPTIONS_INIT, and set these afterwards.
 */
#ifndef SOCKSPEC_CORE_TRAFFIC_H
#define SOCKSPEC_CORE_TRAFFIC_H

#include "core/ledger.h"
#include "core/record.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum uds_wait {
	UDS_WAIT_BLOCK,		/* in the call itself */
	UDS_WAIT_POLL,		/* O_NONBLOCK, and poll() when refused */
	UDS_WAIT_EPOLL,		/* O_NONBLOCK, and edge-triggered epoll */
};

enum uds_call {
	UDS_CALL_SEND,		/* send() or sendto(); recv() */
	UDS_CALL_MSG,		/* sendmsg(); recvmsg() */
	UDS_CALL_WRITE,		/* write(); read() */
	UDS_CALL_MMSG,		/* sendmmsg(); recvmsg() */
};

enum uds_stop {
	UDS_STOP_COUNT,		/* all sent, or all expected received */
	UDS_STOP_EOF,		/* the peers ended their streams */
	UDS_STOP_DONE,		/* done_fd hung up and nothing was left */
	UDS_STOP_FULL,		/* the queue was full, as asked */
	UDS_STOP_DEADLINE,
	UDS_STOP_SHORT,		/* a message was accepted in part only */
	UDS_STOP_GATE,		/* the other end of a barrier went away */
	UDS_STOP_ERROR,		/* see err */
};

/**
 * struct uds_progress - how far a party is, for those who survive it
 * @offered: records given to a call, whether it returned or not
 * @accepted: records a call took in full length
 * @bytes: bytes sent or received
 * @received: arrivals a receiver entered in its ledger
 * @refused: times the queue was full
 * @interrupted: times a signal ended a call
 *
 * Lies in shared memory. Records below accepted are in the socket for certain,
 * from offered on they are not; between the two the death of the sender leaves
 * it open, and that is one record or one batch.
 */
struct uds_progress {
	_Atomic uint64_t offered;
	_Atomic uint64_t accepted;
	_Atomic uint64_t bytes;
	_Atomic uint64_t received;
	_Atomic uint64_t refused;
	_Atomic uint64_t interrupted;
};

/** uds_progress_map: n zeroed ones in shared memory, or NULL with errno. */
struct uds_progress *uds_progress_map(size_t n);
void uds_progress_unmap(struct uds_progress *progress, size_t n);

/**
 * struct uds_send_options - what to send and how
 * @fd: a connected descriptor, or not connected with @dest
 * @stream: records may be split and joined on the way
 * @dest: address for each message, or NULL
 * @dest_len: its length in bytes
 * @source: whose records; those of a stream all have headers
 * @count: records; 0 is no limit
 * @volume: stop at the first record that ends at or beyond so many bytes;
 *	0 is no limit
 * @chunks: sizes of the single writes to a stream, which then have nothing to
 *	do with the records; all zero is one write for each record
 * @call: with @dest, UDS_CALL_WRITE is not possible
 * @batch: messages for each sendmmsg(); 0 is 8. A stream has batches of one
 * @stop_when_full: leave the first time a call would block
 * @start_fd: before all, wait for one byte from here
 * @full_fd: write one byte here when a call would block for the first time
 * @credit_fd: before each record but the first read one byte from here
 * @deadline_ns: leave then
 * @progress: kept up to date, or NULL
 *
 * Calls that have to find out whether they would block (stop_when_full,
 * full_fd) use MSG_DONTWAIT, and send() in place of write(), until they know.
 */
struct uds_send_options {
	int fd;
	bool stream;
	const struct sockaddr *dest;
	socklen_t dest_len;
	const struct uds_source *source;
	uint64_t count;
	uint64_t volume;
	struct uds_schedule chunks;
	enum uds_wait wait;
	enum uds_call call;
	unsigned int batch;
	bool stop_when_full;
	int start_fd;
	int full_fd;
	int credit_fd;
	int64_t deadline_ns;
	struct uds_progress *progress;
};

#define UDS_SEND_OPTIONS_INIT \
	.start_fd = -1, .full_fd = -1, .credit_fd = -1

/**
 * struct uds_sent - what was sent; plain data
 * @accepted: records that a call took in full length
 * @bytes: of them, and of the one begun
 * @partial: bytes of a record that was begun and not finished
 * @n_calls: system calls that send
 * @n_refused: times EAGAIN or ENOBUFS came back
 * @n_interrupted: times EINTR came back
 * @n_short: calls that took less than they were given
 * @stop: why it ended
 * @err: errno with UDS_STOP_ERROR, otherwise 0
 */
struct uds_sent {
	uint64_t accepted;
	uint64_t bytes;
	uint64_t partial;
	uint64_t n_calls;
	uint64_t n_refused;
	uint64_t n_interrupted;
	uint64_t n_short;
	enum uds_stop stop;
	int err;
};

/**
 * uds_traffic_send: send until something of enum uds_stop happens.
 *
 * Return: 0 and the account in *ret_sent, or -errno when the options are not
 * possible (-EINVAL) or the set-up failed. The descriptor stays open.
 */
int uds_traffic_send(const struct uds_send_options *options,
		     struct uds_sent *ret_sent);

/**
 * struct uds_recv_options - what to receive and how
 * @fds: connected descriptors, or bound ones for datagrams; they stay open
 * @n_fds: how many
 * @stream: parse records out of bytes; otherwise each message is one record
 * @seed: of the run
 * @max_size: of the largest record
 * @source: needed when some records are smaller than a header (uds_plain_*),
 *	from the one sender; otherwise NULL
 * @ledger: entered in order of arrival
 * @count: stop when that many different records came; 0 is no limit
 * @reads: sizes of the single reads of a stream; all zero is 64 KiB
 * @wait: UDS_WAIT_BLOCK with several descriptors waits in poll() and then
 *	reads without O_NONBLOCK
 * @own_sender: each descriptor carries one sender; any other is misrouted
 * @start_fd: before all, wait for one byte from here
 * @idle_fd: write one byte here when nothing is there for the first time
 *	(not seen with UDS_WAIT_BLOCK)
 * @credit_fd: write one byte here for each record entered
 * @done_fd: read end of a pipe whose other end the senders hold: when it hangs
 *	up there will be no more, and the receiver leaves once it is idle
 * @drain_ms: how long idle, then; sockets that deliver at once need 0
 * @deadline_ns: leave then
 * @progress: kept up to date, or NULL
 *
 * A message of size 0 looks like the end of file once the peer has hung up:
 * its sender keeps the socket open until the receiver has left.
 */
struct uds_recv_options {
	const int *fds;
	size_t n_fds;
	bool stream;
	uint64_t seed;
	size_t max_size;
	const struct uds_source *source;
	struct uds_ledger *ledger;
	uint64_t count;
	struct uds_schedule reads;
	enum uds_wait wait;
	enum uds_call call;
	bool own_sender;
	int start_fd;
	int idle_fd;
	int credit_fd;
	int done_fd;
	int drain_ms;
	int64_t deadline_ns;
	struct uds_progress *progress;
};

#define UDS_RECV_OPTIONS_INIT \
	.start_fd = -1, .idle_fd = -1, .credit_fd = -1, .done_fd = -1

/**
 * struct uds_received - what was received; plain data
 * @bytes: of all messages
 * @n_calls: system calls that receive
 * @n_idle: times EAGAIN came back
 * @n_interrupted: times EINTR came back
 * @n_truncated: messages that had MSG_TRUNC (recvmsg() only)
 * @n_eof: descriptors that reached their end
 * @garbage_bytes: of streams: bytes that belong to no record
 * @stop: why it ended
 * @err: the first errno that ended a descriptor, or 0; with UDS_STOP_ERROR
 *	there is none left
 */
struct uds_received {
	uint64_t bytes;
	uint64_t n_calls;
	uint64_t n_idle;
	uint64_t n_interrupted;
	uint64_t n_truncated;
	uint64_t n_eof;
	uint64_t garbage_bytes;
	enum uds_stop stop;
	int err;
};

/**
 * uds_traffic_receive: receive until something of enum uds_stop happens.
 *
 * Return: 0 and the account in *ret_received, or -errno when the options are
 * not possible (-EINVAL) or the set-up failed.
 */
int uds_traffic_receive(const struct uds_recv_options *options,
			struct uds_received *ret_received);

/** uds_stop_name: "all sent or received", "end of file", ... */
const char *uds_stop_name(enum uds_stop stop);

#endif
