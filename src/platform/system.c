// SPDX-License-Identifier: BSD-2-Clause
/* What the rest of the system tells about sockets or does with them. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/namespace.h"
#include "harness/need.h"
#include "platform/probe.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void find_proc_net_unix(struct fact *f, int arg)
{
	int fd = open("/proc/net/unix", O_RDONLY | O_CLOEXEC);
	char byte;

	(void)arg;
	if (fd < 0)
		fact_lack(f, errno);
	else if (read(fd, &byte, 1) != 1)
		fact_no(f, 0, "it is empty");
	else
		fact_have(f);
}

static void find_sock_diag(struct fact *f, int arg)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req req;
	} ask = {
		.head = { .nlmsg_len = sizeof(ask),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.req = { .sdiag_family = AF_UNIX, .udiag_states = ~0U },
	};
	union {
		struct nlmsghdr head;
		char bytes[8192];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	ssize_t n;

	(void)arg;
	if (fd < 0) {
		fact_no(f, errno, "no NETLINK_SOCK_DIAG socket");
		return;
	}
	if (send(fd, &ask, sizeof(ask), 0) < 0) {
		fact_no(f, errno, "the request fails");
		return;
	}
	n = recv(fd, &answer, sizeof(answer), 0);
	if (n < (ssize_t)sizeof(answer.head))
		fact_no(f, n < 0 ? errno : 0, "no answer");
	else if (answer.head.nlmsg_type == NLMSG_ERROR)
		fact_no(f, -((struct nlmsgerr *)NLMSG_DATA(&answer.head))->error,
			"the request is refused");
	else
		fact_have(f);
}

static void find_io_uring(struct fact *f, int arg)
{
	struct io_uring_params params;

	(void)arg;
	memset(&params, 0, sizeof(params));
	if (syscall(SYS_io_uring_setup, 1, &params) < 0)
		fact_lack(f, errno);
	else
		fact_have(f);
}

static void find_namespace(struct fact *f, int flag)
{
	bool ordinary = geteuid() != 0;

	if (namespace_enter(flag) < 0)
		fact_lack(f, errno);
	else if (ordinary && flag != CLONE_NEWUSER)
		fact_yes(f, "within a user namespace");
	else
		fact_have(f);
}

static void find_need(struct fact *f, int need)
{
	const char *missing = need_missing((unsigned int)need);

	if (missing)
		fact_no(f, 0, "%s", missing);
	else
		fact_have(f);
}

static const struct probe probes[] = {
	{ "proc-net-unix", "/proc/net/unix", find_proc_net_unix, 0 },
	{ "sock-diag", "sock_diag", find_sock_diag, 0 },
	{ "blocked", "blocked threads in /proc", find_need, NEED_BLOCKED },
	{ "io-uring", "io_uring", find_io_uring, 0 },
	{ "userns", "user namespace", find_namespace, CLONE_NEWUSER },
	{ "netns", "network namespace", find_namespace, CLONE_NEWNET },
	{ "mntns", "mount namespace", find_namespace, CLONE_NEWNS },
	{ "pidns", "pid namespace", find_namespace, CLONE_NEWPID },
};

const struct probe_group probe_system = {
	"System", probes, COUNT(probes),
};
