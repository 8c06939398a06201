// SPDX-License-Identifier: BSD-2-Clause
/* Names: abstract ones, paths, those that the kernel gives, and their ends. */
#define _GNU_SOURCE
#include "witness.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long own_length(int fd)
{
	struct sockaddr_un un;
	socklen_t len = sizeof(un);

	must(getsockname(fd, (struct sockaddr *)&un, &len));
	return len;
}

static long to_name(int fd, const struct name *name)
{
	return sendto(fd, "x", 1, MSG_DONTWAIT,
		      (const struct sockaddr *)&name->un, name->len);
}

WITNESS(abstract_slash, "ECONNREFUSED")
{
	struct name name = name_abstract();

	name.un.sun_path[name.len++ - offsetof(struct sockaddr_un,
					       sun_path)] = '/';
	answer(connect_to(new_socket(SOCK_STREAM), &name));
}

WITNESS(abstract_per_type, "0")
{
	struct name name = name_abstract();

	bound(SOCK_STREAM, &name);
	answer(bind_to(new_socket(SOCK_DGRAM), &name));
}

WITNESS(autobind_bind, "0 8")
{
	struct name none = { .un = { .sun_family = AF_UNIX },
			     .len = sizeof(sa_family_t) };
	int fd = new_socket(SOCK_STREAM);

	answer(bind_to(fd, &none));
	answer(own_length(fd));
}

WITNESS(autobind_connect_passcred, "0 8")
{
	struct name name = name_abstract();
	int fd = new_socket(SOCK_STREAM);

	listener(SOCK_STREAM, &name, 1);
	must(set_option(fd, SO_PASSCRED, 1));
	answer(connect_to(fd, &name));
	answer(own_length(fd));
}

WITNESS(autobind_sendto_passcred, "1 8")
{
	struct name name = name_abstract();
	int fd = new_socket(SOCK_DGRAM);

	bound(SOCK_DGRAM, &name);
	must(set_option(fd, SO_PASSCRED, 1));
	answer(to_name(fd, &name));
	answer(own_length(fd));
}

WITNESS(autobind_send_on_pair, "1 8")
{
	int end[2];

	pair(SOCK_DGRAM, end);
	must(set_option(end[0], SO_PASSCRED, 1));
	answer(send(end[0], "x", 1, 0));
	answer(own_length(end[0]));
}

WITNESS(autobind_bound_again, "0")
{
	struct name name = name_abstract();
	int fd = bound(SOCK_STREAM, &name);

	name.len = sizeof(sa_family_t);
	answer(bind_to(fd, &name));
}

WITNESS(bind_directory, "EADDRINUSE")
{
	struct name name = name_path("/");

	answer(bind_to(new_socket(SOCK_STREAM), &name));
}

WITNESS(bind_trailing_slash, "ENOENT EADDRINUSE")
{
	struct name none = name_path("none/"), dir = name_path("dir/");

	must(mkdir("dir", 0755));
	answer(bind_to(new_socket(SOCK_STREAM), &none));
	answer(bind_to(new_socket(SOCK_STREAM), &dir));
}

WITNESS(bind_own_abstract_again, "EINVAL")
{
	struct name name = name_abstract();
	int fd = bound(SOCK_STREAM, &name);

	answer(bind_to(fd, &name));
}

WITNESS(bind_in_proc, "ENOENT|EACCES")
{
	struct name name = name_path("/proc/witness");

	answer(bind_to(new_socket(SOCK_STREAM), &name));
}

WITNESS(connect_self, "ECONNREFUSED")
{
	struct name name = name_abstract();
	int fd = bound(SOCK_STREAM, &name);

	answer(connect_to(fd, &name));
}

/* A connected socket and a listener, to a name that does not listen. */
WITNESS(connect_address_first, "ECONNREFUSED ECONNREFUSED")
{
	struct name name = name_abstract(), own = name_abstract();
	int end[2];

	bound(SOCK_STREAM, &name);
	connection(SOCK_STREAM, end);
	answer(connect_to(end[0], &name));
	answer(connect_to(listener(SOCK_STREAM, &own, 1), &name));
}

WITNESS(connect_other_type, "EPROTOTYPE")
{
	struct name name = name_path("s");

	listener(SOCK_STREAM, &name, 1);
	answer(connect_to(new_socket(SOCK_DGRAM), &name));
}

WITNESS(sendto_other_type, "EPROTOTYPE")
{
	struct name name = name_path("s");

	listener(SOCK_STREAM, &name, 1);
	answer(to_name(new_socket(SOCK_DGRAM), &name));
}

WITNESS(sendto_other_type_abstract, "ECONNREFUSED")
{
	struct name name = name_abstract();

	listener(SOCK_STREAM, &name, 1);
	answer(to_name(new_socket(SOCK_DGRAM), &name));
}

WITNESS(sendto_stale, "ECONNREFUSED")
{
	struct name name = name_path("s");

	close(bound(SOCK_DGRAM, &name));
	answer(to_name(new_socket(SOCK_DGRAM), &name));
}

WITNESS(sendto_stream_too_long, "EINVAL")
{
	char name[129] = { AF_UNIX, 0, 'a' };
	int end[2];

	connection(SOCK_STREAM, end);
	answer(sendto(end[0], "x", 1, 0, (struct sockaddr *)name,
		      sizeof(name)));
}

WITNESS(sendto_seqpacket_too_long, "EINVAL")
{
	char name[129] = { AF_UNIX, 0, 'a' };
	int end[2];

	pair(SOCK_SEQPACKET, end);
	answer(sendto(end[0], "x", 1, 0, (struct sockaddr *)name,
		      sizeof(name)));
}

WITNESS(pair_connect_third, "0")
{
	int end[2];
	struct name name = name_abstract();

	pair(SOCK_DGRAM, end);
	bound(SOCK_DGRAM, &name);
	answer(connect_to(end[0], &name));
}

WITNESS(name_longer_than_structure, "111")
{
	struct name name = name_path("");
	struct sockaddr_un none;
	socklen_t len = sizeof(none);
	int fd;

	memset(name.un.sun_path, 'a', sizeof(name.un.sun_path));
	name.len = sizeof(name.un);
	fd = bound(SOCK_STREAM, &name);
	must(getsockname(fd, (struct sockaddr *)&none, &len));
	answer(len);
}

WITNESS(connect_atime, "newer")
{
	struct name name = name_path("s");
	const struct timespec old[2] = { { 1000, 0 }, { 2000, 0 } };
	struct stat st;

	listener(SOCK_STREAM, &name, 1);
	must(utimensat(AT_FDCWD, "s", old, 0));
	client(SOCK_STREAM, &name);
	must(stat("s", &st));
	answer_text(st.st_atim.tv_sec > 1000 ? "newer" : "older");
}
