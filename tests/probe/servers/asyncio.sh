#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# An echo server of Python's asyncio, as its documentation has it.  --echo
exec /usr/bin/python3 -IS "$(dirname "$0")/asyncio_echo.py" "$1"
