// SPDX-License-Identifier: BSD-2-Clause
/* SIOCINQ and SIOCOUTQ: how much waits to be read, and how much was sent. */
#include "config.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "checks/util_data.h"
#include "checks/util_rights.h"
#include "harness/check.h"

static void expect_inq(int fd, int want)
{
	int value = -1;

	EXPECT_RET(0, ioctl(fd, SIOCINQ, &value));
	EXPECT_EQ(want, value);
	value = -1;
	EXPECT_RET(0, ioctl(fd, FIONREAD, &value));
	EXPECT_EQ(want, value);
}

static int outq(int fd)
{
	int value = -1;

	EXPECT_RET(0, ioctl(fd, SIOCOUTQ, &value));
	return value;
}

CHECK(ioctl, inq_counts,
      .title = "SIOCINQ tells all queued bytes of a stream or seqpacket, the first datagram's",
      CLAUSES(ioctl_fionread, linux_unix_inq),
      ROWS(IOC_01, IOC_02, IOC_03, IOC_04),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Readers size their buffer by it.",
      .explain = "0 at first; after messages of 5, 2 and 7 bytes 14, or 5 for datagrams; "
		 "after the first was read 9, or 2; 0 at the end.  FIONREAD says the same, "
		 "and the sender's own count stays 0.")
{
	bool first = env->type == SOCK_DGRAM;
	char got[16];
	int fd[2];

	SETUP(env_pair(env, fd));
	expect_inq(fd[1], 0);
	ASSERT_RET(5, send(fd[0], "abcde", 5, MSG_NOSIGNAL));
	expect_inq(fd[1], 5);
	ASSERT_RET(2, send(fd[0], "fg", 2, MSG_NOSIGNAL));
	ASSERT_RET(7, send(fd[0], "hijklmn", 7, MSG_NOSIGNAL));
	expect_inq(fd[1], first ? 5 : 14);
	expect_inq(fd[0], 0);
	EXPECT_RET(5, recv(fd[1], got, 5, MSG_DONTWAIT));
	expect_inq(fd[1], first ? 2 : 9);
	EXPECT_RET(2, recv(fd[1], got, 2, MSG_DONTWAIT | MSG_PEEK));
	expect_inq(fd[1], first ? 2 : 9);
	EXPECT_RET(2, recv(fd[1], got, 2, MSG_DONTWAIT));
	EXPECT_RET(7, recv(fd[1], got, 7, MSG_DONTWAIT));
	expect_inq(fd[1], 0);
}

CHECK(ioctl, inq_empty_message,
      .title = "SIOCINQ is 0 for a waiting empty message, although poll() reports it",
      CLAUSES(linux_unix_inq),
      ROWS(IOC_09),
      .types = MESSAGES, .addrs = PAIR,
      .why = "A count of 0 does not mean that nothing waits.")
{
	char byte;
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_POLL(0, fd[1], POLLIN);
	ASSERT_RET(0, send(fd[0], "", 0, MSG_NOSIGNAL));
	expect_inq(fd[1], 0);
	EXPECT_POLL(POLLIN, fd[1], POLLIN);
	EXPECT_RET(0, recv(fd[1], &byte, 1, MSG_DONTWAIT));
	expect_inq(fd[1], 0);
	EXPECT_POLL(0, fd[1], POLLIN);
}

