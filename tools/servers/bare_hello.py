"""Hello on nothing but asyncio: what the runtime itself allows. `bare_hello PORT [close]`."""

import asyncio
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\nHello world"
CLOSING = sys.argv[2:] == ["close"]
if CLOSING:
    ANSWER = ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


async def handle(reader, writer):
    try:
        while True:
            block = await reader.read(1024)
            if block.find(b"\r\n\r\n") < 0:
                break
            writer.write(ANSWER)
            await writer.drain()
            if CLOSING:
                break
    except OSError:
        pass
    writer.close()
    await writer.wait_closed()


async def main(port):
    server = await asyncio.start_server(handle, "127.0.0.1", port)
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
