# SPDX-License-Identifier: BSD-2-Clause
#
# SOCKSPEC_SANITIZERS
#
# --enable-sanitizers=LIST compiles and links everything with
# -fsanitize=LIST.  Sets SANITIZER_CFLAGS, used to compile and to link, and
# SANITIZERS, the list or "".
AC_DEFUN([SOCKSPEC_SANITIZERS], [
AC_ARG_ENABLE([sanitizers],
	[AS_HELP_STRING([--enable-sanitizers=LIST],
		[build with -fsanitize=LIST (default: address,undefined)])],
	[], [enable_sanitizers=no])
AS_CASE([$enable_sanitizers],
	[no], [SANITIZERS=],
	[yes], [SANITIZERS=address,undefined],
	[SANITIZERS=$enable_sanitizers])
SANITIZER_CFLAGS=
AS_IF([test -n "$SANITIZERS"], [
	SANITIZER_CFLAGS="-fsanitize=$SANITIZERS -fno-sanitize-recover=all"
	SANITIZER_CFLAGS="$SANITIZER_CFLAGS -fno-omit-frame-pointer"
	AC_MSG_CHECKING([whether $CC links with -fsanitize=$SANITIZERS])
	sockspec_saved_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS $SANITIZER_CFLAGS"
	AC_LINK_IFELSE([AC_LANG_PROGRAM()],
		[AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])
		 AC_MSG_ERROR([$CC cannot link with -fsanitize=$SANITIZERS])])
	CFLAGS=$sockspec_saved_CFLAGS
])
AC_SUBST([SANITIZERS])
AC_SUBST([SANITIZER_CFLAGS])
])
