// SPDX-License-Identifier: BSD-2-Clause
/*
 * The picture of a process is a hash over what /proc says of it.  What is not
 * in the picture a case must not change: see "What a case may leave" in
 * HACKING.
 */
#include "config.h"

#include "harness/renew.h"

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "harness/child.h"

#define STATUS_MAX 4096
#define SCRUB 16384	/* bytes of the stack */

/* How often a thread that was joined may still be seen. */
#define LOOKS 20

/* The first two real-time signals are the C library's own. */
#define FIRST_LIBC 32
#define LAST_LIBC 33

static uint64_t noted;	/* 0: nothing was, or could be */

static const char *const links[] = {
	"/proc/self/cwd", "/proc/self/root", "/proc/self/ns/cgroup",
	"/proc/self/ns/ipc", "/proc/self/ns/mnt", "/proc/self/ns/net",
	"/proc/self/ns/pid_for_children", "/proc/self/ns/time_for_children",
	"/proc/self/ns/user", "/proc/self/ns/uts",
};

/* Lines of /proc/self/status that tell of memory, luck or the signals. */
static const char *const passed_over[] = {
	"State:", "FDSize:", "SigQ:", "SigBlk:", "SigIgn:", "SigCgt:", "Umask:",
	"Vm", "Rss", "Huge", "THP", "Core", "voluntary", "nonvoluntary",
	"Speculation", "x86",
};

static bool is_passed_over(const char *line)
{
	for (size_t i = 0; i < sizeof(passed_over) / sizeof(*passed_over); i++) {
		if (strncmp(line, passed_over[i], strlen(passed_over[i])) == 0)
			return true;
	}
	return false;
}

/* Reads all of a small file of /proc; false when there is none. */
static bool read_file(const char *path, char *text, size_t size)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	while (fd >= 0 && len < size - 1 &&
	       (n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return len > 0 && n == 0;
}

static uint64_t hash_status(const char *text, uint64_t hash)
{
	while (*text) {
		const char *end = strchrnul(text, '\n');

		if (!is_passed_over(text))
			hash = hash64(text, (size_t)(end - text), hash);
		text = *end ? end + 1 : end;
	}
	return hash;
}

static uint64_t hash_links(uint64_t hash)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		char target[256];
		ssize_t n = readlink(links[i], target, sizeof(target));

		if (n > 0)
			hash = hash64(target, (size_t)n, hash);
	}
	return hash;
}

static uint64_t hash_descriptors(uint64_t hash)
{
	for (int fd = 0; fd <= RESULT_FD; fd++) {
		struct stat st;
		uint64_t facts[3] = { 0 };

		if (fstat(fd, &st) == 0) {
			facts[0] = st.st_dev;
			facts[1] = st.st_ino;
			facts[2] = (uint64_t)fcntl(fd, F_GETFL);
		}
		hash = hash64(facts, sizeof(facts), hash);
	}
	return hash;
}

/* Of all but the status. */
static uint64_t hash_rest(void)
{
	struct itimerval timer = { 0 };
	struct rlimit files = { 0 };	/* valgrind has one of its own */
	char text[4096];
	uint64_t hash;

	if (!read_file("/proc/self/limits", text, sizeof(text)))
		return 0;
	getitimer(ITIMER_REAL, &timer);
	getrlimit(RLIMIT_NOFILE, &files);
	hash = hash64(text, strlen(text), 0);
	hash = hash64(&timer.it_value, sizeof(timer.it_value), hash);
	hash = hash64(&files, sizeof(files), hash);
	return hash_descriptors(hash_links(hash));
}

/* With the status as it was then; 0 without /proc. */
static uint64_t picture(char *status, size_t size)
{
	uint64_t hash = hash_rest();

	if (!hash || !read_file("/proc/self/status", status, size))
		return 0;
	return hash_status(status, hash);
}

void renew_note(void)
{
	char status[STATUS_MAX];

	noted = 0;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == 0)
		noted = picture(status, sizeof(status));
	if (noted && !strstr(status, "\nThreads:"))
		noted = 0;
}

static bool has_children(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
		;
	return pid == 0;
}

/* One that still waits would come to the next case. */
static bool is_signalled(void)
{
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	for (int sig = 1; sig < NSIG; sig++) {
		if (sigismember(&pending, sig) == 1)
			return true;
	}
	return false;
}

/* The signals whose bits a line of the status has; all without the line. */
static uint64_t signal_bits(const char *status, const char *line)
{
	const char *at = strstr(status, line);

	return at ? strtoull(at + strlen(line), NULL, 16) : UINT64_MAX;
}

static void put_back_signals(const char *status)
{
	uint64_t changed = signal_bits(status, "\nSigIgn:") |
			   signal_bits(status, "\nSigCgt:");
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (; changed; changed &= changed - 1) {
		int sig = __builtin_ctzll(changed) + 1;

		if (sig < FIRST_LIBC || sig > LAST_LIBC)
			sigaction(sig, &sa, NULL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * What the last case received must not lie where the next one looks for its
 * own.
 */
static void __attribute__((noinline)) scrub_stack(void)
{
	volatile char below[SCRUB];

	memset((char *)below, 0x5a, sizeof(below));
	/* The memory is used: nothing of the above may be left out. */
	__asm__ volatile("" : : "r"(below) : "memory");
}

static void scrub_heap_from_now_on(void)
{
#ifdef M_PERTURB
	mallopt(M_PERTURB, 0x5a);
#endif
}

bool renew(void)
{
	char status[STATUS_MAX];
	int looks = LOOKS;

	if (!noted || has_children() || is_signalled())
		return false;
	while (picture(status, sizeof(status)) != noted) {
		if (--looks == 0)
			return false;
		sched_yield();
	}
	put_back_signals(status);
	umask(022);
	scrub_stack();
	scrub_heap_from_now_on();
	return true;
}
