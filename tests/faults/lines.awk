# SPDX-License-Identifier: BSD-2-Clause
# *.faults to one line an entry: FILE:LINE, SPECIFICATION, PATTERNS, with tabs
# between.  A line that begins with a blank goes on the one before it.

function flush(    at)
{
	if (entry == "")
		return
	at = index(entry, " : ")
	if (at < 2 || length(entry) < at + 3) {
		print where ": not SPECIFICATION : PATTERN..." >"/dev/stderr"
		failed = 1
	} else {
		print where "\t" substr(entry, 1, at - 1) "\t" \
			substr(entry, at + 3)
	}
	entry = ""
}

FNR == 1 { flush() }
/^[ \t]*(#|$)/ { next }
{
	gsub(/[ \t]+/, " ")
	sub(/ $/, "")
}
/^ / {
	entry = entry $0
	next
}
{
	flush()
	entry = $0
	where = FILENAME
	sub(/.*\//, "", where)
	where = where ":" FNR
}
END {
	flush()
	exit failed
}
