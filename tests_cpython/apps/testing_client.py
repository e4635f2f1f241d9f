"""An app, and what a TestClient gets from it: run as a script it tells of each case whether it holds."""

import picoweb
import uasyncio as asyncio
from picoweb.http import view
from picoweb.testing import TestClient
from testing_cases import Cases, raised, refused, same, tell

app = picoweb.WebApp(__name__, serve_static=False)
told = []  # by handlers
case = CASES = Cases()


def client(**options):
    del told[:]
    return TestClient(app, **options)


def spelled(name):
    """Return a field's name as most write it: the client's spelling reaches the app."""
    return "-".join([word[:1].upper() + word[1:].lower() for word in name.decode().split("-")])


async def echo_handler(req, resp, **values):
    body = await req.reader.read(-1)
    fields = {spelled(name): value.decode() for name, value in req.headers.items()}
    req.parse_qs()
    return {
        "method": req.method, "target": req.path + ("?" + req.qs if req.qs else ""), "form": req.form, "headers": fields, "body": body.decode(),
        "values": values,
    }


app.add_url_rule("/echo", echo_handler)
app.add_url_rule("/deep/er/echo", echo_handler)
app.add_url_rule("/echo/<name>", echo_handler)


def by_hand(url, *parts):
    """A route whose answer is written by hand."""

    @app.route(url)
    async def handler(req, resp):
        for part in parts:
            await resp.awrite(part)
            await asyncio.sleep_ms(1)


@app.route("/")
async def index(req, resp):
    return "hello"


# Requests


@case
async def a_page_is_answered():
    answer = await client().get("/")
    same((answer.status, answer.reason, answer.body, answer.text), (200, "OK", b"hello", "hello"))
    same(answer.headers["content-TYPE"], "text/html; charset=utf-8")
    same(answer.headers.get("X-None"), None)
    assert "Content-Length" in answer.headers and "X-None" not in answer.headers


@case
async def every_method_is_sent():
    c = client()
    for name in ("get", "post", "put", "patch", "delete", "options"):
        same((await getattr(c, name)("/echo")).json()["method"], name.upper())
    same((await c.request("BREW", "/echo")).json()["method"], "BREW")
    answer = await c.head("/echo")
    same((answer.status, answer.body), (200, b""))
    assert int(answer.headers["Content-Length"]) > 50


@case
async def a_query_is_encoded():
    query = {"a": 1, "b": ["x y", "&=%", "\xe9"], "c": True}
    for path in ("/echo", "/echo?z=0"):
        form = (await client().get(path, query=query)).json()["form"]
        form.pop("z", None)
        same(form, {"a": "1", "b": ["x y", "&=%", "\xe9"], "c": True})


@case
async def a_path_is_encoded_where_it_has_to_be():
    for path, target, name in (
        ("/echo/J\xfcrgen", "/echo/J%C3%BCrgen", "J\xfcrgen"),
        ("/echo/a b", "/echo/a%20b", "a b"),
        ("/echo/a%20b", "/echo/a%20b", "a b"),
        ("/echo/a+b#c", "/echo/a+b", "a+b"),
        ("/echo/a\r\nX: y", "/echo/a%0D%0AX:%20y", "a\r\nX: y"),
    ):
        found = (await client().get(path)).json()
        same((found["target"], found["values"]["name"]), (target, name))


@case
async def headers_are_sent():
    for headers in ({"X-A": "1", "x-b": 2}, [("X-A", "1"), (b"X-B", b"2")], "X-A: 1\r\nX-B: 2\r\n"):
        found = (await client().get("/echo", headers=headers)).json()["headers"]
        same((found["X-A"], found["X-B"], found["Host"]), ("1", "2", "localhost"))
    same((await client().get("/echo", headers={"host": "x.y"})).json()["headers"], {"Host": "x.y"})


