#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# uml.sh [-u] [-d SECONDS] PROGRAM [ARGUMENT]...: run a program under another
# Linux, Debian's User-Mode Linux.
#
# The guest's root is the host's, read-only, so that a program and what it is
# linked to are there; /tmp is new and empty.  Standard output and error of
# the program are written at its end, its status is passed on.
#
#	-u	run it as uid 65534, not as the guest's root
#	-d	kill the guest after so many seconds (default 1800)
#
# Status 77: the package is missing.  Status 99: the guest came to an end
# without the program's; what it said on its console goes to standard error.
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
	echo "usage: uml.sh [-u] [-d SECONDS] PROGRAM [ARGUMENT]..." >&2
	exit 2
fi
if ! command -v linux.uml >/dev/null; then
	echo "uml.sh: no linux.uml here (Debian's package user-mode-linux)" >&2
	exit 77
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/uml.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The arguments as words of the guest's shell.
words=
cp "$1" "$dir/program" || exit 99
shift
for word; do
	words="$words '$(printf %s "$word" | sed "s/'/'\\\\''/g")'"
done

# /mnt is the one way out of the guest.  The shell goes on reading this file
# when the new /tmp hides it.
cat >"$dir/init" <<INIT
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t hostfs -o '$dir' none /mnt
mount -t tmpfs -o mode=1777 tmpfs /tmp
ip link set lo up || ifconfig lo up
cp /mnt/program /tmp/program
chmod 755 /tmp/program
cd /tmp
env TMPDIR=/tmp HOME=/tmp $user /tmp/program $words \\
	>/mnt/out 2>/mnt/err </dev/null
echo \$? >/mnt/status
sync
echo o >/proc/sysrq-trigger
exit
INIT
chmod 755 "$dir/init"

timeout --kill-after=10 "$deadline" linux.uml mem=512M uml_dir="$dir/" \
	root=/dev/root rootfstype=hostfs rootflags=/ ro init="$dir/init" \
	con=null con0=null,fd:1 quiet >"$dir/console" 2>&1 </dev/null
ended=$?

[ ! -e "$dir/out" ] || cat "$dir/out"
[ ! -e "$dir/err" ] || cat "$dir/err" >&2
if [ -s "$dir/status" ]; then
	exit "$(cat "$dir/status")"
fi
if [ $ended -eq 124 ] || [ $ended -eq 137 ]; then
	echo "uml.sh: killed after $deadline s" >&2
else
	echo "uml.sh: the guest ended before the program did" >&2
fi
tail -n 20 "$dir/console" >&2
exit 99
