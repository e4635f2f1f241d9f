"""A route that test apps share: `/mem` answers the heap in use while no other client is connected."""

import gc

import uasyncio as asyncio


def add(app):
    @app.route("/mem")
    async def memory(req, resp):
        while len(app.connections) > 1:
            await asyncio.sleep_ms(5)
        gc.collect()
        return str(gc.mem_alloc())
