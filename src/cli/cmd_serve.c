// SPDX-License-Identifier: BSD-2-Clause
/*
 * sockspec serve: the server of the tutorial, for many clients at once.
 *
 * Signals that stop it are taken from a signalfd before the path exists, so
 * that at no moment one of them leaves the path behind.
 */
#include "config.h"

#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/die.h"
#include "base/names.h"
#include "cli/target.h"
#include "core/endpoint.h"
#include "core/server.h"

#define DEFAULT_REPLY "thank you!\n"

static const char help[] =
"Usage: sockspec serve [OPTION]... PATH|@NAME\n"
"Listen on a UNIX domain socket and answer every message.\n"
"\n"
"  --type TYPE        stream (default), dgram or seqpacket\n"
"  --path PATH        the socket file, whatever its name begins with\n"
"  --abstract NAME    an abstract name; \\xNN stands for a byte\n"
"  --reply TEXT       the answer, default \"thank you!\"; ends in a newline\n"
"  --echo             answer with the message itself\n"
"  --once             serve one client, then exit\n"
"  --mode OCTAL       permissions of the socket file, default 600\n"
"  --existing POLICY  if PATH exists: stale (default: take it over if nobody\n"
"                     serves it), refuse, or unlink (remove it in any case)\n"
"  --help             print this\n"
"\n"
"Given a socket by LISTEN_FDS (a service manager), it serves that one, takes\n"
"no PATH, and leaves the path as it is.\n"
"\n"
"A message of a stream is a line, or what has come of one when no more is\n"
"there to read. SIGTERM, SIGINT and SIGHUP end the server; it removes PATH.\n"
"Exit status: 0 served; 1 PATH is in use; 2 usage; 3 cannot serve.\n";

/* Where the descriptors that a service manager hands over begin. */
#define LISTEN_FD 3

struct serve_options {
	int given_fd;		/* the manager's listener, -1: none */
	struct uds_address address;
	struct uds_endpoint_options endpoint;
	struct uds_server_options server;
	struct buf reply;
};

#define SERVE_OPTIONS_NULL {						\
	.given_fd = -1,							\
	.endpoint = UDS_ENDPOINT_DEFAULTS(SOCK_STREAM),			\
	.server = { .type = SOCK_STREAM, .stop_fd = -1 },		\
	.reply = BUF_NULL,						\
}

static int parse_mode(const char *text, mode_t *ret_mode)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (*text < '0' || *text > '7' || *end || mode > 0777) {
		complain("serve: '%s' is not a mode: 0 to 777, octal", text);
		return EXIT_USAGE;
	}
	*ret_mode = (mode_t)mode;
	return 0;
}

static int parse_existing(const char *text, enum uds_existing *ret_existing)
{
	if (strcmp(text, "stale") == 0) {
		*ret_existing = UDS_EXISTING_STALE;
	} else if (strcmp(text, "refuse") == 0) {
		*ret_existing = UDS_EXISTING_REFUSE;
	} else if (strcmp(text, "unlink") == 0) {
		*ret_existing = UDS_EXISTING_UNLINK;
	} else {
		complain("serve: '%s' is not a policy: stale, refuse or unlink",
			 text);
		return EXIT_USAGE;
	}
	return 0;
}

/* Clients read lines, so a reply is one. */
static void set_reply(struct buf *reply, const char *text)
{
	size_t len = strlen(text);

	buf_clear(reply);
	buf_add(reply, text, len);
	if (len == 0 || text[len - 1] != '\n')
		buf_add(reply, "\n", 1);
}

enum { OPT_ABSTRACT = 256, OPT_ECHO, OPT_EXISTING, OPT_MODE, OPT_ONCE, OPT_PATH,
       OPT_REPLY, OPT_TYPE };

static const struct option long_options[] = {
	{ "abstract", required_argument, NULL, OPT_ABSTRACT },
	{ "echo", no_argument, NULL, OPT_ECHO },
	{ "existing", required_argument, NULL, OPT_EXISTING },
	{ "help", no_argument, NULL, 'h' },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "path", required_argument, NULL, OPT_PATH },
	{ "reply", required_argument, NULL, OPT_REPLY },
	{ "type", required_argument, NULL, OPT_TYPE },
	{ NULL, 0, NULL, 0 },
};

