#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a case costs beside the least it could cost, in turn, so that both see
# the same machine; run by "make bench" in the build directory.
#
# The case pass/binds_a_name of the self-test makes the same calls as
# fork_bind; what is on top is the harness: group, limits, records, audit.
# pass/binds_in_turn has two rows, which one process runs again and again.
set -eu
turns=${1:-500}
rounds=${2:-11}

# a_case CHECK ROWS: microseconds for one of so many cases.
a_case()
{
	tests/selftest/selftest run --format json -j 1 \
		--repeat $((turns / $2)) "pass/$1" |
		sed -n 's/.*"event":"run_end".*"duration_us":\([0-9]*\).*/\1/p' |
		awk -v turns="$turns" '{ printf "%.1f\n", $1 / turns }'
}

i=0
while [ $i -lt "$rounds" ]; do
	i=$((i + 1))
	echo "$(tests/bench/fork_bind "$turns") $(a_case binds_a_name 1)" \
		"$(a_case binds_in_turn 2)"
done | awk '
	{
		fork[NR] = $1; alone[NR] = $2; turn[NR] = $3
		ratio[NR] = $2 / $1; turn_ratio[NR] = $3 / $1
	}
	function median(a, n,    i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && a[j] < a[j - 1]; j--) {
				t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
			}
		return a[int((n + 1) / 2)]
	}
	function say(what, us, ratio) {
		printf "%-34s %8.1f us  %5.2f (%.2f to %.2f)\n", what,
			median(us, NR), median(ratio, NR), ratio[1], ratio[NR]
	}
	END {
		printf "%-34s %8.1f us  ratio, round by round\n",
			"fork+socket+bind+unlink+exit+wait", median(fork, NR)
		say("the same as a case, isolated", alone, ratio)
		say("the same as the next row", turn, turn_ratio)
	}'
