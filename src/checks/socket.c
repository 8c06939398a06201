// SPDX-License-Identifier: BSD-2-Clause
/* socket(): what it makes. */
#include "config.h"

#include <unistd.h>

#include "harness/check.h"

CHECK(socket, creates_each_type,
      .title = "socket() makes an AF_UNIX socket of each type",
      CLAUSES(posix_socket_types),
      ROWS(SOCK_01),
      .types = ANY_TYPE,
      .why = "Without the type nothing else of it can work.")
{
	int fd = ASSERT_OK(socket(AF_UNIX, env->type, 0));
	int value = -1;
	socklen_t len = sizeof(value);

	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len));
	EXPECT_EQ(env->type, value);
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len));
	EXPECT_EQ(AF_UNIX, value);
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &len));
	EXPECT_EQ(0, value);
	EXPECT_RET(0, close(fd));
}
