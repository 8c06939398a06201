/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system call that sends, as the options choose it: one attempt.
 */
#ifndef SOCKSPEC_CORE_SEND_CALL_H
#define SOCKSPEC_CORE_SEND_CALL_H

#include <sys/types.h>
#include <sys/uio.h>

#include "core/traffic.h"

#define UDS_MAX_BATCH 64

/**
 * uds_send_one: one message or one piece of a stream.
 *
 * Return: bytes taken, or -1 with errno.
 */
ssize_t uds_send_one(const struct uds_send_options *options,
		     struct iovec *iov, int flags);

/**
 * uds_send_many: n messages, at most UDS_MAX_BATCH, by one sendmmsg().
 *
 * Return: how many were taken in full length before one that was not, or -1
 * with errno.
 */
int uds_send_many(const struct uds_send_options *options, struct iovec *iov,
		  unsigned int n, int flags);

#endif
