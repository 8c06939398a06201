# SPDX-License-Identifier: BSD-2-Clause
#
# SOCKSPEC_SUMMARY
#
# The last words of configure: what is on, and what would switch on the rest.
AC_DEFUN([SOCKSPEC_SUMMARY], [
# sockspec_line NAME YES-OR-NO WHAT-WOULD-SWITCH-IT-ON
sockspec_line () {
	AS_CASE([$][2],
		[yes], [printf '  %-24s on\n' "$][1"],
		[printf '  %-24s off  %s\n' "$][1" "($][3)"])
} >&AS_MESSAGE_FD
sockspec_has () {
	AS_IF([test -n "$][1"], [echo yes], [echo no])
}

AS_ECHO(["
$PACKAGE_NAME $PACKAGE_VERSION

  compiler                 $CC $CFLAGS
  install to               $prefix
"]) >&AS_MESSAGE_FD
sockspec_line "unit tests" "$have_check" "Debian package: check"
sockspec_line "make check-valgrind" "${enable_valgrind_memcheck:-no}" \
	"Debian package: valgrind"
sockspec_line "valgrind is noticed" "$ac_cv_header_valgrind_valgrind_h" \
	"Debian package: valgrind"
sockspec_line "TAP read by prove" "`sockspec_has "$PROVE"`" \
	"Debian package: perl"
sockspec_line "JUnit read by xmllint" "`sockspec_has "$XMLLINT"`" \
	"Debian package: libxml2-utils"
sockspec_line "JSON read by jq" "`sockspec_has "$JQ"`" "Debian package: jq"
sockspec_line "JSON held to its schema" "$have_python_jsonschema" \
	"Debian package: python3-jsonschema"
sockspec_line "Python peers in tests" "`sockspec_has "$PYTHON"`" \
	"Debian package: python3"
sockspec_line "manual page checked" "`sockspec_has "$MANDOC"`" \
	"Debian package: mandoc"
sockspec_line "static program" "$STATIC_PROGRAM" "--enable-static-program"
sockspec_line "sanitizers" "`sockspec_has "$SANITIZERS"`" \
	"--enable-sanitizers=address,undefined"
sockspec_line "code coverage" "$enable_code_coverage" \
	"--enable-code-coverage; Debian package: lcov"
AS_ECHO(["
Now: make && src/sockspec run; make check"]) >&AS_MESSAGE_FD
])
