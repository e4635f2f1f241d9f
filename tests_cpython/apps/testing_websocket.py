"""WebSockets of an app, and what a TestClient gets from them: run as a script it tells of each case whether it holds."""

import picoweb
import uasyncio as asyncio
from picoweb.http import view
from picoweb.testing import TestClient, WebSocketRefused
from picoweb.websocket import WebSocket, WebSocketClosed
from testing_cases import Cases, raised, refused, same, tell

WAIT_S = 20  # at most, for what comes at once on a machine that has time
app = picoweb.WebApp(__name__, serve_static=False)
told = []  # by handlers
case = CASES = Cases()


def opened(path, timeout=WAIT_S, **options):
    del told[:]
    return TestClient(app, timeout=timeout).websocket(path, **options)


async def entered(session):
    """What a test gets that does nothing in its block."""
    async with session:
        pass


async def collect(ws):
    messages = []
    async for message in ws:
        messages.append(message)
    return messages


async def until(ready):
    """Waits for ready()."""
    for _ in range(WAIT_S * 200):
        if ready():
            return
        await asyncio.sleep_ms(5)
    raise AssertionError("it does not come")


def note(e):
    told.append((e.code, e.reason))


# Messages


@app.websocket("/echo", max_message=40000)
async def echo(req, ws):
    try:
        while True:
            await ws.send(await ws.receive())
    except WebSocketClosed as e:
        note(e)


@case
async def messages_go_both_ways():
    async with opened("/echo") as ws:
        for message in ("hello", "", "\xe9\u20ac\U0001f680", b"", bytes(range(256)), "x" * 125, "x" * 126, b"x" * 20000):
            await ws.send(message)
            same(await ws.receive(), message)
    same((told, app.connections), ([(1000, "")], []))


@case
async def bytes_of_every_kind_are_sent():
    async with opened("/echo") as ws:
        for message in (bytearray(b"abc"), memoryview(b"abc")):
            await ws.send(message)
            same(await ws.receive(), b"abc")


@case
async def messages_wait_for_each_other():
    async with opened("/echo") as ws:
        for n in range(50):
            await ws.send(str(n))
        for n in range(50):
            same(await ws.receive(), str(n))


@case
async def one_task_may_send_while_another_receives():
    async def listen():
        async for message in ws:
            messages.append(message)

    messages = []
    async with opened("/echo") as ws:
        listening = asyncio.create_task(listen())
        for n in range(20):
            await ws.send(str(n))
            await asyncio.sleep_ms(n % 3)
        await until(lambda: len(messages) == 20)
        await ws.close()
        await listening
    same(messages, [str(n) for n in range(20)])


@case
async def JSON_is_sent_and_received():
    async with opened("/echo") as ws:
        await ws.send_json({"led": [True, None]})
        same(await ws.receive_json(), {"led": [True, None]})


@case
async def text_is_wanted():
    async with opened("/echo") as ws:
        await ws.send("text")
        same(await ws.receive_text(), "text")
        await ws.send(b"bytes")
        same(str(await raised(ValueError, ws.receive_text())), "GET /echo: text was wanted, and bytes came: b'bytes'")


@app.websocket("/parts")
async def parts(req, ws):
    size = 0
    while True:
        size += len(await ws.receive_part())
        if not ws.more:
            await ws.send(str(size))
            size = 0


@case
async def a_message_may_be_larger_than_the_app_takes_at_once():
    async with opened("/parts") as ws:
        for size in (60000, 70000):
            await ws.send(bytes(size))
            same(await ws.receive(), str(size))


@app.websocket("/greet/<name>")
async def greet(req, ws, name):
    await ws.send("hello " + name)
    req.parse_qs()
    await ws.send("%s %s" % (req.form["x"], req.headers[b"X-A"].decode()))
    note(WebSocketClosed(0, await ws.receive()))


@case
async def the_app_may_talk_first():
    async with opened("/greet/J\xfcrgen", query={"x": 1}, headers={"X-A": "2"}) as ws:
        same((await ws.receive(), await ws.receive()), ("hello J\xfcrgen", "1 2"))
        await ws.send("bye")
        same(await collect(ws), [])
    same((ws.closed, told), ((1000, ""), [(0, "bye")]))


@app.websocket("/sink")
async def sink(req, ws):
    async for message in ws:
        told.append(message)


@case
async def the_app_may_only_receive():
    async with opened("/sink") as ws:
        for n in range(3):
            await ws.send(str(n))
    same(told, ["0", "1", "2"])


