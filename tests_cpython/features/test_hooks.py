"""Functions around an answer: many of them, and some that raise."""

import json

import pytest


@pytest.fixture
def server(serve):
    return serve("around.py")


def seen(server):
    return json.loads(server.get("/seen").body)


def test_a_thousand_ends_are_called_in_order(server):
    assert server.get("/ends/1000").text == "ending"
    assert seen(server) == [0, 1, 2, 1000]
    assert server.get("/ends/1").text == "ending"
    assert seen(server) == [0, 1]


@pytest.mark.parametrize("query,status,text", [("", 200, "answered"), ("stream", 200, "pieces"), ("raise", 404, None)])
@pytest.mark.parametrize("where", ["head", "end", "both"])
def test_a_hook_that_raises_is_logged_and_the_answer_stands(server, where, query, status, text):
    answer = server.get("/hook/%s?%s" % (where, query))
    assert answer.status == status
    assert text is None or answer.text == text
    assert answer.get("X-Hook") == (b"%d" % status if where != "end" else None)
    failures = ["failed %s %d" % (where, status)] * (2 if where == "both" else 1)
    expected = failures + ["after"] * (where != "head")
    assert seen(server) == expected + [len(expected)]
    assert server.logged("a hook's reason", count=len(failures))
