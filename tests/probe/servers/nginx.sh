#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nginx with one worker that answers by itself.
# --ask 'GET / HTTP/1.1\r\nHost: s\r\n\r\n' --expect '^HTTP/1.1 200'
dir=$(dirname "$1")/..
conf=$dir/nginx.$$.conf
cat >"$conf" <<END
daemon off;
worker_processes 1;
error_log stderr warn;
pid $dir/nginx.$$.pid;
events {
}
http {
	access_log off;
	client_body_temp_path $dir/nginx.body;
	fastcgi_temp_path $dir/nginx.fastcgi;
	proxy_temp_path $dir/nginx.proxy;
	scgi_temp_path $dir/nginx.scgi;
	uwsgi_temp_path $dir/nginx.uwsgi;
	server {
		listen unix:$1;
		location / {
			return 200 "ok\n";
		}
	}
}
END
exec nginx -c "$conf" -e stderr
