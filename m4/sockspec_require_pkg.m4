# SPDX-License-Identifier: BSD-2-Clause
#
# SOCKSPEC_REQUIRE_PKG(PREFIX, MODULE, DEBIAN-PACKAGE)
#
# Find MODULE with pkg-config, or stop with the name of the package that has
# it.
AC_DEFUN([SOCKSPEC_REQUIRE_PKG], [
AC_REQUIRE([PKG_PROG_PKG_CONFIG])
AS_IF([test -z "$PKG_CONFIG" && test -z "$$1_LIBS"],
      [AC_MSG_ERROR([pkg-config was not found (Debian package: pkgconf)])])
PKG_CHECK_MODULES([$1], [$2], [],
	[AC_MSG_ERROR([$2 was not found (Debian package: $3)])])
])
