// SPDX-License-Identifier: BSD-2-Clause
/*
 * How much there is to read where one of the bytes is urgent, and urgent bytes
 * that find no room.
 */
#include "config.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "checks/util_oob.h"
#include "checks/util_option.h"
#include "harness/check.h"

#define BULK 65536

static char bulk[BULK];

/*
 * What FIONREAD tells, and SO_INQ with a peek of no urgent byte, if there is
 * such an option: is_inq.
 */
static void expect_queued(int fd, bool is_inq, int want)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = "" };
	struct iovec iov = { bulk, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c;
	int value = -1;

	EXPECT_RET(0, ioctl(fd, FIONREAD, &value));
	EXPECT_EQ(want, value);
	if (!is_inq || recvmsg(fd, &msg, MSG_PEEK | MSG_DONTWAIT) < 0)
		return;
	c = CMSG_FIRSTHDR(&msg);
	ASSERT_THAT(c != NULL, "a control message of SO_INQ");
	memcpy(&value, CMSG_DATA(c), sizeof(value));
	EXPECT_EQ(want, value);
}

CHECK(oob, counted_until_it_is_taken,
      .title = "FIONREAD and SO_INQ count the urgent byte until it is taken, and peeks change nothing",
      CLAUSES(linux_oob_counted, linux_unix_inq_len),
      ROWS(OOB_70, INQ_70),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      PARAMS("alone", "after", "before", "between", "replaced"),
      .why = "A reader that allocates by it gets a buffer too small, or waits for nothing.",
      .explain = "Two plain bytes before it, behind it, on both sides, or none; or another "
	      "urgent byte that it replaced.  Peeked twice with MSG_OOB and without, then "
	      "taken with MSG_OOB, and the rest read.")
{
	static const char *const beside[] = { "", "ab", "yz", "abyz", "r" };
	const char *rest = beside[env->param];
	int fd[2], n = 0, front = env->param == 1 || env->param == 3 ? 2 : 0;
	bool is_inq;
	char byte;

	oob_pair(env, fd);
	is_inq = option_set(fd[1], SO_INQ, 1) == 0 && !option_takes_any(fd[1]);
	if (front)
		n += (int)SETUP(send(fd[0], "ab", 2, MSG_NOSIGNAL));
	if (env->param == 4) {
		oob_send(env, fd[0], fd[1], "r");
		n++;
	}
	oob_send(env, fd[0], fd[1], "u");
	n++;
	if (env->param == 2 || env->param == 3)
		n += (int)SETUP(send(fd[0], "yz", 2, MSG_NOSIGNAL));
	expect_queued(fd[1], is_inq, n);
	for (int i = 0; i < 2; i++) {
		EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_OOB | MSG_PEEK));
		EXPECT_EQ('u', byte);
		expect_queued(fd[1], is_inq, n);
		if (n > 1) {
			EXPECT_RET(1, recv(fd[1], &byte, 1,
					   MSG_PEEK | MSG_DONTWAIT));
			expect_queued(fd[1], is_inq, n);
		}
	}
	EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_OOB));
	EXPECT_EQ('u', byte);
	while (--n > 0) {
		expect_queued(fd[1], is_inq, n);
		/* Linux 6.1 does not read beyond a byte that was taken. */
		if (recv(fd[1], &byte, 1, MSG_DONTWAIT) == 1) {
			EXPECT_EQ(*rest++, byte);
			continue;
		}
		EXPECT_THAT(!release_proven(RELEASE_6_16),
			    "the bytes beside it are read");
		return;
	}
	expect_queued(fd[1], is_inq, 0);
	data_expect_empty(fd[1]);
}

CHECK(oob, no_room_for_the_byte,
      .title = "A send with MSG_OOB whose last byte has no room counts and delivers those before it",
      CLAUSES(linux_oob_partial),
      ROWS(OOB_71),
      .types = STREAM, .addrs = PAIR, .axes = SWAP | NONBLOCK,
      .why = "Bytes that were sent and not counted are sent again.",
      .explain = "As many bytes as a plain send that must not wait gets in, and one more: the "
	      "count is that of the plain ones, and no byte is urgent.")
{
	int fd[2];
	long fits;

	oob_pair(env, fd);
	SETUP(backlog_set_option(fd[0], SO_SNDBUF, 8192));
	data_fill(bulk, 0, BULK);
	fits = ASSERT_OK(send(fd[0], bulk, BULK, MSG_DONTWAIT | MSG_NOSIGNAL));
	ASSERT_THAT(fits < BULK, "a small send buffer is soon full");
	ASSERT_RET(fits, recv(fd[1], bulk, BULK, MSG_DONTWAIT));
	data_fill(bulk, 0, BULK);
	EXPECT_RET(fits, send(fd[0], bulk, (size_t)fits + 1,
			      MSG_OOB | MSG_DONTWAIT | MSG_NOSIGNAL));
	oob_expect_none(fd[1]);
	EXPECT_EQ(0, oob_at_mark(fd[1]));
	memset(bulk, 0, BULK);
	EXPECT_RET(fits, recv(fd[1], bulk, BULK, MSG_DONTWAIT));
	EXPECT_THAT(data_is(bulk, 0, (size_t)fits), "the bytes in order");
	data_expect_empty(fd[1]);
}
