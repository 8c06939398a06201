#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# musl.sh [-o PROGRAM] [ARGUMENT]...: build the static program with musl, of the
# sources around this script, and "run ARGUMENT..." with it.  The libraries are
# built with musl as well, from Debian's source packages.
#
#	-o PROGRAM	keep the program there
#
# Needs Debian's packages musl-tools, linux-libc-dev and those of the build.
# Status 77: musl-gcc is not installed.
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
keep=
while getopts o: option; do
	case $option in
	o) keep=$OPTARG ;;
	*)
		echo "usage: musl.sh [-o PROGRAM] [ARGUMENT]..." >&2
		exit 2
		;;
	esac
done
shift $((OPTIND - 1))
command -v musl-gcc >/dev/null || {
	echo "musl.sh: there is no musl-gcc" >&2
	exit 77
}
case $keep in
"" | /*) ;;
*) keep=$PWD/$keep ;;
esac

dir=$(mktemp -d "${TMPDIR:-/tmp}/musl.XXXXXX")
built=

clean_up()
{
	status=$?
	if [ -z "$built" ]; then
		tail -n 20 "$dir/log" >&2
		status=99
	fi
	rm -rf "$dir"
	exit "$status"
}

trap clean_up EXIT
trap 'exit 130' HUP INT TERM
cd "$dir"
mkdir -p lib include kernel apt/lists/partial apt/archives/partial

# The kernel's headers without those of glibc.
for name in linux asm-generic mtd scsi misc; do
	ln -s "/usr/include/$name" "kernel/$name"
done
ln -s "/usr/include/$(gcc -dumpmachine)/asm" kernel/asm
CC="musl-gcc -isystem $dir/kernel"

# fetch NAME: unpack the source of a package of the Debian that is installed.
# shellcheck disable=SC1091
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
	"http://deb.debian.org/debian $suite main" >sources.list
apt="-o Dir::State::lists=$dir/apt/lists -o Dir::Cache=$dir/apt
	-o Dir::Etc::sourcelist=$dir/sources.list
	-o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root"
fetch()
{
	# shellcheck disable=SC2086
	apt-get $apt source --download-only "$1" >>log 2>&1
	mkdir "$1"
	tar -xf "$1"_*.orig.tar.* -C "$1" --strip-components=1
}

# shellcheck disable=SC2086
apt-get $apt update >log 2>&1
fetch jansson
fetch mxml
fetch xxhash

cd "$dir/jansson/src"
cp "$(dpkg -L libjansson-dev | grep '/jansson_config.h$')" .
: >jansson_private_config.h
$CC -O2 -I. -DHAVE_CONFIG_H -DHAVE_STDINT_H -DHAVE_UNISTD_H \
	-DHAVE_SYS_TYPES_H -DHAVE_FCNTL_H -DHAVE_SYS_TIME_H -DHAVE_GETPID \
	-DHAVE_GETTIMEOFDAY -c ./*.c >>"$dir/log" 2>&1
ar rcs "$dir/lib/libjansson.a" ./*.o
cp jansson.h jansson_config.h "$dir/include"

cd "$dir/mxml"
./configure --disable-shared --disable-threads CC="$CC" >>"$dir/log" 2>&1
make libmxml.a >>"$dir/log" 2>&1
cp libmxml.a "$dir/lib"
cp mxml.h "$dir/include"

cd "$dir/xxhash"
make libxxhash.a CC="$CC" >>"$dir/log" 2>&1
cp libxxhash.a "$dir/lib"
cp xxhash.h xxh3.h "$dir/include"

mkdir "$dir/build"
cd "$dir/build"
PKG_CONFIG=false "$source/configure" --enable-static-program CC="$CC" \
	CPPFLAGS="-I$dir/include" LDFLAGS="-L$dir/lib" \
	JANSSON_CFLAGS=" " JANSSON_LIBS=-ljansson \
	MXML_CFLAGS=" " MXML_LIBS=-lmxml \
	XXHASH_CFLAGS=" " XXHASH_LIBS=-lxxhash >>"$dir/log" 2>&1
make -j "$(nproc)" >make.log 2>&1 || {
	cat make.log >>"$dir/log"
	exit 99
}
built=yes
grep 'warning:' make.log >&2 || :
[ -z "$keep" ] || cp src/sockspec "$keep"
src/sockspec run "$@"
