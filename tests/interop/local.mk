# SPDX-License-Identifier: BSD-2-Clause
# Other people's clients and servers against ours, both ways.
TAP_TESTS += \
	%D%/interop.tap
EXTRA_DIST += \
	%D%/client.py \
	%D%/server.py
