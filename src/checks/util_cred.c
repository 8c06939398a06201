// SPDX-License-Identifier: BSD-2-Clause
/*
 * Credentials are judged field by field, so that evidence says which of the
 * three was wrong.
 */
#include "config.h"

#include "checks/util_cred.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_diag.h"
#include "harness/check.h"

struct ucred cred_self(void)
{
	return (struct ucred){ getpid(), geteuid(), getegid() };
}

struct ucred cred_none(void)
{
	return (struct ucred){ 0, (uid_t)-1, (gid_t)-1 };
}

void cred_expect(struct ucred want, struct ucred got)
{
	EXPECT_EQ(want.pid, got.pid);
	EXPECT_EQ(want.uid, got.uid);
	EXPECT_EQ(want.gid, got.gid);
}

void cred_expect_peer(struct ucred want, int fd)
{
	struct ucred got = { -2, (uid_t)-2, (gid_t)-2 };
	socklen_t len = sizeof(got);

	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &got, &len));
	EXPECT_EQ(sizeof(got), len);
	cred_expect(want, got);
}

int cred_pass(int fd, int option, int value)
{
	return setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value));
}

bool cred_recv(int fd, struct cmsg_msg *m, size_t room, int flags)
{
	cmsg_to_receive(m, 1, room);
	return EXPECT_RET(1, recvmsg(fd, &m->hdr, flags | MSG_DONTWAIT)) == 1;
}

bool cred_of(struct cmsg_msg *m, struct ucred *ret)
{
	struct cmsghdr *c = cmsg_find(m, SOL_SOCKET, SCM_CREDENTIALS);

	if (!c || cmsg_payload(c) != sizeof(*ret))
		return false;
	memcpy(ret, CMSG_DATA(c), sizeof(*ret));
	return true;
}

void cred_expect_next(struct ucred want, int fd)
{
	struct cmsg_msg m;
	struct ucred got;

	if (!cred_recv(fd, &m, CRED_ROOM, 0))
		return;
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	EXPECT_EQ(1, cmsg_count(&m));
	if (EXPECT_THAT(cred_of(&m, &got), "credentials came along"))
		cred_expect(want, got);
}

ssize_t cred_send(int fd, const char *data, struct ucred who)
{
	struct cmsg_msg m;

	cmsg_to_send(&m, data, strlen(data));
	cmsg_add(&m, SOL_SOCKET, SCM_CREDENTIALS, &who, sizeof(who));
	return sendmsg(fd, &m.hdr, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void cred_try_pidfd(int fd, int option)
{
	int value = 0;
	socklen_t len = sizeof(value);

	/* An unconnected socket has no peer: ENODATA where the option is. */
	if (getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0) {
		if (option == SO_PEERPIDFD)
			close(value);
		return;
	}
	if (errno == ENOPROTOOPT)
		SKIP_CASE("there are no pidfds of sockets before Linux 6.5");
}

int cred_pidfd_of(struct cmsg_msg *m)
{
	struct cmsghdr *c = cmsg_find(m, SOL_SOCKET, SCM_PIDFD);
	int fd = -1;

	if (c && cmsg_payload(c) == sizeof(fd))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

pid_t cred_pidfd_pid(int pidfd)
{
	static const char key[] = "\nPid:";
	cleanup_free char *text = NULL;
	char path[64];
	const char *at;

	if (access("/proc/self/fdinfo", X_OK) < 0 || !proc_is_ours())
		SKIP_CASE("there is no /proc/self/fdinfo to tell whose pidfd it is");
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	text = proc_read(path);
	at = text ? strstr(text, key) : NULL;
	return at ? (pid_t)strtol(at + sizeof(key) - 1, NULL, 10) : 0;
}

void cred_expect_pidfd(pid_t want, int pidfd)
{
	EXPECT_EQ(FD_CLOEXEC, fcntl(pidfd, F_GETFD));
	EXPECT_EQ(want, cred_pidfd_pid(pidfd));
}
