"""Hello on nothing but asyncio: what the runtime itself allows."""

import asyncio

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\nHello world"


async def handle(reader, writer):
    try:
        while (await reader.read(1024)).find(b"\r\n\r\n") >= 0:
            writer.write(ANSWER)
            await writer.drain()
    except OSError:
        pass
    writer.close()
    await writer.wait_closed()


async def serve(port):
    server = await asyncio.start_server(handle, "127.0.0.1", port)
    await server.wait_closed()


class app:
    @staticmethod
    def run(port):
        asyncio.run(serve(port))
