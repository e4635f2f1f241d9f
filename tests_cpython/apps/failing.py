"""An app of which any allocation can be made to fail: a datagram with n has the n-th from then on fail.

It is answered, before that, with the number of allocations since the last datagram, and of connections.
"""

import gc
import sys

import picoweb
import uasyncio as asyncio
import usocket

app = picoweb.WebApp(None)
app.max_body = 1000
app.head_timeout = 1


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/json")
async def json(req, resp):
    return {"name": "pico", "values": [1, 2.5, None]}


@app.route("/form", methods=["POST"])
async def form(req, resp):
    await req.read_form_data()
    return req.form["name"]


@app.route("/stream")
async def stream(req, resp):
    await picoweb.start_response(resp, "text/plain")
    for i in range(3):
        await resp.awrite("part %d\n" % i)
        await asyncio.sleep_ms(1)


@app.route("/pieces")
def pieces(req, resp):
    for i in range(3):
        yield "piece %d\n" % i


def control(port):
    """Task: answer datagrams."""
    s = usocket.socket(usocket.AF_INET, usocket.SOCK_DGRAM)
    s.bind(usocket.getaddrinfo("127.0.0.1", port)[0][-1])
    s.setblocking(False)
    n = 0
    while True:
        wait = asyncio.core._io_queue.queue_read(s)
        gc.fail(n)
        yield wait
        made = gc.fail(0)
        data, client = s.recvfrom(16)
        n = int(data)
        if not n:
            gc.collect()
        s.sendto(b"%d %d" % (made, len(app.connections)), client)


@app.at_start
def started():
    asyncio.create_task(control(int(sys.argv[1])))


app.run(port=int(sys.argv[1]), debug=-1)
