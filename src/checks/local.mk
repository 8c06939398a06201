# SPDX-License-Identifier: BSD-2-Clause
src_sockspec_SOURCES += \
	%D%/accept.c \
	%D%/accept_errors.c \
	%D%/accept_inherit.c \
	%D%/backlog_capacity.c \
	%D%/backlog_close.c \
	%D%/backlog_full.c \
	%D%/backlog_limit.c \
	%D%/connect.c \
	%D%/connect_errors.c \
	%D%/listen.c \
	%D%/listen_shutdown.c \
	%D%/socket.c \
	%D%/util_backlog.c \
	%D%/util_backlog.h
