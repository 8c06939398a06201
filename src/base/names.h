/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of the system as the names a reader knows: ECONNREFUSED, never 111.
 *
 * Every function returns a string that stays valid: a constant where the
 * number has a name, otherwise text in one of a few thread-local buffers that
 * are used in turn (eight calls later it is overwritten).
 */
#ifndef SOCKSPEC_BASE_NAMES_H
#define SOCKSPEC_BASE_NAMES_H

/** name_errno: "EAGAIN"; 0 is "0"; an unknown number is "errno 4711". */
const char *name_errno(int err);

/** name_signal: "SIGPIPE"; an unknown number is "signal 77". */
const char *name_signal(int sig);

/** name_socket_type: "SOCK_STREAM"; flag bits are not accepted. */
const char *name_socket_type(int type);

/** name_poll: "POLLIN|POLLHUP"; no bit is "0". */
const char *name_poll(unsigned int events);

/** name_msg_flags: "MSG_TRUNC|MSG_CTRUNC"; no bit is "0". */
const char *name_msg_flags(unsigned int flags);

#endif
