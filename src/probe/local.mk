# SPDX-License-Identifier: BSD-2-Clause
# The checks of a server are in the program, what they share in a library.
src_sockspec_SOURCES += \
	%D%/check_activation.c \
	%D%/check_address.c \
	%D%/check_birth.c \
	%D%/check_dgram.c \
	%D%/check_end.c \
	%D%/check_fair.c \
	%D%/check_limit.c \
	%D%/check_message.c \
	%D%/check_path.c \
	%D%/check_path_rivals.c \
	%D%/check_queue.c \
	%D%/check_resources.c \
	%D%/check_rude.c \
	%D%/check_talk.c \
	%D%/check_unread.c

src_libprobe_a_SOURCES = \
	%D%/client.c \
	%D%/client.h \
	%D%/crowd.c \
	%D%/crowd.h \
	%D%/gate.c \
	%D%/gate.h \
	%D%/group.c \
	%D%/group.h \
	%D%/options.c \
	%D%/options.h \
	%D%/probe.h \
	%D%/process.c \
	%D%/process.h \
	%D%/server.c \
	%D%/server.h \
	%D%/socket_table.c \
	%D%/socket_table.h \
	%D%/talker.c \
	%D%/talker.h \
	%D%/target.c \
	%D%/target.h \
	%D%/util_load.c \
	%D%/util_load.h \
	%D%/util_path.c \
	%D%/util_path.h
