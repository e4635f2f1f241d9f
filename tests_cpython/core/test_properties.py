"""Whatever bytes come: a well-formed answer or the end of the connection, however they were cut on the way.

The examples are the same in every run; `--hypothesis-profile=explore` looks for new ones.
"""

import json
import urllib.parse

import h11
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st


@pytest.fixture
def web(serve):
    return serve("web.py")


REQUESTS = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /tell?a=1&b=%20 HTTP/1.1\r\nHost: example.org:8081\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\n",
    b"GET /none HTTP/1.0\r\n\r\n",
    b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world",
    b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-T: 1\r\n\r\n",
    b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\na=1&b=%20",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"PUT /get HTTP/1.1\r\nHost: [::1]\r\nX-Long: " + b"v" * 60 + b"\r\n\r\n",
    b"GET http://x/static/style.css HTTP/1.1\r\nHost: x\r\n\r\n",
]
KEPT = REQUESTS[:2] + REQUESTS[3:5]  # after which the connection goes on
# What breaks parsers: ends of lines, delimiters, signs, numbers about a limit, names that frame.
SPICE = [
    b"\r\n", b"\r", b"\n", b"\0", b" ", b"\t", b":", b",", b";", b"%", b"%00", b"-", b"+", b"0x", b"_", b"\xff", b"\xc3",
    b"/..", b"//", b"?", b"\r\n\r\n", b"0\r\n\r\n", b"Host: y\r\n", b"Content-Length: 5\r\n",
    b"Content-Length: 99999\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n",
    b"Expect: 100-continue\r\n", b"HTTP/1.1", b"9" * 25, b"x" * 2100, b" folded\r\n",
]


@st.composite
def mutated(draw):
    """One or two ordinary requests with a few bytes cut, doubled, swapped or put in."""
    data = b"".join(draw(st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=2)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 12)))
        put = draw(st.one_of(st.just(b""), st.sampled_from(SPICE), st.binary(max_size=6), st.just(data[at:end] * 2)))
        data = data[:at] + put + data[end:]
    return data


def answers(server, data):
    """All answers to these bytes, of which no more will come; h11's error where one is malformed."""
    with server.connect() as c:
        try:
            c.send(data).half_close()
        except OSError:
            pass  # it has refused already
        found = []
        while True:
            if not c.rest:
                try:
                    c.rest = c.receive()
                except ConnectionResetError:
                    c.ended = True
                if c.ended:
                    return found
            try:
                found.append(c.response())
            except ConnectionError:
                return found  # reset, or closed after 100 Continue


