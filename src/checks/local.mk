# SPDX-License-Identifier: BSD-2-Clause
src_sockspec_SOURCES += \
	%D%/abstract.c \
	%D%/autobind.c \
	%D%/bind_address.c \
	%D%/bind_argument.c \
	%D%/bind_existing.c \
	%D%/bind_path_errors.c \
	%D%/bind_twice.c \
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
	%D%/util_reach.c \
	%D%/util_reach.h
