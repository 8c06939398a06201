// SPDX-License-Identifier: BSD-2-Clause
/*
 * Socket filters: classic BPF programs of one instruction, which returns how
 * many bytes are kept.
 */
#include "config.h"

#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"

static int attach(int fd, unsigned int keep)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, keep);
	struct sock_fprog program = { .len = 1, .filter = &code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program));
}

static int detach(int fd)
{
	return option_set(fd, SO_DETACH_FILTER, 0);
}

CHECK(option, filter_attach,
      .title = "A filter can be attached, replaced and detached once; then there is none: ENOENT",
      CLAUSES(socket7_filter),
      ROWS(OPT_50, OPT_54),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Sandboxed programs filter what they receive.",
      .explain = "A program without instructions, or that does not end in a return, is "
		 "refused with EINVAL.")
{
	struct sock_filter endless = BPF_STMT(BPF_LD | BPF_IMM, 0);
	struct sock_fprog bad = { .len = 1, .filter = &endless };
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(ENOENT, detach(fd[1]));
	EXPECT_ERRNO(EINVAL, setsockopt(fd[1], SOL_SOCKET, SO_ATTACH_FILTER,
					&bad, sizeof(bad)));
	bad.len = 0;
	EXPECT_ERRNO(EINVAL, setsockopt(fd[1], SOL_SOCKET, SO_ATTACH_FILTER,
					&bad, sizeof(bad)));
	EXPECT_RET(0, attach(fd[1], 0xffffffff));
	EXPECT_RET(0, attach(fd[1], 0xffff));
	data_expect_works(env, fd[0], fd[1]);
	EXPECT_RET(0, detach(fd[1]));
	EXPECT_ERRNO(ENOENT, detach(fd[1]));
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(option, filter_drops,
      .title = "A filter that keeps nothing drops the message silently: send() succeeds",
      CLAUSES(linux_stream_no_filter, socket7_filter),
      ROWS(OPT_51),
      .types = MESSAGES, .addrs = PAIR, .axes = SWAP,
      .why = "The sender is not told, on a type that otherwise loses nothing.",
      .explain = "The other direction is not filtered; without the filter messages "
		 "arrive again.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(0, attach(fd[1], 0));
	EXPECT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	EXPECT_RET(1, send(fd[0], "d", 1, MSG_NOSIGNAL));
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[1], fd[0]);
	EXPECT_RET(0, detach(fd[1]));
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(option, filter_trims,
      .title = "A filter that keeps n bytes cuts each message to n; shorter ones stay whole",
      CLAUSES(socket7_filter),
      ROWS(OPT_53),
      .types = MESSAGES, .addrs = PAIR,
      .why = "What is received is less than what was sent, and nothing says so.")
{
	char got[16] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(0, attach(fd[1], 4));
	EXPECT_RET(8, send(fd[0], "abcdefgh", 8, MSG_NOSIGNAL));
	EXPECT_RET(4, send(fd[0], "ijkl", 4, MSG_NOSIGNAL));
	EXPECT_RET(2, send(fd[0], "mn", 2, MSG_NOSIGNAL));
	EXPECT_RET(4, recv(fd[1], got, sizeof(got), MSG_DONTWAIT | MSG_TRUNC));
	EXPECT_MEM("abcd", got, 4);
	EXPECT_RET(4, recv(fd[1], got, sizeof(got), MSG_DONTWAIT | MSG_TRUNC));
	EXPECT_MEM("ijkl", got, 4);
	EXPECT_RET(2, recv(fd[1], got, sizeof(got), MSG_DONTWAIT | MSG_TRUNC));
	EXPECT_MEM("mn", got, 2);
	data_expect_empty(fd[1]);
}

CHECK(option, filter_stream,
      .title = "A stream ignores its filter: all bytes arrive",
      CLAUSES(linux_stream_no_filter),
      ROWS(OPT_52),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      .why = "A filter there protects nothing; a stream with holes would be worse.")
{
	char got[16] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	for (unsigned int keep = 0; keep < 3; keep++) {
		ASSERT_RET(0, attach(fd[1], keep));
		EXPECT_RET(5, send(fd[0], "abcde", 5, MSG_NOSIGNAL));
		EXPECT_RET(5, recv(fd[1], got, sizeof(got), MSG_DONTWAIT));
		EXPECT_MEM("abcde", got, 5);
	}
}

CHECK(option, filter_locked,
      .title = "SO_LOCK_FILTER stops later changes of the filter with EPERM, and stays on",
      CLAUSES(socket7_filter),
      ROWS(OPT_61),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A program that gave up its rights must not take its filter off.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	option_expect(fd[1], SO_LOCK_FILTER, 0);
	EXPECT_RET(0, attach(fd[1], 0xffff));
	EXPECT_RET(0, option_set(fd[1], SO_LOCK_FILTER, 1));
	option_expect(fd[1], SO_LOCK_FILTER, 1);
	EXPECT_ERRNO(EPERM, detach(fd[1]));
	EXPECT_ERRNO(EPERM, attach(fd[1], 0));
	EXPECT_ERRNO(EPERM, option_set(fd[1], SO_LOCK_FILTER, 0));
	EXPECT_RET(0, option_set(fd[1], SO_LOCK_FILTER, 1));
	option_expect(fd[1], SO_LOCK_FILTER, 1);
	option_expect(fd[0], SO_LOCK_FILTER, 0);
	data_expect_works(env, fd[0], fd[1]);
}

#ifndef SO_GET_FILTER
#define SO_GET_FILTER SO_ATTACH_FILTER
#endif
#ifndef SO_BPF_EXTENSIONS
#define SO_BPF_EXTENSIONS 48
#endif

CHECK(option, filter_is_told,
      .title = "SO_GET_FILTER tells the instructions and how many; SO_ATTACH_BPF takes an int alone",
      CLAUSES(linux_get_filter),
      ROWS(OPT_107),
      .types = ANY_TYPE,
      .why = "Checkpointing (CRIU) restores filters by it.",
      .explain = "The length counts instructions: without room it is the number alone, with "
	      "too little EINVAL.  SO_ATTACH_BPF: EINVAL for another length, EBADF for no "
	      "descriptor.  SO_BPF_EXTENSIONS is a number that can only be read.")
{
	struct sock_filter code[2] = {
		BPF_STMT(BPF_LD | BPF_IMM, 0), BPF_STMT(BPF_RET | BPF_K, 0xffff),
	};
	struct sock_fprog program = { .len = 2, .filter = code };
	int fd = SETUP(env_socket(env)), bad[2] = { -1, -1 };
	struct sock_filter got[4];
	socklen_t len = 0;

	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, got, &len));
	EXPECT_EQ(0, len);
	ASSERT_RET(0, setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
				 sizeof(program)));
	for (socklen_t room = 0; room <= 3; room++) {
		CONTEXT("room for %u instructions", (unsigned int)room);
		memset(got, 0xa5, sizeof(got));
		len = room;
		if (room == 1) {
			EXPECT_ERRNO(EINVAL, getsockopt(fd, SOL_SOCKET,
							SO_GET_FILTER, got,
							&len));
			continue;
		}
		EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, got,
					 &len));
		EXPECT_EQ(2, len);
		if (room)
			EXPECT_MEM(code, got, sizeof(code));
		EXPECT_EQ(0xa5, *(unsigned char *)&got[room ? 2 : 0]);
	}
	CONTEXT("%s", "");
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, bad, 3));
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, bad, 8));
	/* EOPNOTSUPP of a kernel without bpf(). */
	EXPECT_ERRNO_IN(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, bad, 4), EBADF,
			EOPNOTSUPP);
	EXPECT_RANGE(1, 4096, option_get(fd, SO_BPF_EXTENSIONS));
	EXPECT_ERRNO(ENOPROTOOPT, option_set(fd, SO_BPF_EXTENSIONS, 1));
}
