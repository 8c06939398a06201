# SPDX-License-Identifier: BSD-2-Clause
src_sockspec_SOURCES += \
	%D%/backlog_capacity.c \
	%D%/backlog_close.c \
	%D%/backlog_full.c \
	%D%/backlog_limit.c \
	%D%/connection_names.c \
	%D%/iovec.c \
	%D%/listen.c \
	%D%/listen_shutdown.c \
	%D%/msg_flags.c \
	%D%/msg_peek.c \
	%D%/msg_trunc.c \
	%D%/msg_waitall.c \
	%D%/seqpacket.c \
	%D%/seqpacket_connection.c \
	%D%/socket.c \
	%D%/stream_data.c \
	%D%/stream_fault.c \
	%D%/util_backlog.c \
	%D%/util_backlog.h \
	%D%/util_data.c \
	%D%/util_data.h
