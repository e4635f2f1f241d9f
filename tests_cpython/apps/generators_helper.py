"""What an app has in another of its modules."""

import asyncio

ticked = []


async def own():
    await asyncio.sleep(0)
    return "other"


def measured():
    return (yield from own())


def also():
    yield from asyncio.sleep(0)
    return " also"


def decorated(handler):
    def wrapper(req, resp):
        yield from asyncio.sleep(0)
        return "decorated " + (yield from handler(req, resp))

    return wrapper


def tick():
    yield from asyncio.sleep(0)
    ticked.append((yield from own()))


def loop():
    import uasyncio

    return uasyncio.get_event_loop()
