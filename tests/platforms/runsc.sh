#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# runsc.sh [-u] [-d SECONDS] PROGRAM [ARGUMENT]...: run a program under gVisor.
#
# The sandbox sees the host's files and keeps what is written to them for
# itself.  The program's output and status are passed on.
#
#	-u	run it as uid 65534, not as the sandbox's root
#	-d	kill the sandbox after so many seconds (default 1800)
#
# Status 77: the package is missing, or it is not root who asks.  Status 99:
# the sandbox had to be killed.
set -u

user=
deadline=1800
while getopts ud: option; do
	case $option in
	u) user="setpriv --reuid=65534 --regid=65534 --clear-groups" ;;
	d) deadline=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
if [ $# -eq 0 ]; then
	echo "usage: runsc.sh [-u] [-d SECONDS] PROGRAM [ARGUMENT]..." >&2
	exit 2
fi
if ! command -v runsc >/dev/null; then
	echo "runsc.sh: no runsc here (Debian's package runsc)" >&2
	exit 77
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "runsc.sh: runsc wants root" >&2
	exit 77
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/runsc.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 755 "$dir"
mkdir -m 1777 "$dir/tmp"
install -m 755 "$1" "$dir/program" || exit 99
shift

run()
{
	timeout --kill-after=10 "$deadline" runsc --network=none \
		--ignore-cgroups --platform=ptrace do \
		env TMPDIR="$dir/tmp" HOME="$dir/tmp" $user \
		"$dir/program" "$@" </dev/null
	echo $? >"$dir/status"
}

# The sandbox writes to a file from its start, over what was there before, so
# it is given pipes.
cd "$dir/tmp" || exit 99
{ run "$@" 2>&1 >&3 | cat >&2; } 3>&1 | cat
cd /
status=$(cat "$dir/status")
if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
	echo "runsc.sh: killed after $deadline s" >&2
	exit 99
fi
exit "$status"
