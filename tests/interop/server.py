#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The server of the tutorial, on any of the three types of socket.

usage: server.py TYPE PATH [keep]

It serves one client at a time and, unless told to keep the connection, closes
it after one answer.  A line on standard output says that it is ready.
"""
import os
import socket
import sys

TYPES = {
    "stream": socket.SOCK_STREAM,
    "dgram": socket.SOCK_DGRAM,
    "seqpacket": socket.SOCK_SEQPACKET,
}
REPLY = "thank you!\n".encode()


def serve_datagrams(server):
    while True:
        text, client = server.recvfrom(1024)
        show(text)
        if client:
            server.sendto(REPLY, client)


def serve_connections(server, keep):
    server.listen(128)
    ready()
    while True:
        connection, _ = server.accept()
        with connection:
            text = connection.recv(1024)
            while text:
                show(text)
                connection.send(REPLY)
                text = connection.recv(1024) if keep else b""


def ready():
    print("ready", flush=True)


def show(text):
    print("received:", text.decode(), flush=True)


def main():
    kind, path = sys.argv[1:3]
    if os.path.exists(path):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX, TYPES[kind])
    server.bind(path)
    if kind == "dgram":
        ready()
        serve_datagrams(server)
    else:
        serve_connections(server, "keep" in sys.argv[3:])


main()
