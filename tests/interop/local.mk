# SPDX-License-Identifier: BSD-2-Clause
# Other people's clients and servers against ours, both ways.
TAP_TESTS +=
EXTRA_DIST +=