members = []


@app.websocket("/room")
async def room(req, ws):
    members.append(ws)
    try:
        async for message in ws:
            for member in members:
                await member.send(message)
    finally:
        members.remove(ws)


@case
async def sessions_run_side_by_side():
    c = TestClient(app, timeout=WAIT_S)
    async with c.websocket("/room") as ann:
        async with c.websocket("/room") as bob:
            for who in (ann, bob):
                await who.send("hi")
                same((await ann.receive(), await bob.receive()), ("hi", "hi"))
            same(len(app.connections), 2)
        same(len(members), 1)
        await ann.send("alone")
        same(await ann.receive(), "alone")
    same((members, app.connections), ([], []))


@case
async def many_sessions_run_at_once():
    async def talk(n):
        async with c.websocket("/echo") as ws:
            await ws.send(str(n))
            return await ws.receive()

    c = TestClient(app, timeout=WAIT_S)
    same(await asyncio.gather(*[talk(n) for n in range(8)]), [str(n) for n in range(8)])
    same(app.connections, [])


@app.route("/guarded")
async def guarded(req, resp):
    if req.qs != "secret":
        return "not for you\n", 401
    resp.add_header("Set-Cookie", "seen=1")
    async with WebSocket(req, resp, subprotocols=("b", "a")) as ws:
        await ws.send(await ws.receive())
    told.append("after")


@case
async def an_ordinary_handler_may_become_a_WebSocket():
    del told[:]
    c = TestClient(app, timeout=WAIT_S)
    e = await raised(WebSocketRefused, entered(c.websocket("/guarded")))
    same((e.answer.status, e.answer.text), (401, "not for you\n"))
    async with c.websocket("/guarded", query={"secret": True}) as ws:
        await ws.send("x")
        same(await ws.receive(), "x")
    same((told, c.cookies, app.connections), (["after"], {"seen": "1"}, []))


@app.websocket("/protocols", subprotocols=("v2", "v1"))
async def protocols(req, ws):
    await ws.send("%s %s" % (ws.subprotocol, req.headers.get(b"Cookie")))


@case
async def a_subprotocol_is_agreed_on():
    for offered, agreed in ((["v1", "v2"], "v2"), (("v1",), "v1"), (["soap"], None), ((), None)):
        c = TestClient(app, timeout=WAIT_S)
        c.cookies["a"] = "1"
        async with c.websocket("/protocols", subprotocols=offered) as ws:
            same((ws.subprotocol, await ws.receive()), (agreed, "%s %s" % (agreed, b"a=1")))


# The end


@app.websocket("/close")
async def close(req, ws):
    await ws.send("last words")
    await ws.close(4001, "go away")


@case
async def the_apps_close_is_told():
    async with opened("/close") as ws:
        same(await ws.receive(), "last words")
        for _ in range(2):
            e = await raised(WebSocketClosed, ws.receive())
            same((e.code, e.reason, str(e)), (4001, "go away", "GET /close is closed with 4001: go away"))
        same(ws.closed, (4001, "go away"))
        same((await raised(WebSocketClosed, ws.send("x"))).code, 4001)
    same(app.connections, [])


@case
async def a_closed_app_tells_who_only_sends():
    async def talk():
        while True:
            await ws.send("x")

    async with opened("/close") as ws:
        e = await raised(WebSocketClosed, talk())
        same((e.code, e.reason), (4001, "go away"))
        same(await collect(ws), ["last words"])


@case
async def a_loop_ends_with_the_close():
    async with opened("/close") as ws:
        same(await collect(ws), ["last words"])


@case
async def the_test_closes():
    async with opened("/echo") as ws:
        await ws.send("not asked for")
        await ws.close(4000, "enough")
        same((told, app.connections), ([(4000, "enough")], []))  # the handler has ended
        same((await raised(WebSocketClosed, ws.receive())).code, 4000)
        same((await raised(WebSocketClosed, ws.send("x"))).code, 4000)
        await ws.close()
    same(told, [(4000, "enough")])


@case
async def the_connection_is_lost():
    async with opened("/echo") as ws:
        await ws.send("x")
        await ws.drop()
        same((told, app.connections), ([(1006, "the connection is lost")], []))
        same((await raised(WebSocketClosed, ws.receive())).code, 1006)


@case
async def what_a_block_raises_comes_out():
    async def test():
        async with opened("/echo"):
            raise KeyError("mine")

    same((await raised(KeyError, test())).args, ("mine",))
    same((told, app.connections), ([(1006, "the connection is lost")], []))


