// SPDX-License-Identifier: BSD-2-Clause
/*
 * A send() on a stream that is stopped while it copies: its buffer ends in a
 * page that userfaultfd(2) provides, which is when this check says so.
 */
#include "config.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "harness/check.h"

#define TAIL 100

/* Room for two pieces. */
#define SNDBUF 65536

/* A page that is not there until late_provide(). */
struct late {
	int fd;
	unsigned char *page;
};

/* Memory of size bytes, and the late page behind it. */
static void late_make(struct env *env, struct late *late, size_t size)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	size_t page = data_page(), before = (size + page - 1) / page * page;
	unsigned char *start;

	if (env->valgrind)
		SKIP_CASE("valgrind reads the page before the system does");
	late->fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (late->fd < 0)
		SKIP_CASE("no userfaultfd() of pages that the system reads");
	env_own(env, late->fd);
	SETUP(ioctl(late->fd, UFFDIO_API, &api));
	start = mmap(NULL, before + page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		BROKEN("mmap() failed");
	late->page = start + before;
	data_fill(late->page - size, 0, size);
	range.range.start = (uintptr_t)late->page;
	range.range.len = page;
	SETUP(ioctl(late->fd, UFFDIO_REGISTER, &range));
}

/* Until somebody stands before the page. */
static void late_await(struct late *late)
{
	struct uffd_msg msg = { .event = 0 };

	ASSERT_RET(sizeof(msg), read(late->fd, &msg, sizeof(msg)));
	ASSERT_EQ(UFFD_EVENT_PAGEFAULT, msg.event);
}

static void late_provide(struct late *late)
{
	struct uffdio_zeropage zero = {
		.range = { (uintptr_t)late->page, data_page() },
	};

	SETUP(ioctl(late->fd, UFFDIO_ZEROPAGE, &zero));
}

CHECK(flow, shutdown_while_copying,
      .title = "A piece that is copied while the peer shuts down is not sent, nor counted",
      CLAUSES(linux_stream_partial, posix_send_epipe, posix_send_sigpipe),
      ROWS(FLOW_61),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("first", "second"),
      .why = "SIGPIPE would end the program before it learns what went in.",
      .explain = "The peer's SHUT_RD comes while send() waits for a page of its buffer. Of "
	      "the first piece: EPIPE and one SIGPIPE.  Of the second: the first one's "
	      "length and no signal, and so much can be read.")
{
	struct late late;
	struct call c;
	size_t size;
	unsigned char *in;
	int fd[2];

	SETUP(env_pair(env, fd));
	SETUP(backlog_set_option(fd[0], SO_SNDBUF, SNDBUF));
	if (backlog_option(fd[0], SO_SNDBUF) < 2 * SNDBUF)
		SKIP_CASE("there is no send buffer of %d bytes", SNDBUF);
	size = env->param == 0 ? 0 : data_segment(fd[0], fd[1]);
	late_make(env, &late, size);
	data_catch(SIGPIPE, 0, -1);
	call_send(&c, fd[0], late.page - size, size + TAIL, 0);
	late_await(&late);
	ASSERT_RET(0, shutdown(fd[1], SHUT_RD));
	late_provide(&late);
	if (size == 0) {
		EXPECT_CALL_ERRNO(EPIPE, &c);
		EXPECT_EQ(1, data_caught());
	} else {
		EXPECT_CALL_RET(size, &c);
		EXPECT_EQ(0, data_caught());
		in = late.page - size;
		data_fill(in, 1, size);
		ASSERT_RET(size, recv(fd[1], in, size, MSG_DONTWAIT));
		EXPECT_THAT(data_is(in, 0, size), "the bytes are the same");
	}
	EXPECT_RET(0, recv(fd[1], &(char){ 0 }, 1, MSG_DONTWAIT));
}
