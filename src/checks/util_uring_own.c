// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "checks/util_uring_own.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "harness/expect.h"

#define GROUP 7
#define TABLE_MAX 16

enum { REGISTER_FILES = 2, REGISTER_SHARED = 22 };

/* struct io_uring_buf and struct io_uring_buf_reg of newer headers. */
struct shared_buffer {
	uint64_t addr;
	uint32_t len;
	uint16_t id;
	uint16_t tail;	/* of the ring, in its first buffer alone */
};

struct shared_ring {
	uint64_t addr;
	uint32_t entries;
	uint16_t group;
	uint16_t flags;
	uint64_t reserved[3];
};

void uring_table(struct uring *ring, unsigned int n)
{
	int fds[TABLE_MAX];

	for (unsigned int i = 0; i < n && i < TABLE_MAX; i++)
		fds[i] = -1;
	SETUP(syscall(SYS_io_uring_register, ring->fd, REGISTER_FILES, fds, n));
}

void uring_table_of(struct uring *ring, int fd)
{
	SETUP(syscall(SYS_io_uring_register, ring->fd, REGISTER_FILES, &fd, 1));
}

struct io_uring_sqe *uring_slot(struct io_uring_sqe *sqe, unsigned int slot)
{
	/* file_index, which older headers do not know, counts from 1. */
	uint32_t index = slot == URING_ANY_SLOT ? slot : slot + 1;

	memcpy(&sqe->splice_fd_in, &index, sizeof(index));
	return sqe;
}

long uring_close_slot(struct uring *ring, unsigned int slot)
{
	uring_slot(uring_add(ring, IORING_OP_CLOSE, 0), slot);
	return uring_result(ring, IORING_OP_CLOSE);
}

void uring_pool(struct uring *ring, struct uring_pool *pool, int kind,
		unsigned int len)
{
	struct shared_ring reg = {
		.entries = URING_POOL_MAX, .group = GROUP,
		.flags = kind == POOL_BY_PARTS ? 2 : 0,
	};
	size_t page = data_page();
	void *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		BROKEN("no memory for buffers");
	memset(p, 0, 2 * page);
	*pool = (struct uring_pool){ .bytes = (unsigned char *)p + page,
				     .len = len };
	memset(pool->bytes, 0x5a, page);
	if (kind == POOL_PROVIDED)
		return;
	reg.addr = (uintptr_t)p;
	if (syscall(SYS_io_uring_register, ring->fd, REGISTER_SHARED, &reg,
		    1) < 0) {
		if (errno == EINVAL &&
		    !(kind == POOL_BY_PARTS ?
		      ring->features & URING_MIN_TIMEOUT :
		      ring->features & URING_BUNDLES))
			SKIP_CASE("io_uring has no such buffers here");
		BROKEN("buffers cannot be shared with io_uring");
	}
	pool->shared = p;
}

void uring_give(struct uring *ring, struct uring_pool *pool,
		unsigned int first, unsigned int n)
{
	struct shared_buffer *shared = pool->shared;
	struct io_uring_sqe *sqe;

	if (!shared) {
		sqe = uring_add(ring, IORING_OP_PROVIDE_BUFFERS, (int)n);
		sqe->addr = (uintptr_t)(pool->bytes + first * pool->len);
		sqe->len = pool->len;
		sqe->off = first;
		sqe->buf_group = GROUP;
		if (uring_result(ring, IORING_OP_PROVIDE_BUFFERS) < 0)
			BROKEN("buffers cannot be provided");
		return;
	}
	for (unsigned int i = first; i < first + n; i++) {
		struct shared_buffer *b =
			&shared[pool->tail % URING_POOL_MAX];

		b->addr = (uintptr_t)(pool->bytes + i * pool->len);
		b->len = pool->len;
		b->id = (uint16_t)i;
		pool->tail++;
	}
	__atomic_store_n(&shared[0].tail, pool->tail, __ATOMIC_RELEASE);
}

struct io_uring_sqe *uring_from(struct io_uring_sqe *sqe)
{
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP;
	return sqe;
}

int uring_buffer(const struct uring_done *done)
{
	if (!(done->flags & IORING_CQE_F_BUFFER))
		return -1;
	return (int)(done->flags >> IORING_CQE_BUFFER_SHIFT);
}
