// SPDX-License-Identifier: BSD-2-Clause
/* Listeners, their queues, and the clients that wait in them. */
#define _GNU_SOURCE
#include "witness.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

WITNESS(accept_on_pair, "EOPNOTSUPP")
{
	int end[2];

	pair(SOCK_DGRAM, end);
	answer(accept(end[0], NULL, NULL));
}

WITNESS(listen_on_dgram_pair, "EOPNOTSUPP")
{
	int end[2];

	pair(SOCK_DGRAM, end);
	answer(listen(end[0], 1));
}

WITNESS(listen_connected, "EINVAL EINVAL")
{
	int end[2];

	connection(SOCK_STREAM, end);
	answer(listen(end[0], 1));
	answer(listen(end[1], 1));
}

WITNESS(listen_again_lower, "0")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 5);

	for (int i = 0; i < 4; i++)
		client(SOCK_STREAM, &name);
	answer(listen(fd, 1));
}

WITNESS(acceptconn, "1")
{
	struct name name = name_abstract();

	answer(option(listener(SOCK_STREAM, &name, 1), SO_ACCEPTCONN));
}

WITNESS(listener_shutdown, "0 0")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1);

	answer(shutdown(fd, SHUT_WR));
	answer(shutdown(fd, SHUT_RD));
}

WITNESS(listener_recv, "EINVAL")
{
	struct name name = name_abstract();
	char byte;

	answer(recv(listener(SOCK_STREAM, &name, 1), &byte, 1, 0));
}

WITNESS(accept_negative_length, "EINVAL 0")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1);
	int peer = client(SOCK_STREAM, &name);
	struct sockaddr_un un;
	socklen_t len = (socklen_t)-1;
	char byte;

	answer(accept(fd, (struct sockaddr *)&un, &len));
	answer(recv(peer, &byte, 1, MSG_DONTWAIT));
}

WITNESS(accept_bad_address, "EFAULT")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1);
	socklen_t len = sizeof(struct sockaddr_un);

	client(SOCK_STREAM, &name);
	answer(accept(fd, (struct sockaddr *)inaccessible(), &len));
}

/* The length is not looked at. */
WITNESS(accept_null_address, "77")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1);
	socklen_t len = 77;

	client(SOCK_STREAM, &name);
	must(accept(fd, NULL, &len));
	answer(len);
}

WITNESS(accept_no_descriptor, "EMFILE IN")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1);

	client(SOCK_STREAM, &name);
	no_descriptor();
	answer(accept(fd, NULL, NULL));
	answer_poll(fd);
}

/* A number is taken before the socket is looked at. */
WITNESS(accept_takes_number_first, "EMFILE EMFILE")
{
	int stream = new_socket(SOCK_STREAM), dgram = new_socket(SOCK_DGRAM);

	no_descriptor();
	answer(accept(stream, NULL, NULL));
	answer(accept(dgram, NULL, NULL));
}

WITNESS(accept_timeout, "EAGAIN")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1);
	struct timeval soon = { 0, 50000 };

	must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)));
	answer(accept(fd, NULL, NULL));
}

/* What a client has of an option of its listener, on the accepted end. */
static void inherits(int name, int before)
{
	struct name addr = name_abstract();
	int fd = listener(SOCK_STREAM, &addr, 1), peer;

	if (before && set_option(fd, name, 1) < 0)
		cannot("no such option");
	peer = client(SOCK_STREAM, &addr);
	if (!before && set_option(fd, name, 1) < 0)
		cannot("no such option");
	(void)peer;
	answer(option(must(accept(fd, NULL, NULL)), name));
}

WITNESS(inherit_passcred, "1")
{
	inherits(SO_PASSCRED, 1);
}

WITNESS(inherit_oobinline, "0")
{
	inherits(SO_OOBINLINE, 1);
}

WITNESS(inherit_timestamp, "0")
{
	inherits(SO_TIMESTAMP, 1);
}

WITNESS(connect_full, "EINTR")
{
	struct name name = name_abstract();
	int fd = new_socket(SOCK_STREAM);

	listener(SOCK_STREAM, &name, 0);
	client(SOCK_STREAM, &name);
	tick(0);
	answer(connect_to(fd, &name));
}

WITNESS(somaxconn, "EAGAIN")
{
	struct name name = name_abstract();
	struct rlimit files;
	char text[20] = "";
	int most, fd = must(open("/proc/sys/net/core/somaxconn", O_RDONLY));

	must((int)read(fd, text, sizeof(text) - 1));
	most = 0;
	for (const char *p = text; *p >= '0' && *p <= '9'; p++)
		most = 10 * most + *p - '0';
	must(getrlimit(RLIMIT_NOFILE, &files));
	files.rlim_cur = files.rlim_max;
	must(setrlimit(RLIMIT_NOFILE, &files));
	if (files.rlim_max < (rlim_t)most + 20)
		cannot("too few descriptors");
	listener(SOCK_STREAM, &name, most + 100);
	for (int i = 0; i <= most + 1; i++) {
		fd = must(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
		if (connect_to(fd, &name) < 0)
			break;
		fd = 0;
	}
	answer(fd ? -1 : 0);
}

WITNESS(close_resets_waiting, "IN+OUT+ERR+HUP+RDHUP ECONNRESET 0 EPIPE")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1);
	int peer = client(SOCK_STREAM, &name);
	char byte;

	close(fd);
	answer_poll(peer);
	answer(recv(peer, &byte, 1, 0));
	answer(recv(peer, &byte, 1, 0));
	answer(send(peer, "x", 1, 0));
}

static void *receive_byte(void *arg)
{
	char byte;

	answer(recv(*(int *)arg, &byte, 1, 0));
	return NULL;
}

/* The reader may be late: then it meets the reset, which is the same. */
WITNESS(close_wakes_waiting_reader, "ECONNRESET")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1);
	int peer = client(SOCK_STREAM, &name);
	pthread_t thread;

	if (pthread_create(&thread, NULL, receive_byte, &peer))
		cannot("no thread");
	close(fd);
	pthread_join(thread, NULL);
}

/* While others try to connect to it, too. */
WITNESS(name_free_after_close, "0")
{
	struct name name = name_abstract();
	int fd, ret = 0;

	for (int i = 0; i < 4; i++) {
		if (must(fork()) > 0)
			continue;
		fd = new_socket(SOCK_STREAM);
		for (;;) {
			if (connect_to(fd, &name) < 0)
				continue;
			close(fd);
			fd = new_socket(SOCK_STREAM);
		}
	}
	for (int i = 0; i < 3000 && ret == 0; i++) {
		fd = new_socket(SOCK_STREAM);
		ret = bind_to(fd, &name);
		if (ret == 0)
			must(listen(fd, 1));
		close(fd);
	}
	answer(ret);
}

WITNESS(shutdown_unconnected, "0")
{
	answer(shutdown(new_socket(SOCK_STREAM), SHUT_RD));
}

WITNESS(recv_unconnected, "EINVAL")
{
	char byte;

	answer(recv(new_socket(SOCK_STREAM), &byte, 1, 0));
}

WITNESS(recv_oob_unconnected, "EINVAL")
{
	char byte;

	answer(recv(new_socket(SOCK_STREAM), &byte, 1, MSG_OOB));
}
