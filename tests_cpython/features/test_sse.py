"""Server-sent events: what reaches a browser, who has left, and who does not read."""

import asyncio
import json
import socket
import subprocess
import threading
from dataclasses import dataclass

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

import picoweb.host  # noqa: F401 (its import makes the board's modules known)
import picoweb
from picoweb.sse import Hub, encode
from picoweb.testing import TestClient

from conftest import HERE, OTHER_SERVERS, ROOT, UNCAUGHT
from support.browser import chromium
from support.client import READ
from support.table import cases
from support.waiting import WAIT_S, until



@dataclass
class Event:
    data: str
    event: str = "message"
    id: str = ""
    retry: int | None = None


class Parser:
    """The standard's parser of an event stream (no CRLF is cut): it takes bytes, and answers the events they complete."""

    def __init__(self):
        self.text = ""
        self.last_id = ""
        self.clear()

    def clear(self):
        self.data, self.kind, self.retry = [], "", None

    def feed(self, data):
        self.text += data.decode()
        lines = self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.text = lines.pop()
        events = []
        for line in lines:
            if line:
                self.field(*line.partition(":"))
            else:
                if self.data:
                    events.append(Event("\n".join(self.data), self.kind or "message", self.last_id, self.retry))
                self.clear()
        return events

    def field(self, name, colon, value):
        value = value[1:] if value[:1] == " " else value
        if name == "data":
            self.data.append(value)
        elif name == "event":
            self.kind = value
        elif name == "id" and "\0" not in value:
            self.last_id = value
        elif name == "retry" and value.isdigit():
            self.retry = int(value)


def parse(data):
    return Parser().feed(data)


