// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "cli/baseline_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/die.h"
#include "base/io.h"
#include "harness/deviation.h"
#include "report/sanitize.h"

#define REASON_MAX 300

/* The copy that is not in its place yet; goes whatever ends the program. */
static char *unfinished;

static void remove_unfinished(void)
{
	if (unfinished)
		unlink(unfinished);
	free(unfinished);
	unfinished = NULL;
}

void baseline_file_comment(struct baseline_file *file, const char *fmt, ...)
{
	va_list ap;

	buf_printf(&file->text, "# ");
	va_start(ap, fmt);
	buf_vprintf(&file->text, fmt, ap);
	va_end(ap);
	buf_printf(&file->text, "\n");
}

void baseline_file_add(struct baseline_file *file, const char *case_id,
		       const char *reason)
{
	size_t len = strlen(reason);

	buf_printf(&file->text, "%s  ", case_id);
	sanitize(&file->text, reason, len < REASON_MAX ? len : REASON_MAX,
		 SANITIZE_LINE);
	buf_printf(&file->text, "%s\n", len < REASON_MAX ? "" : "...");
	file->n++;
}

/* The directory that path is in. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	if (slash == path)
		return xstrdup("/");
	return xasprintf("%.*s", (int)(slash - path), path);
}

void baseline_file_prepare(const char *path)
{
	cleanup_free char *dir = path ? parent_of(path) : NULL;
	struct stat st;

	if (!path)
		return;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		die(EXIT_USAGE, "cannot write %s: not a regular file", path);
	if (access(dir, W_OK | X_OK) < 0)
		die(EXIT_USAGE, "cannot write %s: %s", path, strerror(errno));
}

static void make_copy(const struct baseline_file *file, const char *dir)
{
	cleanup_close int fd = -1;
	mode_t mask = umask(077);
	int err;

	umask(mask);
	unfinished = xasprintf("%s/sockspec-baseline-XXXXXX", dir);
	fd = mkostemp(unfinished, O_CLOEXEC);
	if (fd < 0) {
		err = errno;
		/* There is nothing of that name to remove. */
		free(unfinished);
		unfinished = NULL;
		die(EXIT_CHECKER, "cannot write in %s: %s", dir, strerror(err));
	}
	atexit(remove_unfinished);
	err = -io_write_all(fd, file->text.data, file->text.len);
	if (!err && (fchmod(fd, 0666 & ~mask) < 0 || fsync(fd) < 0))
		err = errno;
	if (err)
		die(EXIT_CHECKER, "cannot write in %s: %s", dir, strerror(err));
}

/* The reader finds as many lines as were written. */
static void read_back(const struct baseline_file *file)
{
	struct deviation_list list = { NULL, 0 };
	size_t n;

	deviation_load(&list, unfinished);
	n = list.n;
	deviation_free(&list);
	if (n != file->n)
		die(EXIT_CHECKER, "the baseline reads back as %zu lines, not %zu",
		    n, file->n);
}

void baseline_file_write(const struct baseline_file *file, const char *path,
			 const char *tmp_dir)
{
	cleanup_free char *dir = path ? parent_of(path) : xstrdup(tmp_dir);

	make_copy(file, dir);
	read_back(file);
	if (!path) {
		fwrite(file->text.data, 1, file->text.len, stdout);
	} else if (rename(unfinished, path) < 0) {
		die(EXIT_CHECKER, "cannot write %s: %s", path, strerror(errno));
	} else {
		free(unfinished);
		unfinished = NULL;
	}
	remove_unfinished();
}

void baseline_file_free(struct baseline_file *file)
{
	buf_free(&file->text);
	file->n = 0;
}
