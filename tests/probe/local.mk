# SPDX-License-Identifier: BSD-2-Clause
# Servers that are wrong on purpose, and which check finds which.
check_PROGRAMS += \
	%D%/faulty
%C%_faulty_SOURCES = \
	%D%/faulty.c \
	%D%/faulty.h \
	%D%/faulty_serve.c
%C%_faulty_LDADD = \
	$(PTHREAD_LIBS)
TAP_TESTS += \
	%D%/faults.tap \
	%D%/probe.tap \
	%D%/servers.tap
dist_check_SCRIPTS += \
	%D%/servers/asyncio.sh \
	%D%/servers/memcached.sh \
	%D%/servers/nginx.sh \
	%D%/servers/php-fpm.sh \
	%D%/servers/redis.sh \
	%D%/servers/rsyslogd.sh \
	%D%/servers/socat.sh \
	%D%/servers/ssh-agent.sh \
	%D%/servers/uwsgi.sh
EXTRA_DIST += \
	%D%/server.faults \
	%D%/servers/asyncio.known \
	%D%/servers/asyncio_echo.py \
	%D%/servers/memcached.known \
	%D%/servers/nginx.known \
	%D%/servers/php-fpm.known \
	%D%/servers/redis.known \
	%D%/servers/rsyslogd.known \
	%D%/servers/socat.known \
	%D%/servers/ssh-agent.known \
	%D%/servers/uwsgi.known \
	%D%/tutorial.py
%D%/faults.log: %D%/faulty$(EXEEXT)
%D%/probe.log: %D%/faulty$(EXEEXT)
