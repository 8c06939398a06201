// SPDX-License-Identifier: BSD-2-Clause
/*
 * SOCK_RAW: what AF_UNIX makes of it, and beside it what it is to AF_INET, in
 * a network namespace of the check's own.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"
#include "harness/namespace.h"

CHECK(raw, makes_dgram,
      .title = "socket() and socketpair() take SOCK_RAW and make datagram sockets of it",
      CLAUSES(linux_raw_is_dgram, unix7_raw),
      ROWS(RAW_01, RAW_02, RAW_05),
      .types = DGRAM,
      .why = "Programs that pass the type through get a socket that says it is another.")
{
	int fd = ASSERT_OK(socket(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC, 0)), pair[2];

	option_expect(fd, SO_TYPE, SOCK_DGRAM);
	option_expect(fd, SO_DOMAIN, AF_UNIX);
	option_expect(fd, SO_PROTOCOL, 0);
	EXPECT_RET(0, close(fd));
	ASSERT_RET(0, socketpair(AF_UNIX, SOCK_RAW, 0, pair));
	option_expect(env_own(env, pair[0]), SO_TYPE, SOCK_DGRAM);
	option_expect(env_own(env, pair[1]), SO_TYPE, SOCK_DGRAM);
	EXPECT_ERRNO(EPROTONOSUPPORT, socket(AF_UNIX, SOCK_RAW, IPPROTO_UDP));
}

CHECK(raw, speaks_with_dgram,
      .title = "A socket made with SOCK_RAW and one of SOCK_DGRAM connect and exchange messages",
      CLAUSES(linux_raw_is_dgram),
      ROWS(RAW_03, RAW_06),
      .types = DGRAM, .addrs = NAMED, .axes = SWAP,
      .why = "They are one type, and names of the one are names of the other.",
      .explain = "One is bound, the other connects to it; with the axis the bound one "
		 "is the raw one.  Two messages stay two.")
{
	struct addr a = env_addr(env, 0);
	int type[2] = { SOCK_RAW, SOCK_DGRAM }, fd[2];
	char got[8];

	for (int i = 0; i < 2; i++)
		fd[i] = env_own(env, (int)ASSERT_OK(
			socket(AF_UNIX, type[i ^ env->swap] | SOCK_CLOEXEC, 0)));
	ASSERT_RET(0, bind(fd[1], &a.sa, a.len));
	ASSERT_RET(0, connect(fd[0], &a.sa, a.len));
	EXPECT_RET(2, send(fd[0], "ab", 2, MSG_NOSIGNAL));
	EXPECT_RET(3, send(fd[0], "cde", 3, MSG_NOSIGNAL));
	EXPECT_RET(2, recv(fd[1], got, sizeof(got), MSG_DONTWAIT));
	EXPECT_MEM("ab", got, 2);
	EXPECT_RET(3, recv(fd[1], got, sizeof(got), MSG_DONTWAIT));
	EXPECT_MEM("cde", got, 3);
	data_expect_empty(fd[1]);
}

CHECK(raw, pair_keeps_boundaries,
      .title = "A pair made with SOCK_RAW keeps message boundaries both ways",
      CLAUSES(linux_raw_is_dgram),
      ROWS(RAW_05, RAW_06),
      .types = DGRAM, .addrs = PAIR,
      .why = "A protocol without lengths of its own needs them.")
{
	char got[8];
	int fd[2];

	ASSERT_RET(0, socketpair(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC, 0, fd));
	env_own(env, fd[0]);
	env_own(env, fd[1]);
	for (int i = 0; i < 2; i++) {
		EXPECT_RET(2, send(fd[i], "ab", 2, MSG_NOSIGNAL));
		EXPECT_RET(1, send(fd[i], "c", 1, MSG_NOSIGNAL));
		EXPECT_RET(1, recv(fd[!i], got, 1, MSG_DONTWAIT));
		EXPECT_RET(1, recv(fd[!i], got, sizeof(got), MSG_DONTWAIT));
		EXPECT_EQ('c', got[0]);
		data_expect_empty(fd[!i]);
	}
}

CHECK(raw, listen_refused,
      .title = "listen() and accept() on a socket made with SOCK_RAW fail with EOPNOTSUPP",
      CLAUSES(posix_listen_eopnotsupp, linux_raw_is_dgram),
      ROWS(RAW_04),
      .types = DGRAM, .addrs = NAMED,
      .why = "A server that believes it listens waits for ever.")
{
	struct addr a = env_addr(env, 0);
	int fd = ASSERT_OK(socket(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC, 0));

	env_own(env, fd);
	EXPECT_RET(0, bind(fd, &a.sa, a.len));
	EXPECT_ERRNO(EOPNOTSUPP, listen(fd, 1));
	EXPECT_ERRNO(EOPNOTSUPP, accept(fd, NULL, NULL));
}

static uint16_t checksum(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static struct sockaddr_in loopback(void)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static void enter_net(void)
{
	if (namespace_enter(CLONE_NEWNET) < 0)
		BROKEN("cannot enter a network namespace");
}

static int raw_socket(struct env *env, int protocol)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0 && (errno == EPERM || errno == EAFNOSUPPORT))
		SKIP_CASE("no raw sockets of AF_INET: %s",
			  errno == EPERM ? "EPERM" : "EAFNOSUPPORT");
	return SETUP(env_own(env, fd));
}

/* Wait for the next packet; its payload's offset, and its length in *ret_len. */
static size_t receive(int fd, unsigned char *packet, size_t size, size_t *ret_len)
{
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t len;

	ASSERT_RET(1, poll(&p, 1, -1));
	len = ASSERT_OK(recv(fd, packet, size, 0));
	ASSERT_THAT(len >= 20 && packet[0] >> 4 == 4 &&
		    len > (packet[0] & 15) * 4,
		    "an IPv4 packet with its header");
	*ret_len = (size_t)len;
	return (packet[0] & 15) * 4U;
}