class Listener:
    """A browser's EventSource: a connection, and the events that come on it."""

    def __init__(self, server, path, fields="", receive_buffer=None, method="GET"):
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(WAIT_S)
        self.sock.connect(("127.0.0.1", server.port))
        self.sock.sendall(("%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (method, path, fields)).encode())
        self.http = h11.Connection(h11.CLIENT)
        self.http.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
        self.http.send(h11.EndOfMessage())
        self.parser = Parser()
        self.events = []
        self.head = None
        self.raw = b""
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def step(self):
        """Takes what comes next."""
        message = self.http.next_event()
        if message is h11.NEED_DATA:
            self.http.receive_data(self.sock.recv(READ))
        elif isinstance(message, h11.Response):
            self.head = message
        elif isinstance(message, h11.Data):
            self.raw += message.data
            self.events += self.parser.feed(bytes(message.data))
        elif isinstance(message, h11.EndOfMessage):
            self.ended = True
        else:
            raise ConnectionError("closed without an answer")

    def until(self, ready):
        while not ready(self) and not self.ended:
            self.step()
        return self

    def begun(self):
        return self.until(lambda self: self.head)

    def next(self):
        self.until(lambda self: self.events)
        return self.events.pop(0)

    def everything(self):
        return self.until(lambda self: False).events


@pytest.fixture
def sse(serve):
    return serve("sse.py")


names = iter(range(10 ** 6))


@pytest.fixture
def name():
    """Of a hub that is the test's own."""
    return "hub-%d" % next(names)


def wait_for(server, path, text):
    assert until(lambda: server.get(path).text, lambda told: told == text) == text, path


# The bytes of an event

def encoded(server, fields):
    body = json.dumps(fields).encode()
    return server.ask(b"POST /encode HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


EVENTS = [
    ("a text", {"data": "a"}, Event("a")),
    ("an empty text", {"data": ""}, Event("")),
    ("spaces stay", {"data": "  a  "}, Event("  a  ")),
    ("a line end", {"data": "a\nb"}, Event("a\nb")),
    ("a CR", {"data": "a\rb"}, Event("a\nb")),
    ("a CRLF", {"data": "a\r\nb"}, Event("a\nb")),
    ("every line end", {"data": "\r\na\r\r\nb\n\rc\n"}, Event("\na\n\nb\n\nc\n")),
    ("line ends alone", {"data": "\n\n\n"}, Event("\n\n\n")),
    ("what looks like fields", {"data": "x\nevent: y\nid: 1\n\ndata: z"}, Event("x\nevent: y\nid: 1\n\ndata: z")),
    ("what looks like a comment", {"data": ":x"}, Event(":x")),
    ("other separators are no line ends", {"data": "a\u2028b\x0bc\x85d\0e"}, Event("a\u2028b\x0bc\x85d\0e")),
    ("a number", {"data": 21.5}, Event("21.5")),
    ("nothing", {"data": None}, Event("null")),
    ("an event's type", {"data": "a", "event": "tick"}, Event("a", "tick")),
    ("an id of 0", {"data": "a", "id": 0}, Event("a", id="0")),
    ("an empty id", {"data": "a", "id": ""}, Event("a")),
    ("a colon in an id", {"data": "a", "id": "1: 2"}, Event("a", id="1: 2")),
    ("a time before the next try", {"data": "a", "retry": 3000}, Event("a", retry=3000)),
    ("all together", {"data": "a\nb", "event": "e", "id": "i", "retry": 1}, Event("a\nb", "e", "i", 1)),
]


@pytest.mark.parametrize("fields,event", cases(EVENTS))
def test_a_browser_understands(sse, fields, event):
    answer = encoded(sse, fields)
    assert parse(answer.body) == [event], answer.body


@pytest.mark.parametrize("value", [{"a": [1, "\n", None]}, ["\r\n", "\u20ac"], True])
def test_other_data_is_JSON(sse, value):
    [event] = parse(encoded(sse, {"data": value}).body)
    assert json.loads(event.data) == value


@pytest.mark.parametrize("field", ["event", "id", "retry"])
@pytest.mark.parametrize("value", ["\n", "\r", "\0", "a\nb", "a\r\ndata: b", "a\0", "a\n\nevent: b"])
def test_a_field_that_would_forge_another_is_refused(sse, field, value):
    answer = encoded(sse, {"data": "a", field: value})
    assert (answer.status, answer.text) == (422, "ValueError: a line end or NUL in " + field)


ANY = st.text(st.sampled_from("ab:\r\n\0 \u2028\u20ac") | st.characters(exclude_categories=["Cs"]), max_size=12)


@given(data=ANY, event=st.none() | ANY, id=st.none() | ANY | st.integers(), retry=st.none() | st.integers(0, 10 ** 6))
def test_one_call_is_one_event(data, event, id, retry):
    odd = [value for value in (event, id) if isinstance(value, str) and set(value) & set("\r\n\0")]
    try:
        sent = encode(data, event, id, retry)
    except ValueError:
        assert odd
        return
    assert not odd
    lines = data.replace("\r\n", "\n").replace("\r", "\n")
    assert parse(sent) == [Event(lines, event or "message", "" if id is None else str(id), retry)]


def test_bytes_that_are_not_UTF_8_are_refused():
    with pytest.raises(ValueError):
        encode(b"\xff")


# A handler's stream

def test_the_answer_is_an_event_stream(sse):
    with Listener(sse, "/cases") as c:
        head = c.begun().head
        headers = dict(head.headers)
        assert head.status_code == 200
        assert headers[b"content-type"] == b"text/event-stream"
        assert headers[b"cache-control"] == b"no-cache"
        assert headers[b"x-own"] == b"kept"
        assert b"date" in headers and b"content-length" not in headers


def test_a_handler_sends_all_kinds_of_events_and_ends(sse):
    with Listener(sse, "/cases") as c:
        assert c.everything() == [
            Event("text"), Event("two\nlines", "named"), Event('{"a": [1, null]}', id="7"),
            Event("bytes \u20ac", "e\u20ac", "i\u20ac", 1500), Event("", id="i\u20ac"),
        ]
        assert c.ended


def test_a_generator_sends_events(sse):
    with Listener(sse, "/generator") as c:
        assert c.everything() == [Event("from a generator")]


@pytest.mark.parametrize("size", [700, 768, 4096, 12000])
def test_an_event_of_any_size_comes_whole(sse, size):
    with Listener(sse, "/big/%d" % size) as c:
        assert c.everything() == [Event("x" * size)]


def test_a_client_of_HTTP_1_0_gets_events(sse):
    with sse.connect() as c:
        c.send(b"GET /cases HTTP/1.0\r\n\r\n")
        head, _, body = c.everything().partition(b"\r\n\r\n")
        assert b"chunked" not in head.lower()
        assert parse(body)[0] == Event("text")


@pytest.mark.parametrize("path", ["/cases", "/pause/60", "/hub/head"])
def test_HEAD_is_refused_for_it_would_hold_a_connection(sse, path):
    answer = sse.ask(b"HEAD %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode(), "HEAD")
    assert (answer.status, answer.get("Allow")) == (405, b"GET")
    wait_for(sse, "/connections", "0")


def test_what_would_forge_an_event_ends_the_stream(sse):
    with Listener(sse, "/forging") as c:
        assert c.next() == Event("before")
        try:
            c.everything()
        except (h11.RemoteProtocolError, ConnectionError):
            pass  # how uvicorn and hypercorn break off
        assert b"forged" not in c.raw
    assert sse.get("/").text == "hello"
    assert sse.logged("a line end or NUL in event")


def test_a_stream_without_events_has_heartbeats(sse):
    with Listener(sse, "/pause/1") as c:
        c.until(lambda c: c.raw.count(b":\n\n") >= 2)
        assert c.raw.startswith(b"data: waiting\n\n:\n\n:\n\n")


@pytest.mark.parametrize("leave", [Listener.close, Listener.reset])
def test_a_pausing_handler_is_cancelled_when_its_client_leaves(sse, leave):
    c = Listener(sse, "/pause/1")
    assert c.next() == Event("waiting")
    wait_for(sse, "/state/paused", "waiting")
    leave(c)
    wait_for(sse, "/state/paused", "cancelled")
    wait_for(sse, "/connections", "0")


@pytest.mark.parametrize("leave", [Listener.close, Listener.reset])
def test_a_sending_handler_is_told_that_its_client_has_left(sse, leave):
    c = Listener(sse, "/ticks")
    c.next()
    assert sse.get("/state/told").text == "sending"  # and leaves the loop to others
    leave(c)
    wait_for(sse, "/state/told", "left")
    wait_for(sse, "/connections", "0")


def test_a_handler_whose_client_reads_nothing_is_told_so(sse):
    with Listener(sse, "/ticks", receive_buffer=4096) as c:
        c.begun()
        wait_for(sse, "/state/told", "left")
        assert sse.get("/").text == "hello"


# A hub

def test_a_hub_sends_to_all_its_clients(sse, name):
    clients = [Listener(sse, "/hub/" + name).begun() for _ in range(5)]
    sse.get("/publish/%s?data=one" % name)
    sse.get("/publish/%s?data=two%%0Alines&event=named" % name)
    for c in clients:
        assert [c.next(), c.next()] == [Event("one", id="1"), Event("two\nlines", "named", "2")]
        c.close()


def test_a_hubs_clients_are_counted(sse, name):
    clients = [Listener(sse, "/hub/%s" % name).begun() for _ in range(3)]
    wait_for(sse, "/clients/" + name, "3")
    clients[1].close()
    wait_for(sse, "/connections", "2")
    sse.get("/publish/%s?data=a" % name)
    sse.get("/publish/%s?data=b" % name)
    wait_for(sse, "/clients/" + name, "2")
    assert clients[2].next().data == "a"
    for c in clients:
        c.close()


@pytest.mark.parametrize("leave", [Listener.close, Listener.reset])
def test_a_client_that_leaves_is_noticed_where_nothing_is_published(sse, name, leave):
    leave(Listener(sse, "/hub/%s" % name).begun())
    wait_for(sse, "/connections", "0")
    with Listener(sse, "/hub/" + name) as c:
        c.begun()
        wait_for(sse, "/clients/" + name, "1")


def test_three_heartbeats_are_within_the_idle_timeout():
    # CPython notices at the third that a client has left, MicroPython at the second.
    assert 3 * Hub().heartbeat <= picoweb.WebApp.idle_timeout


def test_a_hubs_client_has_heartbeats(sse, name):
    with Listener(sse, "/hub/%s" % name) as c:
        c.until(lambda c: c.raw.count(b":\n\n") >= 2)


REPLAYS = [
    ("no id", "", []),
    ("the last", "6", []),
    ("the one before", "5", ["6"]),
    ("the oldest kept", "3", ["4", "5", "6"]),
    ("the last that was lost", "2", ["3", "4", "5", "6"]),
    ("one lost long ago", "1", ["3", "4", "5", "6"]),
    ("none yet", "0", ["3", "4", "5", "6"]),
    ("one of before the hub began anew", "7", ["3", "4", "5", "6"]),
    ("very many digits", "9" * 300, ["3", "4", "5", "6"]),
    ("no number", "abc", []),
    ("a number and more", "5x", []),
    ("a negative number", "-1", []),
    ("an underscore", "1_0", []),
    ("bytes that are not ASCII", "\xb2", []),
]


@pytest.fixture
def six(sse, name):
    """A hub that has published six events, of which it keeps four."""
    Listener(sse, "/hub/%s?replay=4" % name).begun().close()
    for n in range(1, 7):
        assert sse.get("/publish/%s?data=%d" % (name, n)).text == str(n)
    return name


@pytest.mark.parametrize("last,missed", cases(REPLAYS))
def test_a_client_that_returns_gets_what_it_has_missed(sse, six, last, missed):
    with Listener(sse, "/hub/" + six, "Last-Event-ID: %s\r\n" % last if last else "") as c:
        c.begun()
        sse.get("/publish/%s?data=new" % six)
        c.until(lambda c: c.events and c.events[-1].data == "new")
        assert [event.id for event in c.events] == missed + ["7"]


def test_a_hub_without_replay_keeps_nothing(sse, name):
    Listener(sse, "/hub/" + name).begun().close()
    sse.get("/publish/%s?data=old" % name)
    with Listener(sse, "/hub/" + name, "Last-Event-ID: 0\r\n") as c:
        c.begun()
        sse.get("/publish/%s?data=new" % name)
        assert c.next() == Event("new", id="2")


def sizes(server):
    """(bytes of an event, path): some hundred events fill what is between a server and a client that does not read."""
    return (10000, "/hub/") if server.runtime.name in OTHER_SERVERS else (1000, "/narrow/")


def flow(server, name, size, count=1000):
    """Has a hub publish; what the app tells of it."""
    server.get("/flow/%s/%d/%d" % (name, count, size))
    return json.loads(until(lambda: server.get("/state/flow").text, timeout_s=40))


def test_of_twenty_clients_one_never_reads_and_the_others_get_every_event(start):
    server = start("sse.py")
    size, path = sizes(server)
    size = min(size, 4000)  # a server of CPython has much to do for twenty
    path += "many?size=64"
    clients = [Listener(server, path, receive_buffer=1 << 20).begun() for _ in range(19)]
    lazy = Listener(server, path, receive_buffer=4096).begun()
    reading = [threading.Thread(target=c.until, args=[lambda c: len(c.events) == 1000], daemon=True) for c in clients]
    for thread in reading:
        thread.start()
    told = flow(server, "many", size)
    for thread in reading:
        thread.join(WAIT_S)
    for c in clients:
        assert [(event.id, event.data[:4]) for event in c.events] == [(str(n + 1), "%04d" % n) for n in range(1000)]
    # A megabyte and more was sent to each; what waits is shared, and no more than the queue holds.
    assert told["longest"] <= 64
    assert told["grown"] < 64 * (size + 100) * (1 if size == 1000 else 4) + 100_000, told
    wait_for(server, "/connections", "19")  # write_timeout
    for c in (*clients, lazy):
        c.close()


def test_a_slow_client_loses_the_oldest_events(sse, name):
    size, path = sizes(sse)
    with Listener(sse, path + name + "?size=8", receive_buffer=4096) as c:
        c.begun()
        flow(sse, name, size, 500)
        c.until(lambda c: c.events and c.events[-1].id == "500")
        ids = [int(event.id) for event in c.events]
        assert ids == sorted(set(ids)) and ids[0] == 1
        assert len(ids) < 500 and ids[-8:] == list(range(493, 501))
        sse.get("/publish/%s?data=again" % name)
        c.events.clear()
        assert c.next() == Event("again", id="501")


def test_a_slow_client_may_be_dropped_instead(sse, name):
    size, path = sizes(sse)
    with Listener(sse, path + name + "?size=8&drop=1", receive_buffer=4096) as c, \
            Listener(sse, path + name, receive_buffer=1 << 20) as other:
        c.begun()
        thread = threading.Thread(target=other.until, args=[lambda c: len(c.events) == 500], daemon=True)
        thread.start()
        flow(sse, name, size, 500)
        assert sse.get("/clients/" + name).text == "1"
        thread.join(WAIT_S)
        assert len(other.events) == 500
    wait_for(sse, "/connections", "0")


@pytest.mark.wire
def test_a_test_client_sees_events(runtime, tmp_path):
    script = HERE / "apps" / "sse_client.py"
    done = subprocess.run([*runtime.with_heap("512K").command, str(script)], cwd=tmp_path, env=runtime.environment(),
                          timeout=50, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert "\nall\n" in done.stdout and UNCAUGHT not in done.stdout, done.stdout


def test_a_test_client_outlives_its_loops():
    app = picoweb.WebApp(None)
    hub = Hub()
    app.add_url_rule("/", hub.serve)

    async def listen():
        async with TestClient(app).stream("GET", "/") as answer:
            hub.publish("here")
            return (await answer.event()).id

    assert [asyncio.run(listen()) for _ in range(3)] == ["1", "2", "3"]
    assert len(app.connections) == 1


# A browser

@pytest.fixture
def page(tmp_path):
    with chromium(tmp_path) as page:
        yield page


def test_a_browser_that_lost_its_connection_comes_back_for_what_it_has_missed(page, sse, name):
    page.open(sse.url("/page/%s?replay=4" % name))
    page.until("source.readyState == 1")
    sse.get("/publish/%s?data=one" % name)
    page.until("seen.length == 1")
    sse.get("/end/" + name)
    sse.get("/publish/%s?data=two%%0Alines" % name)
    sse.get("/publish/%s?data=three" % name)
    page.until("seen.length == 3")
    assert page.run("seen") == ["1 one", "2 two\nlines", "3 three"]


def test_a_tab_that_is_closed_frees_its_slot(page, sse, name):
    page.open(sse.url("/page/" + name))
    page.until("source.readyState == 1")
    assert sse.get("/clients/" + name).text == "1"
    page.command("Page.close")
    wait_for(sse, "/clients/" + name, "0")


def test_the_example_draws_a_chart(page, serve):
    chart = serve("example.py", str(ROOT / "examples"), "chart")
    page.open(chart.url("/"))
    page.until("document.getElementById('state').textContent == 'connected'")
    points = page.until("values.length >= 3 && document.getElementById('line').getAttribute('points')")
    assert [point.split(",")[0] for point in points.split()[:3]] == ["0", "1", "2"]
    assert page.run("document.getElementById('now').textContent == values[values.length - 1]")


# The end of the app, and what a client costs

@pytest.mark.wire
def test_stop_ends_the_streams(start):
    server = start("sse.py")
    pausing = Listener(server, "/pause/60").begun()
    hubs = [Listener(server, "/hub/a").begun() for _ in range(3)]
    lazy = Listener(server, "/narrow/a?size=8", receive_buffer=4096).begun()
    flow(server, "a", 1000, 100)
    server.get("/stop")
    assert pausing.everything() == [Event("waiting")] and pausing.ended
    for c in hubs:
        assert len(c.everything()) == 100 and c.ended
    lazy.close()
    assert server.logged("stopped with 0 connections", 12)
    assert not server.logged("Traceback|ERROR", 0.1)


# As a browser sends them; what a handler may read of a request stays while it runs.
FIELDS = """Connection: keep-alive\r
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\r
Accept: text/event-stream\r
Cache-Control: no-cache\r
Accept-Encoding: gzip, deflate, br\r
Accept-Language: en-GB,en;q=0.9\r
"""


@pytest.mark.wire
@pytest.mark.parametrize("path", ["/hub/cost?replay=4", "/idle"])
def test_an_idle_client_costs_less_than_a_kilobyte(start, runtime, path):
    if runtime.name != "mp32":
        pytest.skip("the measure is of 32-bit MicroPython")
    server = start("sse.py")

    def heap_with(clients, count):
        clients += [Listener(server, path, FIELDS).begun() for _ in range(count)]
        for _ in range(3):  # what it answers itself is gone with the next request
            told = int(server.get("/heap").text)
        return told

    clients = []
    before = heap_with(clients, 2)
    assert heap_with(clients, 10) - before <= 10 * 1024
    for c in clients:
        c.close()
