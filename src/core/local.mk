# SPDX-License-Identifier: BSD-2-Clause
src_libcore_a_SOURCES = \
	%D%/frame.c \
	%D%/frame.h \
	%D%/ledger.c \
	%D%/ledger.h \
	%D%/plain.c \
	%D%/plain.h \
	%D%/record.c \
	%D%/record.h
