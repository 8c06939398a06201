# SPDX-License-Identifier: BSD-2-Clause
# The program: one library a layer, the checks themselves in the program,
# because a linker drops the unreferenced members of an archive.
bin_PROGRAMS += src/sockspec
src_sockspec_SOURCES =
src_sockspec_LDFLAGS = \
	$(AM_LDFLAGS) \
	$(PROGRAM_LDFLAGS)
src_sockspec_LDADD = \
	src/libcli.a \
	src/libplatform.a \
	src/libprobe.a \
	src/libreport.a \
	src/libharness.a \
	src/libspec.a \
	src/libcore.a \
	src/libbase.a \
	$(JANSSON_LIBS) \
	$(MXML_LIBS) \
	$(PTHREAD_LIBS)

noinst_LIBRARIES += \
	src/libbase.a \
	src/libcli.a \
	src/libcore.a \
	src/libharness.a \
	src/libplatform.a \
	src/libprobe.a \
	src/libreport.a \
	src/libspec.a

include src/base/local.mk
include src/checks/local.mk
include src/cli/local.mk
include src/core/local.mk
include src/harness/local.mk
include src/platform/local.mk
include src/probe/local.mk
include src/report/local.mk
include src/spec/local.mk
