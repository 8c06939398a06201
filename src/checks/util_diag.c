// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests to NETLINK_SOCK_DIAG for AF_UNIX and the files of /proc, with
 * send(), recv(), open() and read() and never stdio, so that preloaded faults
 * reach what comes back.
 */
#include "config.h"

#include "checks/util_diag.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "harness/check.h"

#define ANSWER_MAX 65536

struct request {
	struct nlmsghdr head;
	struct unix_diag_req req;
};

int diag_open(struct env *env)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	return fd < 0 ? -1 : env_own(env, fd);
}

uint32_t diag_inode(int fd)
{
	struct stat st;

	SETUP(fstat(fd, &st));
	return (uint32_t)st.st_ino;
}

static void parse(const struct nlmsghdr *head, struct diag *ret)
{
	const struct unix_diag_msg *msg = NLMSG_DATA(head);
	const struct rtattr *rta = (const struct rtattr *)(msg + 1);
	size_t left = head->nlmsg_len - NLMSG_LENGTH(sizeof(*msg));

	memset(ret, 0, sizeof(*ret));
	ret->msg = *msg;
	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left)) {
		struct diag_attr *a;

		if (rta->rta_type >= DIAG_ATTRS ||
		    RTA_PAYLOAD(rta) > DIAG_ATTR_MAX)
			continue;
		a = &ret->attr[rta->rta_type];
		a->present = true;
		a->len = RTA_PAYLOAD(rta);
		memcpy(a->bytes, RTA_DATA(rta), a->len);
	}
}

static int answered_error(const struct nlmsghdr *head)
{
	const struct nlmsgerr *e = NLMSG_DATA(head);

	errno = -e->error;
	return -1;
}

typedef void visitor(void *arg, const struct nlmsghdr *head);

/* Visit the answer, or each of a dump, to its end.  Returns 0 or -1. */
static int read_answers(int fd, bool dump, visitor *visit, void *arg)
{
	cleanup_free char *buf = malloc(ANSWER_MAX);

	if (!buf)
		return -1;
	for (;;) {
		const struct nlmsghdr *head = (const void *)buf;
		ssize_t n = recv(fd, buf, ANSWER_MAX, 0);
		size_t left = n < 0 ? 0 : (size_t)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		for (; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
			if (head->nlmsg_type == NLMSG_ERROR)
				return answered_error(head);
			if (head->nlmsg_type == NLMSG_DONE)
				return 0;
			visit(arg, head);
		}
		if (!dump)
			return 0;
	}
}

struct search {
	uint32_t inode;		/* 0: any */
	struct diag *ret;
	int found;
};

static void take_wanted(void *arg, const struct nlmsghdr *head)
{
	const struct unix_diag_msg *msg = NLMSG_DATA(head);
	struct search *search = arg;

	if (search->inode && msg->udiag_ino != search->inode)
		return;
	parse(head, search->ret);
	search->found = 1;
}

int diag_get(int fd, uint32_t inode, unsigned int show, const uint32_t cookie[2],
	     struct diag *ret)
{
	struct search search = { .ret = ret };
	struct request ask = {
		.head = { .nlmsg_len = sizeof(ask),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST },
		.req = { .sdiag_family = AF_UNIX, .udiag_states = ~0U,
			 .udiag_ino = inode, .udiag_show = show,
			 .udiag_cookie = { ~0U, ~0U } },
	};

	if (cookie)
		memcpy(ask.req.udiag_cookie, cookie, sizeof(ask.req.udiag_cookie));
	if (send(fd, &ask, sizeof(ask), 0) < 0 ||
	    read_answers(fd, false, take_wanted, &search) < 0)
		return -1;
	return search.found ? 0 : -1;
}

