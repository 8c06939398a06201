// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "probe/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/names.h"
#include "harness/blocked.h"
#include "harness/check.h"
#include "harness/child.h"
#include "probe/options.h"
#include "probe/socket_table.h"
#include "probe/target.h"

#define LISTEN_FD 3		/* where LISTEN_FDS begins */
#define USUAL_NOFILE 1024
#define LOG_SHOWN 4000		/* bytes of each log at most */

static int n_started;
static struct process_list spawned;	/* children that are nobody's daemon */

/* Up to three times as long where others keep the machine busy. */
int probe_limit_ms(void)
{
	static double factor;
	double load = 0;

	if (factor < 1) {
		long cpus = sysconf(_SC_NPROCESSORS_ONLN);

		if (getloadavg(&load, 1) != 1 || cpus < 1)
			cpus = 1;
		factor = load / (double)cpus / 2;
		factor = factor < 1 ? 1 : factor > 3 ? 3 : factor;
	}
	return (int)(child_limit_ms() / 3 * factor);
}

void probe_pause(unsigned int round)
{
	struct timespec ts = { .tv_nsec = 5 * NS_PER_MS };

	if (round < 40)
		blocked_pause(round + 20);
	else
		ppoll(NULL, 0, &ts, NULL);
}

static void log_name(char *name, size_t size, int number)
{
	snprintf(name, size, "log%d", number);
}

/* In the child: nothing of the case's but what a server is to have. */
static void become_server(const struct target *t, const struct server *s,
			  mode_t mask, int listener, void (*prepare)(void))
{
	struct rlimit files;
	cleanup_buf struct buf command = BUF_NULL;
	char log[32], number[32];
	int fd;

	/* Its group is its own: a "kill 0" in a script is not for us. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	log_name(log, sizeof(log), s->number);
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	if (listener >= 0) {
		dup2(listener, LISTEN_FD);
		snprintf(number, sizeof(number), "%d",
			 (int)(t->listen_pid ? t->listen_pid : getpid()));
		setenv("LISTEN_PID", number, 1);
		setenv("LISTEN_FDS", "1", 1);
	}
	if (prepare)
		prepare();
	for (fd = listener >= 0 ? LISTEN_FD + 1 : LISTEN_FD; fd < 4096; fd++)
		close(fd);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_cur > USUAL_NOFILE) {
		files.rlim_cur = USUAL_NOFILE;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	umask(mask);
	setenv("SOCKSPEC_PATH", t->path, 1);
	/* So that the process we started is the server, not a shell. */
	buf_printf(&command, "exec ");
	probe_command(&command, probe_options.command, t->path);
	if (chdir(probe_options.start_dir) < 0)
		_exit(126);
	execl("/bin/sh", "sh", "-c", command.data, (char *)NULL);
	_exit(127);
}

void server_spawn_with(struct target *t, struct server *s, mode_t mask,
		       int listener, void (*prepare)(void))
{
	*s = (struct server){ .number = ++n_started };
	fflush(NULL);
	s->child = fork();
	if (s->child < 0)
		BROKEN("cannot start a process: %s", name_errno(errno));
	if (s->child == 0)
		become_server(t, s, mask, listener, prepare);
	setpgid(s->child, s->child);
	process_list_add(&spawned, s->child);
}

void server_spawn(struct target *t, struct server *s)
{
	server_spawn_with(t, s, 022, -1, NULL);
}

/* Descendants whose parent ended became children of the case. */
static void adopt_daemons(struct server *s)
{
	cleanup_processes struct process_list ours = PROCESS_LIST_NULL;

	process_children(&ours, getpid());
	for (size_t i = 0; i < ours.n; i++) {
		pid_t pid = ours.pids[i];

		if (process_list_has(&spawned, pid))
			continue;
		process_list_add(&spawned, pid);
		process_list_add(&s->daemons, pid);
	}
}

/* Reap what ended, and find what it left running. */
static void server_look(struct server *s)
{
	if (s->child && !s->ended &&
	    waitpid(s->child, &s->status, WNOHANG) == s->child)
		s->ended = true;
	if (s->ended)
		adopt_daemons(s);
	for (size_t i = 0; i < s->daemons.n; i++)
		waitpid(s->daemons.pids[i], NULL, WNOHANG);
}

