"""WebSockets: what each route does is in its name; `hasty` waits a second for a close."""

import sys

import picoweb
import uasyncio as asyncio
import uhashlib
import ubinascii
from picoweb import websocket
from picoweb.websocket import WebSocket, WebSocketClosed

if sys.argv[2:] == ["hasty"]:
    websocket.CLOSE_S = 1
app = picoweb.WebApp(__name__, serve_static=False)
app.write_timeout = 2
ended = []  # (route, code, reason) of those whose handler told


def tell(name, e):
    ended.append([name, e.code, e.reason])
    del ended[:-20]


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/ended")
async def get_ended(req, resp):
    told = list(ended)
    del ended[:]
    return told


@app.route("/connections")
async def connections(req, resp):
    return {"open": len(app.connections)}


@app.websocket("/ws/echo", max_message=140000)
async def echo(req, ws):
    async for message in ws:
        await ws.send(message)


@app.websocket("/ws/limited")
async def limited(req, ws):
    try:
        while True:
            await ws.send(await ws.receive())
    except WebSocketClosed as e:
        tell("limited", e)


@app.websocket("/ws/parts")
async def parts(req, ws):
    while True:
        digest = uhashlib.sha256()
        size = longest = 0
        while True:
            part = await ws.receive_part()
            digest.update(part)
            size += len(part)
            longest = max(longest, len(part))
            if not ws.more:
                break
        await ws.send("%d %d %s" % (size, longest, ubinascii.hexlify(digest.digest()).decode()))


@app.websocket("/ws/text")
async def text(req, ws):
    while True:
        await ws.send(await ws.receive_text())


@app.websocket("/ws/room/<room>/<int:seat>")
async def room(req, ws, room, seat):
    await ws.send("%s %d %s" % (room, seat, req.headers.get(b"X-Token", b"none").decode()))
    async for message in ws:
        await ws.send(room + ": " + message)


@app.websocket("/ws/protocols", subprotocols=("chat.v2", "chat.v1"))
async def protocols(req, ws):
    await ws.send(str(ws.subprotocol))


@app.websocket("/ws/origins", origins=("https://ok.example",))
async def origins(req, ws):
    await ws.send("in")


@app.websocket("/ws/any-origin", origins=("*",))
async def any_origin(req, ws):
    await ws.send("in")


@app.websocket("/ws/ping", ping_interval=1, ping_timeout=1)
async def ping(req, ws):
    try:
        while True:
            await ws.send(await ws.receive())
    except WebSocketClosed as e:
        tell("ping", e)


@app.websocket("/ws/poll", ping_interval=1, ping_timeout=1)
async def poll(req, ws):
    polls = 0
    try:
        while True:
            try:
                message = await asyncio.wait_for(ws.receive(), 0.4)
                await ws.send("%s after polls: %s" % (message, polls > 0))
            except asyncio.TimeoutError:
                polls += 1
                if polls == 1:
                    await ws.send("polled")
    except WebSocketClosed as e:
        tell("poll", e)


@app.websocket("/ws/close")
async def close(req, ws):
    code, _, reason = (await ws.receive()).partition(" ")
    await ws.close(int(code), reason)
    try:
        await ws.send("too late")
    except WebSocketClosed as e:
        tell("close", e)
    await ws.close(1011, "a second close is none")


@app.websocket("/ws/close-elsewhere")
async def close_elsewhere(req, ws):
    async def close():
        await asyncio.sleep(0.1)
        await ws.close(4001, "go")

    asyncio.create_task(close())
    try:
        while True:
            tell("message", WebSocketClosed(0, await ws.receive()))
    except WebSocketClosed as e:
        tell("close-elsewhere", e)


@app.websocket("/ws/return")
async def just_return(req, ws):
    await ws.send("bye")


@app.websocket("/ws/raise")
async def raises(req, ws):
    await ws.receive()
    raise ValueError("a fault of the handler")


@app.websocket("/ws/wrong/<name>")
async def takes_no_name(req, ws):
    pass


@app.websocket("/ws/flood")
async def flood(req, ws):
    try:
        while True:
            await ws.send(bytes(4000))
    except WebSocketClosed as e:
        tell("flood", e)


@app.websocket("/ws/tasks")
async def tasks(req, ws):
    left = [60] * 4

    async def say(who):
        while left[who]:
            left[who] -= 1
            await ws.send(bytes([who]) * (1 + who * 3000))

    await ws.receive()
    others = [asyncio.create_task(say(who)) for who in range(3)]
    await say(3)
    for other in others:
        await other
    await ws.send("done")


@app.websocket("/ws/cancelled-send")
async def cancelled_send(req, ws):
    try:
        while True:
            await asyncio.wait_for(ws.send(bytes(8000)), 0.3)
    except asyncio.TimeoutError:
        pass
    try:
        await ws.send("after a frame of which a part has left")
    except WebSocketClosed as e:
        tell("cancelled-send", e)


@app.route("/ws/inside/<name>")
async def inside(req, resp, name):
    resp.add_header("X-Inside", name)
    async with WebSocket(req, resp, max_message=10) as ws:
        async for message in ws:
            if message == "raise":
                raise ValueError("a fault inside")
            await ws.send("%s %s" % (name, message))


@app.route("/ws/guarded")
async def guarded(req, resp):
    if req.qs != "secret":
        return "not for you\n", 401
    async with WebSocket(req, resp) as ws:
        await ws.send(await ws.receive())
        await ws.close(4002)


@app.websocket("/ws/deaf")
async def deaf(req, ws):
    await ws.send("begun")
    await asyncio.sleep_ms(100000)


@app.route("/ws/inside-deaf")
async def inside_deaf(req, resp):
    async with WebSocket(req, resp) as ws:
        await deaf(req, ws)


@app.route("/unknown-option")
async def unknown_option(req, resp):
    try:
        app.websocket("/never", max_mesage=1)
    except AttributeError as e:
        return str(e)


@app.route("/stop")
async def stop(req, resp):
    asyncio.create_task(app.stop(int(req.qs or 60)))  # longer than the client waits
    return "stopping"


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]), debug=1)
