#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# qemu.sh -k KERNEL [OPTION]... [ARGUMENT]...: "sockspec run ARGUMENT..." under
# a kernel of any distribution, in a machine that qemu emulates.  In a build
# directory of "configure --enable-static-program":
#
#	../tests/platforms/qemu.sh -k vmlinuz-5.4.0-216-generic -o results 'oob/*'
#
# And of another architecture, with a program and a busybox of that one:
#
#	../tests/platforms/qemu.sh -a s390x -b s390x/bin/busybox \
#		-k vmlinuz-7.2.13-s390x -- --timeout-scale 4
#
# The guest has nothing but the program and a static busybox, in memory; its
# reports leave it by the serial lines.  The report is shown as it is written,
# and the program's status is passed on.
#
#	-p PROGRAM	what to run (default src/sockspec)
#	-k KERNEL	the kernel, as /boot has it
#	-a ARCHITECTURE	aarch64, arm, i386, ppc64, s390x or x86_64 (the default)
#	-b BUSYBOX	a static one of that architecture (default: the one here)
#	-i MODULE	load this one first, as unix_diag.ko; may be repeated
#	-u		run it as uid 65534, not as the guest's root
#	-c COUNT	processors of the guest (default 2)
#	-d SECONDS	kill the guest after so long (default 7200)
#	-m SIZE		memory of the guest (default 1G)
#	-o DIRECTORY	leave run.txt, run.tap, run.json and the console there
#
# Status 77: there is no qemu-system-ARCHITECTURE or static busybox (Debian's
# packages qemu-system-arm, -misc, -ppc and -x86, and busybox-static).
# Status 99: the guest came to an end without the program's; what it said on
# its console goes to standard error.
set -u

usage()
{
	echo "usage: qemu.sh -k KERNEL [-a ARCHITECTURE -b BUSYBOX] [-u]" \
		"[-p PROGRAM] [-i MODULE]... [-c COUNT] [-d SECONDS]" \
		"[-m SIZE] [-o DIRECTORY] [ARGUMENT]..." >&2
	exit 2
}

refuse()
{
	echo "qemu.sh: $2" >&2
	exit "$1"
}

unpack()
{
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

dir=$(mktemp -d "${TMPDIR:-/tmp}/qemu.XXXXXX") || exit 99
guest=

clean_up()
{
	trap '' HUP INT TERM
	[ -z "$guest" ] || kill -KILL "$guest" 2>/dev/null
	rm -rf "$dir"
}

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

program=src/sockspec
kernel=
arch=x86_64
cpu=max
foreign=
user=root
count=2
deadline=7200
memory=1G
results=
root=$dir/root
mkdir -p "$root/bin" "$root/lib" || exit 99
while getopts up:k:a:b:i:c:d:m:o: option; do
	case $option in
	u) user=nobody ;;
	p) program=$OPTARG ;;
	k) kernel=$OPTARG ;;
	a) arch=$OPTARG ;;
	b) foreign=$OPTARG ;;
	i)	name=$(basename "$OPTARG")
		unpack "$OPTARG" >"$root/lib/${name%.ko*}.ko" ||
			refuse 2 "no module $OPTARG" ;;
	c) count=$OPTARG ;;
	d) deadline=$OPTARG ;;
	m) memory=$OPTARG ;;
	o) results=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ -n "$kernel" ] || usage
for number in "$deadline" "$count"; do
	case $number in
	'' | *[!0-9]*) refuse 2 "-c and -d take numbers, not '$number'" ;;
	esac
done
case $arch in
x86_64 | i386) machine=pc console=ttyS0 report=ttyS1 rest=ttyS2 ;;
ppc64) machine=pseries console=hvc0 report=hvc1 rest=hvc2 ;;
aarch64 | arm) machine=virt console=ttyAMA0 report=hvc0 rest=hvc1 ;;
# Vectors make wrong checksums of IPv4 in qemu 7.2.
s390x)	cpu=max,vx=off
	machine=s390-ccw-virtio console=ttysclp0 report=hvc0 rest=hvc1 ;;
*) refuse 2 "no architecture '$arch'" ;;
esac
command -v "qemu-system-$arch" >/dev/null ||
	refuse 77 "no qemu-system-$arch here (Debian has it as a package)"
busybox=$(command -v busybox) && ! ldd "$busybox" >/dev/null 2>&1 ||
	refuse 77 "no static busybox here (Debian's package busybox-static)"
