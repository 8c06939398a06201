# SPDX-License-Identifier: BSD-2-Clause
# The TAP of a run under a fault, then its standard error, to one test line.
# A check is held to have found the fault when one of its cases is FAIL.

function note(text)
{
	notes = notes "# " text "\n"
}

function repeat()
{
	if (command != "") {
		note("repeat: " command)
		return
	}
	note("repeat: SOCKSPEC_FAULT='" spec "' LD_PRELOAD=" shim \
	     " sockspec run " patterns)
}

FILENAME ~ /\.err$/ {
	note("stderr: " $0)
	next
}

/^1\.\.[0-9]+/ {
	planned = substr($1, 4)
	next
}

/^Bail out!/ {
	bailed = $0
	next
}

/^(not )?ok [0-9]+ - / {
	ran++
	id = $0
	sub(/^(not )?ok [0-9]+ - /, "", id)
	sub(/ # (SKIP|TODO).*/, "", id)
	check = id
	sub(/[@:].*/, "", check)
	if (!(check in cases))
		order[++n_checks] = check
	cases[check]++
	outcome = /^ok .* # SKIP/ ? "SKIP" : "PASS"
	if (/ # SKIP/) {
		skipped[check]++
		reason = $0
		sub(/.* # SKIP /, "", reason)
	}
	last = /^not ok/ ? id : ""
	if (last == "")
		said[check] = said[check] "#   " id ": " outcome "\n"
	next
}

# The line after "not ok" is the outcome in full.
last != "" && /^# (FAIL|ERROR|XFAIL)$/ {
	if ($2 == "FAIL")
		failed[check]++
	said[check] = said[check] "#   " last ": " $2 "\n"
	outcome = $2
	last = ""
	next
}

outcome == "ERROR" && /^# error / {
	said[check] = said[check] "#     " substr($0, 3) "\n"
}

END {
	text = where " " spec
	good = 1
	if (status != 0 && status != 1 && status != 77) {
		good = 0
		note("the run ended with status " status)
	}
	if (bailed != "" || planned != ran) {
		good = 0
		note("the run is not complete: " ran + 0 " of " \
		     planned + 0 " cases " bailed)
	}
	for (i = 1; i <= n_checks; i++) {
		check = order[i]
		if (failed[check])
			continue
		if (skipped[check] == cases[check]) {
			n_skipped++
			continue
		}
		good = 0
		note(check " did not FAIL:")
		notes = notes said[check]
	}
	if (!good) {
		print "not ok " number " - " text
		repeat()
		printf "%s", notes
	} else if (n_skipped == n_checks) {
		print "ok " number " - " text " # SKIP " reason
	} else {
		print "ok " number " - " text
	}
}
