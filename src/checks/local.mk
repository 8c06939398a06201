# SPDX-License-Identifier: BSD-2-Clause
src_sockspec_SOURCES += \
	%D%/socket.c
