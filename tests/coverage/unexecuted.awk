# SPDX-License-Identifier: BSD-2-Clause
# Reads what gcov prints; prints the runs of lines of src/checks/*.c that were
# not executed, a group at a time, and a count of each group.

function flush_run(   group)
{
	if (text == "")
		return
	if (text ~ /SKIP_CASE|skip_|_skip/)
		group = "skip"
	else if (text ~ /BROKEN|SETUP\(-1\)/)
		group = "set-up"
	else if (text ~ /^[^\n]*\t(return|continue|break|goto)[^\n]*\n$/)
		group = "leave"
	else
		group = "other"
	runs[group]++
	lines[group] += count
	listing[group] = listing[group] text
	text = ""
	count = 0
}

BEGIN {
	title["skip"] = "reasons to skip that this machine does not give"
	title["set-up"] = "set-ups that did not break"
	title["leave"] = "ways out after a failure"
	title["other"] = "anything else"
}

{
	hits = $1
	sub(/:.*/, "", hits)
	gsub(/[ \t]/, "", hits)
	rest = $0
	sub(/^[^:]*:/, "", rest)
	number = rest + 0
	sub(/^[^:]*:/, "", rest)
}

number == 0 && rest ~ /^Source:/ {
	flush_run()
	file = rest
	sub(/.*\//, "", file)
	wanted = rest ~ /src\/checks\/[a-z0-9_]*\.c$/
	next
}

!wanted || number == 0 {
	next
}

hits ~ /^[0-9]/ {
	total++
	flush_run()
}

hits ~ /^#####|^=====/ {
	total++
	count++
	text = text sprintf("%s:%d:%s\n", file, number, rest)
}

END {
	flush_run()
	n = split("skip set-up leave other", order, " ")
	for (i = 1; i <= n; i++) {
		g = order[i]
		printf "%s\n\n%s\n", title[g], listing[g]
	}
	for (i = 1; i <= n; i++) {
		g = order[i]
		sum += lines[g]
		printf "%5d lines in %4d runs  %s\n", lines[g], runs[g], title[g]
	}
	printf "%5d of %d lines of src/checks were not executed\n", sum, total
}
