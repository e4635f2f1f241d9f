"""Autobahn's cases of groups 1 to 7, 9 and 10, and what else RFC 6455 asks of the frames that a server reads."""

import random

import pytest
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from support.table import cases
from support.websocket_client import BINARY, CLOSE, CONT, PING, PONG, TEXT, Peer, closing, frame

pytestmark = pytest.mark.wire  # another server has its own frames


@pytest.fixture
def app(serve):
    return serve("websocket.py")


@pytest.fixture
def peer(app):
    with Peer(app) as peer:
        yield peer


@pytest.fixture
def roomy(start):
    """The app on a heap for messages that no board would take."""
    return start("websocket.py", heap="4M")


def check_ended(peer, code):
    """The server has closed with that code, and ended the connection."""
    assert peer.close_code() == code
    assert peer.ends()


def code_after(peer, *frames):
    """The code of the close after the last message."""
    peer.send(*frames)
    while True:
        opcode, data = peer.receive()
        if opcode == CLOSE:
            return int.from_bytes(data[:2], "big")
        assert opcode == TEXT and data in (b"before", b"ab"), data


def close(peer):
    peer.send(closing(1000))
    check_ended(peer, 1000)


# 1: messages of every length, in one piece and in many

SIZES = [0, 1, 125, 126, 127, 128, 767, 768, 769, 4095, 4096, 20000]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_of_any_length_is_echoed(peer, opcode, size):
    data = (b"*%#\n" * (size // 4 + 1))[:size] if opcode == TEXT else bytes(i * 7 & 255 for i in range(size))
    peer.send(frame(opcode, data))
    assert peer.receive() == (opcode, data)
    close(peer)


def test_a_frame_may_be_cut_at_each_byte(peer):
    for data in (b"", b"abc", b"y" * 130):
        whole = frame(TEXT, data)
        for at in range(1, len(whole)):
            peer.send(whole[:at])
            peer.send(whole[at:])
        peer.chop(whole, 1)
        for _ in whole:
            assert peer.receive() == (TEXT, data)
    close(peer)


def test_many_messages_in_one_packet_are_echoed_in_order(peer):
    peer.send(*[frame(TEXT, b"%d" % i) for i in range(300)])
    assert [peer.receive() for _ in range(300)] == [(TEXT, b"%d" % i) for i in range(300)]
    close(peer)


def test_a_message_may_come_with_the_handshake(app):
    with Peer(app, after=frame(TEXT, b"early") + frame(PING, b"p")[:3]) as peer:
        assert peer.receive() == (TEXT, b"early")


# 2: pings and pongs

@pytest.mark.parametrize("data", [b"", b"Hello, world!", bytes([0, 255, 254, 253, 252, 251, 0, 255]), b"\xfe" * 125])
def test_a_ping_is_answered_with_its_data(peer, data):
    peer.send(frame(PING, data))
    assert peer.receive() == (PONG, data)
    peer.chop(frame(PING, data), 1)
    assert peer.receive() == (PONG, data)
    close(peer)


@pytest.mark.parametrize("data", [b"", b"unsolicited"])
def test_a_pong_that_nobody_asked_for_is_ignored(peer, data):
    peer.send(frame(PONG, data), frame(PING, b"a ping"))
    assert peer.receive() == (PONG, b"a ping")
    close(peer)


@pytest.mark.parametrize("packet", [1, 100000])
def test_ten_pings_are_answered_in_order(peer, packet):
    peer.chop(b"".join(frame(PING, b"payload-%d" % i) for i in range(10)), packet)
    assert [peer.receive() for _ in range(10)] == [(PONG, b"payload-%d" % i) for i in range(10)]
    close(peer)


# 2.5, 3, 4, 5: what is no frame

WRONG = [("a reserved bit of %s: %d" % (name, rsv), frame(opcode, data, rsv=rsv))
         for rsv in range(1, 8)
         for name, opcode, data in (("a text", TEXT, b"x"), ("an empty text", TEXT, b""), ("a binary", BINARY, b"x"),
                                    ("a ping", PING, b""), ("a close", CLOSE, b""))]
WRONG += [("opcode %d with %d bytes" % (opcode, len(data)), frame(opcode, data))
          for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15) for data in (b"", b"reserved")]
WRONG += [
    ("a ping over 125 bytes", frame(PING, b"\xfe" * 126)),
    ("a pong over 125 bytes", frame(PONG, b"\xfe" * 126)),
    ("a close over 125 bytes", frame(CLOSE, b"\3\xe8" + b"*" * 124)),
    ("a ping of a 64-bit length", frame(PING, b"", size_of_length=8)),
    ("a ping in fragments", frame(PING, b"a", fin=False) + frame(CONT, b"b")),
    ("a pong in fragments", frame(PONG, b"a", fin=False) + frame(CONT, b"b")),
    ("a close in fragments", frame(CLOSE, b"", fin=False)),
    ("a continuation of nothing", frame(CONT, b"x")),
    ("a continuation of nothing, which goes on", frame(CONT, b"x", fin=False)),
    ("a continuation after a whole message in fragments",
     frame(TEXT, b"a", fin=False) + frame(CONT, b"b") + frame(CONT, b"c")),
    ("a text within a text", frame(TEXT, b"a", fin=False) + frame(TEXT, b"b")),
    ("a text that goes on within a text", frame(TEXT, b"a", fin=False) + frame(TEXT, b"b", fin=False)),
    ("a binary within a text", frame(TEXT, b"a", fin=False) + frame(BINARY, b"b")),
    ("a text without a mask", frame(TEXT, b"abcdef", masked=False)),
    ("an empty text without a mask", frame(TEXT, b"", masked=False)),
    ("a ping without a mask", frame(PING, b"", masked=False)),
    ("a close without a mask", frame(CLOSE, b"\3\xe8", masked=False)),
    ("a 16-bit length of 125", frame(TEXT, b"x" * 125, size_of_length=2)),
    ("a 16-bit length of 0", frame(TEXT, b"", size_of_length=2)),
    ("a 64-bit length of 65535", frame(TEXT, b"x" * 65535, size_of_length=8)),
    ("a 64-bit length of 1", frame(TEXT, b"x", size_of_length=8)),
    ("HTTP after the handshake", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
]


@pytest.mark.parametrize("data", [pytest.param(data, id=name.replace(" ", "_")) for name, data in WRONG])
def test_a_wrong_frame_is_1002(app, data):
    with Peer(app) as peer:
        # What comes after it is not answered.
        assert code_after(peer, frame(TEXT, b"before"), data, frame(TEXT, b"after"), frame(PING, b"after")) == 1002


@pytest.mark.parametrize("data", [frame(TEXT, b"x", rsv=4), frame(3), frame(PING, b"\xfe" * 126)], ids=["RSV", "opcode", "ping"])
def test_a_wrong_frame_is_told_as_soon_as_it_can_be(peer, data):
    for byte in data[:2]:
        peer.send(bytes([byte]))
    check_ended(peer, 1002)


def test_other_clients_do_not_notice(app, peer):
    for data in [data for _, data in WRONG][::10]:
        with Peer(app) as other:
            other.send(data)
            other.close_code()
    peer.send(frame(TEXT, b"still here"))
    assert peer.receive() == (TEXT, b"still here")


def test_random_bytes_harm_only_their_sender(app, peer):
    chance = random.Random(6455)
    for _ in range(60):
        with Peer(app) as other:
            other.send(frame(TEXT, b"x", fin=False), chance.randbytes(chance.randrange(1, 40))).connection.reset()
    peer.send(frame(TEXT, b"still here"))
    assert peer.receive() == (TEXT, b"still here")


LENGTHS = [2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_frame_that_is_too_long_is_1009_before_it_comes(peer, length):
    assert code_after(peer, frame(TEXT, b"", length=length, size_of_length=8)) == 1009


def test_a_client_that_goes_on_with_a_frame_that_is_too_long_is_cut_off(peer):
    peer.send(frame(TEXT, b"", length=140001, size_of_length=8))
    check_ended(peer, 1009)


# 5: fragments

def text(*parts):
    """Frames of one text message."""
    last = len(parts) - 1
    return [frame(CONT if i else TEXT, part, fin=i == last) for i, part in enumerate(parts)]


FRAGMENTS = [
    ("two", text(b"fragment1", b"fragment2"), [(TEXT, b"fragment1fragment2")]),
    ("a ping between", [*text(b"a", b"b")[:1], frame(PING, b"p"), *text(b"a", b"b")[1:]], [(PONG, b"p"), (TEXT, b"ab")]),
    ("a pong between", [*text(b"a", b"b")[:1], frame(PONG, b"p"), *text(b"a", b"b")[1:]], [(TEXT, b"ab")]),
    ("pings between five",
     [part for i, fragment in enumerate(text(b"1", b"2", b"3", b"4", b"5")) for part in (fragment, frame(PING, b"%d" % i))],
     [(PONG, b"0"), (PONG, b"1"), (PONG, b"2"), (PONG, b"3"), (TEXT, b"12345"), (PONG, b"4")]),
    ("empty ones", text(b"", b"", b""), [(TEXT, b"")]),
    ("an empty first and last", text(b"", b"x", b""), [(TEXT, b"x")]),
    ("one and a whole message", [*text(b"a", b"b"), frame(BINARY, b"c")], [(TEXT, b"ab"), (BINARY, b"c")]),
    ("binary ones", [frame(BINARY, b"\0\xff", fin=False), frame(CONT, b"\xff")], [(BINARY, b"\0\xff\xff")]),
    ("a character cut in two", text(b"\xe2\x82", b"\xac"), [(TEXT, b"\xe2\x82\xac")]),
    ("each byte of text", text(*[bytes([b]) for b in "κόσμε 🚀".encode()]), [(TEXT, "κόσμε 🚀".encode())]),
]


@pytest.mark.parametrize("packet", [1, 100000])
@pytest.mark.parametrize("frames,expected", cases(FRAGMENTS))
def test_fragments_become_one_message(peer, frames, expected, packet):
    peer.chop(b"".join(frames), packet)
    assert [peer.receive() for _ in expected] == expected
    close(peer)


def test_a_close_may_come_between_fragments(peer):
    peer.send(frame(TEXT, b"a", fin=False), closing(1000), frame(CONT, b"b"))
    assert peer.close_code() == 1000


# 6: UTF-8

VALID = [
    "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\0", "\x80", "\u0800", "\U00010000", "\x7f", "\u07ff", "\uffff", "\U0010ffff",
    "\ud7ff", "\ue000", "\ufffd", "\ufffe", "\U0001fffe", "\U0010fffe", "\u0600", "𐀀" * 100, "é" * 500 + "x",
]
INVALID = [
    ("a lone continuation", b"\x80"), ("many of those", b"\x80\xbf" * 3), ("every one of those", bytes(range(128, 192))),
    ("a lone lead of two", b"\xc3 "), ("a lone lead of three", b"\xe2 "), ("a lone lead of four", b"\xf0 "),
    ("a cut character of two", b"\xc3"), ("a cut character of three", b"\xe2\x82"),
    ("a cut character of four", b"\xf0\x9f\x9a"),
    ("FE", b"\xfe"), ("FF", b"\xff"), ("FE FE FF FF", b"\xfe\xfe\xff\xff"), ("five bytes", b"\xf8\x88\x80\x80\x80"),
    ("six bytes", b"\xfc\x84\x80\x80\x80\x80"), ("an overlong slash in two", b"\xc0\xaf"),
    ("an overlong slash in three", b"\xe0\x80\xaf"), ("an overlong slash in four", b"\xf0\x80\x80\xaf"),
    ("an overlong NUL", b"\xc0\x80"), ("the highest overlong of two", b"\xc1\xbf"),
    ("the highest overlong of three", b"\xe0\x9f\xbf"), ("the highest overlong of four", b"\xf0\x8f\xbf\xbf"),
    ("the lowest surrogate", b"\xed\xa0\x80"), ("the highest surrogate", b"\xed\xbf\xbf"),
    ("a pair of surrogates", b"\xed\xa0\x80\xed\xb0\x80"), ("past the end of Unicode", b"\xf4\x90\x80\x80"),
    ("far past the end", b"\xf7\xbf\xbf\xbf"), ("F5", b"\xf5\x80\x80\x80"), ("Latin-1", "é".encode("latin-1")),
    ("a good word and a surrogate", "κόσμε".encode() + b"\xed\xa0\x80edited"),
]


@pytest.mark.parametrize("message", VALID, ids=ascii)
def test_valid_UTF_8_is_echoed(peer, message):
    data = message.encode()
    peer.send(frame(TEXT, data), *text(*[data[i:i + 1] for i in range(len(data))]))
    assert [peer.receive(), peer.receive()] == [(TEXT, data)] * 2
    close(peer)


@pytest.mark.parametrize("data", [pytest.param(data, id=name.replace(" ", "_")) for name, data in INVALID])
@pytest.mark.parametrize("split", [False, True], ids=["whole", "by_the_byte"])
def test_invalid_UTF_8_is_1007(peer, data, split):
    data = b"abc " + data
    frames = text(*[data[i:i + 1] for i in range(len(data))]) if split else [frame(TEXT, data)]
    assert code_after(peer, *frames) == 1007


@pytest.mark.parametrize("name,data", INVALID)
def test_bytes_need_not_be_UTF_8(peer, name, data):
    peer.send(frame(BINARY, data))
    assert peer.receive() == (BINARY, data)


# 7: the close

@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999])
@pytest.mark.parametrize("reason", [b"", "adiós".encode(), b"*" * 123], ids=["no_reason", "a_reason", "the_longest_reason"])
def test_a_close_is_answered_with_its_code(peer, code, reason):
    peer.send(closing(code, reason))
    check_ended(peer, code)


def test_a_close_without_a_code_is_answered_without_one(peer):
    peer.send(closing())
    check_ended(peer, None)


CLOSES = [
    ("one byte", frame(CLOSE, b"\3"), 1002),
    ("a reason of 124 bytes", closing(1000, b"*" * 124), 1002),
    ("a reason that is not UTF-8", closing(1000, b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80"), 1007),
    ("a reason with a cut character", closing(1000, b"\xe2\x82"), 1007),
    *[("code %d" % code, closing(code, b"x"), 1002)
      for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)],
]


@pytest.mark.parametrize("data,code", cases(CLOSES))
def test_a_wrong_close_is_told_so(peer, data, code):
    assert code_after(peer, data) == code


@pytest.mark.parametrize("after", [frame(TEXT, b"x"), frame(PING), closing(1000)], ids=["a_text", "a_ping", "a_close"])
def test_nothing_is_answered_after_the_close(peer, after):
    peer.send(frame(TEXT, b"last"), closing(1000), after)
    assert peer.receive() == (TEXT, b"last")
    assert peer.close_code() == 1000
    assert peer.ends()


# 9 and 10: large ones

@pytest.mark.parametrize("fragment", [64, 256, 1300, 4096, 65536])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_128_K_in_fragments_are_echoed(roomy, opcode, fragment):
    data = bytes(32 + i * 7 % 95 for i in range(131072))
    parts = [data[at:at + fragment] for at in range(0, len(data), fragment)]
    frames = [frame(CONT if i else opcode, part, fin=i == len(parts) - 1) for i, part in enumerate(parts)]
    with Peer(roomy, timeout=50) as peer:
        peer.send(*frames)
        assert peer.receive() == (opcode, data)
        close(peer)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_messages_of_64_K_are_echoed_whatever_the_packets(roomy, opcode):
    with Peer(roomy) as peer:
        for size in (65535, 65536):
            data = b"*" * size
            peer.send(frame(opcode, data))
            assert peer.receive() == (opcode, data)
            peer.chop(frame(opcode, data), 997)
            assert peer.receive() == (opcode, data)
        close(peer)


# wsproto has its own opinion of what we send, and makes frames of its own

def test_wsproto_agrees(app):
    with Peer(app) as peer:
        client = Connection(ConnectionType.CLIENT)
        sent = [TextMessage("häl", message_finished=False), TextMessage("lo"), Ping(b"x"), BytesMessage(b"\0" * 20000),
                TextMessage("🚀" * 3000)]
        for event in sent:
            peer.send(client.send(event))
        got, parts = [], []
        while len(got) < 4:
            client.receive_data(peer.connection.receive())
            for event in client.events():
                parts.append(event.payload if type(event) is Pong else event.data)
                if getattr(event, "message_finished", True):
                    got.append(parts[0][:0].join(parts))
                    parts = []
        assert got == ["hällo", b"x", b"\0" * 20000, "🚀" * 3000]
        peer.send(client.send(CloseConnection(1000, "bye")))
        client.receive_data(peer.connection.receive())
        assert [(event.code, event.reason) for event in client.events()] == [(1000, "")]
        assert client.state == ConnectionState.CLOSED
