/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of UNIX domain sockets, byte-exact.
 *
 * A pathname may fill sun_path to the last byte (then without a NUL), an
 * abstract name is exactly as long as its address says and may hold any byte,
 * and the unnamed address is the family alone.  What does not fit is an
 * error, never a shorter name.
 */
#ifndef SOCKSPEC_CORE_ADDRESS_H
#define SOCKSPEC_CORE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/** The longest pathname, and one more than the longest abstract name. */
#define UDS_PATH_MAX sizeof(((struct sockaddr_un *)0)->sun_path)

enum uds_address_kind {
	UDS_ADDRESS_UNNAMED,
	UDS_ADDRESS_PATHNAME,
	UDS_ADDRESS_ABSTRACT,
};

/**
 * struct uds_address - what bind(), connect() and recvfrom() take and give
 * @un: the address itself
 * @bytes: room for the NUL that Linux counts in the length of a full sun_path;
 *	zero behind the address, so that a pathname in it is always terminated
 * @len: bytes of it that count, as the calls want them
 */
struct uds_address {
	union {
		struct sockaddr sa;
		struct sockaddr_un un;
		char bytes[sizeof(struct sockaddr_un) + 1];
	};
	socklen_t len;
};

/** uds_address_unnamed: the address of a socket that was never bound. */
void uds_address_unnamed(struct uds_address *ret_address);

/**
 * uds_address_from_path: a pathname of 1 to UDS_PATH_MAX bytes.
 * Return: 0, -EINVAL for "", -ENAMETOOLONG.
 */
int uds_address_from_path(struct uds_address *ret_address, const char *path);

/**
 * uds_address_from_name: an abstract name of 0 to UDS_PATH_MAX - 1 bytes, NUL
 * bytes included; the leading NUL of the address is not part of the name.
 * Return: 0 or -ENAMETOOLONG.
 */
int uds_address_from_name(struct uds_address *ret_address, const void *name,
			  size_t len);

/**
 * uds_address_from_escaped: an abstract name in which \xNN stands for a byte;
 * any other backslash is itself.
 * Return: 0 or -ENAMETOOLONG.
 */
int uds_address_from_escaped(struct uds_address *ret_address,
			     const char *name);

/**
 * uds_address_parse: "@NAME" is an escaped abstract name, anything else a
 * pathname taken as it is (write ./@NAME for a file whose name begins so).
 * Return: 0, -EINVAL for "", -ENAMETOOLONG.
 */
int uds_address_parse(struct uds_address *ret_address, const char *text);

enum uds_address_kind uds_address_kind(const struct uds_address *address);

/**
 * uds_address_path: the pathname, terminated, inside address; NULL when the
 * address is of another kind.
 */
const char *uds_address_path(const struct uds_address *address);

/** uds_address_equal: whether both name the same endpoint. */
bool uds_address_equal(const struct uds_address *a,
		       const struct uds_address *b);

/**
 * uds_address_format: printable ASCII: the pathname, "@NAME" or "(unnamed)".
 * Every other byte, the backslash and an '@' that begins a pathname are \xNN,
 * so that what is printed for an abstract name parses back to it.
 * Return: an allocation of the caller's.
 */
char *uds_address_format(const struct uds_address *address);

#endif
