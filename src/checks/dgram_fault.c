// SPDX-License-Identifier: BSD-2-Clause
/* Memory that cannot be used: which messages survive it. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "checks/util_dgram.h"
#include "harness/check.h"

CHECK(dgram, bad_receive_buffer_loses_the_message,
      .title = "recv() into memory it cannot write to fails with EFAULT and loses the datagram",
      CLAUSES(linux_dgram_receive_efault, recv2_efault),
      ROWS(DGR_13),
      .types = DGRAM, .addrs = ANY_ADDR,
      PARAMS("unmapped", "partly"),
      .why = "The message is lost, not kept as on streams; a second recv() gets the next.",
      .explain = "\"partly\" has room for 4 bytes of 8 before the page that cannot be "
	      "touched; MSG_PEEK fails as well and keeps the message.")
{
	char *edge = dgram_no_memory(env), *at = edge - (env->param ? 4 : 0);
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(8, send(fd[0], "peekpeek", 8, 0));
	EXPECT_ERRNO(EFAULT, recv(fd[1], at, 8, MSG_PEEK));
	dgram_expect(fd[1], "peekpeek");
	ASSERT_RET(8, send(fd[0], "lostlost", 8, 0));
	ASSERT_RET(4, send(fd[0], "next", 4, 0));
	EXPECT_ERRNO(EFAULT, recv(fd[1], at, 8, 0));
	dgram_expect(fd[1], "next");
	dgram_expect_empty(fd[1]);
	/* What is not needed is not looked at. */
	ASSERT_RET(4, send(fd[0], "four", 4, 0));
	EXPECT_RET(4, recv(fd[1], edge - 4, 4096, 0));
	EXPECT_MEM("four", edge - 4, 4);
}

CHECK(dgram, bad_send_buffer_sends_nothing,
      .title = "send() from memory that cannot be read fails with EFAULT and queues nothing",
      CLAUSES(send2_efault),
      ROWS(DGR_14),
      .types = DGRAM, .addrs = ANY_ADDR,
      PARAMS("unmapped", "partly"),
      .why = "Half a message would be taken for a whole one.")
{
	char *edge = dgram_no_memory(env), *at = edge - (env->param ? 4 : 0);
	struct iovec iov[2] = { { "good", 4 }, { at, 8 } };
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EFAULT, send(fd[0], at, 8, 0));
	EXPECT_ERRNO(EFAULT, write(fd[0], at, 8));
	EXPECT_ERRNO(EFAULT, writev(fd[0], iov, 2));
	dgram_expect_empty(fd[1]);
	memcpy(edge - 4, "edge", 4);
	EXPECT_RET(4, send(fd[0], edge - 4, 4, 0));
	dgram_expect(fd[1], "edge");
}

CHECK(dgram, bad_buffer_before_bad_address,
      .title = "sendto() copies its bytes before it looks for the receiver: EFAULT comes first",
      CLAUSES(linux_dgram_copy_first, send2_efault),
      ROWS(DGR_67),
      .types = DGRAM, .addrs = NAMED,
      .why = "Which of two mistakes is told decides which one is looked for.",
      .explain = "From memory that cannot be read to a name that does not exist, to one "
	      "whose socket is closed; good bytes to the same "
	      "get ENOENT or ECONNREFUSED.")
{
	struct addr none = env_addr(env, 0), dead = env_addr(env, 1);
	char *bad = dgram_no_memory(env);
	int fd = SETUP(env_socket(env)), gone = SETUP(env_bound(env, &dead));

	SETUP(env_close(env, gone));
	EXPECT_ERRNO(EFAULT, sendto(fd, bad, 1, 0, &none.sa, none.len));
	EXPECT_ERRNO(EFAULT, sendto(fd, bad, 1, 0, &dead.sa, dead.len));
	EXPECT_ERRNO(env->row->addr == PATH ? ENOENT : ECONNREFUSED,
		     dgram_sendto(fd, "x", &none));
	EXPECT_ERRNO(ECONNREFUSED, dgram_sendto(fd, "x", &dead));
}

CHECK(dgram, bad_address_buffer_loses_the_message,
      .title = "recvfrom() with a bad address buffer or length fails and the datagram is lost",
      CLAUSES(linux_recvfrom_bad_address),
      ROWS(DGR_25, DGR_26),
      .types = DGRAM, .addrs = NAMED,
      PARAMS("negative_length", "unmapped_address", "unmapped_length"),
      .why = "A mistake in the address costs the message, though its bytes were received.",
      .explain = "A negative length is EINVAL, an address or length outside of the "
	      "memory EFAULT.  The message has been taken by then, and the next call "
	      "gets the one after it.")
{
	struct addr to = env_addr(env, 0), from = env_addr(env, 1);
	struct addr name = { .len = sizeof(name.bytes) };
	void *bad = dgram_no_memory(env);
	int fd = SETUP(env_bound(env, &to)), sender = SETUP(env_bound(env, &from));
	socklen_t *len = &name.len;
	char in[8];

	dgram_need_queue(2);
	if (env->param == 0)
		name.len = (socklen_t)-1;
	if (env->param == 2)
		len = bad;
	ASSERT_RET(4, dgram_sendto(sender, "lost", &to));
	ASSERT_RET(4, dgram_sendto(sender, "next", &to));
	EXPECT_ERRNO(env->param == 0 ? EINVAL : EFAULT,
		     recvfrom(fd, in, sizeof(in), 0,
			      env->param == 1 ? bad : &name.sa, len));
	dgram_expect(fd, "next");
	dgram_expect_empty(fd);
}