void server_tree(struct server *s, struct process_list *list)
{
	server_look(s);
	if (s->child && !s->ended)
		process_tree(list, s->child);
	for (size_t i = 0; i < s->daemons.n; i++)
		process_tree(list, s->daemons.pids[i]);
}

bool server_has_ended(struct server *s)
{
	cleanup_processes struct process_list left = PROCESS_LIST_NULL;

	if (!s->child)
		return true;
	server_tree(s, &left);
	if (!s->ended)
		return false;
	for (size_t i = 0; i < left.n; i++) {
		if (process_is_alive(left.pids[i]))
			return false;
	}
	return true;
}

bool server_await_end(struct server *s)
{
	int64_t deadline = clock_deadline_ms(probe_limit_ms());

	for (unsigned int round = 0; !server_has_ended(s); round++) {
		if (clock_now_ns() > deadline)
			return false;
		probe_pause(round);
	}
	return true;
}

/* All of it sleeps: so many looks in a row, and it is at rest. */
#define LOOKS_AT_REST 3
#define REST_MAX_MS 1000

/*
 * One that makes itself a daemon listens before the process that was started
 * has ended: let it come to rest, so that the daemon is known as its own.
 */
static void await_rest(struct server *s)
{
	int64_t deadline = clock_deadline_ms(REST_MAX_MS);

	for (int asleep = 0; asleep < LOOKS_AT_REST;) {
		cleanup_processes struct process_list all = PROCESS_LIST_NULL;

		server_tree(s, &all);
		asleep++;
		for (size_t i = 0; i < all.n; i++) {
			if (process_is_running(all.pids[i]))
				asleep = 0;
		}
		if (clock_now_ns() > deadline)
			return;
		poll(NULL, 0, 1);
	}
}

enum server_state server_await(struct target *t, struct server *s,
			       uint32_t not_inode)
{
	int64_t deadline = clock_deadline_ms(probe_limit_ms());

	for (unsigned int round = 0;; round++) {
		struct socket_entry e;
		bool ended = server_has_ended(s);

		if (target_listens(t, &e) && (!not_inode || e.inode != not_inode)) {
			s->inode = e.inode;
			await_rest(s);
			return SERVER_LISTENS;
		}
		if (ended)
			return SERVER_ENDED;
		if (clock_now_ns() > deadline)
			return SERVER_WAITS;
		probe_pause(round);
	}
}

