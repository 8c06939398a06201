#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# installcheck.sh PROGRAM: the installed program works where it was put, from
# a directory that is not the build tree's.
set -eu
case $1 in
/*) program=$1 ;;
*) program=$PWD/$1 ;;
esac
cd /

fail()
{
	echo "installcheck: $*" >&2
	exit 1
}

[ -x "$program" ] || fail "$program is not there"
"$program" --help | grep '^Usage: ' >/dev/null || fail "--help has no Usage"
"$program" --version | grep '^sockspec ' >/dev/null ||
	fail "--version does not name the program"
"$program" list | grep . >/dev/null || fail "list is empty"
"$program" run socket >/dev/null || fail "run socket gave status $?"
echo "installcheck: $program works"
