// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "checks/util_uring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/expect.h"

#define CANCEL_TAG 0x63616e63656c

static void *map(struct uring *ring, size_t size, off_t offset)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED, ring->fd, offset);

	if (p == MAP_FAILED)
		BROKEN("a ring cannot be mapped");
	ring->mapped[ring->n_mapped++] = (struct iovec){ p, size };
	return p;
}

void uring_open(struct env *env, struct uring *ring)
{
	struct io_uring_params p = { 0 };
	unsigned char *sq, *cq;

	memset(ring, 0, sizeof(*ring));
	ring->fd = (int)syscall(SYS_io_uring_setup, URING_ENTRIES, &p);
	/* Old kernels count rings against RLIMIT_MEMLOCK. */
	if (ring->fd < 0 && errno == ENOMEM)
		SKIP_CASE("no memory may be locked for a ring");
	SETUP(ring->fd);
	env_own(env, ring->fd);
	ring->features = p.features;
	sq = map(ring, p.sq_off.array + p.sq_entries * sizeof(unsigned int),
		 IORING_OFF_SQ_RING);
	cq = map(ring, p.cq_off.cqes + p.cq_entries * sizeof(*ring->cqes),
		 IORING_OFF_CQ_RING);
	ring->sqes = map(ring, p.sq_entries * sizeof(*ring->sqes),
			 IORING_OFF_SQES);
	ring->sq_tail = (unsigned int *)(void *)(sq + p.sq_off.tail);
	ring->sq_array = (unsigned int *)(void *)(sq + p.sq_off.array);
	ring->cq_head = (unsigned int *)(void *)(cq + p.cq_off.head);
	ring->cq_tail = (unsigned int *)(void *)(cq + p.cq_off.tail);
	ring->cqes = (struct io_uring_cqe *)(void *)(cq + p.cq_off.cqes);
	ring->sq_mask = p.sq_entries - 1;
	ring->cq_mask = p.cq_entries - 1;
}

void uring_close(struct env *env, struct uring *ring)
{
	for (int i = 0; i < ring->n_mapped; i++)
		SETUP(munmap(ring->mapped[i].iov_base,
			     ring->mapped[i].iov_len));
	SETUP(env_close(env, ring->fd));
}

void uring_needs(const struct uring *ring, unsigned int op, const char *name)
{
	union {
		struct io_uring_probe head;
		unsigned char bytes[sizeof(struct io_uring_probe) +
				    256 * sizeof(struct io_uring_probe_op)];
	} probe;

	memset(&probe, 0, sizeof(probe));
	if (syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_PROBE,
		    &probe, 256) < 0)
		SKIP_CASE("io_uring does not tell what it can do");
	if (op > probe.head.last_op ||
	    !(probe.head.ops[op].flags & IO_URING_OP_SUPPORTED))
		SKIP_CASE("io_uring has no %s here", name);
}

void uring_needs_workers(const struct uring *ring)
{
	if (!(ring->features & URING_NATIVE_WORKERS))
		SKIP_CASE("the workers of io_uring are no threads of this process "
			  "(before Linux 5.12)");
}

struct io_uring_sqe *uring_add(struct uring *ring, unsigned int op, int fd)
{
	unsigned int tail = *ring->sq_tail, slot = tail & ring->sq_mask;
	struct io_uring_sqe *sqe = &ring->sqes[slot];

	if (ring->queued > ring->sq_mask)
		BROKEN("more operations than the ring holds");
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = (uint8_t)op;
	sqe->fd = fd;
	sqe->user_data = op;
	ring->sq_array[slot] = slot;
	__atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
	ring->queued++;
	return sqe;
}

static struct io_uring_sqe *add_memory(struct uring *ring, unsigned int op,
				       int fd, const void *memory, size_t len)
{
	struct io_uring_sqe *sqe = uring_add(ring, op, fd);

	sqe->addr = (uintptr_t)memory;
	sqe->len = (uint32_t)len;
	return sqe;
}

