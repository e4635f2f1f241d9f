"""Nothing that a client sends stays: what it names is never interned, and memory is what it was.

On MicroPython a str that is indexed, iterated or made an attribute's name is interned, and never freed.
"""

import json
import random
import re
import urllib.parse

import pytest

from conftest import PRESENT
from support.waiting import until

pytestmark = [
    pytest.mark.wire,
    pytest.mark.parametrize("runtime", [name for name in PRESENT if name.startswith("mp")], indirect=True, scope="session"),
]
ALLOWED = 512  # bytes
LOOKS = 5
BATCH = 16  # requests that are sent at once


def get(target, fields=b""):
    return b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n"


def post(path, body, fields=b""):
    return b"POST " + path + b" HTTP/1.1\r\nHost: x\r\n" + fields + b"Content-Length: %d\r\n\r\n" % len(body) + body


def quote(text):
    return urllib.parse.quote(text, safe="").encode()


def token(draw):
    return bytes(draw.choice(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") for _ in range(24))


def upload(name):
    part = b'--x\r\nContent-Disposition: form-data; name="f"; filename="%s"\r\n\r\n1\r\n--x--\r\n' % name
    return post(b"/files", part, b"Content-Type: multipart/form-data; boundary=x\r\n")


KINDS = {
    "targets": lambda text, draw: get(b"/" + text.encode()),
    "quoted targets": lambda text, draw: get(b"/" + quote(text)),
    "values of a pattern": lambda text, draw: get(b"/name/" + quote(text)),
    "names of files": lambda text, draw: get(b"/static/" + quote(text) + b"/x.txt"),
    "queries": lambda text, draw: get(b"/query?" + quote(text) + b"=1&" + quote(text[::-1])),
    "methods": lambda text, draw: token(draw) + get(b"/")[3:],
    "hosts": lambda text, draw: b"GET / HTTP/1.1\r\nHost: " + token(draw) + b"\r\n\r\n",
    "names of fields": lambda text, draw: get(b"/headers", token(draw) + b": 1\r\n"),
    "values of fields": lambda text, draw: get(b"/headers", b"X-Text: " + text.encode() + b"\r\n"),
    "cookies": lambda text, draw: get(b"/cookie", b"Cookie: " + token(draw) + b"=" + token(draw) + b"\r\n"),
    "keys of a form": lambda text, draw: post(b"/form", quote(text) + b"=" + quote(text[::-1])),
    "keys of JSON": lambda text, draw: post(b"/json", json.dumps({text: text[::-1]}, ensure_ascii=False).encode()),
    "names of files in a form": lambda text, draw: upload(text.encode()),
}

def texts(draw):
    """Texts of all code points but those that may not stand in a target, and the surrogates."""
    point = 0xA1
    while True:
        text = ""
        while len(text) < 12:
            point = point + draw.randrange(1, 150)
            if point > 0x10FFFF:
                point = 0xA1
            if not 0xD800 <= point < 0xE000:
                text += chr(point)
        yield text


def memory(server):
    """Bytes in use, the least of some looks, and what micropython.qstr_info() printed."""
    server.marked()
    used = min(int(server.get("/memory").text) for _ in range(LOOKS))
    told = server.logged("^qstr pool", 5, LOOKS)[-1]
    return used, re.sub(r"n_pool=\d+", "", told)


def ask(server, requests):
    """Their answers are counted, and not looked at: there are many. What is refused ends its connection."""
    requests = list(requests)
    at = 0
    while at < len(requests):
        batch = requests[at:at + BATCH]
        with server.connect(20) as c:
            c.send(b"".join(batch))
            c.half_close()
            answered = c.everything().count(b"HTTP/1.1 ")
        assert answered, batch[0]
        at += answered


@pytest.mark.timeout(120)
def test_memory_after_10000_hostile_requests_is_that_after_100(start):
    server = start("hostile.py")
    draw = random.Random(1)
    source = texts(draw)

    def ask_for(count):
        kinds = [kind for kind in KINDS.values() for _ in range(-(-count // len(KINDS)))]
        ask(server, [kind(next(source), draw) for kind in kinds])

    for c in [server.connect().send(get(b"/")[:9]) for _ in range(20)]:  # what grows with the table has grown
        c.sock.close()
    ask_for(100)
    memory(server)
    used, interned = memory(server)
    ask_for(10000)
    # MicroPython's asyncio lets go of some tasks that have ended when later ones have run.
    after, interned_after = until(lambda: memory(server), lambda found: found[0] <= used + ALLOWED)
    assert interned_after == interned
    assert after <= used + ALLOWED