static int ask_for_dump(int fd, unsigned int states, unsigned int show)
{
	struct request ask = {
		.head = { .nlmsg_len = sizeof(ask),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.req = { .sdiag_family = AF_UNIX, .udiag_states = states,
			 .udiag_show = show },
	};

	return send(fd, &ask, sizeof(ask), 0) < 0 ? -1 : 0;
}

int diag_dump(int fd, unsigned int states, uint32_t inode, unsigned int show,
	      struct diag *ret)
{
	struct search search = { .inode = inode, .ret = ret };

	if (ask_for_dump(fd, states, show) < 0 ||
	    read_answers(fd, true, take_wanted, &search) < 0)
		return -1;
	return search.found;
}

struct tally {
	const uint32_t *inode;
	unsigned int *seen;
	int n;
};

static void count_those(void *arg, const struct nlmsghdr *head)
{
	const struct unix_diag_msg *msg = NLMSG_DATA(head);
	const struct tally *tally = arg;

	for (int i = 0; i < tally->n; i++)
		tally->seen[i] += tally->inode[i] == msg->udiag_ino;
}

int diag_tally(int fd, unsigned int show, const uint32_t *inode,
	       unsigned int *seen, int n)
{
	struct tally tally = { inode, seen, n };

	memset(seen, 0, (size_t)n * sizeof(*seen));
	if (ask_for_dump(fd, ~0U, show) < 0)
		return -1;
	return read_answers(fd, true, count_those, &tally);
}

uint32_t diag_u32(const struct diag *d, int attr, size_t i)
{
	uint32_t value = 0;

	if (d->attr[attr].len >= (i + 1) * sizeof(value))
		memcpy(&value, d->attr[attr].bytes + i * sizeof(value),
		       sizeof(value));
	return value;
}

bool proc_is_ours(void)
{
	char name[32] = "";

	return readlink("/proc/self", name, sizeof(name) - 1) > 0 &&
	       strtol(name, NULL, 10) == getpid();
}

char *proc_read(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	cleanup_free char *text = NULL;
	size_t len = 0, room = 0;

	if (fd < 0)
		return NULL;
	for (;;) {
		ssize_t n;

		if (room - len < 2) {
			char *more = realloc(text, room + ANSWER_MAX);

			if (!more)
				return NULL;
			text = more;
			room += ANSWER_MAX;
		}
		n = read(fd, text + len, room - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		len += (size_t)n;
		if (n == 0)
			break;
	}
	text[len] = '\0';
	return take_ptr(&text);
}

static bool parse_line(char *line, struct proc_line *ret)
{
	char *path;
	int used = 0;

	/* %*p would not do: addresses may be hidden by another text. */
	if (sscanf(line, "%*s %x %x %x %x %x %lu%n", &ret->refs, &ret->protocol,
		   &ret->flags, &ret->type, &ret->state, &ret->inode,
		   &used) != 6)
		return false;
	path = line + used;
	if (*path == ' ')
		path++;
	snprintf(ret->path, sizeof(ret->path), "%s", path);
	return true;
}

static bool find_line(const char *path, uint32_t inode, struct proc_line *ret)
{
	cleanup_free char *text = proc_read("/proc/net/unix");
	char *save = NULL;

	if (!text)
		BROKEN("/proc/net/unix cannot be read");
	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (parse_line(line, ret) && ret->inode == inode &&
		    (!path || strcmp(path, ret->path) == 0))
			return true;
	}
	return false;
}

/*
 * The file is made line by line while other processes open and close
 * sockets, and may leave out a line that a neighbour's end has moved.
 */
#define LOOKS 20

bool proc_find_path(const char *path, uint32_t inode, struct proc_line *ret)
{
	for (int i = 0; i < LOOKS; i++) {
		if (find_line(path, inode, ret))
			return true;
	}
	memset(ret, 0, sizeof(*ret));
	return false;
}

bool proc_find(uint32_t inode, struct proc_line *ret)
{
	return proc_find_path(NULL, inode, ret);
}

long proc_scm_fds(int fd)
{
	static const char key[] = "\nscm_fds:";
	cleanup_free char *text = NULL;
	char path[64];
	const char *at;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	text = proc_read(path);
	at = text ? strstr(text, key) : NULL;
	return at ? strtol(at + sizeof(key) - 1, NULL, 10) : -1;
}
