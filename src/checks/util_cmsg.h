/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages with control data: built to be sent, wrong ones too, and walked
 * when they have come.  One struct holds the header, some bytes of data and
 * the control data, so that a body has one thing to declare.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_CMSG_H
#define SOCKSPEC_CHECKS_UTIL_CMSG_H

#include <stddef.h>
#include <sys/socket.h>

#define CMSG_DATA_MAX 64
#define CMSG_ROOM_MAX 2048	/* 256 descriptors, credentials and more */
#define CMSG_POISON 0xa5	/* in all room that is not written to */

/**
 * struct cmsg_msg - a message and what its header points to
 * @hdr: for sendmsg() and recvmsg(); points into the struct: not to be copied
 */
struct cmsg_msg {
	struct msghdr hdr;
	struct iovec iov;
	unsigned char data[CMSG_DATA_MAX];
	union {
		struct cmsghdr align;
		unsigned char control[CMSG_ROOM_MAX];
	};
};

/** cmsg_to_send: a message of len bytes, at most CMSG_DATA_MAX, as yet bare. */
void cmsg_to_send(struct cmsg_msg *m, const void *data, size_t len);

/**
 * cmsg_add: append a control message with a payload of len bytes.  Returned
 * so that what is wrong on purpose can be put in.  msg_controllen covers it
 * with its padding.
 */
struct cmsghdr *cmsg_add(struct cmsg_msg *m, int level, int type,
			 const void *payload, size_t len);

/**
 * cmsg_to_receive: room for len bytes of data and room bytes of control data;
 * all of both is CMSG_POISON, also beyond the room.
 */
void cmsg_to_receive(struct cmsg_msg *m, size_t len, size_t room);

/** cmsg_find: the first control message of this kind, or NULL. */
struct cmsghdr *cmsg_find(struct cmsg_msg *m, int level, int type);

/** cmsg_count: how many control messages there are, of any kind. */
int cmsg_count(struct cmsg_msg *m);

/** cmsg_payload: bytes of payload. */
size_t cmsg_payload(const struct cmsghdr *c);

/** cmsg_poisoned: nothing from this offset of the control data on is written. */
int cmsg_poisoned(const struct cmsg_msg *m, size_t from);

#endif
