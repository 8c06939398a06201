# SPDX-License-Identifier: BSD-2-Clause
src_libreport_a_SOURCES = \
	%D%/detail.c \
	%D%/detail.h \
	%D%/json.c \
	%D%/junit.c \
	%D%/layout.c \
	%D%/layout.h \
	%D%/report.c \
	%D%/report.h \
	%D%/sanitize.c \
	%D%/sanitize.h \
	%D%/tally.c \
	%D%/tally.h \
	%D%/tap.c \
	%D%/text.c \
	%D%/words.c \
	%D%/words.h \
	%D%/xml.c \
	%D%/xml.h
