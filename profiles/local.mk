# SPDX-License-Identifier: BSD-2-Clause
# Expected failures of platforms that differ on purpose or not yet, for
# "sockspec run --baseline".
profiles_data = \
	%D%/gvisor-2022.deviations

dist_pkgdata_DATA += \
	$(profiles_data)
EXTRA_DIST += \
	$(profiles_data)
