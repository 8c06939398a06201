// SPDX-License-Identifier: BSD-2-Clause
/*
 * One dump of all AF_UNIX sockets a question.  The file is what tells them
 * apart: a name is only what bind() was given, relative or moved since.
 */
#include "config.h"

#include "probe/socket_table.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"

#define ANSWER_MAX 65536
#define STATE_LISTEN 10

/* What is looked for; true ends the search. */
typedef bool wanted(const struct socket_entry *e, uint32_t file_dev,
		    const void *arg);

static int open_diag(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

static uint32_t number_at(const struct rtattr *rta, size_t i)
{
	uint32_t value = 0;

	if (RTA_PAYLOAD(rta) >= (i + 1) * sizeof(value))
		memcpy(&value, (const char *)RTA_DATA(rta) + i * sizeof(value),
		       sizeof(value));
	return value;
}

static void parse(const struct nlmsghdr *head, struct socket_entry *e,
		  uint32_t *file_dev)
{
	const struct unix_diag_msg *msg = NLMSG_DATA(head);
	const struct rtattr *rta = (const struct rtattr *)(msg + 1);
	size_t left = head->nlmsg_len - NLMSG_LENGTH(sizeof(*msg));

	*e = (struct socket_entry){
		.inode = msg->udiag_ino, .type = msg->udiag_type,
		.listens = msg->udiag_state == STATE_LISTEN,
	};
	*file_dev = 0;
	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left)) {
		size_t len = RTA_PAYLOAD(rta);

		switch (rta->rta_type) {
		case UNIX_DIAG_NAME:
			if (len >= sizeof(e->name))
				len = sizeof(e->name) - 1;
			memcpy(e->name, RTA_DATA(rta), len);
			for (size_t i = 0; i + 1 < len; i++) {
				if (!e->name[i])
					e->name[i] = '@';
			}
			break;
		case UNIX_DIAG_VFS:
			/* struct unix_diag_vfs: inode, device */
			e->file_inode = number_at(rta, 0);
			*file_dev = number_at(rta, 1);
			break;
		case UNIX_DIAG_RQLEN:
			e->waiting = number_at(rta, 0);
			e->backlog = number_at(rta, 1);
			break;
		}
	}
}

/* 1 when the search ended, 0 when there are no more, -1. */
static int look_through(int fd, wanted *want, const void *arg,
			struct socket_entry *ret)
{
	cleanup_free char *buf = xcalloc(1, ANSWER_MAX);
	int found = 0;

	for (;;) {
		const struct nlmsghdr *head = (const void *)buf;
		ssize_t n = recv(fd, buf, ANSWER_MAX, 0);
		size_t left = n < 0 ? 0 : (size_t)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		for (; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
			struct socket_entry e;
			uint32_t file_dev;

			if (head->nlmsg_type == NLMSG_ERROR)
				return -1;
			if (head->nlmsg_type == NLMSG_DONE)
				return found;
			parse(head, &e, &file_dev);
			if (!want(&e, file_dev, arg))
				continue;
			/* One that listens is better than one that does not. */
			if (!found || (e.listens && !ret->listens))
				*ret = e;
			found = 1;
		}
	}
}

static int search(wanted *want, const void *arg, struct socket_entry *ret)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req req;
	} ask = {
		.head = { .nlmsg_len = sizeof(ask),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.req = { .sdiag_family = AF_UNIX, .udiag_states = ~0U,
			 .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS |
				       UDIAG_SHOW_RQLEN },
	};
	cleanup_close int fd = open_diag();

	if (fd < 0 || send(fd, &ask, sizeof(ask), 0) < 0)
		return -1;
	return look_through(fd, want, arg, ret);
}

static bool nothing(const struct socket_entry *e, uint32_t file_dev,
		    const void *arg)
{
	(void)e;
	(void)file_dev;
	(void)arg;
	return false;
}

bool socket_table_works(void)
{
	static int works = -1;
	struct socket_entry e;

	if (works < 0)
		works = search(nothing, NULL, &e) == 0;
	return works;
}

struct file_id {
	struct stat st;
	const char *path;
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/*
 * The device is the kernel's own form of the number, and on some file systems
 * (overlayfs, btrfs) it is not the one that stat() gives: the name helps out.
 */
static bool is_file(const struct socket_entry *e, uint32_t file_dev,
		    const void *arg)
{
	const struct file_id *id = arg;
	uint32_t dev = (uint32_t)major(id->st.st_dev) << 20 |
		       (uint32_t)minor(id->st.st_dev);

	if (e->file_inode == 0 || e->file_inode != (uint32_t)id->st.st_ino)
		return false;
	return file_dev == dev ||
	       strcmp(last_part(e->name), last_part(id->path)) == 0;
}

static bool is_name(const struct socket_entry *e, uint32_t file_dev,
		    const void *arg)
{
	(void)file_dev;
	return e->file_inode == 0 && strcmp(e->name, arg) == 0;
}

int socket_at(const struct addr *addr, struct socket_entry *ret)
{
	struct file_id id = { .path = addr->un.sun_path };
	char name[sizeof(ret->name)] = "";
	size_t len = addr->len - offsetof(struct sockaddr_un, sun_path);

	if (!socket_table_works())
		return -1;
	if (addr->un.sun_path[0]) {
		if (stat(id.path, &id.st) < 0 || !S_ISSOCK(id.st.st_mode))
			return 0;
		return search(is_file, &id, ret);
	}
	memcpy(name, addr->un.sun_path,
	       len < sizeof(name) ? len : sizeof(name) - 1);
	for (size_t i = 0; i < len && i < sizeof(name) - 1; i++) {
		if (!name[i])
			name[i] = '@';
	}
	return search(is_name, name, ret);
}

static bool is_inode(const struct socket_entry *e, uint32_t file_dev,
		     const void *arg)
{
	(void)file_dev;
	return e->inode == *(const uint32_t *)arg;
}

int socket_of_inode(uint32_t inode, struct socket_entry *ret)
{
	return search(is_inode, &inode, ret);
}

static bool is_orphan(const struct socket_entry *e, uint32_t file_dev,
		      const void *arg)
{
	const struct file_id *id = arg;

	return (e->listens || e->type == SOCK_DGRAM) && e->file_inode &&
	       strcmp(e->name, id->path) == 0 && !is_file(e, file_dev, id);
}

int socket_orphan(const char *path, struct socket_entry *ret)
{
	struct file_id id = { .path = path };

	if (!socket_table_works())
		return -1;
	/* Without a file at the path whoever is bound by it is an orphan. */
	if (stat(path, &id.st) < 0)
		memset(&id.st, 0, sizeof(id.st));
	return search(is_orphan, &id, ret);
}
