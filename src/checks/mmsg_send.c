// SPDX-License-Identifier: BSD-2-Clause
/* sendmmsg(): several messages in one call. */
#include "config.h"

#include <string.h>
#include <sys/socket.h>

#include "checks/util_data.h"
#include "checks/util_mmsg.h"
#include "harness/check.h"

/* The first n messages of a batch_to_send() arrive, and nothing after them. */
static void expect_arrived(struct env *env, int fd, int n)
{
	unsigned char in[128];
	size_t at = 0, len;

	if (env->type == SOCK_STREAM) {
		EXPECT_RET(n * (n + 1) / 2,
			   recv(fd, in, sizeof(in), MSG_DONTWAIT));
		for (int i = 0; i < n; i++) {
			EXPECT_THAT(data_is(in + at, 16 * (size_t)i,
					    (size_t)i + 1),
				    "the bytes of message %d are in order", i);
			at += (size_t)i + 1;
		}
	} else {
		for (int i = 0; i < n; i++) {
			len = (size_t)i + 1;
			EXPECT_RET(len, recv(fd, in, sizeof(in), MSG_DONTWAIT));
			EXPECT_THAT(data_is(in, 16 * (size_t)i, len),
				    "this is message %d", i);
		}
	}
	data_expect_empty(fd);
}

CHECK(sendmmsg, sends_all,
      .title = "sendmmsg() of 8 messages sends them in order, and tells the length of each",
      CLAUSES(sendmmsg2_count),
      ROWS(MM_01),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "Programs send again what the call did not count.")
{
	struct batch b;
	int fd[2];

	SETUP(env_pair(env, fd));
	batch_to_send(&b);
	EXPECT_RET(8, sendmmsg(fd[0], b.m, 8, MSG_NOSIGNAL));
	for (unsigned int i = 0; i < 8; i++)
		EXPECT_EQ(i + 1, b.m[i].msg_len);
	expect_arrived(env, fd[1], 8);
}

CHECK(sendmmsg, none,
      .title = "sendmmsg() and recvmmsg() of no messages return 0 at once",
      CLAUSES(linux_mmsg_none),
      ROWS(MM_06),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "An empty batch is not an error, nor something to wait for.",
      .explain = "On an empty socket and with a message waiting, which stays.")
{
	struct batch b;
	int fd[2];

	SETUP(env_pair(env, fd));
	batch_to_receive(&b, 8);
	EXPECT_RET(0, recvmmsg(fd[1], b.m, 0, 0, NULL));
	EXPECT_RET(0, sendmmsg(fd[0], b.m, 0, MSG_NOSIGNAL));
	data_expect_empty(fd[1]);
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	EXPECT_RET(0, recvmmsg(fd[1], b.m, 0, 0, NULL));
	EXPECT_RET(0, recvmmsg(fd[1], b.m, 0, MSG_DONTWAIT, NULL));
	batch_expect_untouched(&b, 0);
	EXPECT_RET(3, recv(fd[1], b.buf[0], 8, MSG_DONTWAIT));
	data_expect_empty(fd[1]);
}

CHECK(sendmmsg, bad_memory_later,
      .title = "sendmmsg() with bad memory in the fourth message sends three and returns 3",
      CLAUSES(sendmmsg2_error),
      ROWS(MM_09),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "An error would make the caller send again what has arrived.",
      .explain = "The bytes, and in a second round the iovec, are memory without "
	      "permissions.  No error is left pending.")
{
	void *bad = data_bad_page("protected");
	struct batch b;
	int fd[2], error = -1;
	socklen_t len = sizeof(error);

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		CONTEXT("bad %s", i ? "iovec" : "bytes");
		batch_to_send(&b);
		if (i == 0)
			b.iov[3].iov_base = bad;
		else
			b.m[3].msg_hdr.msg_iov = bad;
		EXPECT_RET(3, sendmmsg(fd[0], b.m, 8, MSG_NOSIGNAL));
		EXPECT_EQ(3, b.m[2].msg_len);
		EXPECT_EQ(0xaa, b.m[3].msg_len);
		expect_arrived(env, fd[1], 3);
		EXPECT_RET(0, getsockopt(fd[0], SOL_SOCKET, SO_ERROR, &error,
					 &len));
		EXPECT_ERR_EQ(0, error);
	}
}

