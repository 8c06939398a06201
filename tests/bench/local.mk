# SPDX-License-Identifier: BSD-2-Clause
# What isolation costs: measured by "make bench", never a test.
EXTRA_PROGRAMS = \
	%D%/fork_bind
%C%_fork_bind_SOURCES = \
	%D%/fork_bind.c
%C%_fork_bind_LDADD = \
	src/libbase.a
CLEANFILES += \
	$(EXTRA_PROGRAMS)
EXTRA_DIST += \
	%D%/isolation.sh

bench: %D%/fork_bind tests/selftest/selftest
	$(SHELL) $(srcdir)/%D%/isolation.sh
.PHONY: bench
