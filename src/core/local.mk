# SPDX-License-Identifier: BSD-2-Clause
src_libcore_a_SOURCES = \
	%D%/address.c \
	%D%/address.h \
	%D%/endpoint.c \
	%D%/endpoint.h \
	%D%/entry.c \
	%D%/entry.h
