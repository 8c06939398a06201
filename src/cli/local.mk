# SPDX-License-Identifier: BSD-2-Clause
src_sockspec_SOURCES += \
	%D%/cli.h \
	%D%/cmd_run.c \
	%D%/main.c \
	%D%/options.c \
	%D%/options.h \
	%D%/prepare.c \
	%D%/prepare.h
