"""A body of JSON: `await req.json()`."""
import ujson

from .http import coroutine, refuse


@coroutine
def json(req):
    """Return what the body says, each time the same; HTTPException 400 if it is no JSON (RFC 8259), 413 over max_read."""
    if not hasattr(req, "json_value"):
        body = yield from req.conn.read()
        try:
            value, end = ujson.loads("[%s,0]" % body.decode())
            if end != 0:  # some parsers take a text that is cut for a whole one
                raise ValueError
        except ValueError as e:
            at = getattr(e, "pos", "")
            refuse("malformed JSON" + (at and " at character %d" % at))
        req.json_value = value
    return req.json_value