#define ECHO_PAYLOAD "sockspec"

static int ping(struct env *env, void *arg)
{
	struct {
		struct icmphdr head;
		char payload[8];
	} request = {
		.head = {
			.type = ICMP_ECHO, .un.echo.id = htons(0x7331),
			.un.echo.sequence = htons(1),
		},
	};
	struct sockaddr_in to = loopback();
	unsigned char packet[256];
	struct icmphdr got;
	size_t start, len;
	int fd;

	(void)arg;
	enter_net();
	fd = raw_socket(env, IPPROTO_ICMP);
	memcpy(request.payload, ECHO_PAYLOAD, 8);
	request.head.checksum = checksum(&request, sizeof(request));
	EXPECT_RET(sizeof(request), sendto(fd, &request, sizeof(request), 0,
					   (struct sockaddr *)&to, sizeof(to)));
	start = receive(fd, packet, sizeof(packet), &len);
	EXPECT_EQ(ICMP_ECHO, packet[start]);
	start = receive(fd, packet, sizeof(packet), &len);
	EXPECT_EQ(start + sizeof(request), len);
	EXPECT_EQ(IPPROTO_ICMP, packet[9]);
	memcpy(&got, packet + start, sizeof(got));
	EXPECT_EQ(ICMP_ECHOREPLY, got.type);
	EXPECT_EQ(request.head.un.echo.id, got.un.echo.id);
	EXPECT_MEM(ECHO_PAYLOAD, packet + start + sizeof(got), 8);
	EXPECT_EQ(0, checksum(packet + start, len - start));
	return 0;
}

static void need_inet(struct env *env)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 && errno == EAFNOSUPPORT)
		SKIP_CASE("this system has no AF_INET");
	env_own(env, SETUP(fd));
}

CHECK(raw, inet_echo,
      .title = "A raw socket of AF_INET sends an ICMP echo and receives request and reply",
      CLAUSES(raw7_icmp),
      ROWS(RAW_07),
      .needs = NEED_NETNS, .tags = "report",
      .why = "It is what SOCK_RAW is for; AF_UNIX has nothing of the kind.",
      .explain = "On the loopback of a network namespace of its own: the socket sees its "
		 "own request come in, then the kernel's reply, each with its IPv4 "
		 "header.  About AF_INET, as a contrast.")
{
	need_inet(env);
	EXPECT_EQ(0, env_reap(env, env_fork(env, ping, NULL)));
	NOTE("about AF_INET: an ICMP echo through SOCK_RAW is answered");
}

static int send_own_header(struct env *env, void *arg)
{
	struct {
		struct iphdr head;
		char payload[8];
	} out = {
		.head = {
			.version = 4, .ihl = 5, .ttl = 17, .protocol = 253,
			.saddr = htonl(0x7f010203),
			.daddr = htonl(INADDR_LOOPBACK),
		},
	};
	struct sockaddr_in to = loopback();
	unsigned char packet[256];
	int in, fd, one = 1;
	size_t start, len;
	struct iphdr got;

	(void)arg;
	enter_net();
	in = raw_socket(env, 253);
	fd = raw_socket(env, IPPROTO_RAW);
	EXPECT_RET(0, setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &one, sizeof(one)));
	memcpy(out.payload, ECHO_PAYLOAD, 8);
	EXPECT_RET(sizeof(out), sendto(fd, &out, sizeof(out), 0,
				       (struct sockaddr *)&to, sizeof(to)));
	start = receive(in, packet, sizeof(packet), &len);
	EXPECT_EQ(sizeof(out), len);
	memcpy(&got, packet, sizeof(got));
	EXPECT_EQ(17, got.ttl);
	EXPECT_EQ(253, got.protocol);
	EXPECT_EQ(out.head.saddr, got.saddr);
	EXPECT_EQ(htons(sizeof(out)), got.tot_len);
	EXPECT_EQ(0, checksum(packet, start));
	EXPECT_MEM(ECHO_PAYLOAD, packet + start, 8);
	return 0;
}

CHECK(raw, inet_own_header,
      .title = "With IP_HDRINCL a raw socket of AF_INET sends the IPv4 header that it was given",
      CLAUSES(raw7_hdrincl),
      ROWS(RAW_08),
      .needs = NEED_NETNS, .tags = "report",
      .why = "Programs choose source address and TTL by it.",
      .explain = "A header written by hand with a TTL of 17, a source within 127/8 and an "
		 "experimental protocol arrives on the loopback of a network namespace of "
		 "its own; length and checksum were filled in.  About AF_INET, as a "
		 "contrast.")
{
	need_inet(env);
	EXPECT_EQ(0, env_reap(env, env_fork(env, send_own_header, NULL)));
	NOTE("about AF_INET: a header of one's own is sent with IP_HDRINCL");
}
