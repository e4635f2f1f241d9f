"""Nothing but asyncio that tells its heap: `bare_probe PORT` serves /, /mem and /wait (10 s)."""

import asyncio
import gc
import sys


async def handle(reader, writer):
    try:
        while True:
            block = await reader.read(1024)
            if block.find(b"\r\n\r\n") < 0:
                break
            body = b"Hello world"
            if block.startswith(b"GET /mem "):
                gc.collect()
                body = b"%d bytes" % gc.mem_alloc()
            elif block.startswith(b"GET /wait "):
                await asyncio.sleep(10)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
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
