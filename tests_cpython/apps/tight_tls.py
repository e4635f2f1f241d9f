"""TLS in a heap of which little is left: a datagram with n leaves n bytes until the next one, 0 all there is.

It is answered, before that, with the number of connections. Arguments: the port, the certificate's folder.
"""

import gc
import sys

import picoweb
import uasyncio as asyncio
import usocket
from tls_context import context

app = picoweb.WebApp(None, serve_static=False)
app.head_timeout = app.idle_timeout = 1
held = []


@app.route("/")
async def index(req, resp):
    return "hello"


def leave(n):
    """Take all of the heap but n bytes in a row."""
    gc.collect()
    row = bytearray(n)
    size = 4096
    while size > 8:
        try:
            while True:
                held.append(bytearray(size))
        except MemoryError:
            pass
        size //= 2
    row = None
    gc.collect()


datagrams = usocket.socket(usocket.AF_INET, usocket.SOCK_DGRAM)
datagrams.bind(usocket.getaddrinfo("127.0.0.1", int(sys.argv[1]))[0][-1])
datagrams.setblocking(False)


def control():
    """Task: answer datagrams."""
    n = 0
    while True:
        wait = asyncio.core._io_queue.queue_read(datagrams)
        if n:
            leave(n)
        yield wait
        held.clear()
        gc.collect()
        data, client = datagrams.recvfrom(16)
        n = int(data)
        datagrams.sendto(b"0 %d" % len(app.connections), client)


@app.at_start
def started():
    asyncio.create_task(control())


app.run(port=int(sys.argv[1]), ssl=context(sys.argv[2]))
