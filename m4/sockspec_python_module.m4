# SPDX-License-Identifier: BSD-2-Clause
#
# SOCKSPEC_PYTHON_MODULE(MODULE)
#
# Set have_python_MODULE to yes or no.
AC_DEFUN([SOCKSPEC_PYTHON_MODULE], [
AC_CACHE_CHECK([for the Python module $1], [sockspec_cv_python_$1],
	[AS_IF([test -n "$PYTHON" && $PYTHON -c 'import $1' >&AS_MESSAGE_LOG_FD 2>&1],
		[sockspec_cv_python_$1=yes], [sockspec_cv_python_$1=no])])
have_python_$1=$sockspec_cv_python_$1
])
