// SPDX-License-Identifier: BSD-2-Clause
/*
 * faulty [--type TYPE] [--lines] [--fault NAME] PATH
 *
 * Faults of the path and of the start are here, those of the service in
 * faulty_serve.c; the *.faults file says which check finds which.
 */
#include "config.h"

#include "faulty.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTEN_FD 3

struct options options = { .fault = "", .type = SOCK_STREAM };

static struct stat own;		/* the file that we bound */
static bool given;		/* the listener is a manager's */
static int lock_fd = -1;

bool has_fault(const char *name)
{
	return strcmp(options.fault, name) == 0;
}

static struct sockaddr_un address(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strncpy(a.sun_path, options.path, sizeof(a.sun_path) - 1);
	if (has_fault("cuts-path"))
		a.sun_path[103] = '\0';
	return a;
}

static bool is_served(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, options.type | SOCK_CLOEXEC, 0);
	bool served = connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0 ||
		      errno != ECONNREFUSED;

	close(fd);
	return served;
}

static void make_way(const struct sockaddr_un *a)
{
	struct stat st;

	if (lstat(options.path, &st) < 0)
		return;
	if (has_fault("refuses-stale"))
		errx(1, "%s exists", options.path);
	if (has_fault("unlinks-anything") || has_fault("rebinds")) {
		unlink(options.path);
		return;
	}
	if (!S_ISSOCK(st.st_mode))
		errx(1, "%s is no socket", options.path);
	if (!has_fault("steals") && is_served(a))
		errx(1, "%s is served", options.path);
	unlink(options.path);
}

/* One starter at a time looks at the path and takes it. */
static void lock(void)
{
	char name[200];

	if (has_fault("takes-no-lock"))
		return;
	snprintf(name, sizeof(name), "%s.lock", options.path);
	if (lock_fd < 0)
		lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock_fd < 0 || flock(lock_fd, LOCK_EX) < 0)
		err(1, "%s", name);
}

int listen_at(void)
{
	struct sockaddr_un a = address();
	int fd = socket(AF_UNIX, options.type | SOCK_CLOEXEC, 0);

	lock();
	make_way(&a);
	if (!has_fault("wide-birth"))
		fchmod(fd, 0600);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		err(1, "bind %s", options.path);
	if (options.type != SOCK_DGRAM && listen(fd, 128) < 0)
		err(1, "listen");
	if (has_fault("wide-birth"))
		chmod(options.path, 0600);
	stat(options.path, &own);
	if (lock_fd >= 0)
		flock(lock_fd, LOCK_UN);
	return fd;
}

/* Everything beside the path too: a pattern that is too wide. */
static void remove_neighbours(void)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -f '%s'*", options.path);
	if (system(command) != 0)
		warnx("rm failed");
}

void leave_path(void)
{
	struct stat st;

	if (has_fault("keeps-path") || (given && !has_fault("unlinks-given")))
		return;
	if (has_fault("removes-neighbours"))
		remove_neighbours();
	if (has_fault("unlinks-by-name") || has_fault("unlinks-given") ||
	    (stat(options.path, &st) == 0 && st.st_dev == own.st_dev &&
	     st.st_ino == own.st_ino))
		unlink(options.path);
}

static int given_fd(void)
{
	const char *pid = getenv("LISTEN_PID");

	if (!pid || has_fault("no-activation"))
		return -1;
	if (atoi(pid) != (int)getpid() && !has_fault("takes-any-listener"))
		return -1;
	given = true;
	return LISTEN_FD;
}

static int stop_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	if (has_fault("ignores-sigterm"))
		signal(SIGTERM, SIG_IGN);
	else
		sigprocmask(SIG_BLOCK, &set, NULL);
	if (!has_fault("dies-of-sigpipe"))
		signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int type_of(const char *name)
{
	return strcmp(name, "dgram") == 0 ? SOCK_DGRAM :
	       strcmp(name, "seqpacket") == 0 ? SOCK_SEQPACKET : SOCK_STREAM;
}

int main(int argc, char **argv)
{
	static const struct option words[] = {
		{ "fault", required_argument, NULL, 'f' },
		{ "lines", no_argument, NULL, 'l' },
		{ "type", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	int c, fd, stop_fd = -1;

	while ((c = getopt_long(argc, argv, "", words, NULL)) >= 0) {
		if (c == 'f')
			options.fault = optarg;
		else if (c == 'l')
			options.lines = true;
		else if (c == 't')
			options.type = type_of(optarg);
		else
			return 2;
	}
	if (optind + 1 != argc)
		errx(2, "one path is wanted");
	options.path = argv[optind];
	stop_fd = stop_signals();
	fd = given_fd();
	if (fd < 0)
		fd = listen_at();
	serve(fd, stop_fd);
	leave_path();
	return 0;
}
