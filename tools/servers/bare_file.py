"""A file on nothing but asyncio, through one buffer: `bare_file PORT FILE BUFFER`."""

import asyncio
import os
import sys

FILE = sys.argv[2]
BUFFER = int(sys.argv[3])


async def handle(reader, writer):
    try:
        while True:
            block = await reader.read(1024)
            if block.find(b"\r\n\r\n") < 0:
                break
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % os.stat(FILE)[6])
            buf = bytearray(BUFFER)
            view = memoryview(buf)
            with open(FILE, "rb") as f:
                while True:
                    n = f.readinto(buf)
                    if not n:
                        break
                    writer.write(view[:n])
                    await writer.drain()
    except OSError:
        pass
    writer.close()
    await writer.wait_closed()


async def main(port):
    server = await asyncio.start_server(handle, "127.0.0.1", port)
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
