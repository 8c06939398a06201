#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# rsyslogd that reads datagrams and writes them nowhere.  --type dgram
dir=$(dirname "$1")/..
conf=$dir/rsyslog.$$.conf
cat >"$conf" <<END
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="$1" CreatePath="off")
*.* action(type="omfile" file="/dev/null")
END
exec rsyslogd -n -f "$conf" -i "$dir/rsyslog.$$.pid"
