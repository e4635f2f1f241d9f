"""Hello on nothing but asyncio's `readline()`, closing: `bare_readline_hello PORT`."""

import asyncio
import sys

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\nHello world"


async def handle(reader, writer):
    try:
        while await reader.readline() not in (b"\r\n", b""):
            pass
        writer.write(ANSWER)
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
