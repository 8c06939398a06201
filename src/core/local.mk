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
	%D%/mailbox.c \
	%D%/mailbox.h \
	%D%/server.c \
	%D%/server.h