/* 0, an exit status, or -1 when there is nothing left to do (--help). */
static int parse(int argc, char **argv, struct serve_options *o)
{
	enum target_form form = TARGET_ANY;
	const char *where = NULL;
	bool has_reply = false;
	int n_where = 0, c, r = 0;

	opterr = 0;
	optind = 0;
	while (r == 0 &&
	       (c = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		switch (c) {
		case OPT_PATH:
		case OPT_ABSTRACT:
			form = c == OPT_PATH ? TARGET_PATH : TARGET_ABSTRACT;
			where = optarg;
			n_where++;
			break;
		case OPT_ECHO:
			o->server.echo = true;
			break;
		case OPT_EXISTING:
			r = parse_existing(optarg, &o->endpoint.existing);
			break;
		case OPT_MODE:
			r = parse_mode(optarg, &o->endpoint.mode);
			break;
		case OPT_ONCE:
			o->server.once = true;
			break;
		case OPT_REPLY:
			has_reply = true;
			set_reply(&o->reply, optarg);
			break;
		case OPT_TYPE:
			r = target_parse_type("serve", optarg, &o->server.type);
			break;
		case 'h':
			fputs(help, stdout);
			return -1;
		default:
			r = target_bad_option("serve", c, argv);
		}
	}
	if (r)
		return r;
	if (optind < argc && n_where == 0)
		where = argv[optind];
	if (n_where + argc - optind > 1) {
		complain("serve: one address is enough (try --help)");
		return EXIT_USAGE;
	}
	if (has_reply && o->server.echo) {
		complain("serve: --reply and --echo exclude each other");
		return EXIT_USAGE;
	}
	o->endpoint.type = o->server.type;
	if (o->given_fd >= 0 && !where)
		return 0;
	return target_parse_address("serve", where, form, &o->address);
}

/* Ignored signals stay ignored (nohup, a shell's background jobs), but for
 * SIGTERM: to be told to end is not a matter of taste. */
static int open_signals(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction old;

		sigaction(signals[i], NULL, &old);
		if (signals[i] == SIGTERM || old.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	}
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* Each client is a descriptor; the soft limit is often no more than 1024. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)!setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* The listener of a service manager, by the protocol of sd_listen_fds(3). */
static int find_given_fd(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");

	if (!pid || !n || strtol(pid, NULL, 10) != (long)getpid() ||
	    strtol(n, NULL, 10) < 1)
		return -1;
	/* Not for the processes that come after us. */
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	if (fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	return LISTEN_FD;
}

/* Its type and address are the manager's choice. */
static int take_given(struct uds_endpoint *endpoint, struct serve_options *o)
{
	socklen_t len = sizeof(o->server.type);
	socklen_t address_len = sizeof(o->address.bytes);

	if (getsockopt(o->given_fd, SOL_SOCKET, SO_TYPE, &o->server.type,
		       &len) < 0)
		return -errno;
	uds_address_unnamed(&o->address);
	if (getsockname(o->given_fd, &o->address.sa, &address_len) < 0)
		return -errno;
	o->address.len = address_len;
	endpoint->fd = o->given_fd;
	return 0;
}

static int explain_open(int err, const char *text,
			const struct serve_options *o)
{
	bool is_abstract =
		uds_address_kind(&o->address) == UDS_ADDRESS_ABSTRACT;

	switch (err) {
	case EADDRINUSE:
		if (is_abstract || o->endpoint.existing == UDS_EXISTING_STALE)
			complain("serve: %s is in use (EADDRINUSE): a server "
				 "is bound to it", text);
		else
			complain("serve: %s exists already (EADDRINUSE)", text);
		return EXIT_DIFFERS;
	case ENOTSOCK:
		complain("serve: %s exists and is not a socket (ENOTSOCK): it "
			 "was left alone", text);
		return EXIT_DIFFERS;
	case ETIMEDOUT:
		complain("serve: %s is stale, but another program keeps the "
			 "lock of its directory (ETIMEDOUT)", text);
		return EXIT_DIFFERS;
	}
	complain("serve: cannot listen on %s: %s (%s)", text, strerror(err),
		 name_errno(err));
	return EXIT_CHECKER;
}

static int serve(struct serve_options *o)
{
	cleanup_endpoint struct uds_endpoint endpoint = UDS_ENDPOINT_NULL;
	cleanup_close int stop_fd = open_signals();
	cleanup_free char *text = NULL;
	int r = 0;

	if (stop_fd < 0) {
		complain("serve: cannot wait for signals (%s)",
			 name_errno(-stop_fd));
		return EXIT_CHECKER;
	}
	raise_fd_limit();
	if (o->given_fd >= 0)
		r = take_given(&endpoint, o);
	text = uds_address_format(&o->address);
	if (o->given_fd < 0)
		r = uds_endpoint_open(&endpoint, &o->address, &o->endpoint);
	if (r < 0)
		return explain_open(-r, text, o);
	printf("listening on %s (%s)\n", text,
	       target_type_name(o->server.type));
	if (fflush(stdout) != 0) {
		complain("serve: cannot write to standard output (%s)",
			 name_errno(errno));
		return EXIT_CHECKER;
	}
	o->server.reply = o->reply.data;
	o->server.reply_len = o->reply.len;
	o->server.stop_fd = stop_fd;
	r = uds_server_run(endpoint.fd, &o->server, NULL);
	if (r < 0) {
		complain("serve: cannot go on: %s (%s)", strerror(-r),
			 name_errno(-r));
		return EXIT_CHECKER;
	}
	return EXIT_AS_REQUIRED;
}

int cmd_serve(int argc, char **argv)
{
	struct serve_options o = SERVE_OPTIONS_NULL;
	int r;

	o.given_fd = find_given_fd();
	set_reply(&o.reply, DEFAULT_REPLY);
	r = parse(argc, argv, &o);
	if (r == 0)
		r = serve(&o);
	buf_free(&o.reply);
	return r < 0 ? EXIT_AS_REQUIRED : r;
}
