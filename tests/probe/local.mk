# SPDX-License-Identifier: BSD-2-Clause
# Servers that are wrong on purpose, and which check finds which.
check_PROGRAMS += \
	%D%/faulty
%C%_faulty_SOURCES = \
	%D%/faulty.c \
	%D%/faulty.h \
	%D%/faulty_serve.c
%C%_faulty_LDADD = \
	$(PTHREAD_LIBS)
TAP_TESTS += \
	%D%/faults.tap \
	%D%/probe.tap
EXTRA_DIST += \
	%D%/server.faults \
	%D%/tutorial.py
%D%/faults.log: %D%/faulty$(EXEEXT)
%D%/probe.log: %D%/faulty$(EXEEXT)
