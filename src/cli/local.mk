# SPDX-License-Identifier: BSD-2-Clause
src_sockspec_SOURCES += \
	%D%/cli.h \
	%D%/cmd_coverage.c \
	%D%/cmd_explain.c \
	%D%/cmd_list.c \
	%D%/cmd_platform.c \
	%D%/cmd_run.c \
	%D%/coverage.c \
	%D%/coverage.h \
	%D%/json_out.c \
	%D%/json_out.h \
	%D%/main.c \
	%D%/options.c \
	%D%/options.h \
	%D%/peers.c \
	%D%/peers.h \
	%D%/prepare.c \
	%D%/prepare.h
