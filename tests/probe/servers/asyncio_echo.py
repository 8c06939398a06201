#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Echo on a path: start_unix_server(), read(), write(), drain()."""
import asyncio
import sys


async def serve_client(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_unix_server(serve_client, sys.argv[1])
    async with server:
        await server.serve_forever()


asyncio.run(main())
