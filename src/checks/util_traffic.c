// SPDX-License-Identifier: BSD-2-Clause
/*
 * The senders lie in shared memory, so that it makes no difference to their
 * account whether they are threads or processes.  A sender that ends closes
 * its socket, the last one closes the pipe that tells the receiver; a receiver
 * of datagrams that sleeps in recv() is woken by signals to look at it.
 */
#include "config.h"

#include "checks/util_traffic.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/names.h"
#include "core/fdmode.h"

/* Long enough for any machine, and before the harness loses its patience. */
#define DEADLINE_MS 18000
#define WAKE SIGUSR2

static bool is_pipe(const struct env *env)
{
	return env->row && env->row->control == PIPE;
}

/* Delivery is not over when send() returns. */
static bool is_network(const struct env *env)
{
	return env_is_control(env) && !is_pipe(env);
}

static void nothing(int sig)
{
	(void)sig;
}

uint64_t traffic_count(const struct env *env, uint64_t n)
{
	if (env->valgrind)
		n = n < 10 ? n : n / 8 > 10 ? n / 8 : 10;
	return n * (env->volume ? env->volume : 1);
}

static void init_sender(struct traffic *t, size_t i, uint32_t receiver)
{
	struct traffic_sender *sender = &t->sender[i];

	sender->traffic = t;
	sender->source = (struct uds_source) {
		.seed = t->env->seed,
		.receiver = receiver,
		.sender = (uint32_t)i,
		.sizes = UDS_BETWEEN(UDS_HEADER_SIZE, 2000),
	};
	sender->options = (struct uds_send_options) {
		UDS_SEND_OPTIONS_INIT,
		.fd = -1,
		.stream = t->env->type == SOCK_STREAM,
		.source = &sender->source,
		.count = traffic_count(t->env, 60),
		.call = is_pipe(t->env) ? UDS_CALL_WRITE : UDS_CALL_SEND,
		.deadline_ns = t->recv.deadline_ns,
		.progress = &t->progress[i],
	};
}

