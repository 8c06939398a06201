#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# uwsgi with two workers and no application, pinged in its own protocol; without
# --die-on-term SIGTERM means "reload" to it.
# --ask '\x64\0\0\0' --expect '^d'
exec uwsgi --plugins ping --socket "$1" --listen 100 --processes 2 --master \
	--die-on-term --disable-logging
