# SPDX-License-Identifier: BSD-2-Clause
# Not run by make check: they take an hour, and a package that few have.
EXTRA_DIST += \
	%D%/runsc.sh \
	%D%/uml.sh
