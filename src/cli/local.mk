# SPDX-License-Identifier: BSD-2-Clause
src_sockspec_SOURCES += \
	%D%/main.c

src_libcli_a_SOURCES = \
	%D%/baseline_file.c \
	%D%/baseline_file.h \
	%D%/cli.h \
	%D%/cmd_baseline.c \
	%D%/cmd_coverage.c \
	%D%/cmd_explain.c \
	%D%/cmd_list.c \
	%D%/cmd_platform.c \
	%D%/cmd_probe.c \
	%D%/cmd_run.c \
	%D%/cmd_send.c \
	%D%/cmd_serve.c \
	%D%/coverage.c \
	%D%/coverage.h \
	%D%/json_out.c \
	%D%/json_out.h \
	%D%/judging.c \
	%D%/judging.h \
	%D%/options.c \
	%D%/options.h \
	%D%/peers.c \
	%D%/peers.h \
	%D%/prepare.c \
	%D%/prepare.h \
	%D%/target.c \
	%D%/target.h
