// SPDX-License-Identifier: BSD-2-Clause
/*
 * sockspec send: the client of the tutorial.
 *
 * Messages go over one connection.  A server that closes it after each answer,
 * as the tutorial's does, gets a new one for the next message.
 */
#include "config.h"

#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/die.h"
#include "base/names.h"
#include "cli/target.h"
#include "core/client.h"

#define DEFAULT_TIMEOUT_S 10
#define MAX_TIMEOUT_S 86400

static const char help[] =
"Usage: sockspec send [OPTION]... PATH|@NAME [MESSAGE]\n"
"Send messages to a UNIX domain socket and print the answers.\n"
"\n"
"  --type TYPE        stream (default), dgram or seqpacket\n"
"  --timeout SECONDS  how long to wait for each answer, default 10\n"
"  --help             print this\n"
"\n"
"Without MESSAGE each line of standard input is one; a terminal is prompted.\n"
"In a stream each line of MESSAGE is a message of its own.\n"
"Exit status: 0 answered; 1 no answer, or nobody listens; 2 usage; 3 own\n"
"failure.\n";

struct send_options {
	struct uds_address address;
	const char *message;
	int type;
	int timeout_s;
};

struct conversation {
	const struct send_options *options;
	struct uds_client client;
	char *text;	/* of the address, for messages */
};

static int parse_timeout(const char *text, int *ret_timeout_s)
{
	char *end;
	long s = strtol(text, &end, 10);

	if (end == text || *end || s < 1 || s > MAX_TIMEOUT_S) {
		complain("send: '%s' is not a timeout: 1 to %d seconds", text,
			 MAX_TIMEOUT_S);
		return EXIT_USAGE;
	}
	*ret_timeout_s = (int)s;
	return 0;
}

enum { OPT_TIMEOUT = 256, OPT_TYPE };

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "type", required_argument, NULL, OPT_TYPE },
	{ NULL, 0, NULL, 0 },
};

