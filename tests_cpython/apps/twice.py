"""Two apps in one process, each with its own port."""

import sys

import picoweb
import uasyncio as asyncio


def made(name):
    app = picoweb.WebApp(None, serve_static=False)

    @app.route("/")
    async def index(req, resp):
        return name

    return app


async def main():
    port = int(sys.argv[1])
    await made("second").start("127.0.0.1", int(sys.argv[2]))
    await made("first").start("127.0.0.1", port)
    while True:
        await asyncio.sleep(1)


asyncio.run(main())
