// SPDX-License-Identifier: BSD-2-Clause
/*
 * Making, comparing and printing addresses.  Pure values: nothing here makes
 * a system call, and nothing but the printed form is allocated.
 */
#include "config.h"

#include "core/address.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)

void uds_address_unnamed(struct uds_address *ret_address)
{
	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->un.sun_family = AF_UNIX;
	ret_address->len = PATH_OFFSET;
}

int uds_address_from_path(struct uds_address *ret_address, const char *path)
{
	size_t n = strlen(path);

	if (n == 0)
		return -EINVAL;
	if (n > UDS_PATH_MAX)
		return -ENAMETOOLONG;
	uds_address_unnamed(ret_address);
	memcpy(ret_address->un.sun_path, path, n);
	ret_address->len += (socklen_t)(n < UDS_PATH_MAX ? n + 1 : n);
	return 0;
}

int uds_address_from_name(struct uds_address *ret_address, const void *name,
			  size_t len)
{
	if (len > UDS_PATH_MAX - 1)
		return -ENAMETOOLONG;
	uds_address_unnamed(ret_address);
	if (len)
		memcpy(ret_address->un.sun_path + 1, name, len);
	ret_address->len += (socklen_t)(1 + len);
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int uds_address_from_escaped(struct uds_address *ret_address, const char *name)
{
	char raw[UDS_PATH_MAX];
	size_t n = 0;

	for (const char *p = name; *p; n++) {
		if (n == sizeof(raw))
			return -ENAMETOOLONG;
		if (p[0] == '\\' && p[1] == 'x' && hex_digit(p[2]) >= 0 &&
		    hex_digit(p[3]) >= 0) {
			raw[n] = (char)(hex_digit(p[2]) << 4 | hex_digit(p[3]));
			p += 4;
		} else {
			raw[n] = *p++;
		}
	}
	return uds_address_from_name(ret_address, raw, n);
}

int uds_address_parse(struct uds_address *ret_address, const char *text)
{
	if (text[0] == '@')
		return uds_address_from_escaped(ret_address, text + 1);
	return uds_address_from_path(ret_address, text);
}

enum uds_address_kind uds_address_kind(const struct uds_address *address)
{
	if (address->len <= PATH_OFFSET)
		return UDS_ADDRESS_UNNAMED;
	return address->un.sun_path[0] ? UDS_ADDRESS_PATHNAME :
					 UDS_ADDRESS_ABSTRACT;
}

const char *uds_address_path(const struct uds_address *address)
{
	if (uds_address_kind(address) != UDS_ADDRESS_PATHNAME)
		return NULL;
	return address->bytes + PATH_OFFSET;
}

bool uds_address_equal(const struct uds_address *a, const struct uds_address *b)
{
	if (uds_address_kind(a) != uds_address_kind(b))
		return false;
	switch (uds_address_kind(a)) {
	case UDS_ADDRESS_PATHNAME:
		return strcmp(uds_address_path(a), uds_address_path(b)) == 0;
	case UDS_ADDRESS_ABSTRACT:
		return a->len == b->len &&
		       memcmp(a->un.sun_path, b->un.sun_path,
			      a->len - PATH_OFFSET) == 0;
	case UDS_ADDRESS_UNNAMED:
		break;
	}
	return true;
}

static void add_printable(struct buf *text, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c > ' ' && c < 0x7f && c != '\\')
			buf_add(text, &c, 1);
		else
			buf_printf(text, "\\x%02x", c);
	}
}

char *uds_address_format(const struct uds_address *address)
{
	cleanup_buf struct buf text = BUF_NULL;
	const char *path = uds_address_path(address);

	switch (uds_address_kind(address)) {
	case UDS_ADDRESS_PATHNAME:
		if (path[0] == '@') {
			buf_printf(&text, "\\x40");
			path++;
		}
		add_printable(&text, path, strlen(path));
		break;
	case UDS_ADDRESS_ABSTRACT:
		buf_add(&text, "@", 1);
		add_printable(&text, address->un.sun_path + 1,
			      address->len - PATH_OFFSET - 1);
		break;
	case UDS_ADDRESS_UNNAMED:
		buf_printf(&text, "(unnamed)");
		break;
	}
	return buf_take(&text);
}
