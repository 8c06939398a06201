# SPDX-License-Identifier: BSD-2-Clause
src_libbase_a_SOURCES = \
	%D%/buf.c \
	%D%/buf.h \
	%D%/cleanup.h \
	%D%/clock.c \
	%D%/clock.h \
	%D%/die.c \
	%D%/die.h \
	%D%/dir.c \
	%D%/dir.h \
	%D%/direct.c \
	%D%/direct.h \
	%D%/hash.c \
	%D%/hash.h \
	%D%/io.c \
	%D%/io.h \
	%D%/names.c \
	%D%/names.h \
	%D%/names_errno.def \
	%D%/names_signal.def \
	%D%/valgrind.c \
	%D%/valgrind.h
