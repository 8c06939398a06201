// SPDX-License-Identifier: BSD-2-Clause
/* Credentials that go with data, and SO_PEERCRED. */
#define _GNU_SOURCE
#include "witness.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void credentials(int fd, struct ucred *got, size_t room)
{
	struct message m;
	struct cmsghdr *c;

	memset(got, 0xff, sizeof(*got));
	must((int)receive(fd, &m, room, 0));
	c = CMSG_FIRSTHDR(&m.hdr);
	if (c && c->cmsg_type == SCM_CREDENTIALS)
		memcpy(got, CMSG_DATA(c), sizeof(*got));
}

static void send_credentials(int fd, pid_t pid)
{
	struct message m = { 0 };
	struct ucred own = { pid, getuid(), getgid() };
	struct cmsghdr *c = (struct cmsghdr *)m.control;

	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(own)),
			       .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_CREDENTIALS };
	memcpy(CMSG_DATA(c), &own, sizeof(own));
	m.iov = (struct iovec){ "x", 1 };
	m.hdr = (struct msghdr){ .msg_iov = &m.iov,
				 .msg_iovlen = 1,
				 .msg_control = m.control,
				 .msg_controllen = CMSG_SPACE(sizeof(own)) };
	answer(sendmsg(fd, &m.hdr, 0));
}

static int credential_pair(int type, int end[2])
{
	pair(type, end);
	return must(set_option(end[1], SO_PASSCRED, 1));
}

WITNESS(cred_root_says_pid, "1 said")
{
	struct ucred got;
	int end[2];

	if (geteuid() != 0)
		cannot("needs root");
	credential_pair(SOCK_STREAM, end);
	send_credentials(end[0], getppid());
	credentials(end[1], &got, sizeof(((struct message *)0)->control));
	answer_text(got.pid == getppid() ? "said" :
		    got.pid == getpid()  ? "own" :
					   "another");
}

static void *send_one(void *arg)
{
	must((int)send(*(int *)arg, "x", 1, 0));
	return NULL;
}

WITNESS(cred_of_a_thread, "process")
{
	struct ucred got;
	pthread_t thread;
	int end[2];

	credential_pair(SOCK_STREAM, end);
	if (pthread_create(&thread, NULL, send_one, &end[0]))
		cannot("no thread");
	pthread_join(thread, NULL);
	credentials(end[1], &got, sizeof(((struct message *)0)->control));
	answer_text(got.pid == getpid() ? "process" :
		    got.pid == 0	? "0" :
					  "another");
}

static pid_t send_by_child(int fd)
{
	pid_t pid = must(fork());

	if (pid == 0) {
		must((int)send(fd, "x", 1, 0));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return pid;
}

WITNESS(cred_of_the_writer, "writer")
{
	struct ucred got;
	int end[2];
	pid_t pid;

	credential_pair(SOCK_STREAM, end);
	pid = send_by_child(end[0]);
	credentials(end[1], &got, sizeof(((struct message *)0)->control));
	answer_text(got.pid == pid ? "writer" :
		    got.pid == 0   ? "0" :
				     "another");
}

WITNESS(cred_room_of_17, "17")
{
	struct message m;
	int end[2];

	credential_pair(SOCK_STREAM, end);
	must((int)send(end[0], "x", 1, 0));
	must((int)receive(end[1], &m, 17, 0));
	answer((long)m.hdr.msg_controllen);
}

WITNESS(cred_never_joined, "1 1")
{
	char data[2];
	int end[2];

	credential_pair(SOCK_STREAM, end);
	send_by_child(end[0]);
	must((int)send(end[0], "y", 1, 0));
	answer(recv(end[1], data, 2, 0));
	answer(recv(end[1], data, 2, 0));
}

WITNESS(cred_before_accept, "process")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1), peer, end;
	struct ucred got;

	must(set_option(fd, SO_PASSCRED, 1));
	peer = client(SOCK_STREAM, &name);
	must((int)send(peer, "x", 1, 0));
	end = must(accept(fd, NULL, NULL));
	must(set_option(end, SO_PASSCRED, 1));
	credentials(end, &got, sizeof(((struct message *)0)->control));
	answer_text(got.pid == getpid() ? "process" : "another");
}

/* Nobody asks for them until there is a connection. */
WITNESS(cred_after_accept, "process")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1);
	int peer = client(SOCK_STREAM, &name), end;
	struct ucred got;

	must((int)send(peer, "x", 1, 0));
	end = must(accept(fd, NULL, NULL));
	must(set_option(end, SO_PASSCRED, 1));
	credentials(end, &got, sizeof(((struct message *)0)->control));
	answer_text(got.pid == getpid() ? "process" : "another");
}

