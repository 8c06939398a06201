# SPDX-License-Identifier: BSD-2-Clause
# The judge on trial: a second program made of deliberately bad checks, and
# scripts that hold its reports against golden ones.
#
#	check_PROGRAMS	the program; its checks in _SOURCES, not in a library
#	TAP_TESTS	scripts
#	EXTRA_DIST	golden reports
TAP_TESTS +=
EXTRA_DIST +=
