"""Turns what a handler returns into its response."""
import ujson

import picoweb.response as response
from .headers import start_now
from .stream import HTML, coroutine, late

JSON = "application/json"


@coroutine
def jsonify(writer, obj):
    """A JSON response."""
    yield from answer(writer, ujson.dumps(obj), 200, None, JSON)


@coroutine
def send(conn, result):
    """Answers with a handler's result; TypeError for what no response can be made of."""
    if result is False:
        return late("streaming").keep(conn)
    if result is None or response.is_started(conn):
        return  # it wrote the response itself
    status, headers = 200, None
    if isinstance(result, tuple):
        if len(result) not in (2, 3):
            raise TypeError("a handler returns (body, status) or (body, status, headers)")
        status = result[1]
        headers = result[2] if len(result) == 3 else None
        result = result[0]
    yield from answer(conn, result, status, headers, HTML)


@coroutine
def answer(conn, body, status, headers, content_type):
    if isinstance(body, (dict, list)):
        content_type = JSON
        body = ujson.dumps(body)
    elif isinstance(body, (bytes, bytearray, memoryview)) and content_type == HTML:
        content_type = "application/octet-stream"
    if isinstance(body, str):
        body = body.encode()
    if body is None:
        body = b""
    known = isinstance(body, (bytes, bytearray, memoryview))
    if not known and not hasattr(body, "__next__") and not hasattr(body, "__iter__"):
        raise TypeError("a handler cannot return %s" % type(body))
    if str(status)[:3] in ("204", "304"):
        content_type = None
    start_now(conn, content_type, status, headers)
    if known:
        if conn.length is None and not response.is_bodyless(conn):
            conn.length = len(body)
        yield from conn.awrite(body)
    else:
        yield from conn.awriteiter(body)
