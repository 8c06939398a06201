# SPDX-License-Identifier: BSD-2-Clause
src_sockspec_SOURCES += \
	%D%/controls.c \
	%D%/endpoint.c \
	%D%/endpoint.h \
	%D%/fact.c \
	%D%/fact.h \
	%D%/limits.c \
	%D%/names.c \
	%D%/passing.c \
	%D%/probe.c \
	%D%/probe.h \
	%D%/system.c \
	%D%/types.c
