#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# ssh-agent, asked for its keys.  --ask '\0\0\0\x01\x0b' --expect '^.'
exec ssh-agent -D -a "$1"
