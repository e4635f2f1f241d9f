"""Serves hello, asks for it once, and prints the modules that took: `picoweb_loaded PORT DEBUG`."""

import asyncio
import sys

from picoweb_hello import app


async def ask(port):
    while True:
        await asyncio.sleep_ms(10)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except OSError:  # not listening yet
            pass
    with open("head.txt", "rb") as f:
        writer.write(f.read())
    await writer.drain()
    answer = await reader.read(1024)
    print("answer", answer.split(b"\r\n")[0])
    for name, module in sys.modules.items():
        print("module", name, getattr(module, "__file__", "-"))
    sys.exit()


asyncio.get_event_loop().create_task(ask(int(sys.argv[1])))
app.run(port=int(sys.argv[1]), debug=int(sys.argv[2]))