@case
async def bodies_are_encoded():
    form = "application/x-www-form-urlencoded"
    for method, options, body, kind in (
        ("POST", {"json": {"a": [1, None]}}, '{"a": [1, null]}', "application/json"),
        ("POST", {"data": {"a": ["1", 2], "b": "\xe9 &"}}, "a=1&a=2&b=%C3%A9%20%26", form),
        ("POST", {"body": b"raw"}, "raw", None),
        ("DELETE", {"body": "\xe9"}, "\xe9", None),
        ("POST", {}, "", None),
        ("POST", {"body": b"{}", "headers": {"content-type": "x/y"}}, "{}", "x/y"),
    ):
        found = (await client().request(method, "/echo", **options)).json()
        same((found["body"], found["headers"].get("Content-Type")), (body, kind))
        same(found["headers"]["Content-Length"], str(len(body.encode())))


@case
async def files_are_multipart():
    data = {"title": "a", "tag": ["b", 1]}
    files = {"up": ('q".txt', b"picoweb-part", "text/plain"), "more": [("2", "two", "a/b"), ("3", b"", "a/b")]}
    found = (await client().post("/echo", data=data, files=files)).json()
    kind, _, boundary = found["headers"]["Content-Type"].partition("; boundary=")
    same(kind, "multipart/form-data")
    parts = found["body"].split("--" + boundary)
    same((parts[0], parts[-1]), ("", "--\r\n"))
    name = "\r\nContent-Disposition: form-data; name="
    expected = [
        name + '"title"\r\n\r\na\r\n',
        name + '"tag"\r\n\r\nb\r\n',
        name + '"tag"\r\n\r\n1\r\n',
        name + '"up"; filename="q%22.txt"\r\nContent-Type: text/plain\r\n\r\npicoweb-part\r\n',
        name + '"more"; filename="2"\r\nContent-Type: a/b\r\n\r\ntwo\r\n',
        name + '"more"; filename="3"\r\nContent-Type: a/b\r\n\r\n\r\n',
    ]
    same(sorted(parts[1:-1]), sorted(expected))  # MicroPython's dicts are in no order


@case
async def an_iterable_body_is_chunked():
    for body in ([b"one", "two", b"", b"three"], (part for part in (b"one", b"two", b"three"))):
        found = (await client().post("/echo", body=body)).json()
        same((found["body"], found["headers"]["Transfer-Encoding"]), ("onetwothree", "chunked"))
        assert "Content-Length" not in found["headers"]
    found = (await client().post("/echo", body=[b"one", b"two"], headers={"Content-Length": 6})).json()
    same((found["body"], "Transfer-Encoding" in found["headers"]), ("onetwo", False))


@case
async def what_cannot_be_sent_is_refused():
    c = client()
    for path, options in (
        ("echo", {}),
        ("http://localhost/", {}),
        ("/", {"body": b"", "json": {}}),
        ("/", {"headers": {"X": "a\r\nY: b"}}),
        ("/", {"files": {"a": (b"",)}}),
    ):
        refused(ValueError, c.stream, "POST", path, **options)
    refused(TypeError, c.stream, "GET", "/", quary={})
    refused(TypeError, c.stream, "POST", "/", body=1)


# Answers


@app.route("/hop/<path:rest>")
async def hop(req, resp, rest):
    return "", int(req.qs or 302), {"Location": rest}


