#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# redis without TCP and without files.  --ask 'PING\r\n' --expect '^\+PONG'
exec redis-server --port 0 --unixsocket "$1" --save '' --appendonly no \
	--dir "$(dirname "$1")/.." --loglevel warning
