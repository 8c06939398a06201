/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes of a server as /proc shows them.
 */
#ifndef SOCKSPEC_PROBE_PROCESS_H
#define SOCKSPEC_PROBE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process_list {
	pid_t *pids;	/* parents before their children */
	size_t n;
};

#define PROCESS_LIST_NULL { NULL, 0 }
#define cleanup_processes __attribute__((cleanup(process_list_free)))

/** process_tree: root and all that descend from it, zombies too. */
void process_tree(struct process_list *list, pid_t root);

/** process_children: the direct children of pid. */
void process_children(struct process_list *list, pid_t pid);
void process_list_add(struct process_list *list, pid_t pid);
bool process_list_has(const struct process_list *list, pid_t pid);
void process_list_free(struct process_list *list);

/* What the processes of a list have, added up. */
struct process_sum {
	long processes;		/* not zombies */
	long zombies;
	long threads;
	long fds;		/* -1: one of them may not be looked at */
	long cpu_ms;		/* user and system, children reaped included */
};

/** process_sum: what is gone meanwhile counts nothing. */
void process_sum(const struct process_list *list, struct process_sum *ret);

/**
 * process_resident_kb: memory of all of them, to the page where the kernel
 * counts it anew (smaps_rollup); the number in stat is an estimate that may be
 * off by hundreds of pages.
 */
long process_resident_kb(const struct process_list *list);

/** process_writable_kb: what they have mapped to write to, in use or not. */
long process_writable_kb(const struct process_list *list);

/* What one thread has done so far. */
struct thread_use {
	pid_t tid;
	long cpu_ms;
	long sleeps;	/* voluntary switches: it waited for something */
};

/** process_threads: of all processes of a list; the array is the caller's. */
size_t process_threads(const struct process_list *list,
		       struct thread_use **ret);

/** process_is_alive: is there such a process, and is it no zombie? */
bool process_is_alive(pid_t pid);

/** process_is_running: does one of its threads run, or want to? */
bool process_is_running(pid_t pid);

/** process_minds: is the signal caught, blocked or ignored by it? */
bool process_minds(pid_t pid, int sig);

/** process_is_stopped: does it stand still after SIGSTOP, all threads? */
bool process_is_stopped(pid_t pid);

/** process_holds_socket: has it a descriptor of the socket of this inode? */
bool process_holds_socket(pid_t pid, uint32_t inode);

/**
 * process_find_holder: the process that holds the socket and whose parent
 * does not, or 0.
 */
pid_t process_find_holder(uint32_t inode);

/** process_name: what it is called, "?" when that cannot be seen. */
const char *process_name(pid_t pid);

#endif
