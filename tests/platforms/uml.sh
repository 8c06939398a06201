#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# uml.sh [OPTION]... [ARGUMENT]...: "sockspec run ARGUMENT..." under another
# Linux, Debian's User-Mode Linux.  In a build directory:
#
#	../tests/platforms/uml.sh -o results 'oob/*' flow
#
# The guest's root is the host's, read-only, so that the program and what it is
# linked to are there; /tmp is new and empty.  The report is shown as it is
# written, and the program's status is passed on.
#
#	-p PROGRAM	what to run (default src/sockspec)
#	-k LINUX	the kernel (default linux.uml)
#	-u		run it as uid 65534, not as the guest's root
#	-d SECONDS	kill the guest after so long (default 7200)
#	-m SIZE		memory of the guest (default 512M)
#	-o DIRECTORY	leave run.txt, run.tap, run.json and the console there
#
# Status 77: there is no such kernel.  Status 99: the guest came to an end
# without the program's; what it said on its console goes to standard error.
set -u

usage()
{
	echo "usage: uml.sh [-u] [-p PROGRAM] [-k LINUX] [-d SECONDS]" \
		"[-m SIZE] [-o DIRECTORY] [ARGUMENT]..." >&2
	exit 2
}

refuse()
{
	echo "uml.sh: $2" >&2
	exit "$1"
}

program=src/sockspec
linux=linux.uml
user=
deadline=7200
memory=512M
results=
while getopts up:k:d:m:o: option; do
	case $option in
	u) user="setpriv --reuid=65534 --regid=65534 --clear-groups" ;;
	p) program=$OPTARG ;;
	k) linux=$OPTARG ;;
	d) deadline=$OPTARG ;;
	m) memory=$OPTARG ;;
	o) results=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
case $deadline in
'' | *[!0-9]*) refuse 2 "-d takes a number of seconds, not '$deadline'" ;;
esac
command -v "$linux" >/dev/null ||
	refuse 77 "no $linux here (Debian's package user-mode-linux has one)"
[ -f "$program" ] && [ -x "$program" ] ||
	refuse 2 "no program $program (in a build directory, or -p PROGRAM)"
[ -z "$results" ] || mkdir -p "$results" ||
	refuse 2 "cannot make the directory $results"

dir=$(mktemp -d "${TMPDIR:-/tmp}/uml.XXXXXX") || exit 99
guest=

# What runs in the guest is a process here, and all are of timeout's group.
clean_up()
{
	trap '' HUP INT TERM
	[ -z "$guest" ] || kill -KILL -"$guest" 2>/dev/null
	rm -rf "$dir"
}

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The arguments as words of the guest's shell.
words=
for word; do
	words="$words '$(printf %s "$word" | sed "s/'/'\\\\''/g")'"
done

# /mnt is the one way out of the guest.  The shell goes on reading this file
# when the new /tmp hides it.  The program may be some other user, who cannot
# write there, so that its reports are copied.
cp "$program" "$dir/program" || exit 99
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
mkdir -m 1777 /tmp/results
cd /tmp
env TMPDIR=/tmp HOME=/tmp $user /tmp/program run \\
	--format text --format tap -o /tmp/results/run.tap \\
	--format json -o /tmp/results/run.json $words \\
	>/mnt/run.txt 2>/mnt/err </dev/null
echo \$? >/tmp/status
cp /tmp/results/run.* /mnt/
cp /tmp/status /mnt/status
sync
echo o >/proc/sysrq-trigger
sleep 60
INIT
chmod 755 "$dir/init"
: >"$dir/run.txt"
: >"$dir/err"

timeout --kill-after=10 "$deadline" "$linux" "mem=$memory" uml_dir="$dir/" \
	root=/dev/root rootfstype=hostfs rootflags=/ ro init="$dir/init" \
	con=null con0=null,fd:1 quiet >"$dir/console" 2>&1 </dev/null &
guest=$!
tail -n +1 -s 0.2 -f --pid="$guest" "$dir/run.txt"
wait "$guest"
ended=$?

cat "$dir/err" >&2
if [ -n "$results" ]; then
	for file in run.txt run.tap run.json console; do
		[ ! -e "$dir/$file" ] || cp "$dir/$file" "$results/" || exit 99
	done
fi
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
