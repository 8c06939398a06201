// SPDX-License-Identifier: BSD-2-Clause
/* What is known proves the releases up to its own, and what is not, nothing. */
#include "config.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/release.h"
#include "harness_fixture.h"

static unsigned int known;	/* a bit for each release */
static unsigned int asked;

static bool is_known(enum release release)
{
	asked |= 1U << release;
	return known & 1U << release;
}

START_TEST(nothing_known_proves_nothing)
{
	known = 0;
	ck_assert_int_eq(release_newest(is_known), RELEASE_NONE);
	ck_assert_uint_eq(asked, (1U << RELEASE_COUNT) - 2);
}
END_TEST

START_TEST(the_last_one_known_counts)
{
	enum release last = (enum release)_i;

	/* A gap before it, as an option that was configured away. */
	known = 1U << last | (last > 2 ? 1U << (last - 2) : 0);
	ck_assert_int_eq(release_newest(is_known), last);
	ck_assert(!(asked & ((1U << last) - 1)));
}
END_TEST

START_TEST(what_is_proven_includes_what_is_older)
{
	ck_assert(release_proven(RELEASE_NONE));
	for (int i = RELEASE_NONE + 1; i < RELEASE_COUNT; i++)
		if (release_proven((enum release)i))
			ck_assert(release_proven((enum release)(i - 1)));
	ck_assert(!release_proven(RELEASE_COUNT));
}
END_TEST

/* SO_PASSRIGHTS, which is 1 on a new socket. */
START_TEST(agrees_with_this_kernel)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), value = 0;
	socklen_t len = sizeof(value);

	ck_assert_int_ge(fd, 0);
	if (getsockopt(fd, SOL_SOCKET, 83, &value, &len) == 0 && value == 1)
		ck_assert(release_proven(RELEASE_6_16));
	else
		ck_assert(!release_proven(RELEASE_6_17));
	close(fd);
}
END_TEST

/* Nothing stays open. */
START_TEST(leaves_no_descriptor)
{
	int before = dup(0);

	close(before);
	release_proven(RELEASE_5_15);
	ck_assert_int_eq(dup(0), before);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("release");

	tcase_add_test(tc, nothing_known_proves_nothing);
	tcase_add_loop_test(tc, the_last_one_known_counts, RELEASE_NONE + 1,
			    RELEASE_COUNT);
	tcase_add_test(tc, what_is_proven_includes_what_is_older);
	tcase_add_test(tc, agrees_with_this_kernel);
	tcase_add_test(tc, leaves_no_descriptor);
	return fixture_run_apart("release", tc);
}
