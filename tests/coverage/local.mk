# SPDX-License-Identifier: BSD-2-Clause
# What "make unexecuted" tells; never a test.
EXTRA_DIST += \
	%D%/unexecuted.awk \
	%D%/unexecuted.sh

unexecuted: src/sockspec$(EXEEXT)
	srcdir='$(srcdir)' $(SHELL) $(srcdir)/%D%/unexecuted.sh
.PHONY: unexecuted
