#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# confirm.sh [-r RUNSC] [-p PLATFORM] PROFILE [WITNESS]: ask the witnesses that
# the lines of a profile name under gVisor, each by a few calls and without
# the checks.  In a build directory, after "make check" or
# "make tests/platforms/witness/witness":
#
#	../tests/platforms/confirm.sh ../profiles/gvisor-2022.deviations
#
#	-r, -p	as for runsc.sh
#
# It prints the lines that nothing confirms: they name no witness, or one that
# answers as on Linux; then the witnesses that answer otherwise and that no
# line names; then the numbers.  Status 1: there are such lines.
set -u

dir=$(dirname "$0")
options=
while getopts r:p: option; do
	case $option in
	r | p) options="$options -$option $OPTARG" ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
	echo "usage: confirm.sh [-r RUNSC] [-p PLATFORM] PROFILE [WITNESS]" >&2
	exit 2
fi
profile=$1
witness=${2-tests/platforms/witness/witness}

answers=$(mktemp) || exit 99
trap 'rm -f "$answers"' EXIT
"$dir/runsc.sh" $options "$witness" >"$answers" || exit
grep -q '^1\.\.' "$answers" || exit 99

awk '
	FNR == NR && /^not ok / { sub(/:$/, "", $5); deviates[$5] = $0; next }
	FNR == NR || /^#/ || NF == 0 { next }
	{
		lines++
		name = ""
		if (match($0, /\[witness [a-z0-9_]+\]/))
			name = substr($0, RSTART + 9, RLENGTH - 10)
		if (name in deviates) {
			confirmed++
			named[name] = 1
		} else {
			print "unconfirmed: " $1, name
		}
	}
	END {
		for (name in deviates) {
			all++
			if (!(name in named))
				print "named by no line: " deviates[name]
		}
		print lines " lines, " confirmed + 0 " confirmed; " \
			all + 0 " witnesses answer otherwise than Linux"
		exit confirmed != lines
	}' "$answers" "$profile"
