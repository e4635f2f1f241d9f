"""stop(): who is waited for, and who is not."""

import pytest

HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LONG_S = 25  # of stop(), which nobody is to wait for


@pytest.mark.parametrize("data", [b"", HELLO, HELLO[:20]], ids=["before a request", "after a request", "inside a head"])
@pytest.mark.wire
def test_stop_is_back_at_once_with_an_idle_client(start, data):
    server = start("own_loop.py", str(LONG_S))
    with server.connect() as idle:
        idle.send(data)
        if data == HELLO:
            assert idle.response().text == "round 1"
        server.get("/stop")
        assert server.process.wait(LONG_S - 10) == 0
        idle.everything()
    assert not server.answers()
