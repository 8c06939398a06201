# SPDX-License-Identifier: BSD-2-Clause
#
# What the .tap scripts share.  A script begins with
#
#	srcdir=${srcdir:-.}
#	. "$srcdir/tests/lib.sh"
#
# runs in the top build directory, writes only into $tmp and prints TAP.
#
#	$SOCKSPEC	the program of this build
#	$SOCKSPEC_CMD	the same, wrapped in valgrind under check-valgrind;
#			unquoted, because it is several words
#	$tmp		a directory of this script, removed at its end; short,
#			because a socket's name has 108 bytes
#
# The program's exit status is its own, or 98 where valgrind or a sanitizer
# found an error or a leak, in the program or in a child of it.

srcdir=${srcdir:-.}
abs_top_builddir=${abs_top_builddir:-$PWD}
SOCKSPEC=$abs_top_builddir/src/sockspec
SOCKSPEC_CMD=$SOCKSPEC
if [ -n "${VALGRIND-}" ]; then
	SOCKSPEC_CMD="$VALGRIND -q --leak-check=full --error-exitcode=98
		--child-silent-after-fork=no ${VALGRIND_FLAGS-} $SOCKSPEC"
fi

ASAN_OPTIONS=exitcode=98:${ASAN_OPTIONS-}
LSAN_OPTIONS=exitcode=98:${LSAN_OPTIONS-}
UBSAN_OPTIONS=exitcode=98:print_stacktrace=1:${UBSAN_OPTIONS-}
export ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS

tmp=$(mktemp -d "${TMPDIR:-/tmp}/sst.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# sockspec ARGUMENT...: the program under test.
sockspec()
{
	$SOCKSPEC_CMD "$@"
}

# sockspec_with SHIM ARGUMENT...: the program with tests/faults/SHIM.so in
# front of the C library.
sockspec_with()
{
	shim_=$abs_top_builddir/tests/faults/$1.so
	shift
	env LD_PRELOAD="$shim_" \
		ASAN_OPTIONS="verify_asan_link_order=0:$ASAN_OPTIONS" \
		$SOCKSPEC_CMD "$@"
}

# skip_all REASON: none of this script applies here.
skip_all()
{
	echo "1..0 # SKIP $*"
	exit 0
}

# skip_without NAME WHAT: skip_all unless the variable NAME, as configure set
# it, says where the program is.
skip_without()
{
	eval "[ -n \"\${$1-}\" ]" || skip_all "$2 is not installed"
}

# skip_if_static: a static program takes no shim.
skip_if_static()
{
	[ "${STATIC_PROGRAM-no}" != yes ] || skip_all "the program is static"
}

# skip_under_valgrind REASON: what this script shows, or how long it takes,
# does not suit check-valgrind.
skip_under_valgrind()
{
	[ -z "${VALGRIND-}" ] || skip_all "under valgrind: $*"
}

# plan N: that many tests follow.
plan()
{
	tap_n=0
	echo "1..$1"
}

# result STATUS TEXT: one test; it passed when STATUS is 0.
result()
{
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_n - $2"
	else
		echo "not ok $tap_n - $2"
	fi
}

# expect TEXT COMMAND...: one test; it passes when the command succeeds.  What
# the command prints becomes diagnostics when it does not.
expect()
{
	text_=$1
	shift
	if "$@" >"$tmp/expect.out" 2>&1 </dev/null; then
		result 0 "$text_"
	else
		echo "# status $? of: $*"
		sed 's/^/# /' "$tmp/expect.out"
		result 1 "$text_"
	fi
}

# skip REASON TEXT: one test that cannot be made here.
skip()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $2 # SKIP $1"
}
