# SPDX-License-Identifier: BSD-2-Clause
src_sockspec_SOURCES += \
	%D%/accept.c \
	%D%/accept_errors.c \
	%D%/backlog_capacity.c \
	%D%/backlog_close.c \
	%D%/backlog_full.c \
	%D%/backlog_limit.c \
	%D%/connect.c \
	%D%/connect_errors.c \
	%D%/dgram_address.c \
	%D%/dgram_connect.c \
	%D%/dgram_dead_peer.c \
	%D%/dgram_disconnect.c \
	%D%/dgram_empty.c \
	%D%/dgram_fault.c \
	%D%/dgram_message.c \
	%D%/dgram_sendto.c \
	%D%/dgram_size.c \
	%D%/flow_connect.c \
	%D%/flow_full.c \
	%D%/flow_queue.c \
	%D%/flow_queue_sleep.c \
	%D%/flow_recv.c \
	%D%/flow_sleep.c \
	%D%/flow_stream.c \
	%D%/flow_sysctl.c \
	%D%/listen.c \
	%D%/listen_shutdown.c \
	%D%/socket.c \
	%D%/util_backlog.c \
	%D%/util_backlog.h \
	%D%/util_dgram.c \
	%D%/util_dgram.h \
	%D%/util_flow.c \
	%D%/util_flow.h