struct io_uring_sqe *uring_recv(struct uring *ring, int fd, void *buf,
				size_t len)
{
	return add_memory(ring, IORING_OP_RECV, fd, buf, len);
}

struct io_uring_sqe *uring_send(struct uring *ring, int fd, const void *buf,
				size_t len)
{
	struct io_uring_sqe *sqe = add_memory(ring, IORING_OP_SEND, fd, buf, len);

	sqe->msg_flags = MSG_NOSIGNAL;
	return sqe;
}

struct io_uring_sqe *uring_sendmsg(struct uring *ring, int fd,
				   const struct msghdr *msg)
{
	struct io_uring_sqe *sqe =
		add_memory(ring, IORING_OP_SENDMSG, fd, msg, 1);

	sqe->msg_flags = MSG_NOSIGNAL;
	return sqe;
}

struct io_uring_sqe *uring_recvmsg(struct uring *ring, int fd,
				   struct msghdr *msg)
{
	return add_memory(ring, IORING_OP_RECVMSG, fd, msg, 1);
}

struct io_uring_sqe *uring_accept(struct uring *ring, int fd)
{
	struct io_uring_sqe *sqe = uring_add(ring, IORING_OP_ACCEPT, fd);

	sqe->accept_flags = SOCK_CLOEXEC;
	return sqe;
}

struct io_uring_sqe *uring_connect(struct uring *ring, int fd,
				   const struct addr *to)
{
	struct io_uring_sqe *sqe =
		add_memory(ring, IORING_OP_CONNECT, fd, &to->sa, 0);

	sqe->off = to->len;
	return sqe;
}

/* Submit what was added and wait for this many completions. */
static int enter(struct uring *ring, unsigned int wait)
{
	long n;

	do {
		n = syscall(SYS_io_uring_enter, ring->fd, ring->queued, wait,
			    wait ? IORING_ENTER_GETEVENTS : 0, NULL, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	ring->queued -= (unsigned int)n;
	return 0;
}

int uring_submit(struct uring *ring)
{
	return enter(ring, 0);
}

static unsigned int ready(const struct uring *ring)
{
	return __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE) - *ring->cq_head;
}

bool uring_is_done(struct uring *ring)
{
	return ring->n_kept > 0 || ready(ring) > 0;
}

/* All that is complete goes into kept[], oldest first. */
static void gather(struct uring *ring)
{
	while (ready(ring) > 0) {
		unsigned int head = *ring->cq_head;
		const struct io_uring_cqe *cqe = &ring->cqes[head & ring->cq_mask];

		if (ring->n_kept == URING_KEPT)
			BROKEN("more completions than were expected");
		ring->kept[ring->n_kept++] = (struct uring_done){
			cqe->user_data, cqe->res, cqe->flags
		};
		__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	}
}

static bool find(struct uring *ring, uint64_t user_data,
		 struct uring_done *done)
{
	gather(ring);
	for (unsigned int i = 0; i < ring->n_kept; i++) {
		if (ring->kept[i].user_data != user_data)
			continue;
		*done = ring->kept[i];
		ring->n_kept--;
		memmove(&ring->kept[i], &ring->kept[i + 1],
			(ring->n_kept - i) * sizeof(*done));
		return true;
	}
	return false;
}

long uring_take(struct uring *ring, uint64_t user_data,
		struct uring_done *done)
{
	if (ring->queued && uring_submit(ring) < 0)
		return -1;
	while (!find(ring, user_data, done)) {
		if (enter(ring, 1) < 0)
			return -1;
	}
	if (done->res >= 0)
		return done->res;
	errno = -done->res;
	return -1;
}

long uring_result(struct uring *ring, uint64_t user_data)
{
	struct uring_done done;

	return uring_take(ring, user_data, &done);
}

long uring_cancel(struct uring *ring, uint64_t user_data)
{
	struct io_uring_sqe *sqe = uring_add(ring, IORING_OP_ASYNC_CANCEL, -1);

	sqe->addr = user_data;
	sqe->user_data = CANCEL_TAG;
	return uring_result(ring, CANCEL_TAG);
}
