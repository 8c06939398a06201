# SPDX-License-Identifier: BSD-2-Clause
dist_man1_MANS += \
	%D%/sockspec.1
EXTRA_DIST += \
	%D%/results.md \
	%D%/results.schema.json \
	%D%/servers.md
