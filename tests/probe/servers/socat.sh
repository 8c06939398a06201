#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# socat as an echo server, a process a client.  --echo
exec socat "UNIX-LISTEN:$1,fork,backlog=128" PIPE
