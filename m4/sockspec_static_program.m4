# SPDX-License-Identifier: BSD-2-Clause
#
# SOCKSPEC_STATIC_PROGRAM
#
# --enable-static-program links the program with no shared library, the C
# library included.  To be expanded before the libraries are looked for.
# Sets PROGRAM_LDFLAGS, and STATIC_PROGRAM to yes or no.
AC_DEFUN([SOCKSPEC_STATIC_PROGRAM], [
AC_REQUIRE([PKG_PROG_PKG_CONFIG])
AC_ARG_ENABLE([static-program],
	[AS_HELP_STRING([--enable-static-program],
		[link the program into one file without shared libraries])],
	[], [enable_static_program=no])
STATIC_PROGRAM=$enable_static_program
PROGRAM_LDFLAGS=
AS_IF([test "x$STATIC_PROGRAM" = xyes], [
	AS_CASE([,$SANITIZERS,],
		[*,address,*|*,leak,*|*,thread,*|*,memory,*],
		[AC_MSG_ERROR([a static program cannot have these sanitizers: $SANITIZERS])])
	PROGRAM_LDFLAGS=-static
	AS_IF([test -n "$PKG_CONFIG"], [PKG_CONFIG="$PKG_CONFIG --static"])
])
AC_SUBST([PROGRAM_LDFLAGS])
AC_SUBST([STATIC_PROGRAM])
])

# SOCKSPEC_STATIC_CHECK
#
# Try the link that --enable-static-program asks for, once the libraries are
# known, so that a missing archive shows in configure and not at the end of
# make.
AC_DEFUN([SOCKSPEC_STATIC_CHECK], [
AS_IF([test "x$STATIC_PROGRAM" = xyes], [
	AC_MSG_CHECKING([whether the libraries link statically])
	sockspec_saved_LDFLAGS=$LDFLAGS
	sockspec_saved_LIBS=$LIBS
	LDFLAGS="$LDFLAGS $PROGRAM_LDFLAGS"
	LIBS="$JANSSON_LIBS $MXML_LIBS $PTHREAD_LIBS $LIBS"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([[
char json_object(void);
char mxmlNewXML(void);
]], [[return json_object() + mxmlNewXML();]])],
		[AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])
		 AC_MSG_ERROR([a static library is missing, see config.log dnl
(Debian packages: libc6-dev libjansson-dev libmxml-dev)])])
	LDFLAGS=$sockspec_saved_LDFLAGS
	LIBS=$sockspec_saved_LIBS
])
])
