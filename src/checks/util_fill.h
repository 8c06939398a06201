/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets that take no more, and sockets that do again. */
#ifndef SOCKSPEC_CHECKS_UTIL_FILL_H
#define SOCKSPEC_CHECKS_UTIL_FILL_H

#include "harness/env.h"

/**
 * fill_up: send until a send that must not wait is refused; the last pieces
 * are single bytes.  Judges that it ends, and ends with EAGAIN.  Returns the
 * number of messages, or of bytes on a stream.
 */
long fill_up(struct env *env, int fd);

/** fill_drain: receive all there is; the number of bytes or messages. */
long fill_drain(struct env *env, int fd);

#endif