[ "$arch" = x86_64 ] || [ -n "$foreign" ] ||
	refuse 2 "$arch wants a static busybox (-b BUSYBOX)"
[ -f "${foreign:=$busybox}" ] || refuse 2 "no busybox $foreign"
[ -f "$kernel" ] || refuse 2 "no kernel $kernel"
[ -f "$program" ] && [ -x "$program" ] ||
	refuse 2 "no program $program (in a build directory, or -p PROGRAM)"
! ldd "$program" >/dev/null 2>&1 ||
	refuse 2 "$program is no static program (configure --enable-static-program)"
[ -z "$results" ] || mkdir -p "$results" ||
	refuse 2 "cannot make the directory $results"

# The arguments as words of the guest's shell.
words=
for word; do
	words="$words '$(printf %s "$word" | sed "s/'/'\\\\''/g")'"
done

# The console is for the kernel, and two lines more are for us.
set -- -serial "file:$dir/console"
case $arch in
aarch64 | arm | s390x)
	set -- "$@" -device virtio-serial \
		-chardev "file,id=run,path=$dir/run.txt" \
		-device virtconsole,chardev=run \
		-chardev "file,id=rest,path=$dir/rest" \
		-device virtconsole,chardev=rest ;;
*) set -- "$@" -serial "file:$dir/run.txt" -serial "file:$dir/rest" ;;
esac

mkdir -p "$root/dev" "$root/etc" "$root/proc" "$root/sys" "$root/tmp" || exit 99
cp "$foreign" "$root/bin/busybox" && cp "$program" "$root/bin/program" &&
	chmod 755 "$root/bin/program" || exit 99
printf '%s\n' root:x:0:0::/tmp:/bin/sh nobody:x:65534:65534::/tmp:/bin/sh \
	>"$root/etc/passwd"
cat >"$root/run" <<RUN
cd /tmp
export TMPDIR=/tmp HOME=/tmp NO_COLOR=1
exec /bin/program run --format text --format tap -o /tmp/results/run.tap \\
	--format json -o /tmp/results/run.json $words </dev/null
RUN
cat >"$root/init" <<INIT
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev || mount -t tmpfs tmpfs /dev
mount -t tmpfs -o mode=1777 tmpfs /tmp
for module in /lib/*.ko; do
	[ ! -e "\$module" ] || insmod "\$module"
done
ip link set lo up
mkdir -m 1777 /tmp/results
# An hvc forgets that it is raw when it is closed.
exec 8<>/dev/$report 9<>/dev/$rest
stty raw <&8
stty raw <&9
su -s /bin/sh -c '. /run' $user >&8 2>/tmp/results/err 8>&- 9>&-
echo \$? >/tmp/results/status
tar -C /tmp/results -cz . >&9
exec 8>&- 9>&-
reboot -f
sleep 60
INIT
chmod 755 "$root/init"
(cd "$root" && find . | "$busybox" cpio -o -H newc -R 0:0 2>/dev/null) |
	gzip -1 >"$dir/initrd" || exit 99
: >"$dir/run.txt"

timeout --kill-after=10 "$deadline" "qemu-system-$arch" -nodefaults \
	-machine "$machine" -cpu "$cpu" -smp "$count" -m "$memory" -display none \
	-no-reboot -kernel "$kernel" -initrd "$dir/initrd" \
	-append "console=$console quiet panic=-1" \
	"$@" >"$dir/qemu" 2>&1 </dev/null &
guest=$!
tail -n +1 -s 0.2 -f --pid="$guest" "$dir/run.txt"
wait "$guest"
ended=$?

mkdir "$dir/rest.d"
tar -C "$dir/rest.d" -xzf "$dir/rest" 2>/dev/null
if [ -n "$results" ]; then
	for file in run.txt console rest.d/run.tap rest.d/run.json; do
		[ ! -e "$dir/$file" ] || cp "$dir/$file" "$results/" || exit 99
	done
fi
if [ -s "$dir/rest.d/status" ]; then
	cat "$dir/rest.d/err" >&2
	exit "$(cat "$dir/rest.d/status")"
fi
if [ $ended -eq 124 ] || [ $ended -eq 137 ]; then
	echo "qemu.sh: killed after $deadline s" >&2
else
	echo "qemu.sh: the guest ended before the program did" >&2
fi
tail -n 20 "$dir/qemu" "$dir/console" >&2
exit 99