/* 0, an exit status, or -1 when there is nothing left to do (--help). */
static int parse(int argc, char **argv, struct send_options *o)
{
	int c, r = 0;

	opterr = 0;
	optind = 0;
	while (r == 0 &&
	       (c = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		switch (c) {
		case OPT_TIMEOUT:
			r = parse_timeout(optarg, &o->timeout_s);
			break;
		case OPT_TYPE:
			r = target_parse_type("send", optarg, &o->type);
			break;
		case 'h':
			fputs(help, stdout);
			return -1;
		default:
			r = target_bad_option("send", c, argv);
		}
	}
	if (r)
		return r;
	if (argc - optind > 2) {
		complain("send: one MESSAGE is enough: quote it (try --help)");
		return EXIT_USAGE;
	}
	if (argc - optind == 2)
		o->message = argv[optind + 1];
	return target_parse_address("send", optind < argc ? argv[optind] : NULL,
				    TARGET_ANY, &o->address);
}

static bool is_socket(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

static int explain_connect(int err, const struct conversation *talk)
{
	const char *path = uds_address_path(&talk->options->address);
	const char *text = talk->text;

	switch (err) {
	case ECONNREFUSED:
		if (!path)
			complain("send: nobody is listening on %s "
				 "(ECONNREFUSED): start its server", text);
		else if (is_socket(path))
			complain("send: nobody is listening on %s "
				 "(ECONNREFUSED): the file is stale, start its "
				 "server again", text);
		else
			complain("send: %s is not a socket (ECONNREFUSED)",
				 text);
		return EXIT_DIFFERS;
	case ENOENT:
		complain("send: there is no %s (ENOENT): start its server",
			 text);
		return EXIT_DIFFERS;
	case EPROTOTYPE:
		complain("send: %s is of another type (EPROTOTYPE): choose it "
			 "with --type", text);
		return EXIT_DIFFERS;
	case EACCES:
		complain("send: you may not write to %s (EACCES): see its mode "
			 "and that of its directory", text);
		return EXIT_DIFFERS;
	case ETIMEDOUT:
		complain("send: %s accepted nobody for %d s (ETIMEDOUT): its "
			 "queue is full", text, talk->options->timeout_s);
		return EXIT_DIFFERS;
	}
	complain("send: cannot connect to %s: %s (%s)", text, strerror(err),
		 name_errno(err));
	return EXIT_CHECKER;
}

static int explain_exchange(int err, const struct conversation *talk)
{
	switch (err) {
	case 0:
		complain("send: %s closed the connection without an answer",
			 talk->text);
		return EXIT_DIFFERS;
	case ETIMEDOUT:
		complain("send: no whole answer from %s within %d s "
			 "(ETIMEDOUT)", talk->text, talk->options->timeout_s);
		return EXIT_DIFFERS;
	case ECONNREFUSED:
	case ECONNRESET:
	case ENOTCONN:
	case EPIPE:
		complain("send: %s went away without an answer (%s)",
			 talk->text, name_errno(err));
		return EXIT_DIFFERS;
	case EMSGSIZE:
		complain("send: the message is too large for one packet "
			 "(EMSGSIZE)");
		return EXIT_DIFFERS;
	}
	complain("send: cannot talk to %s: %s (%s)", talk->text, strerror(err),
		 name_errno(err));
	return EXIT_CHECKER;
}

static int print_reply(const struct buf *reply)
{
	if (reply->len)
		fwrite(reply->data, 1, reply->len, stdout);
	if (reply->len == 0 || reply->data[reply->len - 1] != '\n')
		putchar('\n');
	if (fflush(stdout) == 0)
		return EXIT_AS_REQUIRED;
	complain("send: cannot write to standard output (%s)",
		 name_errno(errno));
	return EXIT_CHECKER;
}

static int reconnect(struct conversation *talk)
{
	const struct send_options *o = talk->options;
	int r;

	uds_client_close(&talk->client);
	r = uds_client_open(&talk->client, &o->address, o->type,
			    o->timeout_s * 1000);
	return r < 0 ? explain_connect(-r, talk) : 0;
}

static int say(struct conversation *talk, const char *message, size_t len)
{
	cleanup_buf struct buf data = BUF_NULL;
	cleanup_buf struct buf reply = BUF_NULL;
	int timeout_ms = talk->options->timeout_s * 1000;
	int r;

	buf_add(&data, message, len);
	if (talk->options->type == SOCK_STREAM)
		buf_add(&data, "\n", 1);
	if (talk->client.fd < 0 || uds_client_is_ended(&talk->client)) {
		r = reconnect(talk);
		if (r)
			return r;
	}
	r = uds_client_exchange(&talk->client, data.data, data.len, timeout_ms,
				&reply);
	/* Closed with this message unread: it was the end of the last one. */
	if ((r == -EPIPE || r == -ECONNRESET) && reply.len == 0) {
		r = reconnect(talk);
		if (r)
			return r;
		r = uds_client_exchange(&talk->client, data.data, data.len,
					timeout_ms, &reply);
	}
	if (r > 0)
		return print_reply(&reply);
	if (reply.len)
		(void)print_reply(&reply);
	return explain_exchange(-r, talk);
}

static int say_argument(struct conversation *talk, const char *message)
{
	if (talk->options->type != SOCK_STREAM)
		return say(talk, message, strlen(message));
	for (;;) {
		size_t len = strcspn(message, "\n");
		int r = say(talk, message, len);

		message += len;
		if (r || !message[0] || !message[1])
			return r;
		message++;
	}
}

static int say_input(struct conversation *talk)
{
	bool is_prompting = isatty(STDIN_FILENO);
	cleanup_free char *line = NULL;
	size_t size = 0;
	int r = 0;

	while (r == 0) {
		ssize_t len;

		if (is_prompting)
			fputs("message: ", stderr);
		len = getline(&line, &size, stdin);
		if (len < 0)
			break;
		if (len > 0 && line[len - 1] == '\n')
			len--;
		r = say(talk, line, (size_t)len);
	}
	if (r == 0 && is_prompting)
		fputc('\n', stderr);
	if (r == 0 && ferror(stdin)) {
		complain("send: cannot read standard input (%s)",
			 name_errno(errno));
		return EXIT_CHECKER;
	}
	return r;
}

int cmd_send(int argc, char **argv)
{
	struct send_options o = {
		.type = SOCK_STREAM,
		.timeout_s = DEFAULT_TIMEOUT_S,
	};
	struct conversation talk = { &o, UDS_CLIENT_NULL, NULL };
	int r = parse(argc, argv, &o);

	if (r)
		return r < 0 ? EXIT_AS_REQUIRED : r;
	talk.text = uds_address_format(&o.address);
	r = reconnect(&talk);
	if (r == 0)
		r = o.message ? say_argument(&talk, o.message) :
				say_input(&talk);
	uds_client_close(&talk.client);
	free(talk.text);
	return r;
}