WITNESS(cred_of_splice, "process")
{
	struct ucred got;
	int end[2], pipe_fd[2];
	pid_t pid;

	credential_pair(SOCK_STREAM, end);
	must(pipe(pipe_fd));
	must((int)write(pipe_fd[1], "x", 1));
	pid = must(fork());
	if (pid == 0) {
		must((int)splice(pipe_fd[0], NULL, end[0], NULL, 1, 0));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	credentials(end[1], &got, sizeof(((struct message *)0)->control));
	answer_text(got.pid == pid ? "process" : "another");
}

/* The end has the ids of nobody: zeros. */
WITNESS(cred_at_the_end, "0 0 0")
{
	struct message m;
	struct ucred got;
	int end[2];

	credential_pair(SOCK_STREAM, end);
	close(end[0]);
	answer(receive(end[1], &m, sizeof(m.control), 0));
	memcpy(&got, CMSG_DATA((struct cmsghdr *)m.control), sizeof(got));
	answer(got.pid);
	answer(got.uid);
}

WITNESS(cred_real_ids, "0")
{
	struct ucred got;
	int end[2];

	if (geteuid() != 0)
		cannot("needs root");
	credential_pair(SOCK_STREAM, end);
	must(seteuid(65534));
	must((int)send(end[0], "x", 1, 0));
	credentials(end[1], &got, sizeof(((struct message *)0)->control));
	answer(got.uid);
}

WITNESS(cred_pid_of_nobody, "ESRCH|EPERM")
{
	int end[2];

	credential_pair(SOCK_STREAM, end);
	send_credentials(end[0], 0x3fffff);
}

WITNESS(cred_of_a_pid_namespace, "outside")
{
	struct ucred got;
	int end[2];
	pid_t pid;

	credential_pair(SOCK_STREAM, end);
	if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWPID : CLONE_NEWPID))
		cannot("no namespaces");
	pid = send_by_child(end[0]);
	credentials(end[1], &got, sizeof(((struct message *)0)->control));
	answer_text(got.pid == pid ? "outside" :
		    got.pid == 1   ? "inside" :
				     "another");
}

static void answer_peer(int fd)
{
	struct ucred got;
	socklen_t len = sizeof(got);

	must(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &got, &len));
	answer_text(got.pid == 0	  ? "nobody" :
		    got.pid == getpid()	  ? "process" :
					   "another");
	answer_text(got.uid == (uid_t)-1 ? "none" :
		    got.uid == 65534     ? "65534" :
					   "another");
}

WITNESS(peercred_without_peer, "nobody none")
{
	answer_peer(new_socket(SOCK_STREAM));
}

WITNESS(peercred_of_dgram, "nobody none")
{
	int end[2];

	named_pair(end);
	answer_peer(end[0]);
}

static int is_parents(int fd)
{
	struct ucred got;
	socklen_t len = sizeof(got);

	must(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &got, &len));
	return got.pid == getppid();
}

/* Those of the process that made the pair, whoever asks. */
WITNESS(peercred_in_child, "those of the parent")
{
	int end[2], status;

	pair(SOCK_STREAM, end);
	if (must(fork()) == 0)
		_exit(is_parents(end[0]));
	must(wait(&status));
	answer_text(WEXITSTATUS(status) == 1 ? "those of the parent" :
					       "others");
}

/* Those of the call, not those of the time when the socket was made. */
WITNESS(peercred_effective_ids, "process 65534")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1), peer = new_socket(SOCK_STREAM);

	if (geteuid() != 0)
		cannot("needs root");
	must(seteuid(65534));
	must(connect_to(peer, &name));
	must(seteuid(0));
	answer_peer(must(accept(fd, NULL, NULL)));
}

/* The socket is the parent's, the call the child's. */
WITNESS(peercred_of_connecting, "connecting")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1);
	int peer = new_socket(SOCK_STREAM);
	struct ucred got;
	socklen_t len = sizeof(got);
	pid_t pid = must(fork());

	if (pid == 0) {
		must(connect_to(peer, &name));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	must(getsockopt(must(accept(fd, NULL, NULL)), SOL_SOCKET, SO_PEERCRED,
			&got, &len));
	answer_text(got.pid == pid ? "connecting" : "another");
}

WITNESS(peercred_of_listening, "listening")
{
	struct name name = name_abstract();
	int fd = bound(SOCK_STREAM, &name), peer;
	struct ucred got;
	socklen_t len = sizeof(got);
	pid_t pid = must(fork());

	if (pid == 0) {
		must(listen(fd, 1));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	peer = client(SOCK_STREAM, &name);
	must(getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &got, &len));
	answer_text(got.pid == pid ? "listening" : "another");
}

WITNESS(peercred_short_room, "0 1")
{
	char room;
	socklen_t len = 1;
	int end[2];

	pair(SOCK_STREAM, end);
	answer(getsockopt(end[0], SOL_SOCKET, SO_PEERCRED, &room, &len));
	answer(len);
}
