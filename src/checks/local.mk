# SPDX-License-Identifier: BSD-2-Clause
src_sockspec_SOURCES += \
	%D%/abstract.c \
	%D%/accept.c \
	%D%/accept_errors.c \
	%D%/accept_inherit.c \
	%D%/autobind.c \
	%D%/backlog_capacity.c \
	%D%/backlog_close.c \
	%D%/backlog_full.c \
	%D%/backlog_limit.c \
	%D%/bind_address.c \
	%D%/bind_argument.c \
	%D%/bind_existing.c \
	%D%/bind_path_errors.c \
	%D%/bind_twice.c \
	%D%/connect.c \
	%D%/connect_errors.c \
	%D%/listen.c \
	%D%/listen_shutdown.c \
	%D%/name.c \
	%D%/namespace.c \
	%D%/namespace_mount.c \
	%D%/path_file.c \
	%D%/path_life.c \
	%D%/path_mode.c \
	%D%/path_move.c \
	%D%/path_race.c \
	%D%/path_takeover.c \
	%D%/permission.c \
	%D%/permission_other.c \
	%D%/socket.c \
	%D%/util_backlog.c \
	%D%/util_backlog.h \
	%D%/util_reach.c \
	%D%/util_reach.h
