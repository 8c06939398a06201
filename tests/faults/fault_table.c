// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tables: what the kernel tells of all sockets by NETLINK_SOCK_DIAG, in
 * /proc/net and in fdinfo.  Values are of one byte: the tables are little
 * endian numbers or text.
 */
#include "config.h"

#include "fault.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/unix_diag.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool fd_is_table(int fd)
{
	char link[32], target[64];
	int domain = 0;
	socklen_t len = sizeof(domain);
	ssize_t n;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0)
		return domain == AF_NETLINK;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return strncmp(target, "/proc/", 6) == 0 &&
	       (strstr(target, "/net/") || strstr(target, "/fdinfo/"));
}

static void adjust_byte(unsigned char *at, const struct fault_value *v)
{
	*at = (unsigned char)fault_adjust(v, *at);
}

static struct rtattr *find_attr(struct nlmsghdr *head, long type)
{
	struct unix_diag_msg *msg = NLMSG_DATA(head);
	struct rtattr *rta = (struct rtattr *)(msg + 1);
	size_t left = head->nlmsg_len - NLMSG_LENGTH(sizeof(*msg));

	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left)) {
		if (rta->rta_type == type)
			return rta;
	}
	return NULL;
}

/* Answers of a recv(): each about one socket; those of errors when asked. */
#define EACH_ANSWER(c, ret, head, errors) \
	for (size_t left_ = (ret) < 0 ? 0 : (size_t)(ret), once_ = 1; once_; \
	     once_ = 0) \
		for ((head) = (struct nlmsghdr *)(c)->buf; \
		     NLMSG_OK(head, left_); (head) = NLMSG_NEXT(head, left_)) \
			if ((head)->nlmsg_type != NLMSG_DONE && \
			    ((head)->nlmsg_type == NLMSG_ERROR) == (errors))

/* The byte of struct unix_diag_msg at this offset. */
FAULT_TABLE(diag_byte, "OFFSET VALUE", ON(recv))
{
	struct nlmsghdr *head;
	long ret = call_next(c);

	EACH_ANSWER(c, ret, head, false)
		adjust_byte((unsigned char *)NLMSG_DATA(head) + use->arg[0].n,
			    &use->arg[1]);
	return ret;
}

/* The byte of an attribute at this offset. */
FAULT_TABLE(diag_attr, "ATTRIBUTE OFFSET VALUE", ON(recv))
{
	struct nlmsghdr *head;
	long ret = call_next(c);

	EACH_ANSWER(c, ret, head, false) {
		struct rtattr *rta = find_attr(head, use->arg[0].n);

		if (rta && RTA_PAYLOAD(rta) > (size_t)use->arg[1].n)
			adjust_byte((unsigned char *)RTA_DATA(rta) +
				    use->arg[1].n, &use->arg[2]);
	}
	return ret;
}

/* An attribute is of another type. */
FAULT_TABLE(diag_type, "ATTRIBUTE TO", ON(recv))
{
	struct nlmsghdr *head;
	long ret = call_next(c);

	EACH_ANSWER(c, ret, head, false) {
		struct rtattr *rta = find_attr(head, use->arg[0].n);

		if (rta)
			rta->rta_type = (unsigned short)use->arg[1].n;
	}
	return ret;
}

/* A refusal is for another reason. */
FAULT_TABLE(diag_error, "FROM TO", ON(recv))
{
	struct nlmsghdr *head;
	long ret = call_next(c);

	EACH_ANSWER(c, ret, head, true) {
		struct nlmsgerr *e = NLMSG_DATA(head);

		if (e->error == -use->arg[0].n)
			e->error = -(int)use->arg[1].n;
	}
	return ret;
}

/* Dumps are of sockets in these states. */
FAULT_TABLE(diag_states, "BITS", ON(send))
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req req;
	} ask;
	void *buf = c->buf;
	long ret;

	if (c->len != sizeof(ask))
		return call_next(c);
	memcpy(&ask, c->buf, sizeof(ask));
	ask.req.udiag_states = (unsigned int)use->arg[0].n;
	c->buf = &ask;
	ret = call_next(c);
	c->buf = buf;
	return ret;
}

/* Text: in each line the last character of a column, counted from 1. */
FAULT_TABLE(proc_column, "COLUMN", ON(read))
{
	char *text = c->buf;
	long ret = call_next(c);
	long column = 0;

	for (long i = 0; i < ret; i++) {
		bool end = i + 1 == ret || text[i + 1] == ' ' ||
			   text[i + 1] == '\n' || text[i + 1] == '\t';

		if (text[i] == '\n')
			column = 0;
		else if (end && text[i] != ' ' && text[i] != '\t' &&
			 ++column == use->arg[0].n)
			text[i] ^= 1;
	}
	return ret;
}