/* The last line that the server printed, or "". */
static const char *last_line(const struct server *s)
{
	static char line[200];
	char log[32], text[1000], *end;
	cleanup_close int fd = -1;
	ssize_t n;

	log_name(log, sizeof(log), s->number);
	fd = open(log, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return "";
	lseek(fd, -(off_t)(sizeof(text) - 1), SEEK_END);
	n = read(fd, text, sizeof(text) - 1);
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (n <= 0)
		return "";
	text[n] = '\0';
	end = strrchr(text, '\n');
	snprintf(line, sizeof(line), "%.199s", end ? end + 1 : text);
	return line;
}

void server_start(struct target *t, struct server *s)
{
	const char *line;

	server_spawn(t, s);
	verb_begin(VERB_SETUP, "the server is to listen", HERE);
	switch (server_await(t, s, 0)) {
	case SERVER_LISTENS:
		return;
	case SERVER_ENDED:
		line = last_line(s);
		BROKEN("the server ended (%s) before it listened on %s%s%s",
		       server_say_end(s), t->path, *line ? "; it said: " : "",
		       line);
	case SERVER_WAITS:
		line = last_line(s);
		BROKEN("the server does not listen on %s after %d ms%s%s",
		       t->path, probe_limit_ms(), *line ? "; it said: " : "",
		       line);
	}
}

pid_t server_main(struct server *s)
{
	cleanup_processes struct process_list all = PROCESS_LIST_NULL;

	server_tree(s, &all);
	/* Parents come first: a master before its workers. */
	for (size_t i = 0; s->inode && i < all.n; i++) {
		if (process_holds_socket(all.pids[i], s->inode))
			return all.pids[i];
	}
	return all.n ? all.pids[0] : s->child;
}

void server_signal(struct server *s, int sig)
{
	pid_t pid = server_main(s);

	if (pid > 1)
		kill(pid, sig);
}

/* It listens and sleeps: so many looks in a row, and it minds no signal. */
#define LOOKS_UNMINDING 20
#define BETWEEN_LOOKS_MS 5

void server_terminate(struct server *s)
{
	int64_t deadline = clock_deadline_ms(probe_limit_ms());
	pid_t pid = server_main(s);
	int asleep = 0;

	while (pid > 1 && asleep < LOOKS_UNMINDING &&
	       !process_minds(pid, SIGTERM) && clock_now_ns() < deadline) {
		asleep = process_is_running(pid) ? 0 : asleep + 1;
		poll(NULL, 0, BETWEEN_LOOKS_MS);
	}
	server_signal(s, SIGTERM);
}

static bool all_stopped(const struct process_list *all)
{
	for (size_t i = 0; i < all->n; i++) {
		if (process_is_alive(all->pids[i]) &&
		    !process_is_stopped(all->pids[i]))
			return false;
	}
	return true;
}

static void stop_tree(struct process_list *all)
{
	int64_t deadline = clock_deadline_ms(probe_limit_ms());

	for (size_t i = 0; i < all->n; i++)
		kill(all->pids[i], SIGSTOP);
	for (unsigned int round = 0; !all_stopped(all); round++) {
		if (clock_now_ns() > deadline)
			BROKEN("SIGSTOP did not stop the server");
		probe_pause(round);
	}
}

void server_stop(struct server *s)
{
	cleanup_processes struct process_list all = PROCESS_LIST_NULL;

	server_tree(s, &all);
	stop_tree(&all);
}

void server_continue(struct server *s)
{
	cleanup_processes struct process_list all = PROCESS_LIST_NULL;

	server_tree(s, &all);
	for (size_t i = 0; i < all.n; i++)
		kill(all.pids[i], SIGCONT);
}

void server_kill(struct server *s)
{
	int64_t deadline = clock_deadline_ms(probe_limit_ms());

	/* Again and again: what is killed may just have forked. */
	for (unsigned int round = 0; !server_has_ended(s); round++) {
		cleanup_processes struct process_list all = PROCESS_LIST_NULL;

		server_tree(s, &all);
		for (size_t i = 0; i < all.n; i++)
			kill(all.pids[i], SIGKILL);
		if (clock_now_ns() > deadline)
			BROKEN("SIGKILL did not end the server");
		probe_pause(round);
	}
}

const char *server_say_end(const struct server *s)
{
	static char text[40];

	if (!s->ended)
		return "still running";
	if (WIFSIGNALED(s->status))
		return name_signal(WTERMSIG(s->status));
	snprintf(text, sizeof(text), "exit status %d", WEXITSTATUS(s->status));
	return text;
}

void server_kill_all(void)
{
	int64_t deadline = clock_deadline_ms(probe_limit_ms());

	for (unsigned int round = 0;; round++) {
		cleanup_processes struct process_list all = PROCESS_LIST_NULL;
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		/* No child: nothing of it is left, for we are the reaper. */
		if (pid < 0 || clock_now_ns() > deadline)
			return;
		process_tree(&all, getpid());
		for (size_t i = 1; i < all.n; i++)
			kill(all.pids[i], SIGKILL);
		probe_pause(round);
	}
}

static void show_log(int number)
{
	char log[32], text[LOG_SHOWN];
	cleanup_close int fd = -1;
	struct stat st;
	ssize_t n;

	log_name(log, sizeof(log), number);
	fd = open(log, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0)
		return;
	if (st.st_size > LOG_SHOWN)
		lseek(fd, -LOG_SHOWN, SEEK_END);
	n = read(fd, text, sizeof(text));
	printf("The server (start %d) printed%s:\n%.*s", number,
	       st.st_size > LOG_SHOWN ? ", at the end" : "", (int)n, text);
}

void server_free(struct server *s)
{
	process_list_free(&s->daemons);
	process_list_free(&spawned);
}

void server_show_logs(void)
{
	for (int i = 1; i <= n_started; i++)
		show_log(i);
	fflush(stdout);
}
