/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What serve and send have in common on the command line: a socket type, an
 * address, and the one line for what is wrong with them.
 *
 * The functions complain themselves and return an exit status: 0 when all is
 * well, EXIT_USAGE otherwise.
 */
#ifndef SOCKSPEC_CLI_TARGET_H
#define SOCKSPEC_CLI_TARGET_H

#include <stdbool.h>

#include "core/address.h"

/** target_parse_type: stream, dgram or seqpacket. */
int target_parse_type(const char *command, const char *text, int *ret_type);

/** target_type_name: the word for it. */
const char *target_type_name(int type);

/**
 * enum target_form - how the text is meant
 * @TARGET_ANY: "@NAME" is abstract, the rest are pathnames
 */
enum target_form {
	TARGET_ANY,
	TARGET_PATH,
	TARGET_ABSTRACT,
};

/** target_parse_address: text may be NULL, then it is missing. */
int target_parse_address(const char *command, const char *text,
			 enum target_form form,
			 struct uds_address *ret_address);

/**
 * target_bad_option: what getopt_long() found wrong.
 * @c: what it returned, ':' or '?' (the option string begins with ':')
 * Return: EXIT_USAGE.
 */
int target_bad_option(const char *command, int c, char **argv);

#endif
