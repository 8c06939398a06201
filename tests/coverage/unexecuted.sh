#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# unexecuted.sh: what of src/checks no process of "sockspec run" executed, in
# runs of lines, grouped by what they are for.  Wants a build with
# --enable-code-coverage and CFLAGS=-g; run from the top of it.
set -eu
srcdir=${srcdir:-.}
objects=src/checks

[ -n "$(find $objects -name '*.gcno' | head -n 1)" ] || {
	echo "unexecuted: configure with --enable-code-coverage" >&2
	exit 1
}

find . -name '*.gcda' -exec rm -f {} +
# Twice: the first run makes the files of counters, which cases that become
# another user must be able to write, too.
src/sockspec run -q >/dev/null || [ $? -eq 1 ]
find . -name '*.gcda' -exec chmod a+rw {} +
src/sockspec run -q >/dev/null || [ $? -eq 1 ]

for counters in "$objects"/*.gcda; do
	gcov -t -o "$counters" "$counters" 2>/dev/null
done | awk -f "$srcdir/tests/coverage/unexecuted.awk"