void traffic_init(struct traffic *t, struct env *env, size_t n_senders)
{
	static uint32_t receiver;
	const struct sigaction wake = { .sa_handler = nothing };

	/* What strays from other traffic of this case is told apart. */
	receiver++;
	memset(t, 0, sizeof(*t));
	t->env = env;
	t->n_senders = n_senders;
	t->sender = SETUP(mmap(NULL, n_senders * sizeof(*t->sender),
			       PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	t->progress = uds_progress_map(n_senders + 1);
	if (!t->progress)
		BROKEN("no shared memory: %s", name_errno(errno));
	t->ledger = uds_ledger_new(receiver, n_senders);
	SETUP(env_pipe(env, t->done));
	t->recv = (struct uds_recv_options) {
		UDS_RECV_OPTIONS_INIT,
		.fds = t->fds,
		.stream = env->type == SOCK_STREAM,
		.seed = env->seed,
		.max_size = TRAFFIC_MAX_SIZE,
		.ledger = t->ledger,
		.call = is_pipe(env) ? UDS_CALL_WRITE : UDS_CALL_SEND,
		.deadline_ns = clock_deadline_ms((int64_t)DEADLINE_MS *
						 env->scale),
		.progress = &t->progress[n_senders],
	};
	/* On a network the end of the senders overtakes what they sent. */
	if (!is_network(env) || env->type == SOCK_DGRAM)
		t->recv.done_fd = t->done[0];
	if (is_network(env)) {
		t->recv.drain_ms = 20;
		t->recv.wait = UDS_WAIT_POLL;
	}
	for (size_t i = 0; i < n_senders; i++)
		init_sender(t, i, receiver);
	SETUP(sigaction(WAKE, &wake, NULL));
	SETUP(sigaction(SIGCHLD, &wake, NULL));
}

void traffic_free(struct traffic *t)
{
	uds_ledger_free(t->ledger);
	uds_progress_unmap(t->progress, t->n_senders + 1);
	munmap(t->sender, t->n_senders * sizeof(*t->sender));
}

void traffic_set_count(struct traffic *t, uint64_t count)
{
	for (size_t i = 0; i < t->n_senders; i++)
		t->sender[i].options.count = count;
}

void traffic_set_sizes(struct traffic *t, struct uds_schedule sizes)
{
	for (size_t i = 0; i < t->n_senders; i++)
		t->sender[i].source.sizes = sizes;
}

void traffic_set_wait(struct traffic *t, enum uds_wait wait)
{
	for (size_t i = 0; i < t->n_senders; i++)
		t->sender[i].options.wait = wait;
	t->recv.wait = wait;
}

int traffic_set_buffer(int fd, int name, int bytes)
{
	return setsockopt(fd, SOL_SOCKET, name, &bytes, sizeof(bytes));
}

void traffic_on(struct traffic *t, int send_fd, int recv_fd)
{
	for (size_t i = 0; i < t->n_senders; i++)
		t->sender[i].options.fd = send_fd;
	t->fds[0] = recv_fd;
	t->recv.n_fds = 1;
	t->layout = TRAFFIC_ONE_SOCKET;
}

int traffic_on_pair(struct traffic *t)
{
	int fd[2], ends[2];

	if (is_pipe(t->env)) {
		if (env_pipe(t->env, ends) < 0)
			return -1;
		fd[0] = ends[1];
		fd[1] = ends[0];
	} else if (env_pair(t->env, fd) < 0) {
		return -1;
	}
	traffic_on(t, fd[0], fd[1]);
	return 0;
}

/* One bound socket that all the datagrams go to. */
static int fan_in_datagrams(struct traffic *t)
{
	t->addr = env_addr(t->env, 0);
	t->fds[0] = env_bound(t->env, &t->addr);
	if (t->fds[0] < 0)
		return -1;
	t->recv.n_fds = 1;
	for (size_t i = 0; i < t->n_senders; i++) {
		struct uds_send_options *options = &t->sender[i].options;

		if (t->layout == TRAFFIC_ONE_SOCKET && i > 0)
			options->fd = t->sender[0].options.fd;
		else if (t->layout == TRAFFIC_CONNECTED)
			options->fd = env_connect(t->env, &t->addr);
		else
			options->fd = env_socket(t->env);
		if (options->fd < 0)
			return -1;
		if (t->layout != TRAFFIC_CONNECTED) {
			options->dest = &t->addr.sa;
			options->dest_len = t->addr.len;
		}
	}
	return 0;
}

static int fan_in_connections(struct traffic *t)
{
	int listener;

	t->addr = env_addr(t->env, 0);
	listener = env_listener(t->env, TRAFFIC_MAX_SENDERS, &t->addr);
	if (listener < 0)
		return -1;
	for (size_t i = 0; i < t->n_senders; i++) {
		t->sender[i].options.fd = env_connect(t->env, &t->addr);
		t->fds[i] = env_accept(t->env, listener);
		if (t->sender[i].options.fd < 0 || t->fds[i] < 0)
			return -1;
	}
	t->recv.n_fds = t->n_senders;
	t->recv.own_sender = true;
	return env_close(t->env, listener);
}

static int fan_in_pairs(struct traffic *t)
{
	for (size_t i = 0; i < t->n_senders; i++) {
		int fd[2];

		if (env_pair(t->env, fd) < 0)
			return -1;
		t->sender[i].options.fd = fd[0];
		t->fds[i] = fd[1];
	}
	t->recv.n_fds = t->n_senders;
	t->recv.own_sender = true;
	return 0;
}

int traffic_fan_in(struct traffic *t, enum traffic_layout layout)
{
	t->layout = layout;
	if (t->env->row && t->env->row->addr == PAIR)
		return fan_in_pairs(t);
	return t->env->type == SOCK_DGRAM ? fan_in_datagrams(t) :
					    fan_in_connections(t);
}

static void send_records(struct traffic_sender *sender)
{
	sender->result = uds_traffic_send(&sender->options, &sender->sent);
	/* Who waits for a full queue would wait in vain. */
	uds_gate_open(sender->options.full_fd);
}

/* A signal that comes right before recv() wakes nobody: until it is seen. */
static void wake_receiver(struct traffic *t)
{
	if ((t->env->type != SOCK_DGRAM && !t->keep_open) ||
	    t->recv.wait != UDS_WAIT_BLOCK || t->recv.n_fds > 1)
		return;
	while (!atomic_load(&t->left)) {
		pthread_kill(t->receiver, WAKE);
		poll(NULL, 0, 1);
	}
}

static void *sender_thread(void *arg)
{
	struct traffic_sender *sender = arg;
	struct traffic *t = sender->traffic;
	bool last;

	send_records(sender);
	/*
	 * The env looks at the inode before it closes: closing here is allowed.
	 * Sockets go before the pipe, or the pipe would tell an end that cannot
	 * be read yet.
	 */
	if (!t->keep_open && t->layout != TRAFFIC_ONE_SOCKET)
		close(sender->options.fd);
	last = atomic_fetch_sub(&t->n_running, 1) == 1;
	if (last) {
		if (!t->keep_open && t->layout == TRAFFIC_ONE_SOCKET)
			close(sender->options.fd);
		close(t->done[1]);
		wake_receiver(t);
	}
	return NULL;
}

void traffic_start(struct traffic *t)
{
	sigset_t wake, before;

	t->receiver = pthread_self();
	atomic_store(&t->n_running, t->n_senders);
	sigemptyset(&wake);
	sigaddset(&wake, WAKE);
	pthread_sigmask(SIG_BLOCK, &wake, &before);
	for (size_t i = 0; i < t->n_senders; i++) {
		int err = pthread_create(&t->sender[i].thread, NULL,
					 sender_thread, &t->sender[i]);

		if (err)
			BROKEN("cannot start a thread: %s", name_errno(err));
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static int sender_process(struct env *env, void *arg)
{
	struct traffic_sender *sender = arg;

	(void)env;
	send_records(sender);
	return 0;
}

void traffic_fork(struct traffic *t)
{
	if (t->env->type == SOCK_DGRAM && t->recv.wait == UDS_WAIT_BLOCK)
		t->recv.wait = UDS_WAIT_POLL;
	/* A process that exits may close the pipe before its socket. */
	if (t->env->type != SOCK_DGRAM)
		t->recv.done_fd = -1;
	for (size_t i = 0; i < t->n_senders; i++)
		t->sender[i].pid = SETUP(env_fork(t->env, sender_process,
						  &t->sender[i]));
	for (size_t i = 0; i < t->n_senders; i++)
		if (i == 0 || t->layout != TRAFFIC_ONE_SOCKET)
			SETUP(env_close(t->env, t->sender[i].options.fd));
	SETUP(env_close(t->env, t->done[1]));
}

void traffic_receive(struct traffic *t)
{
	ASSERT_RET(0, uds_traffic_receive(&t->recv, &t->received));
	atomic_store(&t->left, true);
}

void traffic_join(struct traffic *t)
{
	for (size_t i = 0; i < t->n_senders; i++) {
		if (t->sender[i].pid > 0)
			ASSERT_EQ(0, env_reap(t->env, t->sender[i].pid));
		else
			ASSERT_EQ(0, pthread_join(t->sender[i].thread, NULL));
	}
}

void traffic_send(struct traffic *t)
{
	send_records(&t->sender[0]);
}

void traffic_run(struct traffic *t)
{
	traffic_start(t);
	traffic_receive(t);
	traffic_join(t);
}

const struct uds_counts *traffic_counts(const struct traffic *t)
{
	return uds_ledger_counts(t->ledger);
}

uint64_t traffic_n(const struct traffic *t, enum uds_fault fault)
{
	return traffic_counts(t)->n[fault];
}

void traffic_finish(struct traffic *t)
{
	for (size_t i = 0; i < t->n_senders; i++)
		uds_ledger_finish(t->ledger, (uint32_t)i,
				  t->sender[i].sent.accepted);
}

void traffic_note(const struct traffic *t)
{
	cleanup_buf struct buf line = BUF_NULL;

	uds_counts_print(traffic_counts(t), &line);
	NOTE("%s", line.data);
}

/* The sender that did not send all it had, or NULL. */
static const struct traffic_sender *find_failed(const struct traffic *t)
{
	for (size_t i = 0; i < t->n_senders; i++) {
		const struct traffic_sender *sender = &t->sender[i];

		if (sender->result != 0 || sender->sent.stop != UDS_STOP_COUNT)
			return sender;
	}
	return NULL;
}

/* Connections end; of datagrams and of what stays open only the sender tells. */
static bool has_ended(const struct traffic *t)
{
	bool eof = t->env->type != SOCK_DGRAM && !t->keep_open;

	return t->received.stop == (eof ? UDS_STOP_EOF : UDS_STOP_DONE) &&
	       t->received.err == 0;
}

bool traffic_judge(struct traffic *t)
{
	const struct traffic_sender *failed = find_failed(t);
	cleanup_buf struct buf got = BUF_NULL;
	bool held;

	traffic_finish(t);
	held = !failed && has_ended(t) &&
	       t->received.garbage_bytes == 0 && t->received.n_truncated == 0 &&
	       uds_counts_perfect(traffic_counts(t));
	uds_counts_print(traffic_counts(t), &got);
	if (failed)
		buf_printf(&got, "; sender %u: %s %s", failed->source.sender,
			   uds_stop_name(failed->sent.stop),
			   name_errno(failed->sent.err));
	if (!has_ended(t))
		buf_printf(&got, "; receiver: %s %s",
			   uds_stop_name(t->received.stop),
			   name_errno(t->received.err));
	return judge(held, "all that was sent, once, whole and in order, "
		     "and the end", got.data);
}

bool traffic_judge_ledger(const struct traffic *t)
{
	cleanup_buf struct buf got = BUF_NULL;

	uds_counts_print(traffic_counts(t), &got);
	return judge(uds_counts_perfect(traffic_counts(t)),
		     "all that was accepted, once, whole and in order",
		     got.data);
}
