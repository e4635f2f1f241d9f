"""WebSocket: the handshake, what a handler sees and says, keepalive, slow and lost clients, the heap."""

import contextlib
import hashlib
import json
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from support.table import cases
from support.waiting import WAIT_S, until
from support.websocket_client import BINARY, CLOSE, CONT, PING, PONG, TEXT, Peer, closing, frame, handshake


@pytest.fixture
def app(serve):
    app = serve("websocket.py")
    app.get("/ended")  # forgets what tests before it left
    return app


def url(app, path):
    return app.url(path).replace("http:", "ws:")


def opened(app, path, **options):
    return connect(url(app, path), compression=None, ping_interval=None, open_timeout=10, close_timeout=10, **options)


def told(app, name, timeout_s=WAIT_S):
    """The (code, reason) that a handler of that name ended with; waits for it."""
    def look():
        ended = json.loads(app.get("/ended").body)
        return next(((code, reason) for who, code, reason in ended if who == name), None)

    return until(look, timeout_s=timeout_s)


def connections(app):
    return json.loads(app.get("/connections").body)["open"]


def settles(app, count, timeout_s=WAIT_S):
    """Whether there come to be no more than that many connections."""
    return until(lambda: connections(app) <= count, timeout_s=timeout_s)


# The handshake

HANDSHAKES = [
    ("no Upgrade", dict(without=["Upgrade"]), 400, "Upgrade"),
    ("another Upgrade", dict(Upgrade="h2c"), 400, "Upgrade"),
    ("almost that Upgrade", dict(Upgrade="websockets"), 400, "Upgrade"),
    ("no Connection", dict(without=["Connection"]), 400, "Connection"),
    ("another Connection", dict(Connection="keep-alive"), 400, "Connection"),
    ("almost that Connection", dict(Connection="upgrades"), 400, "Connection"),
    ("no key", dict(without=["Sec-WebSocket-Key"]), 400, "Sec-Websocket-Key"),
    ("an empty key", dict(Sec_WebSocket_Key=""), 400, "Sec-Websocket-Key"),
    ("a key of 15 bytes", dict(Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAA"), 400, "Sec-Websocket-Key"),
    ("a key of 17 bytes", dict(Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAAA="), 400, "Sec-Websocket-Key"),
    ("a key of 18 bytes", dict(Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAAAA"), 400, "Sec-Websocket-Key"),
    ("a key that is no base64", dict(Sec_WebSocket_Key="!!!!!!!!!!!!!!!!!!!!!!=="), 400, "Sec-Websocket-Key"),
    ("a key without its padding", dict(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ"), 400, "Sec-Websocket-Key"),
    ("two keys", dict(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="), 400, "Sec-Websocket-Key"),
    ("no version", dict(without=["Sec-WebSocket-Version"]), 426, "version 13"),
    ("an old version", dict(Sec_WebSocket_Version="8"), 426, "version 13"),
    ("a new version", dict(Sec_WebSocket_Version="14"), 426, "version 13"),
    ("no version that is a number", dict(Sec_WebSocket_Version="13x"), 426, "version 13"),
    ("another site's page", dict(Origin="http://evil.example"), 403, "Origin"),
    ("a page of another port", dict(Origin="http://127.0.0.1:1"), 403, "Origin"),
    ("a page of no site", dict(Origin="null"), 403, "Origin"),
    ("an Origin that is not UTF-8", dict(Origin="http://\xff"), 403, "Origin"),
    ("a page of a host that ends so", dict(Origin="http://x.127.0.0.1"), 403, "Origin"),
    ("a list of Origins", dict(Origin="http://evil.example, http://127.0.0.1"), 403, "Origin"),
    ("a list whose first is the host's", dict(Origin="http://127.0.0.1, http://evil.example"), 403, "Origin"),
    ("two Origins", dict(Origin="http://evil.example\r\nOrigin: http://127.0.0.1"), 403, "Origin"),
    ("an Origin with a path", dict(Origin="http://127.0.0.1/x"), 403, "Origin"),
    ("an Origin of two schemes", dict(Origin="http://evil.example//127.0.0.1"), 403, "Origin"),
    ("an Origin without a scheme", dict(Origin="127.0.0.1"), 403, "Origin"),
    ("an Origin of another scheme", dict(Origin="file://127.0.0.1"), 403, "Origin"),
    ("an empty Origin", dict(Origin=""), 403, "Origin"),
]


@pytest.mark.wire
@pytest.mark.parametrize("changed,status,word", cases(HANDSHAKES))
def test_a_wrong_handshake_is_told_what_is_wrong(app, changed, status, word):
    answer = app.ask(handshake(**changed))
    assert answer.status == status
    assert word in answer.text
    assert (status == 426) == (answer.get("Sec-WebSocket-Version") == b"13")


METHODS = [
    ("POST", handshake().replace(b"GET", b"POST", 1)),
    ("HEAD", handshake().replace(b"GET", b"HEAD", 1)),
    ("HTTP/1.0", handshake().replace(b"HTTP/1.1", b"HTTP/1.0", 1)),
    ("a body", handshake(Content_Length="3") + b"abc"),
]


@pytest.mark.wire
@pytest.mark.parametrize("request_", cases(METHODS))
def test_only_a_GET_of_HTTP_1_1_without_a_body_is_a_handshake(app, request_):
    assert app.ask(request_[0] if isinstance(request_, tuple) else request_, request_[:4].decode().strip()).status == 400


GOOD = [
    ("any case", dict(Upgrade="WebSocket", Connection="UPGRADE")),
    ("Connection as Firefox sends it", dict(Connection="keep-alive, Upgrade")),
    ("Connection with close", dict(Connection="close, Upgrade")),
    ("Upgrade as a list", dict(Upgrade="h2c, websocket")),
    ("the RFC's key", dict(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==")),
    ("an extension that is not taken", dict(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")),
    ("a page of the same host", dict(Origin="http://127.0.0.1")),
    ("a page of the same host, by TLS", dict(Origin="https://127.0.0.1")),
    ("a page of the same host and port", dict(Origin="http://Board.local:8080", host="board.local:8080")),
    ("protocols that are not known", dict(Sec_WebSocket_Protocol="soap")),
    ("many fields", {"X-%d" % i: "y" * 20 for i in range(30)}),
]


@pytest.mark.wire
@pytest.mark.parametrize("changed", cases(GOOD))
def test_a_good_handshake_is_accepted(app, changed):
    with Peer(app, **changed) as peer:
        assert peer.field("Sec-WebSocket-Extensions") is peer.field("Sec-WebSocket-Protocol") is None
        assert peer.field("Content-Length") is peer.field("Transfer-Encoding") is None
        peer.send(frame(TEXT, b"x"))
        assert peer.receive() == (TEXT, b"x")


@pytest.mark.wire
def test_the_handshake_may_be_cut_at_each_byte(app):
    request = handshake(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==")
    for at in range(1, len(request), 7):
        with app.connect() as c:
            c.send(request[:at])
            c.send(request[at:])
            head = b""
            while b"\r\n\r\n" not in head:
                head += c.receive()
            assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head


ORIGINS = [
    ("/ws/origins", "https://ok.example", True), ("/ws/origins", None, True),
    ("/ws/origins", "http://ok.example", False), ("/ws/origins", "https://ok.example.evil.example", False),
    ("/ws/origins", "http://127.0.0.1", False),  # what is listed is all
    ("/ws/any-origin", "http://evil.example", True), ("/ws/any-origin", "null", True),
]


@pytest.mark.parametrize("path,origin,allowed", ORIGINS)
def test_a_list_of_origins_says_whose_pages_may_connect(app, path, origin, allowed):
    if allowed:
        with opened(app, path, origin=origin) as ws:
            assert ws.recv() == "in"
    else:
        with pytest.raises(InvalidStatus) as e:
            opened(app, path, origin=origin)
        assert e.value.response.status_code == 403


PROTOCOLS = [
    ("the server's first choice", ["chat.v1", "chat.v2"], "chat.v2"),
    ("the only common one", ["soap", "chat.v1"], "chat.v1"),
    ("none in common", ["soap", "CHAT.V1"], None), ("none offered", None, None),
]


@pytest.mark.parametrize("offered,chosen", cases(PROTOCOLS))
def test_a_subprotocol_is_agreed_on(app, offered, chosen):
    with opened(app, "/ws/protocols", subprotocols=offered) as ws:
        assert (ws.subprotocol, ws.recv()) == (chosen, str(chosen))


@pytest.mark.wire
def test_a_plain_GET_of_the_route_is_told_what_it_is_for(app):
    answer = app.get("/ws/echo")
    assert answer.status == 400 and "WebSocket" in answer.text


def test_a_misspelt_option_is_told_at_once(app):
    assert "max_mesage" in app.get("/unknown-option").text


# Handlers

def test_the_websockets_library_is_understood(app):
    with opened(app, "/ws/echo") as ws:
        for message in ("hällo", b"\0\xff", "", b"", "x" * 4000, b"y" * 8000):
            ws.send(message)
            assert ws.recv() == message
        ws.send(["one ", "message ", "in fragments"])
        assert ws.recv() == "one message in fragments"
        assert ws.ping(b"now").wait(5)
        ws.close(4321, "that was all")
        assert ws.close_code == 4321


def test_a_route_gets_its_values_and_the_headers(app):
    with opened(app, "/ws/room/kitchen/7", additional_headers={"X-Token": "secret"}) as ws:
        assert ws.recv() == "kitchen 7 secret"
        ws.send("hello")
        assert ws.recv() == "kitchen: hello"


def test_a_handler_that_cannot_be_called_is_a_500_and_no_WebSocket(app):
    before = connections(app)
    with pytest.raises(InvalidStatus) as e:
        opened(app, "/ws/wrong/name")
    assert e.value.response.status_code in (403, 500)  # 403 is what an ASGI server makes of it
    assert app.logged("TypeError")
    assert settles(app, before)


def test_a_route_that_is_none_is_404(app):
    with pytest.raises(InvalidStatus) as e:
        opened(app, "/ws/room/kitchen/none")
    assert e.value.response.status_code in (403, 404)  # 403 is what an ASGI server makes of it


def test_an_ordinary_handler_may_become_a_WebSocket(app):
    with opened(app, "/ws/inside/Ann") as ws:
        assert ws.response.headers["X-Inside"] == "Ann"
        ws.send("hello")
        assert ws.recv() == "Ann hello"
        ws.send("x" * 11)  # the limit is that handler's own
        with pytest.raises(ConnectionClosed) as e:
            ws.recv()
        assert e.value.rcvd.code == 1009


def test_a_handler_may_refuse_before_the_handshake(app):
    with pytest.raises(InvalidStatus):
        opened(app, "/ws/guarded")
    with opened(app, "/ws/guarded?secret") as ws:
        ws.send("in")
        assert ws.recv() == "in"
        with pytest.raises(ConnectionClosed) as e:
            ws.recv()
        assert e.value.rcvd.code == 4002


def test_text_only_closes_for_bytes_with_1003(app):
    with opened(app, "/ws/text") as ws:
        ws.send("text")
        assert ws.recv() == "text"
        ws.send(b"bytes")
        with pytest.raises(ConnectionClosed) as e:
            ws.recv()
        assert e.value.rcvd.code == 1003


@pytest.mark.parametrize("fragments", [[65536], [4096] * 16, [1] * 300 + [3000] * 20, [0, 5, 0], [0]])
def test_a_message_that_is_too_long_can_be_read_in_parts(app, fragments):
    data = [bytes([i & 255]) * size for i, size in enumerate(fragments)]
    whole = b"".join(data)
    with opened(app, "/ws/parts") as ws:
        for message in (whole, data, whole):  # in one frame, in fragments
            ws.send(message)
            size, longest, digest = ws.recv().split()
            assert (int(size), digest) == (len(whole), hashlib.sha256(whole).hexdigest())
            assert int(longest) <= 4096


LIMITS = [("one frame", [4097]), ("fragments", [4096, 1]), ("many fragments", [1] * 4097), ("a large last one", [1, 4096])]


@pytest.mark.parametrize("sizes", cases(LIMITS))
def test_a_message_over_max_message_is_1009(app, sizes):
    with opened(app, "/ws/limited") as ws:
        ws.send("y" * 4096)
        assert ws.recv() == "y" * 4096
        with contextlib.suppress(ConnectionClosed):
            ws.send(["x" * size for size in sizes] if len(sizes) > 1 else "x" * sizes[0])
        with pytest.raises(ConnectionClosed) as e:
            ws.recv()
        assert e.value.rcvd.code == 1009
    assert told(app, "limited") == (1009, "over 4096 bytes")


# The close

def test_the_handler_is_told_the_close_of_the_client(runtime, app):
    if runtime.name == "hypercorn":
        pytest.skip("it tells an app 1006, whatever the client's code")
    with opened(app, "/ws/limited") as ws:
        ws.close(4000, "adiós")
    assert told(app, "limited") == (4000, "adiós")


@pytest.mark.wire
@pytest.mark.parametrize("rest", [b"", frame(TEXT, b"cut")[:3], frame(TEXT, b"cut", fin=False)],
                         ids=["between_messages", "within_a_frame", "between_fragments"])
@pytest.mark.parametrize("leave", ["close", "reset"])
def test_the_handler_is_told_that_the_client_is_lost(app, leave, rest):
    before = connections(app)
    with Peer(app, "/ws/limited") as peer:
        peer.send(frame(TEXT, b"x"), rest)
        assert peer.receive() == (TEXT, b"x")
        peer.connection.reset() if leave == "reset" else peer.connection.half_close()
        assert told(app, "limited") == (1006, "the connection is lost")
    assert settles(app, before)


@pytest.mark.parametrize("code,reason", [(1000, ""), (1001, "away"), (3000, "x" * 123), (4999, "adiós")])
def test_a_handler_closes_with_a_code_and_a_reason(app, code, reason):
    with opened(app, "/ws/close") as ws:
        ws.send("%d %s" % (code, reason))
        with pytest.raises(ConnectionClosed) as e:
            ws.recv()
        assert (e.value.rcvd.code, e.value.rcvd.reason) == (code, reason)
    # A message that is sent after it raises the same.
    assert told(app, "close") == (code, reason)


@pytest.mark.wire
def test_a_reason_that_is_too_long_is_told_the_handler(app):
    with opened(app, "/ws/close") as ws:
        ws.send("1000 " + "x" * 124)
        with pytest.raises(ConnectionClosed) as e:
            ws.recv()
        assert e.value.rcvd.code == 1011
    assert app.logged("a reason over 123 bytes")


def test_a_close_by_another_task_wakes_the_handler(app):
    with opened(app, "/ws/close-elsewhere") as ws:
        with pytest.raises(ConnectionClosed) as e:
            ws.recv(timeout=10)
        assert (e.value.rcvd.code, e.value.rcvd.reason) == (4001, "go")
    assert told(app, "close-elsewhere") == (4001, "go")


@pytest.mark.wire
def test_a_client_that_ignores_the_close_is_not_heard(app):
    before = connections(app)
    with Peer(app, "/ws/close-elsewhere") as peer:
        assert peer.close_code() == 4001
        with contextlib.suppress(OSError):
            for _ in range(20):
                peer.send(frame(TEXT, b"still talking"))
                time.sleep(0.02)
        assert told(app, "message", 0.3) is None
    assert settles(app, before)


@pytest.mark.parametrize("path,code", [("/ws/return", 1000), ("/ws/raise", 1011)])
def test_the_end_of_a_handler_closes(app, path, code):
    before = connections(app)
    with opened(app, path) as ws:
        with contextlib.suppress(ConnectionClosed):
            ws.send("go")
        with pytest.raises(ConnectionClosed) as e:
            while True:
                ws.recv(timeout=10)
        assert e.value.rcvd.code == code
    assert settles(app, before)
    if code == 1011:
        assert app.logged("ValueError: a fault of the handler")


def test_a_fault_in_an_ordinary_handler_closes_with_1011(app):
    before = connections(app)
    with opened(app, "/ws/inside/Bob") as ws:
        ws.send("raise")
        with pytest.raises(ConnectionClosed) as e:
            ws.recv(timeout=10)
        assert e.value.rcvd.code == 1011
    assert app.logged("ValueError: a fault inside")
    assert settles(app, before)


@pytest.mark.wire
def test_a_close_of_the_client_ends_the_connection(app):
    with Peer(app) as peer:
        peer.send(closing(1000))
        assert peer.close_code() == 1000 and peer.ends()


@pytest.mark.wire
@pytest.mark.parametrize("path", ["/ws/echo", "/ws/inside/Eve"])
def test_stop_closes_with_1001_and_does_not_wait_for_its_time_out(start, path):
    app = start("websocket.py")
    with Peer(app, path) as peer:
        peer.send(frame(TEXT, b"x"))
        assert peer.receive()[0] == TEXT
        app.get("/stop")
        assert peer.close_code() == 1001


@pytest.mark.wire
@pytest.mark.parametrize("path", ["/ws/deaf", "/ws/inside-deaf"])
def test_stop_ends_a_handler_that_does_not_look_whether_it_is_closed(start, path):
    app = start("websocket.py", "hasty")
    with Peer(app, path) as peer:
        assert peer.receive() == (TEXT, b"begun")
        app.get("/stop?1")
        assert peer.close_code() == 1001
        assert peer.connection.closes()


# Several tasks, and cancelled ones

def test_messages_of_several_tasks_do_not_mix(app):
    with opened(app, "/ws/tasks", max_size=None) as ws:
        ws.send("go")
        time.sleep(0.3)  # until the server has more to send than the socket takes
        counts = [0] * 4
        while (message := ws.recv(timeout=10)) != "done":
            assert message == bytes([message[0]]) * (1 + message[0] * 3000)
            counts[message[0]] += 1
    assert counts == [60] * 4


def test_a_receive_that_is_cancelled_loses_nothing(app):
    with opened(app, "/ws/poll") as ws:
        # Soon after a time-out: a message at the very moment of one is lost by MicroPython's wait_for().
        assert ws.recv(timeout=10) == "polled"
        ws.send("hello")
        assert ws.recv(timeout=10) == "hello after polls: True"


@pytest.mark.wire
def test_a_receive_that_is_cancelled_within_a_frame_goes_on(app):
    with Peer(app, "/ws/poll") as peer:
        whole = b"".join((frame(TEXT, b"one", fin=False), frame(CONT, b" and two")))
        peer.send(whole[:5])
        assert peer.receive() == (TEXT, b"polled")
        peer.send(whole[5:])
        while (got := peer.receive()) == (PING, b""):
            pass
        assert got == (TEXT, b"one and two after polls: True")


@pytest.mark.wire
def test_after_a_frame_of_which_a_part_has_left_nothing_is_sent(app):
    before = connections(app)
    with Peer(app, "/ws/cancelled-send") as peer:
        assert told(app, "cancelled-send")[0] == 1006
        assert settles(app, before)
        assert peer.connection  # it reads nothing until here


# Clients that say nothing, or take nothing

@pytest.mark.wire
def test_a_silent_client_is_pinged_and_then_given_up(app):
    before = connections(app)
    with Peer(app, "/ws/ping") as peer:
        assert peer.receive() == (PING, b"")
        assert told(app, "ping") == (1006, "the connection is lost")
        assert settles(app, before)
        assert peer.connection.closes()


@pytest.mark.wire
def test_a_client_that_answers_pings_stays(app):
    with Peer(app, "/ws/ping") as peer:
        for _ in range(3):
            assert peer.receive() == (PING, b"")
            peer.send(frame(PONG))
        peer.send(frame(TEXT, b"still here"))
        assert peer.receive() == (TEXT, b"still here")


@pytest.mark.wire
def test_a_handler_that_polls_pings_too(app):
    with Peer(app, "/ws/poll") as peer:
        assert peer.receive() == (TEXT, b"polled")
        assert peer.receive() == (PING, b"")
        peer.send(frame(PONG))
        assert peer.receive() == (PING, b"")


@pytest.mark.wire
def test_an_idle_WebSocket_outlives_the_idle_time_out_of_HTTP(start):
    app = start("websocket_idle.py")
    with Peer(app, "/ws") as peer:
        time.sleep(3.2)
        peer.send(frame(TEXT, b"still here"))
        assert peer.receive() == (TEXT, b"still here")


@pytest.mark.wire
def test_a_client_that_takes_nothing_is_given_up_after_write_timeout(app):
    before = connections(app)
    with Peer(app, "/ws/flood") as peer:
        assert told(app, "flood") == (1006, "the client takes nothing")
        assert settles(app, before)
        assert peer.connection


@pytest.mark.wire
def test_a_client_that_pings_and_reads_nothing_is_given_up(app):
    before = connections(app)
    with Peer(app, "/ws/limited") as peer:
        peer.connection.sock.settimeout(1)
        with contextlib.suppress(OSError):
            while True:
                peer.send(frame(PING, b"x" * 125) * 400)
        assert settles(app, before, 12)


@pytest.mark.wire
@pytest.mark.parametrize("leave", ["close", "reset"])
@pytest.mark.parametrize("path", ["/ws/deaf", "/ws/inside-deaf"])
def test_a_client_that_leaves_a_sleeping_handler_gives_its_slot_back(app, path, leave):
    before = connections(app)
    peer = Peer(app, path)
    assert peer.receive() == (TEXT, b"begun")
    if leave == "reset":
        peer.connection.reset()
    else:
        peer.connection.sock.close()
    assert settles(app, before, 12)


@pytest.mark.wire
def test_a_newcomer_does_not_evict_a_WebSocket(start):
    app = start("websocket_idle.py")
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(Peer(app, "/ws")) for _ in range(4)]
        assert app.get("/").status == 503
        for peer in peers:
            peer.send(frame(TEXT, b"still here"))
            assert peer.receive() == (TEXT, b"still here")
        peers[0].send(closing(1000))
        assert peers[0].close_code() == 1000 and peers[0].ends()
        assert app.get("/").status == 200


# The heap

def allocated(app):
    return min(int(app.get("/mem").text) for _ in range(3))


def settled_at(app, limit):
    """The bytes in use once there are no more than `limit`, or in the end: what is left of a client may stay a while."""
    return until(lambda: allocated(app), lambda size: size <= limit)


@pytest.mark.wire
def test_an_idle_client_costs_at_most_1_K_of_heap_on_32_bits(runtime, start):
    if not runtime.is_micropython:
        pytest.skip("CPython's heap is another matter")
    app = start("websocket_idle.py", "16")

    def client(stack):
        peer = stack.enter_context(Peer(app, "/ws/room", User_Agent="Python/3.11 websockets/15.0"))
        peer.send(frame(TEXT, b"x"))
        assert peer.receive() == (TEXT, b"x")

    with contextlib.ExitStack() as stack:
        client(stack)
        before = allocated(app)
        for _ in range(8):
            client(stack)
        each = (allocated(app) - before) / 8
    print("an idle client: %d bytes" % each)
    assert each <= (1024 if runtime.name == "mp32" else 2048)
    assert settled_at(app, before + 512) <= before + 512  # and it is freed


@pytest.mark.wire
def test_slots_come_back_from_clients_whose_messages_fill_the_heap(runtime, start):
    if runtime.name != "mp32":
        pytest.skip("the heap is that of 32-bit MicroPython")
    app = start("websocket_idle.py", "12", heap="104K")

    def serves_twelve():
        try:
            with contextlib.ExitStack() as stack:
                for peer in [stack.enter_context(Peer(app, "/ws")) for _ in range(12)]:
                    peer.send(frame(TEXT, b"x"))
                    assert peer.receive() == (TEXT, b"x")
                return True
        except (OSError, AssertionError):
            return False

    assert until(serves_twelve)
    for _ in range(3):
        with contextlib.ExitStack() as stack:
            for _ in range(12):
                with contextlib.suppress(OSError, AssertionError):
                    stack.enter_context(Peer(app, "/ws")).send(frame(TEXT, b"x" * 4000)[:-1])
    assert until(serves_twelve)
    assert until(lambda: app.get("/").status, lambda status: status == 200) == 200


@pytest.mark.wire
def test_clients_that_come_and_go_leave_nothing_behind(runtime, start):
    if not runtime.is_micropython:
        pytest.skip("CPython's heap is another matter")
    app = start("websocket_idle.py", "16")

    def rounds(count):
        for i in range(count):
            with Peer(app, "/ws/room") as peer:
                peer.send(frame(BINARY, bytes(i)))
                assert peer.receive() == (BINARY, bytes(i))
                if i % 3 == 0:
                    peer.send(closing(1000))
                    assert peer.receive()[0] == CLOSE
                elif i % 3 == 1:
                    peer.connection.reset()

    rounds(20)
    before = allocated(app)
    rounds(60)
    # Of one that is left behind, or of a few bytes for each, there is more.
    assert settled_at(app, before + 1536) <= before + 1536