CHECK(ioctl, queues_of_listener,
      .title = "SIOCINQ on a listener fails with EINVAL; SIOCOUTQ is 0",
      CLAUSES(linux_unix_inq, linux_unix_outq),
      ROWS(IOC_18, IOC_19),
      .types = CONNECTED, .addrs = NAMED,
      .why = "A listener has no bytes to read, whatever its clients have sent.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 2, &a)), value = -5;
	int client = SETUP(env_connect(env, &a));

	EXPECT_ERRNO(EINVAL, ioctl(listener, SIOCINQ, &value));
	EXPECT_ERRNO(EINVAL, ioctl(listener, FIONREAD, &value));
	EXPECT_EQ(-5, value);
	EXPECT_EQ(0, outq(listener));
	ASSERT_RET(1, send(client, "c", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EINVAL, ioctl(listener, SIOCINQ, &value));
}

CHECK(ioctl, queues_unconnected,
      .title = "SIOCINQ and SIOCOUTQ on a socket without a connection succeed with 0",
      CLAUSES(linux_unix_inq, linux_unix_outq),
      ROWS(IOC_20),
      .types = ANY_TYPE,
      .why = "A program that asks first must not take it for an error.",
      .explain = "gVisor says ENOTCONN.")
{
	int fd = SETUP(env_socket(env));

	expect_inq(fd, 0);
	EXPECT_EQ(0, outq(fd));
}

CHECK(ioctl, outq_memory,
      .title = "SIOCOUTQ tells the memory of what was sent, and 0 once all of it was read",
      CLAUSES(linux_unix_outq),
      ROWS(IOC_05, IOC_06, IOC_07),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "It is no count of bytes: five take many times as much.",
      .explain = "The receiver's own value stays 0; a second message adds as much again; "
		 "reading the first gives its part back, reading both all.")
{
	char got[16];
	int fd[2], one;

	SETUP(env_pair(env, fd));
	EXPECT_EQ(0, outq(fd[0]));
	ASSERT_RET(5, send(fd[0], "abcde", 5, MSG_NOSIGNAL));
	one = outq(fd[0]);
	EXPECT_THAT(one > 5, "more than the 5 bytes; %d", one);
	EXPECT_EQ(0, outq(fd[1]));
	ASSERT_RET(5, send(fd[0], "fghij", 5, MSG_NOSIGNAL));
	EXPECT_EQ(2 * one, outq(fd[0]));
	EXPECT_RET(5, recv(fd[1], got, 5, MSG_DONTWAIT));
	EXPECT_EQ(one, outq(fd[0]));
	EXPECT_RET(5, recv(fd[1], got, 5, MSG_DONTWAIT));
	EXPECT_EQ(0, outq(fd[0]));
	EXPECT_EQ(0, outq(fd[1]));
}

CHECK(ioctl, partial_read,
      .title = "A partial read lowers SIOCINQ, and SIOCOUTQ not before the piece is finished",
      CLAUSES(linux_unix_outq, linux_unix_inq),
      ROWS(IOC_08),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      .why = "A sender that waits for SIOCOUTQ to fall waits for whole pieces.")
{
	char got[16];
	int fd[2], full;

	SETUP(env_pair(env, fd));
	ASSERT_RET(5, send(fd[0], "abcde", 5, MSG_NOSIGNAL));
	full = outq(fd[0]);
	EXPECT_RET(2, recv(fd[1], got, 2, MSG_DONTWAIT));
	expect_inq(fd[1], 3);
	EXPECT_EQ(full, outq(fd[0]));
	EXPECT_RET(2, recv(fd[1], got, 2, MSG_DONTWAIT));
	expect_inq(fd[1], 1);
	EXPECT_EQ(full, outq(fd[0]));
	EXPECT_RET(1, recv(fd[1], got, 2, MSG_DONTWAIT));
	expect_inq(fd[1], 0);
	EXPECT_EQ(0, outq(fd[0]));
}

CHECK(ioctl, bad_memory,
      .title = "SIOCINQ and SIOCOUTQ into bad memory fail with EFAULT, and nothing is lost",
      CLAUSES(linux_unix_inq, linux_unix_outq),
      ROWS(IOC_10),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("null", "protected", "read_only", "kernel"),
      .why = "A wrong pointer must not be written through.")
{
	void *bad = data_bad_page(env->param_name);
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EFAULT, ioctl(fd[0], SIOCINQ, bad));
	EXPECT_ERRNO(EFAULT, ioctl(fd[0], SIOCOUTQ, bad));
	data_expect_works(env, fd[1], fd[0]);
}

CHECK(ioctl, inq_without_control,
      .title = "SIOCINQ counts the data of a message, and nothing of its control data",
      CLAUSES(linux_unix_inq),
      ROWS(IOC_26),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A reader that waits for as many bytes as it was told waits for ever.",
      .explain = "42 bytes with ten descriptors count 42; after a recv() that drops the "
	      "descriptors 0.")
{
	int fd[2], files[10];
	char data[42] = "";

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 10; i++)
		files[i] = fd[i % 2];
	ASSERT_RET(42, rights_send(fd[0], files, 10, data, sizeof(data)));
	expect_inq(fd[1], 42);
	EXPECT_RET(42, recv(fd[1], data, sizeof(data), MSG_DONTWAIT));
	expect_inq(fd[1], 0);
}
