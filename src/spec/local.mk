# SPDX-License-Identifier: BSD-2-Clause
src_libspec_a_SOURCES = \
	%D%/abi.def \
	%D%/catalogue.def \
	%D%/exclusions.def \
	%D%/linux.def \
	%D%/posix.def \
	%D%/server.def \
	%D%/spec.c \
	%D%/spec.h