@app.websocket("/clock/<int:ms>")
async def clock(req, ws, ms):
    try:
        while True:
            await ws.send("tick")
            await asyncio.sleep_ms(ms)
    except WebSocketClosed as e:
        note(e)
    finally:
        told.append("ended")


@case
async def an_app_that_only_sends_is_told_when_it_sends():
    async with opened("/clock/10") as ws:
        same((await ws.receive(), await ws.receive()), ("tick", "tick"))
    same((told, app.connections), ([(1006, "the connection is lost"), "ended"], []))


@case
async def a_handler_that_does_not_notice_is_ended():
    async with opened("/clock/600000") as ws:
        same(await ws.receive(), "tick")
    same((told, app.connections), (["ended"], []))


@app.route("/idle")
async def idle(req, resp):
    async with WebSocket(req, resp):
        try:
            await asyncio.sleep(600)
        finally:
            told.append("ended")


@case
async def a_handler_inside_a_route_that_does_not_notice_is_ended():
    await entered(opened("/idle"))
    same((told, app.connections), (["ended"], []))


@app.websocket("/flood")
async def flood(req, ws):
    try:
        while True:
            await ws.send(bytes(1000))
            app.sent += 1
    except WebSocketClosed as e:
        note(e)


@case
async def a_client_that_does_not_receive_slows_the_app_down():
    app.sent = 0
    async with opened("/flood") as ws:
        for _ in range(50):
            await asyncio.sleep_ms(0)
        assert 3 < app.sent < 10, app.sent
        for _ in range(20):
            same(len(await ws.receive()), 1000)
        assert 19 <= app.sent < 40, app.sent  # the last may be on its way
    same((told[0][0], app.connections), (1006, []))


# Keepalive


@app.websocket("/ping", ping_interval=1, ping_timeout=1)
async def ping(req, ws):
    try:
        await ws.send(await ws.receive())
    except WebSocketClosed as e:
        note(e)


@case
async def pings_are_answered():
    async with opened("/ping") as ws:
        server = app.connections[0]
        waiting = asyncio.create_task(ws.receive())
        for _ in range(2):
            await until(lambda: server.deadline)  # it waits for a message
            due = server.due
            app.tick += 10  # seconds: the sweep, which looks once a second, finds them over
            await until(lambda: server.due > due and not server.pinged)
        await ws.send("alive")
        same(await waiting, "alive")


# Errors of the app


class Log:
    """Keeps what an app says."""

    def __init__(self):
        self.lines = []

    def error(self, message, *args):
        self.lines.append(message % args)

    def info(self, message, *args):
        pass

    warning = debug = info


async def logged(coro):
    """What the app logs meanwhile."""
    old = app.log
    app.log = Log()
    try:
        await coro
        return "".join(app.log.lines)
    finally:
        app.log = old


@app.websocket("/broken/<when>")
async def broken(req, ws, when):
    if when == "later":
        await ws.send("one")
        await ws.receive()
    raise LookupError("the reason")


@case
async def a_broken_handler_closes_with_1011_and_is_logged():
    async def test():
        async with opened("/broken/now") as ws:
            e = await raised(WebSocketClosed, ws.receive())
            same((e.code, str(e)), (1011, "GET /broken/now is closed with 1011: the handler has raised an error"))

    text = await logged(test())
    assert "GET /broken/now" in text and "LookupError" in text and "the reason" in text, text


@case
async def a_broken_handler_is_an_error_of_a_test_that_does_not_look():
    async def leaves():
        async with opened("/broken/later") as ws:
            await ws.send("go")

    async def loops():
        async with opened("/broken/later") as ws:
            await ws.send("go")
            same(await collect(ws), ["one"])

    async def closes():
        async with opened("/broken/later") as ws:
            await ws.send("go")
            await ws.close()

    for test in (leaves, loops, closes):
        same((await raised(WebSocketClosed, logged(test()))).code, 1011)
        same(app.connections, [])


@app.websocket("/lasting/<int:ms>")
async def lasting(req, ws, ms):
    async for message in ws:
        pass
    await asyncio.sleep_ms(ms)
    told.append("done")


@case
async def a_handler_may_go_on_after_the_close():
    await entered(opened("/lasting/700"))
    same(told, ["done"])


