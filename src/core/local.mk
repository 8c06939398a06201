# SPDX-License-Identifier: BSD-2-Clause
src_libcore_a_SOURCES = \
	%D%/fdmode.c \
	%D%/fdmode.h \
	%D%/frame.c \
	%D%/frame.h \
	%D%/intake.c \
	%D%/intake.h \
	%D%/ledger.c \
	%D%/ledger.h \
	%D%/plain.c \
	%D%/plain.h \
	%D%/record.c \
	%D%/record.h \
	%D%/recv_wait.c \
	%D%/recv_wait.h \
	%D%/send_call.c \
	%D%/send_call.h \
	%D%/traffic.c \
	%D%/traffic.h \
	%D%/traffic_recv.c \
	%D%/traffic_send.c
