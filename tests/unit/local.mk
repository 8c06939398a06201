# SPDX-License-Identifier: BSD-2-Clause
# Unit tests, one program a module: check_MODULE.c becomes check_MODULE, its
# main ends in srunner_set_tap(sr, "-") and srunner_run_all(sr, CK_SILENT).
# A line in this list is all that a new one needs; list %C%_check_MODULE_SOURCES
# only when there is more than the one file.
if HAVE_CHECK
UNIT_TESTS +=
endif

# Fallback libraries of every program without an _LDADD of its own.
LDADD = \
	src/libreport.a \
	src/libharness.a \
	src/libspec.a \
	src/libcore.a \
	src/libbase.a \
	$(CHECK_LIBS) \
	$(JANSSON_LIBS) \
	$(MXML_LIBS) \
	$(PTHREAD_LIBS)
AM_CFLAGS += \
	$(CHECK_CFLAGS)
