// SPDX-License-Identifier: BSD-2-Clause
/*
 * Making and unmaking bound sockets, with the life of their path.
 *
 * Order of an opening: lock the directory, bind; if the path exists, look
 * whether it may go, remove it, bind again; listen; unlock.  bind() itself
 * decides between competitors, for it never replaces a file.
 */
#include "config.h"

#include "core/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

static int bind_address(int fd, const struct uds_address *address)
{
	return bind(fd, &address->sa, address->len) < 0 ? -errno : 0;
}

static int probe_type(const struct uds_address *address, int type)
{
	cleanup_close int fd =
		socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	while (connect(fd, &address->sa, address->len) < 0) {
		switch (errno) {
		case EINTR:
			continue;
		case ECONNREFUSED:
			return 0;
		case EAGAIN:		/* alive, its queue is full */
		case EINPROGRESS:
		case EPERM:		/* a datagram socket with a peer */
		case EPROTOTYPE:
			return 1;
		}
		return -errno;
	}
	return 1;
}

int uds_endpoint_probe(const struct uds_address *address)
{
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM, SOCK_SEQPACKET };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		int r = probe_type(address, types[i]);

		if (r != 0)
			return r;
	}
	return 0;
}

/* Make way for a new file at an existing path, if the policy lets us. */
static int remove_existing(const struct uds_entry *entry,
			   const struct uds_address *address,
			   enum uds_existing existing, int lock_result)
{
	cleanup_close int pinned_fd = -1;
	struct stat st;
	int r;

	if (existing == UDS_EXISTING_REFUSE)
		return -EADDRINUSE;
	pinned_fd = uds_entry_pin(entry);
	/* Gone by itself: only the next bind() knows more. */
	if (pinned_fd == -ENOENT)
		return 0;
	if (pinned_fd < 0)
		return pinned_fd;
	if (fstat(pinned_fd, &st) < 0)
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	if (existing == UDS_EXISTING_STALE) {
		r = uds_endpoint_probe(address);
		if (r != 0)
			return r > 0 ? -EADDRINUSE : r;
		if (lock_result < 0)
			return lock_result;
	}
	r = uds_entry_remove(entry, pinned_fd);
	if (r == -ESTALE)
		return -EADDRINUSE;
	return r == -ENOENT ? 0 : r;
}

/* Pin our file, and give it the bits that the umask held back. */
static int adopt_path(struct uds_endpoint *e, mode_t mode)
{
	struct stat st;
	int fd = uds_entry_pin(&e->entry);

	if (fd < 0)
		return fd;
	e->path_fd = fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_mode & 07777) != mode &&
	    fchmodat(e->entry.dir_fd, e->entry.name, mode,
		     AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int bind_path(struct uds_endpoint *e, const struct uds_address *address,
		     const struct uds_endpoint_options *o)
{
	cleanup_close int reserve_fd = -1;
	int lock_result, r;

	r = uds_entry_open(&e->entry, uds_address_path(address));
	if (r < 0)
		return r;
	lock_result = uds_entry_lock(&e->entry, o->lock_timeout_ms);
	/* For the pin: once bound, a full descriptor table must not keep us
	 * from knowing, and so removing, what is ours. */
	reserve_fd = fcntl(e->entry.dir_fd, F_DUPFD_CLOEXEC, 0);
	if (reserve_fd < 0)
		return -errno;
	/* Linux: the mode of the socket's inode, less the umask, is what the
	 * file is born with; where this fails adopt_path() does it. */
	(void)!fchmod(e->fd, o->mode);
	r = bind_address(e->fd, address);
	if (r == -EADDRINUSE) {
		r = remove_existing(&e->entry, address, o->existing,
				    lock_result);
		if (r == 0)
			r = bind_address(e->fd, address);
	}
	if (r < 0)
		return r;
	close(take_fd(&reserve_fd));
	return adopt_path(e, o->mode);
}

int uds_endpoint_open(struct uds_endpoint *ret_endpoint,
		      const struct uds_address *address,
		      const struct uds_endpoint_options *options)
{
	static const struct uds_endpoint none = UDS_ENDPOINT_NULL;
	cleanup_endpoint struct uds_endpoint e = UDS_ENDPOINT_NULL;
	int r;

	e.lock_timeout_ms = options->lock_timeout_ms;
	e.fd = socket(AF_UNIX, options->type | SOCK_CLOEXEC, 0);
	if (e.fd < 0)
		return -errno;
	if (uds_address_path(address))
		r = bind_path(&e, address, options);
	else
		r = bind_address(e.fd, address);
	if (r < 0)
		return r;
	if (options->type != SOCK_DGRAM && listen(e.fd, options->backlog) < 0)
		return -errno;
	if (e.entry.dir_fd >= 0)
		uds_entry_unlock(&e.entry);
	*ret_endpoint = e;
	e = none;
	return 0;
}

void uds_endpoint_close(struct uds_endpoint *endpoint)
{
	if (endpoint->path_fd >= 0) {
		/* Even without the lock a foreign file is not deleted. */
		(void)uds_entry_lock(&endpoint->entry,
				     endpoint->lock_timeout_ms);
		(void)uds_entry_remove(&endpoint->entry, endpoint->path_fd);
		close(endpoint->path_fd);
	}
	if (endpoint->fd >= 0)
		close(endpoint->fd);
	uds_entry_close(&endpoint->entry);
	endpoint->fd = -1;
	endpoint->path_fd = -1;
}

static int set_send_timeout(int fd, int timeout_ms)
{
	struct timeval tv = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000,
	};

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) < 0)
		return -errno;
	return 0;
}

static int autobind(int fd)
{
	struct uds_address any;

	uds_address_unnamed(&any);
	return bind_address(fd, &any);
}

int uds_endpoint_connect(const struct uds_address *address, int type,
			 int timeout_ms)
{
	int64_t deadline_ns = clock_deadline_ms(timeout_ms);
	cleanup_close int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = type == SOCK_DGRAM ? autobind(fd) : 0;
	for (;;) {
		int left_ms = clock_left_ms(deadline_ns);

		/* A full queue cannot be polled for; connect() can wait.  Zero
		 * would mean for ever. */
		if (r == 0)
			r = set_send_timeout(fd, left_ms > 0 ? left_ms : 1);
		if (r < 0)
			return r;
		if (connect(fd, &address->sa, address->len) == 0)
			break;
		if (errno == EAGAIN)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
		if (left_ms == 0)
			return -ETIMEDOUT;
	}
	r = set_send_timeout(fd, 0);
	return r < 0 ? r : take_fd(&fd);
}
