#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A server as tutorials write it: a client, an answer, and all over again.

usage: tutorial.py PATH

Each round makes the socket anew: unlink, socket, bind, listen, accept.  What
waits in the queue of the last one is lost, which is what the probe is to find.
"""
import os
import socket
import sys


def serve_one(path):
    if os.path.exists(path):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    server.listen(128)
    connection, _ = server.accept()
    text = connection.recv(1024)
    print("received:", text.decode(), flush=True)
    connection.send("thank you!\n".encode())
    connection.close()
    server.close()


while True:
    serve_one(sys.argv[1])
