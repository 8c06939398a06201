# SPDX-License-Identifier: BSD-2-Clause
# The scripts are not run by make check: each wants a package that few have.
TAP_TESTS += \
	%D%/profiles.tap
EXTRA_DIST += \
	%D%/qemu.sh \
	%D%/runsc.sh \
	%D%/uml.sh
