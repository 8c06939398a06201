// SPDX-License-Identifier: BSD-2-Clause
/* sendto(): where a datagram goes, and where it cannot. */
#include "config.h"

#include <errno.h>
#include <linux/filter.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/names.h"
#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "harness/check.h"

CHECK(dgram, send_without_peer,
      .title = "send() without an address on a socket without a peer fails with ENOTCONN",
      CLAUSES(linux_dgram_no_peer, posix_send_edestaddrreq),
      ROWS(DGR_19),
      .types = DGRAM, .addrs = NAMED,
      PARAMS("unbound", "bound"),
      .why = "The error tells a program that it forgot to connect.",
      .explain = "POSIX wants EDESTADDRREQ, Linux says ENOTCONN.  By "
	      "send(), write(), sendto() without an address and sendmsg() without a "
	      "name.")
{
	struct addr a = env_addr(env, 0);
	int fd = env->param ? SETUP(env_bound(env, &a)) : SETUP(env_socket(env));
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	EXPECT_ERRNO(ENOTCONN, send(fd, "x", 1, 0));
	EXPECT_ERRNO(ENOTCONN, send(fd, "", 0, 0));
	EXPECT_ERRNO(ENOTCONN, write(fd, "x", 1));
	EXPECT_ERRNO(ENOTCONN, sendto(fd, "x", 1, 0, NULL, 0));
	EXPECT_ERRNO(ENOTCONN, sendmsg(fd, &msg, 0));
	EXPECT_EQ(0, backlog_option(fd, SO_ERROR));
	dgram_expect_empty(fd);
}

CHECK(dgram, receive_without_name_or_peer,
      .title = "recv() on a socket with neither name nor peer waits, or finds nothing: EAGAIN",
      CLAUSES(linux_dgram_receive_unbound, posix_recv_blocks),
      ROWS(DGR_20),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_BLOCKED,
      .why = "Nothing can come yet, but it can after bind(); that is no error.",
      .explain = "A recv() that already sleeps gets the first message after bind().")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env)), sender = SETUP(env_socket(env));
	struct call c;
	char in[8];

	dgram_expect_empty(fd);
	call_recv(&c, fd, in, sizeof(in), 0);
	EXPECT_BLOCKS(&c);
	ASSERT_RET(0, bind(fd, &a.sa, a.len));
	EXPECT_BLOCKS(&c);
	ASSERT_RET(5, dgram_sendto(sender, "hello", &a));
	EXPECT_CALL_RET(5, &c);
	EXPECT_MEM("hello", in, 5);
}

CHECK(dgram, missing_name,
      .title = "sendto() to a name that nobody has fails: ENOENT, or ECONNREFUSED if abstract",
      CLAUSES(posix_sendto_lookup, linux_dgram_dead_name),
      ROWS(DGR_46),
      .types = DGRAM, .addrs = NAMED,
      .why = "Clients tell a server that is not there from one that does not answer.",
      .explain = "In the file system also: a directory that does not exist (ENOENT), a "
	      "plain file in the path (ENOTDIR), and a name whose socket is closed "
	      "(ECONNREFUSED).  A socket that binds the name then is reached.")
{
	struct addr to = env_addr(env, 0), dead = env_addr(env, 1), a;
	bool path = env->row->addr == PATH;
	int fd = SETUP(env_socket(env)), gone = SETUP(env_bound(env, &dead)), got;

	SETUP(env_close(env, gone));
	EXPECT_ERRNO(path ? ENOENT : ECONNREFUSED, dgram_sendto(fd, "x", &to));
	EXPECT_ERRNO(ECONNREFUSED, dgram_sendto(fd, "x", &dead));
	if (path) {
		a = addr_path("nowhere/name");
		EXPECT_ERRNO(ENOENT, dgram_sendto(fd, "x", &a));
		a = addr_path("s1/name");
		EXPECT_ERRNO(ENOTDIR, dgram_sendto(fd, "x", &a));
	}
	EXPECT_EQ(0, backlog_option(fd, SO_ERROR));
	got = SETUP(env_bound(env, &to));
	EXPECT_RET(5, dgram_sendto(fd, "hello", &to));
	dgram_expect(got, "hello");
	dgram_expect_empty(got);
}

