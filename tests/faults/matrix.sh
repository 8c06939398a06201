#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# matrix.sh [-b DIRECTORY] [-l LIST] [-j N] [PATTERN...]
#
# For maintainers: run all checks, or those of the patterns, under each fault
# of a list, and tell which faults each check FAILs under, and which checks
# FAIL under none.
#
#	-b	build directory (.): src/sockspec, tests/faults/fault.so
#	-l	a specification a line (generic.list beside this script)
#	-j	cases at once (8: much of the time goes by in calls that hang)
build=.
list=$(dirname "$0")/generic.list
jobs=8
while getopts b:l:j: option; do
	case $option in
	b) build=$OPTARG ;;
	l) list=$OPTARG ;;
	j) jobs=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
program=$build/src/sockspec
shim=$(cd "$build/tests/faults" && pwd)/fault.so
[ -x "$program" ] && [ -r "$shim" ] || {
	echo "matrix.sh: no src/sockspec or tests/faults/fault.so in $build" >&2
	exit 2
}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/matrix.XXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Checks with a case that is FAIL, one a line.
failing()
{
	awk '/^(not )?ok / { id = $0; sub(/^[^-]*- /, "", id)
			     sub(/[@:].*/, "", id); bad = /^not ok/; next }
	     bad && /^# FAIL$/ { print id }
	     { bad = 0 }' "$1" | sort -u
}

run()
{
	"$program" run -j "$jobs" --format tap "$@" </dev/null 2>"$tmp/err"
}

SOCKSPEC_FAULT='nothing all' LD_PRELOAD=$shim run "$@" >"$tmp/tap"
[ $? -le 1 ] || { cat "$tmp/err" >&2; exit 3; }
sed -n 's/^\(not \)*ok [0-9]* - //p' "$tmp/tap" |
	sed 's/ # .*//; s/[@:].*//' | sort -u >"$tmp/all"
failing "$tmp/tap" >"$tmp/broken"
sed 's/^/FAILs with no fault: /' "$tmp/broken"

sed '/^#/d; /^$/d' "$list" >"$tmp/list"
while IFS= read -r spec; do
	SOCKSPEC_FAULT=$spec LD_PRELOAD=$shim run "$@" >"$tmp/tap"
	status=$?
	failing "$tmp/tap" | comm -23 - "$tmp/broken" >"$tmp/found"
	printf '%s: %d checks FAIL, status %d\n' "$spec" \
		$(($(wc -l <"$tmp/found"))) "$status" >&2
	[ $status -le 1 ] || sed 's/^/	/' "$tmp/err" >&2
	while IFS= read -r check; do
		printf '%s\t%s\n' "$check" "$spec"
	done <"$tmp/found" >>"$tmp/matrix"
done <"$tmp/list"

sort -s -t "$(printf '\t')" -k 1,1 "$tmp/matrix" |
	awk -F '\t' '$1 != last { print last = $1 } { print "\t" $2 }'
cut -f 1 "$tmp/matrix" | cat - "$tmp/broken" | sort -u |
	comm -23 "$tmp/all" - | sed 's/^/no fault: /'
