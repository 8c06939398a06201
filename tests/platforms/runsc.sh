#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# runsc.sh [OPTION]... PROGRAM [ARGUMENT]...: run a program under gVisor.
#
# The sandbox sees the host's files and keeps what is written to them for
# itself.  The program's output and status are passed on.
#
#	-r RUNSC	which gVisor (default runsc)
#	-p PLATFORM	how it intercepts calls (default ptrace; releases since
#			2023 have systrap)
#	-u		run it as uid 65534, not as the sandbox's root
#	-d SECONDS	kill the sandbox after so long (default 1800)
#
# Status 77: there is no such runsc, it does not work here, or it is not root
# who asks.  Status 99: the sandbox had to be killed.
set -u

runsc=runsc
platform=ptrace
user=
deadline=1800
while getopts r:p:ud: option; do
	case $option in
	r) runsc=$OPTARG ;;
	p) platform=$OPTARG ;;
	u) user="setpriv --reuid=65534 --regid=65534 --clear-groups" ;;
	d) deadline=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
if [ $# -eq 0 ]; then
	echo "usage: runsc.sh [-r RUNSC] [-p PLATFORM] [-u] [-d SECONDS]" \
		"PROGRAM [ARGUMENT]..." >&2
	exit 2
fi
if ! command -v "$runsc" >/dev/null; then
	echo "runsc.sh: no $runsc here (Debian's package runsc)" >&2
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

# sandbox SECONDS PROGRAM [ARGUMENT]...
sandbox()
{
	limit=$1
	shift
	timeout --kill-after=10 "$limit" "$runsc" --network=none \
		--ignore-cgroups --platform="$platform" do \
		env TMPDIR="$dir/tmp" HOME="$dir/tmp" $user "$@" </dev/null
}

# Some builds panic when calls block, as Debian's 0.0~20240729.0-7+b1 does.
try='for i in 1 2 3 4 5 6 7 8; do sleep 0.02 | cat; done; echo works'
if [ "$(sandbox 60 sh -c "$try" 2>"$dir/err")" != works ]; then
	cat "$dir/err" >&2
	echo "runsc.sh: $runsc does not work with platform $platform" >&2
	exit 77
fi

run()
{
	sandbox "$deadline" "$dir/program" "$@"
	echo $? >"$dir/status"
}

# The sandbox writes to a file from its start, over what was there before, so
# it is given pipes.
{ run "$@" 2>&1 >&3 | cat >&2; } 3>&1 | cat
status=$(cat "$dir/status")
if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
	echo "runsc.sh: killed after $deadline s" >&2
	exit 99
fi
exit "$status"
