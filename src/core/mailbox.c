// SPDX-License-Identifier: BSD-2-Clause
/*
 * Receiving datagrams and delivering the answers.
 *
 * Invariant: the letters for one peer leave in the order in which they came;
 * while one waits, none overtakes it.
 */
#include "config.h"

#include "core/mailbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "core/address.h"

struct uds_letter {
	struct uds_letter *next;
	struct uds_address to;
	int64_t deadline_ns;
	size_t len;
	bool is_stuck;
	char data[];
};

void uds_mailbox_init(struct uds_mailbox *ret_box)
{
	ret_box->first = NULL;
	ret_box->tail = &ret_box->first;
	ret_box->count = 0;
	ret_box->retry_ns = 0;
}

void uds_mailbox_free(struct uds_mailbox *box)
{
	while (box->first) {
		struct uds_letter *letter = box->first;

		box->first = letter->next;
		free(letter);
	}
	uds_mailbox_init(box);
}

static size_t waiting_for(const struct uds_mailbox *box,
			  const struct uds_address *to)
{
	size_t n = 0;

	for (const struct uds_letter *l = box->first; l; l = l->next)
		n += uds_address_equal(&l->to, to);
	return n;
}

static void keep(struct uds_mailbox *box, const struct uds_address *to,
		 const char *data, size_t len)
{
	struct uds_letter *letter = xcalloc(1, sizeof(*letter) + len);

	letter->to = *to;
	letter->deadline_ns = clock_deadline_ms(UDS_LETTER_MS);
	letter->len = len;
	if (len)
		memcpy(letter->data, data, len);
	*box->tail = letter;
	box->tail = &letter->next;
	box->count++;
}

static void deliver(struct uds_mailbox *box, int fd,
		    const struct uds_address *to, const char *data, size_t len,
		    struct uds_answer *a)
{
	size_t waiting = box->count ? waiting_for(box, to) : 0;

	if (waiting == 0) {
		ssize_t n = uds_answer_send(fd, data, len, &to->sa, to->len);

		if (n >= 0)
			return;
		if (n != -EAGAIN) {
			a->dropped++;
			return;
		}
	}
	if (waiting >= UDS_LETTERS_PER_PEER || box->count >= UDS_LETTERS)
		a->dropped++;
	else
		keep(box, to, data, len);
}

int uds_mailbox_serve(struct uds_mailbox *box, int fd, int limit,
		      struct uds_answer *answer)
{
	while (limit-- > 0) {
		struct uds_address from;
		ssize_t n;

		uds_address_unnamed(&from);
		from.len = sizeof(from.bytes);
		n = recvfrom(fd, answer->buf, answer->size,
			     MSG_DONTWAIT | MSG_TRUNC, &from.sa, &from.len);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN ? (int)UDS_IDLE : -errno;
		}
		answer->messages++;
		if (uds_address_kind(&from) == UDS_ADDRESS_UNNAMED)
			continue;
		if (!answer->echo)
			deliver(box, fd, &from, answer->replies,
				answer->reply_len, answer);
		else if ((size_t)n <= answer->size)
			deliver(box, fd, &from, answer->buf, (size_t)n, answer);
		else
			answer->dropped++;	/* no half echoes */
	}
	return UDS_BUSY;
}

static bool is_stuck_before(const struct uds_mailbox *box,
			    const struct uds_letter *letter)
{
	for (const struct uds_letter *l = box->first; l != letter; l = l->next)
		if (l->is_stuck && uds_address_equal(&l->to, &letter->to))
			return true;
	return false;
}

/* Whether the letter leaves the box, delivered or given up. */
static bool try_letter(struct uds_mailbox *box, int fd,
		       struct uds_letter *letter, int64_t now_ns,
		       struct uds_answer *a)
{
	ssize_t n = -EAGAIN;

	if (!is_stuck_before(box, letter))
		n = uds_answer_send(fd, letter->data, letter->len,
				    &letter->to.sa, letter->to.len);
	if (n == -EAGAIN && now_ns < letter->deadline_ns) {
		letter->is_stuck = true;
		return false;
	}
	a->dropped += n < 0;
	return true;
}

void uds_mailbox_retry(struct uds_mailbox *box, int fd,
		       struct uds_answer *answer)
{
	int64_t now_ns = clock_now_ns();
	struct uds_letter **link = &box->first;

	if (now_ns < box->retry_ns)
		return;
	box->retry_ns = now_ns + UDS_MAILBOX_RETRY_MS * NS_PER_MS;
	for (struct uds_letter *l = box->first; l; l = l->next)
		l->is_stuck = false;
	while (*link) {
		struct uds_letter *letter = *link;

		if (!try_letter(box, fd, letter, now_ns, answer)) {
			link = &letter->next;
			continue;
		}
		*link = letter->next;
		box->count--;
		free(letter);
	}
	box->tail = link;
}
