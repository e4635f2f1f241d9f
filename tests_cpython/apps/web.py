"""The app that docs/http.md is tried on: requests are told back, responses come in every shape."""

import sys

import picoweb
import uasyncio as asyncio
import utime


app = picoweb.WebApp(__name__)


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/tell")
async def tell(req, resp):
    return {"method": req.method, "path": req.path, "qs": req.qs}


@app.route("/headers")
async def headers(req, resp):
    return {k.decode(): v.decode() for k, v in req.headers.items()}


@app.route("/get", methods=["GET"])
async def get(req, resp):
    return "got"


@app.route("/post", methods=["POST", "PUT"])
async def post(req, resp):
    return "posted"


# The body

@app.route("/read")
async def read(req, resp):
    whole = b""
    while True:
        data = await req.reader.read(100)
        if not data:
            return whole
        whole += data


@app.route("/exactly")
async def exactly(req, resp):
    return await req.reader.readexactly(5)


@app.route("/lines")
async def lines(req, resp):
    found = []
    while True:
        line = await req.reader.readline()
        if not line:
            return found
        found.append(line.decode())


@app.route("/unread")
async def unread(req, resp):
    return "unread"


@app.route("/form")
async def form(req, resp):
    await req.read_form_data()
    return req.form


# The response

@app.route("/status/<int:code>")
async def status(req, resp, code):
    return ("body", code)


@app.route("/started/<code>")
async def started(req, resp, code):
    await picoweb.start_response(resp, status=code)
    await resp.awrite("body")


@app.route("/error/<code>")
async def error(req, resp, code):
    await picoweb.http_error(resp, code)


@app.route("/pieces")
async def pieces(req, resp):
    await picoweb.start_response(resp, "text/plain")
    for i in range(4):
        await resp.awrite("piece %d\n" % i)
        await asyncio.sleep_ms(10)


gate = []
waiting = []


async def pass_gate():
    waiting.append("one")
    while not gate:
        await asyncio.sleep_ms(5)
    gate.clear()
    waiting.clear()


@app.route("/gate")
async def wait_at_gate(req, resp):
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("before the gate, ")
    await pass_gate()
    await resp.awrite("behind the gate")


@app.route("/gate/whole")
async def wait_for_whole(req, resp):
    await pass_gate()
    return "behind the gate"


@app.route("/block")
def block(req, resp):
    """Nothing else runs meanwhile: what becomes of the client is seen only when the answer is sent."""
    print("blocking")
    utime.sleep_ms(200)
    return "blocked"


@app.route("/gate/waiting")
async def tell_waiting(req, resp):
    return str(len(waiting))


@app.route("/gate/open")
async def open_gate(req, resp):
    gate.append("open")
    return "open"


@app.route("/long")
async def long(req, resp):
    await picoweb.start_response(resp, "text/plain")
    for i in range(500):
        await resp.awrite("line %04d\n" % i)


@app.route("/length/<int:said>")
async def length(req, resp, said):
    await picoweb.start_response(resp, headers={"Content-Length": str(said)})
    await resp.awrite("12345")


@app.route("/empty")
async def empty(req, resp):
    await picoweb.start_response(resp)


@app.route("/closing")
async def closing(req, resp):
    await picoweb.start_response(resp, headers={"Connection": "close"})
    await resp.awrite("bye")


@app.route("/by-hand")
async def by_hand(req, resp):
    await resp.awrite("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    await resp.awrite("by hand")


BAD = {
    "cr": "a\rb", "lf": "a\nb", "crlf": "a\r\nX-Evil: 1", "nul": "a\0b",
}


async def refused(coro):
    try:
        await coro
    except ValueError:
        return "ValueError"
    return "sent"


@app.route("/inject-value/<kind>")
async def inject_value(req, resp, kind):
    return await refused(picoweb.start_response(resp, headers={"X-Test": BAD[kind]}))


@app.route("/inject-name/<kind>")
async def inject_name(req, resp, kind):
    return await refused(picoweb.start_response(resp, headers={BAD[kind]: "1"}))


@app.route("/inject-type/<kind>")
async def inject_type(req, resp, kind):
    return await refused(picoweb.start_response(resp, BAD[kind]))


@app.route("/inject-status/<kind>")
async def inject_status(req, resp, kind):
    return await refused(picoweb.start_response(resp, status="200 " + BAD[kind]))


@app.route("/inject-block")
async def inject_block(req, resp):
    return await refused(picoweb.start_response(resp, headers="X-Test: 1\r\nX-Nul: \0\r\n"))


@app.route("/inject-add/<kind>")
async def inject_add(req, resp, kind):
    try:
        resp.add_header("X-Test", BAD[kind])
    except ValueError:
        return "ValueError"
    return "sent"


@app.route("/inject-return/<kind>")
async def inject_return(req, resp, kind):
    return ("body", 200, {"X-Test": BAD[kind]})


app.run(port=int(sys.argv[1]), debug=int(sys.argv[2]) if len(sys.argv) > 2 else 0)
