# SPDX-License-Identifier: BSD-2-Clause
# Expected failures of other platforms, for "sockspec run --baseline".
dist_pkgdata_DATA += \
	%D%/gvisor-2022.deviations \
	%D%/gvisor-2024.deviations
