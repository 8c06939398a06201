// SPDX-License-Identifier: BSD-2-Clause
/*
 * What senders and receivers share: progress in memory that outlives either,
 * and the words for how traffic ended.
 */
#include "config.h"

#include "core/traffic.h"

#include <sys/mman.h>

struct uds_progress *uds_progress_map(size_t n)
{
	void *p = mmap(NULL, n * sizeof(struct uds_progress),
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void uds_progress_unmap(struct uds_progress *progress, size_t n)
{
	if (progress)
		munmap(progress, n * sizeof(*progress));
}

const char *uds_stop_name(enum uds_stop stop)
{
	static const char *const names[] = {
		[UDS_STOP_COUNT] = "all sent or received",
		[UDS_STOP_EOF] = "end of file",
		[UDS_STOP_DONE] = "senders gone and nothing left",
		[UDS_STOP_FULL] = "queue full",
		[UDS_STOP_DEADLINE] = "deadline",
		[UDS_STOP_SHORT] = "message accepted in part",
		[UDS_STOP_GATE] = "barrier broken",
		[UDS_STOP_ERROR] = "error",
	};

	return names[stop];
}