@case
async def a_handler_that_goes_on_for_ever_is_an_error():
    why = "GET /lasting/600000: the handler goes on for over 0.2 s after the close"
    e = await raised(asyncio.TimeoutError, entered(opened("/lasting/600000", timeout=0.2)))
    same((str(e), app.connections), (why, []))

    async def closes():
        async with opened("/lasting/600000", timeout=0.2) as ws:
            await ws.close()

    same((str(await raised(asyncio.TimeoutError, closes())), app.connections), (why, []))


@case
async def no_message_in_time_is_an_error():
    async with opened("/echo", timeout=0.1) as ws:
        for _ in range(2):
            same(str(await raised(asyncio.TimeoutError, ws.receive())), "GET /echo: no message in 0.1 s")
        await ws.send("x")
        same(await ws.receive(), "x")


@case
async def a_cancelled_wait_loses_nothing():
    async with opened("/echo") as ws:
        await raised(asyncio.TimeoutError, asyncio.wait_for(ws.receive(), 0.05))
        await ws.send("x")
        same(await ws.receive(), "x")


# Refused


@app.route("/page")
async def page(req, resp):
    return "a page"


@app.route("/moved")
async def moved(req, resp):
    return "", 302, {"Location": "/echo"}


@app.route("/stuck")
async def stuck(req, resp):
    await asyncio.sleep(600)


@app.websocket("/wrong/<name>")
async def takes_no_name(req, ws):
    pass


@app.websocket("/inside", origins=("https://ok.example",))
async def inside(req, ws):
    pass


@case
async def a_refused_handshake_is_told_with_its_answer():
    for path, headers, status, text in (
        ("/none", {}, 404, "no such page"),
        ("/page", {}, 200, "a page"),
        ("/moved", {}, 302, ""),
        ("/wrong/x", {}, 500, "500 Internal"),
        ("/echo", {"Origin": "http://evil.example"}, 403, "Origin"),
        ("/inside", {"origin": "http://localhost"}, 403, "Origin"),
        ("/echo", {"sec-websocket-version": "8"}, 426, "version 13"),
        ("/echo", {"Upgrade": "h2c"}, 400, "Upgrade"),
        ("/echo", [("Sec-WebSocket-Key", "short")], 400, "Key"),
    ):
        e = None

        async def test():
            nonlocal e
            e = await raised(WebSocketRefused, entered(opened(path, headers=headers)))

        await logged(test())
        same(e.answer.status, status)
        assert text in e.answer.text, e.answer.text
        assert "%d " % status in str(e) and "GET " + path in str(e), str(e)
        same((e.answer.headers.get("Sec-WebSocket-Version"), app.connections), ("13" if status == 426 else None, []))


@case
async def headers_may_be_the_tests_own():
    for headers in (
        {"Origin": "http://localhost"}, {"host": "a.b:80", "Origin": "https://a.b:80"},
        {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}, {"connection": "keep-alive, Upgrade"},
        "X-A: 1\r\n",
    ):
        await entered(opened("/echo", headers=headers))


@case
async def a_handshake_that_takes_too_long_is_an_error():
    e = await raised(asyncio.TimeoutError, entered(opened("/stuck", timeout=0.1)))
    same((str(e), app.connections), ("GET /stuck: no answer in 0.1 s", []))


@case
async def what_cannot_be_sent_is_refused():
    refused(ValueError, opened, "echo")
    refused(ValueError, opened, "/echo", subprotocols="chat")
    refused(ValueError, opened, "/echo", subprotocols=["a\r\nX: y"])
    refused(TypeError, opened, "/echo", query={}, body=b"")
    async with opened("/echo") as ws:
        for message in (None, 5, ["a"], {"a": 1}):
            await raised(TypeError, ws.send(message))
        await raised(ValueError, ws.close(1000, "\xe9" * 62))
        await ws.send("x")
        same(await ws.receive(), "x")


# Frames by hand

ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
HEAD = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: x, upgrade\r\n" + ACCEPT
script = {}  # of the app: what it writes, piece by piece


@app.route("/by-hand")
async def by_hand(req, resp):
    await resp.awrite(script.get("head", HEAD) + "\r\n")
    for piece in script["pieces"]:
        await resp.awrite(piece)
        await asyncio.sleep_ms(0)
    while script.get("reads", True):
        n = await resp.receive(5)
        if not n:
            break
        data = bytes(view[:n])
        told.append(data)
        if masked(8, b"\x03\xe8") in data:
            await resp.awrite(b"\x88\x00")


def written(*pieces, **options):
    """A session whose app writes these bytes."""
    script.clear()
    script["pieces"] = pieces
    script.update(options)
    return opened("/by-hand")


