/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sound server, and what is wrong with it when --fault says so.
 */
#ifndef SOCKSPEC_TESTS_FAULTY_H
#define SOCKSPEC_TESTS_FAULTY_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

struct options {
	const char *path;
	const char *fault;	/* "": none */
	int type;		/* SOCK_* */
	bool lines;		/* answer "you said LINE", not an echo */
};

extern struct options options;

/** has_fault: is this the one? */
bool has_fault(const char *name);

/** listen_at: a listener at the path, by the rules or by the fault. */
int listen_at(void);

/** leave_path: the end of it. */
void leave_path(void);

/** serve: until the signal descriptor is ready. */
void serve(int listener, int stop_fd);

#endif
