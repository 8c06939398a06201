# SPDX-License-Identifier: BSD-2-Clause
# The judge on trial: a second program made of deliberately bad checks, and
# scripts that hold its reports against golden ones.
#
#	check_PROGRAMS	the program; its checks in _SOURCES, not in a library
#	TAP_TESTS	scripts
#	EXTRA_DIST	golden reports
check_PROGRAMS += \
	%D%/selftest
%C%_selftest_SOURCES = \
	%D%/bad_ends.c \
	%D%/bad_leaks.c \
	%D%/bad_traces.c \
	%D%/good_alone.c \
	src/cli/main.c
%C%_selftest_LDADD = \
	$(src_sockspec_LDADD)
TAP_TESTS += \
	%D%/judge.tap \
	%D%/rough.tap
EXTRA_DIST += \
	%D%/text \
	%D%/verdicts