def masked(opcode, data, mask=b"\x37\xfa\x21\x3d"):
    return bytes((128 + opcode, 128 + len(data))) + mask + bytes([data[i] ^ mask[i % 4] for i in range(len(data))])


FRAGMENTS = b"\x01\x02He\x89\x02hi\x00\x00\x80\x03llo\x8a\x00\x82\x01\xff\x01\x00\x80\x02\xc3\xa9\x88\x06\x0f\xa0done"


@case
async def fragments_are_joined_and_pings_answered_between_them():
    async with written(FRAGMENTS) as ws:
        same(await collect(ws), ["Hello", b"\xff", "\xe9"])
        same(ws.closed, (4000, "done"))
    same(b"".join(told), masked(10, b"hi") + masked(8, b"\x0f\xa0"))


@case
async def frames_may_come_byte_by_byte():
    async with written(*[bytes([c]) for c in FRAGMENTS]) as ws:
        same(await collect(ws), ["Hello", b"\xff", "\xe9"])
    for size, head in ((126, b"\x82\x7e\0\x7e"), (66000, b"\x82\x7f\0\0\0\0\0\1\x01\xd0")):
        async with written(*[bytes([c]) for c in head] + [bytes(1000)] * (size // 1000) + [bytes(size % 1000)]) as ws:
            same(len(await ws.receive()), size)


@case
async def what_leaves_is_masked():
    async with written() as ws:
        await ws.send("Hello")
        await ws.send(b"x" * 200)
    data = b"".join(told)
    same(data[:11], b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")  # RFC 6455 5.7
    same(data[11:19], b"\x82\xfe\x00\xc8\x37\xfa\x21\x3d")
    same(data[19:219], bytes([c ^ 120 for c in b"\x37\xfa\x21\x3d" * 50]))
    same(data[219:], masked(8, b"\x03\xe8"))


@case
async def a_close_without_a_code_is_1005():
    async with written(b"\x88\x00") as ws:
        same((await raised(WebSocketClosed, ws.receive())).code, 1005)
    same(told, [masked(8, b"")])


@case
async def a_malformed_frame_is_told():
    for data, word in (
        (b"\x81\x85\x37\xfa\x21\x3d", "81 85"),  # masked
        (b"\xc1\x00", "C1 00"),  # a bit of an extension
        (b"\x83\x00", "83 00"),
        (b"\x8b\x00", "8B 00"),
        (b"\x80\x00", "80 00"),  # goes on with nothing
        (b"\x01\x00\x81\x00", "81 00"),  # within a message
        (b"\x09\x00", "09 00"),
        (b"\x89\x7e\x00\x80", "89 7E"),
        (b"\x81\x7e\x00\x7d", "81 7E"),  # in a form that is too long
        (b"\x81\x7f\0\0\0\0\0\0\xff\xff", "81 7F"),
        (b"\x81\x02\xc3\xff", "UTF-8"),
        (b"\x88\x04\x03\xe8\xc3\xff", "UTF-8"),
    ):
        ws = written(data)
        e = await raised(ValueError, collect_in(ws))
        assert str(e).startswith("GET /by-hand: ") and word in str(e), str(e)


async def collect_in(session):
    async with session as ws:
        await collect(ws)


@case
async def a_lost_connection_is_1006():
    for data in (b"", b"\x81", b"\x81\x05Hel", b"\x01\x02He"):
        async with written(data, reads=False) as ws:
            same((await raised(WebSocketClosed, ws.receive())).code, 1006)
            same((await raised(WebSocketClosed, ws.send("x"))).code, 1006)


@case
async def a_malformed_handshake_is_told():
    upgrade, connection = "Upgrade: websocket\r\n", "Connection: Upgrade\r\n"
    start = "HTTP/1.1 101 \r\n"
    for fields, word in (
        (connection + ACCEPT, "Upgrade"), (upgrade + ACCEPT, "Connection"), (upgrade + connection, "Accept"),
        (upgrade + connection + "Sec-WebSocket-Accept: x\r\n", "Accept"),
        (upgrade + connection + ACCEPT + "Sec-WebSocket-Protocol: v3\r\n", "v3"),
    ):
        e = await raised(ValueError, entered(written(head=start + fields)))
        assert str(e).startswith("GET /by-hand: ") and word in str(e), str(e)
        same(app.connections, [])


async def main():
    await tell(CASES)


if __name__ == "__main__":
    asyncio.run(main())
