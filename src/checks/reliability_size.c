// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sizes: of records, of reads and writes, of buffers, and where boundaries
 * are.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "checks/util_traffic.h"
#include "harness/check.h"

/* How far beyond SO_SNDBUF a message is tried: more than UDP could carry. */
#define ROOM_BEYOND 70000

static uint32_t page_size(void)
{
	return (uint32_t)SETUP(sysconf(_SC_PAGESIZE));
}

static uint32_t buffer_size(int fd)
{
	int bytes;
	socklen_t len = sizeof(bytes);

	SETUP(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &len));
	return (uint32_t)bytes;
}

/* The largest message, found by trying; SIZE_MAX when there is no limit. */
static size_t search_limit(int send_fd, int recv_fd, void *data, size_t room)
{
	size_t low = 0, high = room + 1;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (send(send_fd, data, middle, MSG_DONTWAIT) < 0) {
			ASSERT_EQ(EMSGSIZE, errno);
			high = middle;
		} else {
			/* An empty datagram of a network may be late. */
			ASSERT_OK(recv(recv_fd, data, middle, 0));
			low = middle;
		}
	}
	return low == room ? SIZE_MAX : low;
}

/* Every size once and again, one sender, messages. */
static void message_sizes(struct env *env)
{
	cleanup_traffic struct traffic t;
	uint32_t page = page_size(), max, sizes[20];
	size_t n = 0;

	traffic_init(&t, env, 1);
	SETUP(traffic_on_pair(&t));
	max = buffer_size(t.sender[0].options.fd) - 32;
	for (uint32_t size = 0; size < 3; size++)
		sizes[n++] = size;
	for (uint32_t near = 0; near < 3; near++) {
		sizes[n++] = (uint32_t)UDS_HEADER_SIZE - 1 + near;
		sizes[n++] = page - 1 + near;
		sizes[n++] = max / 2 - 1 + near;
		sizes[n++] = max - 2 + near;
	}
	sizes[n++] = 8 * page;
	sizes[n++] = 0;
	/* Pages may be larger than what one message may have. */
	for (size_t i = 0; i < n; i++)
		if (sizes[i] > max)
			sizes[i] = max;
	traffic_set_sizes(&t, (struct uds_schedule)UDS_LIST(sizes, n));
	traffic_set_count(&t, traffic_count(env, n));
	t.recv.source = &t.sender[0].source;
	t.recv.max_size = max;
	/* At the end of the file an empty message could not be told from it. */
	t.keep_open = true;
	traffic_run(&t);
	TRAFFIC_EXPECT_ALL(&t);
}

CHECK(reliability, record_sizes,
      .title = "Records of every size arrive whole: empty, a page, as large as can be",
      CLAUSES(posix_sockets_seqpacket_reliable,
	      posix_sockets_seqpacket_boundaries, unix7_sndbuf_limits_message),
      ROWS(SEQ_01, SEQ_07),
      .types = SEQPACKET, .addrs = ANY_ADDR,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Limits of pages and buffers are where systems cut messages.",
      .explain = "0, 1, 2 bytes, a page and its neighbours, half the buffer and the "
	      "largest size there is, with theirs.")
{
	message_sizes(env);
}

CHECK(reliability, datagram_sizes,
      .title = "Datagrams of every size arrive whole: empty, a page, as large as can be",
      CLAUSES(unix7_dgram_reliable, unix7_sndbuf_limits_message),
      ROWS(DGR_01, DGR_07, DGR_16),
      .types = DGRAM, .addrs = ANY_ADDR,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Limits of pages and buffers are where systems cut messages.",
      .explain = "0, 1, 2 bytes, a page and its neighbours, half the buffer and the "
	      "largest size there is, with theirs.")
{
	message_sizes(env);
}

/* The largest a network of the control row carries in one datagram. */
static size_t control_limit(const struct env *env)
{
	return env->row->family == AF_INET ? 65507 : 65527;
}

CHECK(reliability, largest_message,
      .title = "The largest message is SO_SNDBUF less 32; a larger one is not sent at all",
      CLAUSES(unix7_sndbuf_limits_message),
      ROWS(FLOW_41),
      .types = MESSAGES, .addrs = ANY_ADDR, .controls = UDP,
      PARAMS("usual_buffer", "tiny_buffer", "large_buffer"),
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A message that is cut instead of refused is taken for a whole one.",
      .explain = "The limit is searched by halving: what is longer gets EMSGSIZE. "
	      "Then the largest is sent twice and judged, after one byte more was "
	      "refused and nothing came of it.  FreeBSD and macOS limit datagrams "
	      "to a few kilobytes.")
{
	static const int buffers[] = { 0, 1, 150000 };
	cleanup_free char *data = NULL;
	cleanup_traffic struct traffic t;
	size_t size, max;
	int fd;

	traffic_init(&t, env, 1);
	SETUP(traffic_on_pair(&t));
	fd = t.sender[0].options.fd;
	if (env->param > 0 && !env_is_control(env))
		SETUP(traffic_set_buffer(fd, SO_SNDBUF, buffers[env->param]));
	size = buffer_size(fd);
	data = xcalloc(1, size + ROOM_BEYOND + 1);
	max = search_limit(fd, t.fds[0], data, size + ROOM_BEYOND);
	NOTE("the largest message has %zu bytes", max);
	ASSERT_EQ(env_is_control(env) ? control_limit(env) : size - 32, max);
	ASSERT_ERRNO(EMSGSIZE, send(fd, data, max + 1, MSG_DONTWAIT));
	ASSERT_ERRNO(EMSGSIZE, send(fd, data, max + 1, 0));
	EXPECT_ERRNO(EAGAIN, recv(t.fds[0], data, size, MSG_DONTWAIT));
	t.recv.max_size = max;
	traffic_set_sizes(&t, (struct uds_schedule){ .min = max, .max = max });
	traffic_set_count(&t, env_is_control(env) ? 1 : 2);
	traffic_run(&t);
	TRAFFIC_EXPECT_ALL(&t);
}
