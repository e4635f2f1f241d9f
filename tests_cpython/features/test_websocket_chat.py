"""examples/chat.py in two Chromium browsers, and what its rooms keep."""

import contextlib

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from conftest import ROOT
from support.browser import chromium

EXAMPLES = ROOT / "examples"
SAID = "[...said.children].map(item => item.textContent).join('|')"


@pytest.fixture
def chat(serve):
    return serve("example.py", str(EXAMPLES), "chat")


@pytest.fixture
def pages(tmp_path):
    """Two browsers."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(chromium(make(tmp_path / name))) for name in ("one", "other")]


def make(folder):
    folder.mkdir()
    return folder


def enter(page, chat, room, who):
    page.open(chat.url("/#" + room))
    page.until("state.value == 'In %s'" % room)
    page.run("form.who.value = %r" % who)


def say(page, text):
    page.run("form.text.value = %r; form.requestSubmit()" % text)


def client(chat, room, **options):
    return connect(chat.url("/chat/" + room).replace("http:", "ws:"), **options)


def test_two_browsers_hear_each_other(pages, chat):
    ann, bob = pages
    enter(ann, chat, "lounge", "Ann")
    enter(bob, chat, "lounge", "Bob")
    say(ann, "Hallo, <b>Bob</b> 🚀")
    for page in pages:
        page.until(SAID + " == 'Ann: Hallo, <b>Bob</b> 🚀'")
    say(bob, "Hi")
    for page in pages:
        page.until(SAID + " == 'Bob: Hi|Ann: Hallo, <b>Bob</b> 🚀'")


def test_a_room_is_left_by_its_name_in_the_address_and_by_a_closed_tab(pages, chat):
    ann, bob = pages
    enter(ann, chat, "kitchen", "Ann")
    enter(bob, chat, "kitchen", "Bob")
    ann.run("location.hash = 'garden'")
    ann.until("state.value == 'In garden'")
    say(bob, "Anybody?")
    bob.until(SAID + " == 'Bob: Anybody?'")
    assert ann.run(SAID) == ""
    with client(chat, "kitchen") as other:
        bob.open("about:blank")
        other.send("x: gone?")
        assert other.recv(5) == "x: gone?"


@pytest.mark.wire
def test_a_page_of_another_site_hears_nothing(pages, chat):
    page = pages[0]
    page.open("about:blank")  # its Origin is null
    assert page.run("""new Promise(done => {
        const ws = new WebSocket(%r)
        ws.onopen = () => done("open")
        ws.onerror = () => done("refused")
    })""" % chat.url("/chat/lounge").replace("http:", "ws:")) == "refused"


def test_a_ninth_room_is_none(chat):
    with contextlib.ExitStack() as stack:
        for i in range(8):
            ws = stack.enter_context(client(chat, "room-%d" % i))
            ws.send("x")
            assert ws.recv(5) == "x"
        ninth = stack.enter_context(client(chat, "room-9"))
        with pytest.raises(ConnectionClosed) as e:
            ninth.recv(5)
        assert (e.value.rcvd.code, e.value.rcvd.reason) == (4000, "There are 8 rooms already")


def test_bytes_are_not_spoken_here(chat):
    with client(chat, "lounge") as ws:
        ws.send(b"bytes")
        with pytest.raises(ConnectionClosed) as e:
            ws.recv(5)
        assert e.value.rcvd.code == 1003
