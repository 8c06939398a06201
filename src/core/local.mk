# SPDX-License-Identifier: BSD-2-Clause
src_libcore_a_SOURCES = \
	%D%/address.c \
	%D%/address.h \
	%D%/answer.c \
	%D%/answer.h \
	%D%/client.c \
	%D%/client.h \
	%D%/conn.c \
	%D%/conn.h \
	%D%/endpoint.c \
	%D%/endpoint.h \
	%D%/entry.c \
	%D%/entry.h \
	%D%/fdmode.c \
	%D%/fdmode.h \
	%D%/frame.c \
	%D%/frame.h \
	%D%/intake.c \
	%D%/intake.h \
	%D%/ledger.c \
	%D%/ledger.h \
	%D%/mailbox.c \
	%D%/mailbox.h \
	%D%/plain.c \
	%D%/plain.h \
	%D%/record.c \
	%D%/record.h \
	%D%/recv_wait.c \
	%D%/recv_wait.h \
	%D%/send_call.c \
	%D%/send_call.h \
	%D%/server.c \
	%D%/server.h \
	%D%/traffic.c \
	%D%/traffic.h \
	%D%/traffic_recv.c \
	%D%/traffic_send.c
