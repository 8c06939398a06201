# SPDX-License-Identifier: BSD-2-Clause
# The shim that breaks the socket layer on purpose, and the proof that checks
# notice.  fault.so is linked as a program so that its objects are compiled
# and tracked like all others: no libtool.
check_PROGRAMS += %D%/fault.so
%C%_fault_so_SOURCES = \
	%D%/fault.h \
	%D%/fault_address.c \
	%D%/fault_calls.c \
	%D%/fault_calls.def \
	%D%/fault_clock.c \
	%D%/fault_cmsg.c \
	%D%/fault_core.c \
	%D%/fault_data.c \
	%D%/fault_errno.c \
	%D%/fault_fd.c \
	%D%/fault_flags.c \
	%D%/fault_listen.c \
	%D%/fault_make.c \
	%D%/fault_message.c \
	%D%/fault_names.c \
	%D%/fault_option.c \
	%D%/fault_path.c \
	%D%/fault_poll.c \
	%D%/fault_recv.c \
	%D%/fault_rights.c \
	%D%/fault_send.c \
	%D%/fault_signal.c \
	%D%/fault_spec.c \
	%D%/fault_table.c
%C%_fault_so_CFLAGS = \
	$(AM_CFLAGS) \
	-fPIC \
	-fvisibility=hidden
%C%_fault_so_LDFLAGS = \
	$(AM_LDFLAGS) \
	-shared
%C%_fault_so_LDADD = \
	$(PTHREAD_LIBS) \
	-ldl

# What each fault must be noticed by.
FAULT_FILES = \
	%D%/accept.faults \
	%D%/backlog.faults \
	%D%/close.faults \
	%D%/connect.faults \
	%D%/credential.faults \
	%D%/data.faults \
	%D%/dgram.faults \
	%D%/diag.faults \
	%D%/flow.faults \
	%D%/io_uring.faults \
	%D%/ioctl.faults \
	%D%/listen.faults \
	%D%/mmsg.faults \
	%D%/oob.faults \
	%D%/option.faults \
	%D%/path.faults \
	%D%/peek_off.faults \
	%D%/poll.faults \
	%D%/race.faults \
	%D%/reliability.faults \
	%D%/rights.faults \
	%D%/security.faults \
	%D%/signal.faults \
	%D%/socket.faults \
	%D%/splice.faults \
	%D%/way.faults

TAP_TESTS += \
	%D%/coverage.tap \
	%D%/faults.tap
EXTRA_DIST += \
	$(FAULT_FILES) \
	%D%/README \
	%D%/generic.list \
	%D%/lines.awk \
	%D%/matrix.sh \
	%D%/unreachable \
	%D%/verdict.awk

# For recheck and check-valgrind, which build no check_PROGRAMS first.
%D%/faults.log: %D%/fault.so$(EXEEXT)
