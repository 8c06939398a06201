#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a case costs beside the least it could cost, in turn, so that both see
# the same machine; run by "make bench" in the build directory.
#
# The case pass/binds_a_name of the self-test makes the same calls as
# fork_bind; what is on top is the harness: group, limits, records, audit.
set -eu
turns=${1:-500}
rounds=${2:-11}

one_case()
{
	tests/selftest/selftest run --format json -j 1 --repeat "$turns" \
		pass/binds_a_name |
		sed -n 's/.*"event":"run_end".*"duration_us":\([0-9]*\).*/\1/p' |
		awk -v turns="$turns" '{ printf "%.1f\n", $1 / turns }'
}

i=0
while [ $i -lt "$rounds" ]; do
	i=$((i + 1))
	echo "$(tests/bench/fork_bind "$turns") $(one_case)"
done | awk '
	{ fork[NR] = $1; ours[NR] = $2; ratio[NR] = $2 / $1 }
	function median(a, n,    i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && a[j] < a[j - 1]; j--) {
				t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
			}
		return a[int((n + 1) / 2)]
	}
	END {
		printf "fork+socket+bind+unlink+exit+wait  %8.1f us\n", median(fork, NR)
		printf "the same as a case                 %8.1f us\n", median(ours, NR)
		printf "ratio, round by round              %8.2f (%.2f to %.2f)\n",
			median(ratio, NR), ratio[1], ratio[NR]
	}'
