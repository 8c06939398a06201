# SPDX-License-Identifier: BSD-2-Clause
#
# SOCKSPEC_REQUIRE_PKG(PREFIX, MODULE, DEBIAN-PACKAGE, [OTHER-MODULE])
#
# Find MODULE with pkg-config, or else OTHER-MODULE, or stop with the name of
# the package that has it.
AC_DEFUN([SOCKSPEC_REQUIRE_PKG], [
AC_REQUIRE([PKG_PROG_PKG_CONFIG])
AS_IF([test -z "$PKG_CONFIG" && test -z "$$1_LIBS"],
      [AC_MSG_ERROR([pkg-config was not found (Debian package: pkgconf)])])
m4_define([sockspec_missing],
	[AC_MSG_ERROR([$2 was not found (Debian package: $3)])])
PKG_CHECK_MODULES([$1], [$2], [],
	[m4_ifval([$4],
		[PKG_CHECK_MODULES([$1], [$4], [], [sockspec_missing])],
		[sockspec_missing])])
])
