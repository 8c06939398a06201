/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A witness asks the kernel one thing by a few calls and answers with a few
 * words, so that what a profile says of a platform can be seen without the
 * checks and their harness:
 *
 *	WITNESS(listen_connected, "EINVAL")
 *	{
 *		int end[2];
 *
 *		pair(SOCK_STREAM, end);
 *		answer(listen(end[0], 1));
 *	}
 *
 * The string is the answer of Linux, or several, with '|' between them, where
 * its versions differ.  Each witness runs in a process and a process group of
 * its own, in an empty directory, with SIGPIPE ignored.  One that has not ended
 * after five seconds, or those of -t, has the answer "hangs".
 */
#ifndef SOCKSPEC_WITNESS_H
#define SOCKSPEC_WITNESS_H

#include <sys/socket.h>
#include <sys/un.h>

struct witness {
	const char *name;
	const char *linux_answer;
	void (*ask)(void);
	struct witness *next;
};

struct name {
	struct sockaddr_un un;
	socklen_t len;
};

/* A message to receive, with its control data. */
struct message {
	struct msghdr hdr;
	struct iovec iov;
	char data[4];
	_Alignas(struct cmsghdr) char control[200];
};

void witness_add(struct witness *w);

#define WITNESS(id, text) \
	static void ask_##id(void); \
	__attribute__((constructor)) static void add_##id(void) \
	{ \
		static struct witness w = { #id, text, ask_##id, 0 }; \
\
		witness_add(&w); \
	} \
	static void ask_##id(void)

/** answer: a word more: the number, or the name of errno where it is -1. */
void answer(long result);

/** answer_text: a word more. */
void answer_text(const char *word);

/** answer_poll: a word more: the events that poll() has for @fd at once. */
void answer_poll(int fd);

/** cannot: the machine lacks what the question needs; ends the process. */
_Noreturn void cannot(const char *reason);

/** must: @result, which -1 turns into the end of the process: "cannot". */
int must(int result);

/** name_abstract, name_path: a name that nobody has. */
struct name name_abstract(void);
struct name name_path(const char *path);

int new_socket(int type);
void pair(int type, int end[2]);
int bound(int type, const struct name *name);
int listener(int type, const struct name *name, int backlog);
int client(int type, const struct name *name);
int bind_to(int fd, const struct name *name);
int connect_to(int fd, const struct name *name);

/** connection: a client and what accept() gave; the listener is closed. */
void connection(int type, int end[2]);

/** named_pair: datagram sockets with names, connected to each other. */
void named_pair(int end[2]);

/** fill: send until there is no room. */
void fill(int fd);

/** drain: receive until there is nothing. */
void drain(int fd);

/** set_option, option: of the level SOL_SOCKET, an int. */
int set_option(int fd, int name, int value);
int option(int fd, int name);

/** no_descriptor: from now on none is free. */
void no_descriptor(void);

/** tick: SIGALRM, which @flags of sigaction() handle, every 20 ms. */
void tick(int flags);

/** ticks: how often it came. */
int ticks(void);

/**
 * fork_after_ticks: fork(); the child goes on when the parent, which calls
 * tick() then, has handled ten.
 */
int fork_after_ticks(void);

/** await_asleep: until the thread of the process sleeps, where that shows. */
void await_asleep(int pid, int tid);

/** receive: recvmsg() with so much room for control data. */
long receive(int fd, struct message *m, size_t room, int flags);

/** send_fd: a message of one byte and a descriptor. */
int send_fd(int sock, int fd);

/** inaccessible: the end of a page, after which comes one that is not there. */
char *inaccessible(void);

#endif
