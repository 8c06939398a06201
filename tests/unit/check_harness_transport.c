// SPDX-License-Identifier: BSD-2-Clause
/* The table of rows is complete, and its names can stand in a case id. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/transport.h"
#include "harness_fixture.h"

static unsigned int bit_of(int type)
{
	switch (type) {
	case SOCK_STREAM:
		return STREAM;
	case SOCK_DGRAM:
		return DGRAM;
	case SOCK_SEQPACKET:
		return SEQPACKET;
	}
	return 0;
}

START_TEST(each_type_has_each_address_kind_once)
{
	static const unsigned int types[] = { STREAM, DGRAM, SEQPACKET };
	static const unsigned int addrs[] = { NO_ADDR, PATH, ABSTRACT, PAIR };
	size_t n, found = 0;
	const struct transport *rows = transports(&n);

	for (size_t t = 0; t < 3; t++) {
		for (size_t a = 0; a < 4; a++) {
			size_t here = 0;

			for (size_t i = 0; i < n; i++)
				here += !rows[i].control &&
					rows[i].type_bit == types[t] &&
					rows[i].addr == addrs[a];
			ck_assert_uint_eq(here, 1);
			found += here;
		}
	}
	for (size_t i = 0; i < n; i++)
		found += rows[i].control != 0;
	ck_assert_uint_eq(found, n);
}
END_TEST

START_TEST(bits_agree_with_types)
{
	size_t n;
	const struct transport *rows = transports(&n);

	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(rows[i].type_bit, bit_of(rows[i].type));
		if (rows[i].control)
			ck_assert_int_ne(rows[i].family, AF_UNIX);
		else
			ck_assert_int_eq(rows[i].family, AF_UNIX);
	}
}
END_TEST

START_TEST(each_control_has_its_rows)
{
	static const struct {
		const char *name;
		int family;
		int type;
		unsigned int control;
	} wanted[] = {
		{ "tcp4", AF_INET, SOCK_STREAM, TCP },
		{ "tcp6", AF_INET6, SOCK_STREAM, TCP },
		{ "udp4", AF_INET, SOCK_DGRAM, UDP },
		{ "udp6", AF_INET6, SOCK_DGRAM, UDP },
		{ "pipe", AF_UNSPEC, SOCK_STREAM, PIPE },
	};
	size_t n;
	const struct transport *rows = transports(&n);

	for (size_t w = 0; w < sizeof(wanted) / sizeof(wanted[0]); w++) {
		const struct transport *row = NULL;

		for (size_t i = 0; i < n; i++) {
			if (strcmp(rows[i].name, wanted[w].name) == 0)
				row = &rows[i];
		}
		ck_assert_ptr_nonnull(row);
		ck_assert_int_eq(row->family, wanted[w].family);
		ck_assert_int_eq(row->type, wanted[w].type);
		ck_assert_uint_eq(row->control, wanted[w].control);
		ck_assert_uint_eq(row->addr, NO_ADDR);
	}
}
END_TEST

START_TEST(names_are_unique_and_plain)
{
	size_t n;
	const struct transport *rows = transports(&n);

	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(strspn(rows[i].name,
					 "abcdefghijklmnopqrstuvwxyz0123456789+"),
				  strlen(rows[i].name));
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(rows[i].name, rows[j].name);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("transport");

	tcase_add_test(tc, each_type_has_each_address_kind_once);
	tcase_add_test(tc, bits_agree_with_types);
	tcase_add_test(tc, each_control_has_its_rows);
	tcase_add_test(tc, names_are_unique_and_plain);
	return fixture_run("harness_transport", tc);
}
