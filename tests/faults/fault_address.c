// SPDX-License-Identifier: BSD-2-Clause
/*
 * Addresses that calls report: of accept(), getsockname(), getpeername(),
 * recvfrom(), recvmsg() and recvmmsg().
 */
#include "config.h"

#include "fault.h"

#include <string.h>
#include <sys/un.h>

#define REPORTS (ON_ACCEPTS | ON_NAMES | ON(recvfrom) | ON(recvmsg) | \
		 ON(recvmmsg))
#define EACH_MESSAGE(use, c) \
	do { \
		if ((c)->id == CALL_recvmmsg) \
			return call_each(use, c); \
	} while (0)
#define HEAD offsetof(struct sockaddr_un, sun_path)

/* Where the call reports; false when the caller did not ask. */
static bool report_of(struct fault_call *c, struct sockaddr_un **addr,
		      socklen_t **len)
{
	if (c->id == CALL_recvmsg) {
		*addr = c->msg->msg_name;
		*len = &c->msg->msg_namelen;
	} else {
		*addr = (struct sockaddr_un *)c->addr;
		*len = c->addrlen_p;
	}
	return *addr && *len;
}

/* The length reported is another. */
FAULT(addrlen, "VALUE", REPORTS)
{
	struct sockaddr_un *addr;
	socklen_t *len;
	long ret;

	EACH_MESSAGE(use, c);
	ret = call_next(c);
	if (ret >= 0 && report_of(c, &addr, &len))
		*len = (socklen_t)fault_adjust(&use->arg[0], *len);
	return ret;
}

/* The longest length that is reported is what there was room for. */
FAULT(addrlen_cut, "", REPORTS)
{
	struct sockaddr_un *addr;
	socklen_t *len, room = 0;
	long ret;

	EACH_MESSAGE(use, c);
	if (report_of(c, &addr, &len))
		room = *len;
	ret = call_next(c);
	if (ret >= 0 && report_of(c, &addr, &len) && *len > room)
		*len = room;
	return ret;
}

/* Another name: one bit of the first byte that says something. */
FAULT(addr_corrupt, "", REPORTS)
{
	struct sockaddr_un *addr;
	socklen_t *len, room = 0;
	long ret;

	EACH_MESSAGE(use, c);
	if (report_of(c, &addr, &len))
		room = *len;
	ret = call_next(c);
	if (ret < 0 || !report_of(c, &addr, &len) || *len <= HEAD + 1 ||
	    room <= HEAD + 1)
		return ret;
	addr->sun_path[addr->sun_path[0] ? 0 : 1] ^= 1;
	return ret;
}

/* No name at all. */
FAULT(addr_lost, "", REPORTS)
{
	struct sockaddr_un *addr;
	socklen_t *len;
	long ret;

	EACH_MESSAGE(use, c);
	ret = call_next(c);
	if (ret >= 0 && report_of(c, &addr, &len) && *len > HEAD)
		*len = HEAD;
	return ret;
}

/* The length of an unnamed socket is 0, as on some systems. */
FAULT(addr_unnamed_length, "VALUE", REPORTS)
{
	struct sockaddr_un *addr;
	socklen_t *len;
	long ret;

	EACH_MESSAGE(use, c);
	ret = call_next(c);
	if (ret >= 0 && report_of(c, &addr, &len) && *len <= HEAD)
		*len = (socklen_t)fault_adjust(&use->arg[0], *len);
	return ret;
}

FAULT(addr_family, "VALUE", REPORTS)
{
	struct sockaddr_un *addr;
	socklen_t *len;
	long ret;

	EACH_MESSAGE(use, c);
	ret = call_next(c);
	if (ret >= 0 && report_of(c, &addr, &len) &&
	    *len >= sizeof(sa_family_t))
		addr->sun_family = (sa_family_t)fault_adjust(&use->arg[0],
							     addr->sun_family);
	return ret;
}

/* The byte after the address is written to: its room must be larger. */
FAULT(addr_scribble, "", REPORTS)
{
	struct sockaddr_un *addr;
	socklen_t *len, room = 0;
	long ret;

	EACH_MESSAGE(use, c);
	if (report_of(c, &addr, &len))
		room = *len;
	ret = call_next(c);
	if (ret >= 0 && report_of(c, &addr, &len) && *len < room)
		((unsigned char *)addr)[*len] ^= 0xff;
	return ret;
}

/* bind() and connect() see a name of another length. */
FAULT(name_length, "CALL VALUE", 0)
{
	socklen_t given = c->addrlen;
	long ret;

	c->addrlen = (socklen_t)fault_adjust(&use->arg[0], given);
	ret = call_next(c);
	c->addrlen = given;
	return ret;
}

/* An abstract name ends at its first zero byte. */
FAULT(abstract_ends, "", ON(bind) | ON(connect) | ON(sendto))
{
	struct sockaddr_un name = { 0 };
	struct sockaddr *given = c->addr;
	socklen_t len = c->addrlen;
	long ret;

	if (len <= HEAD + 1 || len > sizeof(name) ||
	    !copy_in(&name, given, len) || name.sun_path[0])
		return call_next(c);
	c->addr = (struct sockaddr *)&name;
	c->addrlen = (socklen_t)(HEAD + 1 +
				 strnlen(name.sun_path + 1, len - HEAD - 1));
	ret = call_next(c);
	c->addr = given;
	c->addrlen = len;
	return ret;
}

/* Case does not count in names. */
FAULT(name_lowered, "", ON(bind) | ON(connect) | ON(sendto))
{
	struct sockaddr_un name = { 0 };
	struct sockaddr *given = c->addr;
	long ret;

	if (c->addrlen <= HEAD || c->addrlen > sizeof(name) ||
	    !copy_in(&name, given, c->addrlen))
		return call_next(c);
	for (size_t i = 0; i < c->addrlen - HEAD; i++) {
		if (name.sun_path[i] >= 'A' && name.sun_path[i] <= 'Z')
			name.sun_path[i] += 'a' - 'A';
	}
	c->addr = (struct sockaddr *)&name;
	ret = call_next(c);
	c->addr = given;
	return ret;
}