CHECK(dgram, malformed_address,
      .title = "sendto() to an address of a wrong family or length fails with EINVAL",
      CLAUSES(linux_addr_length, linux_dgram_family),
      ROWS(DGR_47),
      .types = DGRAM, .addrs = NAMED,
      .why = "An address that is not understood must not be another receiver's.",
      .explain = "Families AF_INET, AF_UNSPEC and a number that none has; POSIX wants "
	      "EAFNOSUPPORT there.  Lengths 1, that of the family "
	      "alone, and one more than struct sockaddr_un.  Length 0 is no address.")
{
	static const sa_family_t family[] = { AF_INET, AF_UNSPEC, 0xff00 };
	struct addr to = env_addr(env, 0);
	socklen_t len[] = { 1, sizeof(sa_family_t), sizeof(to.un) + 1 };
	int fd = SETUP(env_socket(env)), receiver = SETUP(env_bound(env, &to));

	for (int i = 0; i < 3; i++) {
		struct addr a = to;

		CONTEXT("family %u", family[i]);
		a.un.sun_family = family[i];
		EXPECT_ERRNO(EINVAL, dgram_sendto(fd, "x", &a));
	}
	for (int i = 0; i < 3; i++) {
		CONTEXT("length %u", len[i]);
		EXPECT_ERRNO(EINVAL, sendto(fd, "x", 1, 0, &to.sa, len[i]));
	}
	CONTEXT("length 0");
	EXPECT_ERRNO(ENOTCONN, sendto(fd, "x", 1, 0, &to.sa, 0));
	CONTEXT("the right one");
	EXPECT_RET(4, dgram_sendto(fd, "fine", &to));
	dgram_expect(receiver, "fine");
	dgram_expect_empty(receiver);
}

CHECK(dgram, name_of_another_type,
      .title = "sendto() to a socket of another type fails, and that socket is not disturbed",
      CLAUSES(linux_dgram_other_type, linux_abstract_per_type),
      ROWS(DGR_66),
      .types = DGRAM, .addrs = NAMED,
      PARAMS("stream", "seqpacket"),
      .why = "A logger that takes the wrong socket must say so.",
      .explain = "EPROTOTYPE for a pathname; an abstract name of another type is another "
	      "name, which nobody has: ECONNREFUSED.  Both listening and only bound.")
{
	int type = env->param ? SOCK_SEQPACKET : SOCK_STREAM;
	int want = env->row->addr == PATH ? EPROTOTYPE : ECONNREFUSED;
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env)), other;

	other = SETUP(env_own(env, socket(AF_UNIX, type | SOCK_CLOEXEC |
					  SOCK_NONBLOCK, 0)));
	SETUP(bind(other, &a.sa, a.len));
	EXPECT_ERRNO(want, dgram_sendto(fd, "x", &a));
	SETUP(listen(other, 1));
	EXPECT_ERRNO(want, dgram_sendto(fd, "x", &a));
	EXPECT_ERRNO(EAGAIN, accept(other, NULL, NULL));
}

CHECK(dgram, send_to_oneself,
      .title = "A bound socket can send to its own address, and is told of itself as sender",
      CLAUSES(posix_sendto_sends, linux_dgram_self),
      ROWS(DGR_43),
      .types = DGRAM, .addrs = NAMED, .controls = UDP,
      .why = "Event loops wake themselves up this way.")
{
	struct addr a = env_addr(env, 0), from = { .len = sizeof(from.bytes) };
	int fd = SETUP(env_bound(env, &a));
	char in[8];

	ASSERT_RET(2, dgram_sendto(fd, "me", &a));
	dgram_settle(env, fd);
	EXPECT_RET(2, recvfrom(fd, in, sizeof(in), MSG_DONTWAIT, &from.sa,
			       &from.len));
	EXPECT_MEM("me", in, 2);
	ASSERT_EQ(a.len, from.len);
	EXPECT_MEM(a.bytes, from.bytes, a.len);
	dgram_expect_empty(fd);
}

/* Refuse what begins with 'n'. */
static int attach_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'n', 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

CHECK(dgram, filter_drops_silently,
      .title = "What the receiver's socket filter refuses is dropped while send() reports success",
      CLAUSES(linux_dgram_filter),
      ROWS(DGR_68),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A filter must not turn into an error at clients that know nothing of it.",
      .explain = "The filter refuses what begins with 'n'.  Refused and accepted messages "
	      "in turn: only the accepted arrive, in order.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	if (attach_filter(fd[1]) < 0 && (errno == ENOPROTOOPT || errno == EPERM))
		SKIP_CASE("no socket filters: SO_ATTACH_FILTER is %s",
			  name_errno(errno));
	EXPECT_OK(attach_filter(fd[1]));
	EXPECT_RET(2, send(fd[0], "no", 2, 0));
	EXPECT_RET(3, send(fd[0], "yes", 3, 0));
	EXPECT_RET(2, send(fd[0], "no", 2, 0));
	EXPECT_RET(5, send(fd[0], "again", 5, 0));
	dgram_settle(env, fd[1]);
	dgram_expect(fd[1], "yes");
	dgram_settle(env, fd[1]);
	dgram_expect(fd[1], "again");
	dgram_expect_empty(fd[1]);
	EXPECT_EQ(0, backlog_option(fd[0], SO_ERROR));
}