CHECK(sendmmsg, part_is_the_last,
      .title = "sendmmsg() ends with the first message of which only a part went",
      CLAUSES(linux_sendmmsg_partial, sendmmsg2_count),
      ROWS(MM_15),
      .types = STREAM, .addrs = PAIR,
      .why = "The next message would follow in the stream where the rest is missing.",
      .explain = "Of three messages the second begins with more good memory than the "
	      "kernel takes at once, and ends in bad: the call returns 2, the second "
	      "length tells the part, and nothing comes after it.")
{
	struct batch b;
	unsigned char *end, *in;
	size_t piece, part, at = 0;
	ssize_t got;
	int fd[2];

	SETUP(env_pair(env, fd));
	piece = data_segment(fd[0], fd[1]);
	end = data_edge(piece + 1);
	in = data_edge(2 * piece) - 2 * piece;
	batch_to_send(&b);
	b.iov[1] = (struct iovec){ end - piece - 1, piece + 2 };
	ASSERT_RET(2, sendmmsg(fd[0], b.m, 3, MSG_NOSIGNAL | MSG_DONTWAIT));
	EXPECT_EQ(1, b.m[0].msg_len);
	part = b.m[1].msg_len;
	EXPECT_RANGE(1, piece + 1, part);
	EXPECT_EQ(0xaa, b.m[2].msg_len);
	memset(in, 0x5a, 2 * piece);
	while ((got = recv(fd[1], in + at, 2 * piece - at, MSG_DONTWAIT)) > 0)
		at += (size_t)got;
	ASSERT_EQ(1 + part, at);
	EXPECT_THAT(data_is(in + 1, 0, part), "the part is whole");
}

CHECK(sendmmsg, bad_memory_first,
      .title = "sendmmsg() with bad memory in the first message fails with EFAULT, sending nothing",
      CLAUSES(sendmmsg2_count, send2_efault),
      ROWS(MM_10),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "0 or a count would be taken for progress.",
      .explain = "The bytes, the iovec, or the messages themselves.")
{
	void *bad = data_bad_page("protected");
	struct batch b;
	int fd[2];

	SETUP(env_pair(env, fd));
	batch_to_send(&b);
	b.iov[0].iov_base = bad;
	EXPECT_ERRNO(EFAULT, sendmmsg(fd[0], b.m, 8, MSG_NOSIGNAL));
	b.m[0].msg_hdr.msg_iov = bad;
	EXPECT_ERRNO(EFAULT, sendmmsg(fd[0], b.m, 8, MSG_NOSIGNAL));
	EXPECT_ERRNO(EFAULT, sendmmsg(fd[0], bad, 8, MSG_NOSIGNAL));
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

#define CAP 1024

static long receive_cap(struct call *c)
{
	const int *fd = c->arg;
	char in[64];
	long n, got = 0;

	while (got < CAP) {
		n = recv(*fd, in, sizeof(in), 0);
		if (n <= 0)
			return n;
		got += n;
	}
	return got;
}

CHECK(sendmmsg, at_most_1024,
      .title = "sendmmsg() of more than 1024 messages sends 1024 of them",
      CLAUSES(sendmmsg2_cap),
      ROWS(MM_13),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Callers with larger batches must go on where the count says.",
      .explain = "1030 messages of a byte, with a thread that receives.")
{
	static struct mmsghdr m[CAP + 6];
	struct iovec iov = { (char[]){ "x" }, 1 };
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < CAP + 6; i++)
		m[i] = (struct mmsghdr){
			.msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 },
		};
	c = (struct call){ .arg = &fd[1] };
	call_start(&c, "recv(fd, ...) in a loop", receive_cap);
	EXPECT_RET(CAP, sendmmsg(fd[0], m, CAP + 6, MSG_NOSIGNAL));
	EXPECT_CALL_RET(CAP, &c);
	EXPECT_EQ(1, m[CAP - 1].msg_len);
	EXPECT_EQ(0, m[CAP].msg_len);
	data_expect_empty(fd[1]);
}

CHECK(sendmmsg, each_to_its_own_name,
      .title = "Each message of a sendmmsg() goes to the address that its own header has",
      CLAUSES(sendmmsg2_each),
      ROWS(MM_100),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK,
      .why = "A server that answers its clients in one call gives one the answers of another.",
      .explain = "Two receivers in turn, a message without a name between them, which "
	      "goes to the third, the connected one.")
{
	static const int to[6] = { 0, 1, 2, 1, 0, 2 };
	struct addr a[3];
	struct batch b;
	unsigned char in[16];
	int fd[3], sender;

	for (int i = 0; i < 3; i++) {
		a[i] = env_addr(env, i);
		fd[i] = SETUP(env_bound(env, &a[i]));
	}
	sender = SETUP(env_connect(env, &a[2]));
	batch_to_send(&b);
	for (int i = 0; i < 6; i++) {
		if (to[i] == 2)
			continue;
		b.m[i].msg_hdr.msg_name = &a[to[i]].sa;
		b.m[i].msg_hdr.msg_namelen = a[to[i]].len;
	}
	EXPECT_RET(6, sendmmsg(sender, b.m, 6, MSG_NOSIGNAL));
	for (int i = 0; i < 6; i++) {
		size_t len = (size_t)i + 1;

		CONTEXT("message %d to receiver %d", i, to[i]);
		EXPECT_EQ(len, b.m[i].msg_len);
		EXPECT_RET(len, recv(fd[to[i]], in, sizeof(in), MSG_DONTWAIT));
		EXPECT_THAT(data_is(in, 16 * (size_t)i, len),
			    "it is this message");
	}
	for (int i = 0; i < 3; i++)
		data_expect_empty(fd[i]);
}
