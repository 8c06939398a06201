# SPDX-License-Identifier: BSD-2-Clause
# What "make check" runs.  Everything speaks TAP, so that each single test is
# a line of its own in automake's count.
#
# UNIT_TESTS	programs, wrapped by check-valgrind through LOG_COMPILER
# TAP_TESTS	scripts; they wrap the program themselves (lib.sh)
UNIT_TESTS =
TAP_TESTS = \
	%D%/conformance.tap \
	%D%/coverage.tap \
	%D%/manpage.tap \
	%D%/surroundings.tap

include %D%/bench/local.mk
include %D%/coverage/local.mk
include %D%/faults/local.mk
include %D%/interop/local.mk
include %D%/platforms/local.mk
include %D%/probe/local.mk
include %D%/selftest/local.mk
include %D%/unit/local.mk

TESTS += \
	$(UNIT_TESTS) \
	$(TAP_TESTS)
check_PROGRAMS += \
	$(UNIT_TESTS)
dist_check_SCRIPTS += \
	$(TAP_TESTS)
EXTRA_DIST += \
	%D%/installcheck.sh \
	%D%/lib.sh

TEST_EXTENSIONS = .tap
LOG_DRIVER = \
	env AM_TAP_AWK='$(AWK)' \
	$(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TAP_LOG_DRIVER = $(LOG_DRIVER)

# Empty where configure did not find the program: the test is skipped.
# valgrind translates a program anew in each of its forks, so libcheck makes
# none under it.
AM_TESTS_ENVIRONMENT = \
	case '$(LOG_COMPILER)' in *valgrind*) CK_FORK=no; export CK_FORK;; esac; \
	CK_DEFAULT_TIMEOUT=60; export CK_DEFAULT_TIMEOUT; \
	CK_VERBOSITY=silent; export CK_VERBOSITY; \
	JQ='$(JQ)'; export JQ; \
	MANDOC='$(MANDOC)'; export MANDOC; \
	PROVE='$(PROVE)'; export PROVE; \
	PYTHON='$(PYTHON)'; export PYTHON; \
	SANITIZERS='$(SANITIZERS)'; export SANITIZERS; \
	STATIC_PROGRAM='$(STATIC_PROGRAM)'; export STATIC_PROGRAM; \
	XMLLINT='$(XMLLINT)'; export XMLLINT; \
	abs_top_builddir='$(abs_top_builddir)'; export abs_top_builddir;

# check-valgrind and recheck ask for logs without building the program first.
$(TEST_LOGS): src/sockspec$(EXEEXT)

installcheck-local:
	$(SHELL) $(srcdir)/%D%/installcheck.sh \
		"$(DESTDIR)$(bindir)/`echo sockspec | $(SED) '$(transform)'`"
