"""Tells about the process that it runs in, whatever the app: for each line on standard input, one look.

The app is seen from outside: its heap after a collection, the places taken in its table, the modules that are loaded.
"""

import asyncio
import gc
import sys

import micropython

BLOCK = 16 if sys.maxsize < 1 << 32 else 32  # bytes of the heap's unit


async def watch(app, cost):
    stream = asyncio.StreamReader(sys.stdin)
    while await stream.readline():
        gc.collect()
        allocated = gc.mem_alloc() - cost
        print("watched", allocated, BLOCK, len(getattr(app, "connections", ())), *sys.modules)
        micropython.mem_info()
        print("end")


def start(app, before):
    """Begin to watch; `before` is the heap allocated before this module was loaded."""
    task = watch(app, COST - before)
    asyncio.get_event_loop().create_task(task)


gc.collect()
COST = gc.mem_alloc()
