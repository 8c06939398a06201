# SPDX-License-Identifier: BSD-2-Clause
src_sockspec_SOURCES += \
	%D%/backlog_capacity.c \
	%D%/backlog_close.c \
	%D%/backlog_full.c \
	%D%/backlog_limit.c \
	%D%/iovec.c \
	%D%/listen.c \
	%D%/listen_shutdown.c \
	%D%/socket.c \
	%D%/stream_data.c \
	%D%/stream_errors.c \
	%D%/stream_fault.c \
	%D%/util_backlog.c \
	%D%/util_backlog.h \
	%D%/util_data.c \
	%D%/util_data.h
