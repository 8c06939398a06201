#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# memcached.  --ask 'version\r\n' --expect '^VERSION'
exec memcached -s "$1"
