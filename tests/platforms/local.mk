# SPDX-License-Identifier: BSD-2-Clause
# confirm.sh, musl.sh, qemu.sh, runsc.sh and uml.sh are not run by make check:
# each wants a package that few have.
check_PROGRAMS += \
	%D%/witness/witness
%C%_witness_witness_SOURCES = \
	%D%/witness/calls.c \
	%D%/witness/credentials.c \
	%D%/witness/data.c \
	%D%/witness/dgram.c \
	%D%/witness/ends.c \
	%D%/witness/epoll.c \
	%D%/witness/listen.c \
	%D%/witness/names.c \
	%D%/witness/options.c \
	%D%/witness/rights.c \
	%D%/witness/sleep.c \
	%D%/witness/system.c \
	%D%/witness/witness.c \
	%D%/witness/witness.h
%C%_witness_witness_LDADD = \
	$(PTHREAD_LIBS)
TAP_TESTS += \
	%D%/profiles.tap \
	%D%/witness.tap
EXTRA_DIST += \
	%D%/confirm.sh \
	%D%/musl.sh \
	%D%/qemu.sh \
	%D%/runsc.sh \
	%D%/uml.sh
%D%/profiles.log: %D%/witness/witness$(EXEEXT)
%D%/witness.log: %D%/witness/witness$(EXEEXT)
