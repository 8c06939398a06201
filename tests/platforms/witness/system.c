// SPDX-License-Identifier: BSD-2-Clause
/* Around sockets: /proc, permissions, and what is not there. */
#define _GNU_SOURCE
#include "witness.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Is there a line of /proc/net/unix that has these? */
static void answer_table(const char *name, const char *what)
{
	FILE *f = fopen("/proc/net/unix", "r");
	char line[400];
	int found = 0;

	if (!f)
		cannot("no /proc/net/unix");
	while (fgets(line, sizeof(line), f)) {
		if (strstr(line, name) && strstr(line, what))
			found++;
	}
	answer(found);
	fclose(f);
}

WITNESS(proc_references, "1")
{
	struct name name = name_path("proc_references");

	bound(SOCK_STREAM, &name);
	answer_table("proc_references", ": 00000002 ");
}

WITNESS(proc_waiting, "2")
{
	struct name name = name_path("proc_waiting");

	listener(SOCK_STREAM, &name, 1);
	client(SOCK_STREAM, &name);
	answer_table("proc_waiting", "");
}

WITNESS(proc_nul_byte, "1")
{
	struct name name = name_abstract();

	memcpy(name.un.sun_path + 1, "nul\0byte", 8);
	bound(SOCK_STREAM, &name);
	answer_table("@nul@byte", "");
}

WITNESS(proc_protocols, "some")
{
	FILE *f = fopen("/proc/net/protocols", "r");
	char line[400];
	int found = 0;

	if (!f)
		cannot("no /proc/net/protocols");
	while (fgets(line, sizeof(line), f))
		found |= !strncmp(line, "UNIX", 4);
	answer_text(found ? "some" : "none");
	fclose(f);
}

WITNESS(sticky_directory, "EPERM")
{
	struct name name = name_path("d/s"), mine = name_path("d/mine");

	if (geteuid() != 0)
		cannot("needs root");
	must(mkdir("d", 0777));
	must(chmod("d", 01777));
	bound(SOCK_STREAM, &name);
	must(setresuid(65534, 65534, 65534));
	bound(SOCK_STREAM, &mine);
	answer(rename("d/mine", "d/s"));
}

WITNESS(socket_type_unknown, "ESOCKTNOSUPPORT ESOCKTNOSUPPORT")
{
	int end[2];

	answer(socket(AF_UNIX, SOCK_RDM, 0));
	answer(socketpair(AF_UNIX, SOCK_RDM, 0, end));
}

/* The array is looked at first. */
WITNESS(socketpair_bad_array, "EFAULT EFAULT")
{
	answer(socketpair(AF_UNIX, SOCK_RDM, 0, NULL));
	answer(socketpair(AF_UNIX, SOCK_STREAM, 99, NULL));
}

/* So are two numbers. */
WITNESS(socketpair_takes_numbers_first, "EMFILE EMFILE")
{
	int end[2];

	no_descriptor();
	answer(socketpair(AF_UNIX, SOCK_RDM, 0, end));
	answer(socketpair(AF_UNIX, SOCK_STREAM, 99, end));
}

WITNESS(socketpair_of_inet, "EOPNOTSUPP")
{
	int end[2];

	answer(socketpair(AF_INET, SOCK_STREAM, 0, end));
}

WITNESS(socket_xattr, "some")
{
	char value[40];

	answer_text(fgetxattr(new_socket(SOCK_STREAM), "system.sockprotoname",
			      value, sizeof(value)) > 0 ? "some" : "none");
}

WITNESS(umount_while_bound, "EBUSY")
{
	struct name name = name_path("m/s");

	if (unshare(CLONE_NEWNS) < 0)
		cannot("no namespace of mounts");
	must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	must(mkdir("m", 0755));
	must(mount("none", "m", "tmpfs", 0, NULL));
	bound(SOCK_STREAM, &name);
	answer(umount("m"));
}

static void act_as(uid_t uid)
{
	if (geteuid() != 0)
		cannot("needs root");
	must(chmod(".", 0777));
	setfsuid(uid);
}

/* The owner of a socket, and of the file that bind() makes. */
WITNESS(ids_for_files, "65534 65534")
{
	struct name name = name_path("ids_for_files");
	struct stat st;
	int fd;

	act_as(65534);
	fd = bound(SOCK_STREAM, &name);
	must(fstat(fd, &st));
	answer(st.st_uid);
	must(stat("ids_for_files", &st));
	answer(st.st_uid);
}

WITNESS(fchown_as_another, "EPERM")
{
	int fd = new_socket(SOCK_STREAM);

	act_as(65532);
	answer(fchown(fd, 65532, (gid_t)-1));
}
