// SPDX-License-Identifier: BSD-2-Clause
/* Parsing of the words that name a socket. */
#include "config.h"

#include "cli/target.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/socket.h>

#include "base/die.h"

static const struct {
	const char *name;
	int type;
} types[] = {
	{ "stream", SOCK_STREAM },
	{ "dgram", SOCK_DGRAM },
	{ "seqpacket", SOCK_SEQPACKET },
};

#define N_TYPES (sizeof(types) / sizeof(types[0]))

int target_parse_type(const char *command, const char *text, int *ret_type)
{
	for (size_t i = 0; i < N_TYPES; i++) {
		if (strcmp(text, types[i].name) == 0) {
			*ret_type = types[i].type;
			return 0;
		}
	}
	complain("%s: '%s' is not a type: stream, dgram or seqpacket", command,
		 text);
	return EXIT_USAGE;
}

const char *target_type_name(int type)
{
	for (size_t i = 0; i < N_TYPES; i++)
		if (types[i].type == type)
			return types[i].name;
	return "unknown";
}

int target_parse_address(const char *command, const char *text,
			 enum target_form form, struct uds_address *ret_address)
{
	int r;

	if (!text) {
		complain("%s: which socket? Give a PATH or @NAME (try --help)",
			 command);
		return EXIT_USAGE;
	}
	if (form == TARGET_ABSTRACT)
		r = uds_address_from_escaped(ret_address, text);
	else if (form == TARGET_PATH)
		r = uds_address_from_path(ret_address, text);
	else
		r = uds_address_parse(ret_address, text);
	if (r == 0)
		return 0;
	if (r == -ENAMETOOLONG)
		complain("%s: '%s' does not fit an address (ENAMETOOLONG): "
			 "%zu bytes for a path, %zu for an abstract name",
			 command, text, UDS_PATH_MAX, UDS_PATH_MAX - 1);
	else
		complain("%s: the address is empty", command);
	return EXIT_USAGE;
}

int target_bad_option(const char *command, int c, char **argv)
{
	complain(c == ':' ? "%s: option '%s' needs a value (try --help)" :
			    "%s: unknown option '%s' (try --help)",
		 command, argv[optind - 1]);
	return EXIT_USAGE;
}