@pytest.mark.wire
@given(data=mutated())
@example(data=b"\r\n" * 3)
@example(data=b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" * 30)
def test_a_mutated_request_gets_well_formed_answers_or_the_end(web, data):
    for answer in answers(web, data):
        assert answer.status != 500
        if answer.status in (400, 408, 413, 414, 431, 501, 505):
            assert answer.says_close
    assert web.alive


@pytest.mark.wire
@given(data=st.binary(max_size=600))
def test_noise_gets_a_well_formed_answer_or_the_end(web, data):
    # `! / HTTP/1.0` is a request.
    assert all(a.status in (200, 400, 404, 414, 417, 431, 501, 505) for a in answers(web, data))


@pytest.mark.wire
@given(target=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
def test_any_target_is_answered(web, target):
    found = answers(web, b"GET /" + target.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert [a.status in (200, 400, 404) for a in found] == [True]


@pytest.mark.wire
@given(name=st.binary(min_size=1, max_size=20), value=st.binary(max_size=40))
def test_a_field_is_served_exactly_where_h11_takes_it(web, name, value):
    line = name + b": " + value
    assume(b"\r\n" not in line)
    name, _, value = line.partition(b":")
    data = b"GET /tell HTTP/1.1\r\nHost: x\r\n" + line + b"\r\n\r\n"
    server = h11.Connection(h11.SERVER)
    server.receive_data(data)
    try:
        theirs = isinstance(server.next_event(), h11.Request)
    except h11.RemoteProtocolError:
        theirs = False
    statuses = [a.status for a in answers(web, data)]
    if name.lower() in (b"host", b"expect", b"content-length", b"transfer-encoding"):
        assert len(statuses) <= 1  # their values have tables of their own
    elif name[:1] in b" \t" or b"\n" in line:  # h11 takes folds and bare LF
        assert 400 in statuses
    elif any(byte < 32 and byte not in b"\t\r\0" or byte == 127 for byte in value):  # RFC 9110 5.5 leaves it open
        assert statuses in ([200], [400])
    else:
        assert statuses == [200 if theirs else 400]


# Cuts

WHOLE = {
    "a browser's GET": REQUESTS[1],
    "a body": REQUESTS[3],
    "chunks": REQUESTS[4],
    "two requests": REQUESTS[3] + REQUESTS[1],
    "a refused request": b"GET / HTTP/1.1\r\nHost: x\r\nX Y: 1\r\n\r\n",
}


def told(found):
    return [(a.status, a.body, a.get("Content-Type"), a.says_close) for a in found]


@pytest.mark.wire
@pytest.mark.parametrize("data", WHOLE.values(), ids=[name.replace(" ", "_") for name in WHOLE])
def test_a_request_cut_at_any_byte_is_answered_as_the_whole(web, data):
    expected = told(answers(web, data))
    with web.connect() as other:
        for at in range(1, len(data)):
            with web.connect() as c:
                c.send(data[:at])
                # The server turned once more: it has read the first part by itself.
                other.send(REQUESTS[0])
                other.response()
                c.send(data[at:])
                assert told(c.response() for _ in expected) == expected, "cut at %d" % at


@pytest.mark.wire
@given(cuts=st.lists(st.integers(0, 400), max_size=8), order=st.lists(st.sampled_from(KEPT), max_size=4),
       last=st.sampled_from(REQUESTS))
def test_requests_cut_anywhere_are_answered_as_the_whole(web, cuts, order, last):
    data = b"".join(order) + last
    places = sorted({min(at, len(data)) for at in cuts} | {0, len(data)})
    expected = told(answers(web, data))
    with web.connect() as c:
        for start, end in zip(places, places[1:]):
            c.send(data[start:end])
        assert told(c.response() for _ in expected) == expected


@pytest.mark.wire
@given(body=st.binary(max_size=3000), sizes=st.lists(st.integers(1, 700), max_size=12),
       extension=st.sampled_from([b"", b";a", b";a=b", b';q="x;y"', b";" + b"e" * 50]),
       trailers=st.lists(st.sampled_from([b"X-One: 1\r\n", b"X-Two:\r\n"]), max_size=3), upper=st.booleans(),
       packet=st.integers(50, 2000))
def test_a_body_in_any_chunks_is_the_same_body(web, body, sizes, extension, trailers, upper, packet):
    sent, rest = [], body
    for size in [*sizes, len(body)]:
        chunk, rest = rest[:size], rest[size:]
        if chunk:
            sent.append((b"%X" if upper else b"%x") % len(chunk) + extension + b"\r\n" + chunk + b"\r\n")
    data = (b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(sent) + b"0\r\n"
            + b"".join(trailers) + b"\r\n")
    with web.connect() as c:
        for at in range(0, len(data), packet):
            c.send(data[at:at + packet])
        assert c.response().body == body
        c.send(REQUESTS[0])
        assert c.response().text == "hello"


# What a client's library encodes

PLAIN = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(form=st.dictionaries(PLAIN, st.one_of(PLAIN, st.lists(PLAIN, min_size=2, max_size=3)), max_size=5))
def test_a_form_that_was_encoded_is_decoded(web, form):
    body = urllib.parse.urlencode(form, doseq=True).encode()
    data = b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    assert json.loads(web.ask(data).body) == form


@given(name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=20))
def test_a_quoted_part_of_a_path_is_handed_over_as_it_was(serve, name):
    answer = serve("webapp.py").get("/users/" + urllib.parse.quote(name, safe=""))
    assert json.loads(answer.body) == {"/users/<id>": {"id": ["str", name]}}
