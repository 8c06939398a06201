#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The client of the tutorial, on any of the three types of socket.

usage: client.py TYPE PATH|@NAME TEXT...
       client.py many TYPE PATH COUNT

Each TEXT is sent as it is, without a newline of its own, and its answer read
and printed before the next.  With many, COUNT clients are connected at once;
all send before the first reads, and their number is printed if each got the
answer.
"""
import socket
import sys

TYPES = {
    "stream": socket.SOCK_STREAM,
    "dgram": socket.SOCK_DGRAM,
    "seqpacket": socket.SOCK_SEQPACKET,
}
DEADLINE_S = 20


def connect(kind, address):
    client = socket.socket(socket.AF_UNIX, TYPES[kind])
    client.settimeout(DEADLINE_S)
    if kind == "dgram":
        client.bind("")
    if address.startswith("@"):
        address = "\0" + address[1:]
    client.connect(address)
    return client


def ask(kind, address, texts):
    client = connect(kind, address)
    for text in texts:
        client.send(text.encode())
        print(client.recv(1024).decode(), end="")
    client.close()


def ask_many(kind, address, count):
    clients = [connect(kind, address) for _ in range(count)]
    for number, client in enumerate(clients):
        client.send(f"client {number}\n".encode())
    answers = [client.recv(1024) for client in clients]
    print(answers.count(b"thank you!\n"))


def main():
    if sys.argv[1] == "many":
        ask_many(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        ask(sys.argv[1], sys.argv[2], sys.argv[3:])


main()
