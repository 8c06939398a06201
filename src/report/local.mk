# SPDX-License-Identifier: BSD-2-Clause
src_libreport_a_SOURCES =