@app.route("/fields")
async def fields(req, resp):
    return "", 204, [("X-A", "1"), ("x-a", "2"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]


@case
async def repeated_fields_are_all_there():
    headers = (await client().get("/fields")).headers
    same((headers["X-A"], headers.get_all("x-A"), headers.get_all("X-B")), ("1, 2", ["1", "2"], []))
    assert ("x-a", "2") in headers.items()
    refused(KeyError, lambda: headers["X-B"])


by_hand("/hints", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok")
by_hand("/close", "HTTP/1.0 200 OK\r\n\r\n", "up to ", "the end")
by_hand("/latin", b"HTTP/1.0 200 \xe9\r\nX-A: \xe9\r\n\r\n")
by_hand("/no-reason", b"HTTP/1.1 200\r\n\r\n")
by_hand(
    "/chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n",
    b"00A\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
)


@case
async def every_framing_is_read():
    for path, status, body in (
        ("/hints", 200, b"ok"), ("/close", 200, b"up to the end"), ("/latin", 200, b""), ("/no-reason", 200, b""),
        ("/chunks", 200, b"abc0123456789"), ("/fields", 204, b""), ("/big", 200, b"0123456789" * 1000),
    ):
        answer = await client().get(path)
        same((answer.status, answer.body), (status, body))
    same((await client().get("/hints")).headers.items(), [("X-A", "1"), ("Content-Length", "2")])
    same((await client().get("/latin")).headers["X-A"], "\xe9")


@app.route("/big")
def big(req, resp):
    for _ in range(10):
        yield "0123456789" * 100


by_hand("/bad/line", "hello\r\n\r\n")
by_hand("/bad/status", "HTTP/1.1 2x0 OK\r\n\r\n")
by_hand("/bad/header", "HTTP/1.1 200 OK\r\nX\r\n\r\n")
by_hand("/bad/length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")
by_hand("/bad/chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n")
by_hand("/bad/chunk-end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n")
by_hand("/short/head", "HTTP/1.1 200 OK\r\n")
by_hand("/short/body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc")
by_hand("/short/chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")


@app.route("/none")
async def none(req, resp):
    await resp.aclose()


@case
async def a_malformed_answer_is_told():
    for name in ("line", "status", "header", "length", "chunk", "chunk-end"):
        e = await raised(ValueError, client().get("/bad/" + name))
        assert str(e).startswith("GET /bad/" + name + ": "), e
    for path in ("/short/head", "/short/body", "/short/chunks", "/none"):
        e = await raised(EOFError, client().get(path))
        where = "without" if path == "/none" else "within"
        same(str(e), "GET %s: the app closed the connection %s its answer" % (path, where))


@case
async def an_answer_shows_itself():
    text = repr(await client().get("/"))
    assert "200 OK" in text and "GET /" in text and "hello" in text, text
    assert len(repr(await client().get("/big"))) < 400


# Cookies


@app.route("/set", methods=["POST"])
@app.route("/admin/set", methods=["POST"])
async def set_cookies(req, resp):
    body = await req.reader.read(-1)
    return "", 200, [("Set-Cookie", text) for text in body.decode().split("\n")]


async def sent(c, path="/echo"):
    return (await c.get(path)).json()["headers"].get("Cookie")


@case
async def cookies_come_back():
    c = client()
    answer = await c.post("/set", body="a=1; HttpOnly; Domain=x\nb = x=y ;Max-Age=60; Secure\nodd")
    same(answer.cookies, {"a": "1", "b": "x=y"})
    same(sorted((await sent(c)).split("; ")), ["a=1", "b=x=y"])
    assert c.cookies == {"a": "1", "b": "x=y"} and "a" in c.cookies and c.cookies["a"] == "1"
    same((c.cookies.get("none"), c.cookies.get("b")), (None, "x=y"))
    await c.post("/set", body="a=2")
    same(c.cookies["a"], "2")
    same(await sent(client()), None)


@case
async def cookies_go_where_they_belong():
    c = client()
    await c.post("/set", body="a=1; Path=/deep\nb=2; path=/deep/er/\nc=3; Path=/dee\na=4")
    same(await sent(c), "a=4")
    same(await sent(c, "/deep/er/echo?x"), "b=2; a=1; a=4")
    await c.post("/admin/set", body="d=5")
    same(await sent(c), "a=4")
    same(c.cookies["d"], "5")


@case
async def cookies_are_deleted():
    past = "Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    for how in ("Max-Age=0", "max-age=-1", past, "expires=Wed, 09-Nov-1999 23:12:40 GMT"):
        c = client()
        await c.post("/set", body="a=1\nb=2")
        answer = await c.post("/set", body="a=; " + how)
        same((await sent(c), answer.cookies), ("b=2", {}))
    for how in ("Max-Age=9", "Expires=Thu, 01 Jan 2970 00:00:00 GMT", "Max-Age=5; " + past, "Expires=soon"):
        c = client()
        await c.post("/set", body="a=1; " + how)
        same(await sent(c), "a=1")


@case
async def a_test_sets_cookies():
    c = client()
    c.cookies["a"] = "1"
    same(await sent(c, "/deep/er/echo"), "a=1")
    same((await c.get("/echo", headers={"Cookie": "own=1"})).json()["headers"]["Cookie"], "own=1")
    del c.cookies["a"]
    same(await sent(c), None)
    c.cookies["a"] = "1"
    c.cookies.clear()
    same(await sent(c), None)


# Redirects


@case
async def redirects_are_followed_when_asked():
    c = client()
    for where, target in (
        ("/echo?x=1#y", "/echo?x=1"), ("http://localhost/echo", "/echo"), ("//localhost/echo", "/echo"),
        ("../echo", "/echo"), ("./././../hop/../echo/", "/echo/"), ("/hop//echo", "/echo"), ("/echo/x/..", "/echo/"),
    ):
        path = "/hop/" + where.replace("#", "%23").replace("?", "%3F")
        if target == "/echo/":
            same((await c.get(path, follow=True)).status, 404)
            continue
        same((await c.get(path)).status, 302)
        same((await c.get(path, follow=True)).json()["target"], target)


@case
async def a_redirect_to_another_host_is_the_answer():
    same((await client().get("/hop/http://example.com/x", follow=True)).status, 302)


@case
async def redirects_keep_what_they_should():
    for status, method, then, body in (
        (301, "POST", "GET", ""), (302, "POST", "GET", ""), (303, "POST", "GET", ""), (303, "PUT", "GET", ""),
        (302, "PUT", "PUT", "x"), (307, "POST", "POST", "x"), (308, "POST", "POST", "x"),
    ):
        path = "/hop//echo?%d" % status
        found = (await client().request(method, path, follow=True, body=b"x", headers={"X-A": "1"})).json()
        same((found["method"], found["body"], found["headers"]["X-A"]), (then, body, "1"))
    same((await client().head("/hop//echo?303", follow=True)).body, b"")
    used = (part for part in (b"x",))
    await raised(ValueError, client().post("/hop//echo?307", follow=True, body=used))


@app.route("/loop")
async def loop(req, resp):
    return "", 302, {"Location": "/loop"}


@case
async def redirects_have_an_end():
    await raised(RuntimeError, client().get("/loop", follow=True))


# Streams


@app.route("/events")
def events(req, resp):
    yield from picoweb.start_response(resp, "text/event-stream")
    for text in (": hello\n\n", "data: one\n\nda", "ta:two\r\ndata: \xe9\r\nevent: sum\r\nid: 7\r\n\r\n",
                 "retry: 50\nid: 8\n\nretry: 50\nretry: x\nother\ndata\n\n", "data: unfinished"):
        yield from resp.awrite(text)
        yield from asyncio.sleep_ms(1)


async def collect(things):
    found = []
    async for thing in things:
        found.append(thing)
    return found


@case
async def server_sent_events_are_read():
    async with client().stream("GET", "/events") as answer:
        same((answer.status, answer.headers["Content-Type"], answer.body), (200, "text/event-stream", None))
        found = await collect(answer.events())
    same([tuple(event) for event in found], [
        ("one", "message", None, None), ("two\n\xe9", "sum", "7", None), ("", "message", None, 50),
    ])
    same((found[1].data, found[1].event, found[1].id, found[1].retry), ("two\n\xe9", "sum", "7", None))


@case
async def lines_are_read():
    async with client().stream("GET", "/events") as answer:
        same(await collect(answer.lines()), [
            ": hello", "", "data: one", "", "data:two", "data: \xe9", "event: sum", "id: 7", "", "retry: 50", "id: 8",
            "", "retry: 50", "retry: x", "other", "data", "", "data: unfinished",
        ])
    async with client().stream("GET", "/") as answer:
        same((await answer.line(), await answer.line()), ("hello", None))


@case
async def parts_are_read_as_they_come():
    gate = app.gate = asyncio.Event()
    async with client().stream("GET", "/gated") as answer:
        same(await answer.part(), b"one")
        gate.set()
        same(b"".join(await collect(answer)), b"two" * 2000)
        same(await answer.part(), None)


@app.route("/gated")
async def gated(req, resp):
    await picoweb.start_response(resp)
    await resp.awrite("one")
    await app.gate.wait()
    await resp.awrite("two" * 2000)


@case
async def any_number_of_bytes_is_read():
    async with client().stream("GET", "/big") as answer:
        same(await answer.read(5), b"01234")
        same(await answer.read(0), b"")
        same(len(await answer.read(5000)), 5000)
        same((len(await answer.read()), await answer.read()), (4995, b""))
    async with client().stream("GET", "/events") as answer:
        await answer.line()
        same(await answer.read(6), b"\ndata:")


@app.route("/flood")
async def flood(req, resp):
    await picoweb.start_response(resp)
    try:
        while True:
            await resp.awrite("x" * (700 if req.qs else 1000))
            told.append(1)
            if req.qs:
                await asyncio.sleep_ms(int(req.qs))
    except OSError as e:
        told.append(e.args[0])
        raise


@case
async def a_client_that_does_not_read_slows_the_app_down():
    async with client().stream("GET", "/flood") as answer:
        for _ in range(50):
            await asyncio.sleep_ms(0)
        assert 3 < len(told) < 10, told
        for _ in range(20):
            await answer.read(1000)
        assert 19 <= len(told) < 30, told


@case
async def a_client_that_does_not_read_slows_small_pieces_down_too():
    async with client().stream("GET", "/flood?1") as answer:
        for _ in range(60):
            await asyncio.sleep_ms(2)
        assert 3 < len(told) < 10, told


@case
async def who_leaves_breaks_the_apps_next_write():
    async with client().stream("GET", "/flood") as answer:
        await answer.read(10)
    assert told[-1] in (32, 104), told
    same(app.connections, [])


@app.route("/idle")
async def idle(req, resp):
    await picoweb.start_response(resp)
    await resp.awrite("data: 1\n\n")
    try:
        await asyncio.sleep(60)
    finally:
        told.append("ended")


@case
async def an_idle_handler_is_ended_after_its_client():
    async with client().stream("GET", "/idle") as answer:
        async for event in answer.events():
            same(event.data, "1")
            break
    same((told, app.connections), (["ended"], []))


@case
async def what_a_block_raises_comes_out():
    async def test():
        async with client().stream("GET", "/flood"):
            raise KeyError("mine")

    same((await raised(KeyError, test())).args, ("mine",))
    same(app.connections, [])


@app.route("/answers-first", methods=["POST"])
async def answers_first(req, resp):
    await picoweb.start_response(resp)
    while True:
        data = await req.reader.read(1000)
        if not data:
            break
        await resp.awrite(data)


@case
async def a_body_and_an_answer_may_pass_at_once():
    answer = await client().post("/answers-first", body=[b"x" * 1500] * 6)
    same(answer.body, b"x" * 9000)


@case
async def many_requests_run_at_once():
    c = client()
    answers = await asyncio.gather(*[c.get("/echo", query={"n": n}) for n in range(10)])
    same([answer.json()["form"]["n"] for answer in answers], [str(n) for n in range(10)])
    same(app.connections, [])


@app.route("/upgrade")
async def upgrade(req, resp):
    await resp.awrite("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
    while True:
        n = await resp.receive(5)
        if not n:
            break
        await resp.awrite(bytes(view[:n]))
        await asyncio.sleep_ms(1)


@case
async def an_upgraded_connection_carries_bytes_both_ways():
    async with client().stream("GET", "/upgrade", headers={"Connection": "Upgrade", "Upgrade": "x"}) as answer:
        same((answer.status, answer.headers["Upgrade"]), (101, "x"))
        for data in (b"one", b"two"):
            answer.connection.stream.write(data)
            same(await answer.part(), data)


# Faults


@app.route("/slow")
async def slow(req, resp):
    try:
        await asyncio.sleep(60)
    finally:
        told.append("ended")


@app.route("/after")
async def after(req, resp):
    await picoweb.start_response(resp, headers={"Content-Length": "2"})
    await resp.awrite("ok")
    await asyncio.sleep(0.3 if req.qs else 60)
    told.append("done")


@case
async def no_answer_in_time_is_an_error():
    e = await raised(asyncio.TimeoutError, client(timeout=0.1).get("/slow"))
    same((str(e), told), ("GET /slow: no answer in 0.1 s", ["ended"]))
    e = await raised(asyncio.TimeoutError, client(timeout=0.1).get("/flood?20"))
    same(str(e), "GET /flood?20: no end of the answer in 0.1 s")
    async with client(timeout=0.1).stream("GET", "/idle") as answer:
        await answer.event()
        e = await raised(asyncio.TimeoutError, answer.event())
    same(str(e), "GET /idle: no end of the answer in 0.1 s")
    same(app.connections, [])


@case
async def a_handler_may_go_on_after_its_answer():
    same((await client().get("/after?short")).body, b"ok")
    same(told, ["done"])


@case
async def a_handler_that_goes_on_for_ever_is_an_error():
    e = await raised(asyncio.TimeoutError, client(timeout=0.2).get("/after"))
    same(str(e), "GET /after: the handler goes on for over 0.2 s after its answer")
    same(app.connections, [])


@case
async def a_broken_handler_is_a_500_that_is_told():
    lines = []

    class Log:
        def error(self, line):
            lines.append(line)

        def info(self, line):
            pass

    old, app.log = app.log, Log()
    try:
        answer = await client().get("/broken")
    finally:
        app.log = old
    same(answer.status, 500)
    assert "GET /broken 500" in lines[0] and "the reason" in lines[0], lines


@app.route("/broken")
async def broken(req, resp):
    raise LookupError("the reason")


@case
async def what_the_app_itself_lets_out_comes_out():
    odd = picoweb.WebApp(__name__)
    odd.max_connections = None
    await raised(TypeError, TestClient(odd).get("/"))


@app.route("/keep")
async def keep(req, resp):
    await picoweb.start_response(resp)
    await resp.awrite("one")
    app.kept = resp
    return False


@case
async def a_kept_connection_is_written_to_later():
    async with client().stream("GET", "/keep") as answer:
        same(await answer.part(), b"one")
        await app.kept.awrite("two")
        same(await answer.part(), b"two")
    await raised(OSError, app.kept.awrite("three"))
    same(app.connections, [])


@case
async def init_is_called_once():
    class App(picoweb.WebApp):
        def init(self):
            told.append(self.pkg)

    outer, inner = App("__main__"), App(None)
    outer.mount("/in", inner)
    del told[:]
    for _ in range(2):
        same((await TestClient(outer).get("/in/x")).status, 404)
    same(told, ["__main__", None])


# Raw bytes

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@case
async def raw_bytes_are_answered_raw():
    data = await client().raw(GET * 3)
    same((data.count(b"HTTP/1.1 200 OK\r\n"), data.count(b"\r\n\r\nhello")), (3, 3))
    assert (await client().raw(b"x\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
    same(await client().raw(b""), b"")
    same(await client().raw(b"GET / HT"), b"")


@case
async def raw_pieces_arrive_one_by_one():
    same((await client().raw([bytes([c]) for c in GET])).split(b"\r\n")[-1], b"hello")


async def main():
    await tell(CASES)


if __name__ == "__main__":
    asyncio.run(main())
