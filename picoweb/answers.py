"""Answers as picoweb 1.8 writes them."""
from .http import coroutine, to_json


@coroutine
def jsonify(writer, obj):
    """Answer with JSON; ValueError if `obj` has no JSON form."""
    writer.start("application/json")
    yield from writer.awrite(to_json(obj))


@coroutine
def http_error(writer, status):
    """Answer with a status (str) and its reason alone."""
    writer.start("text/plain; charset=utf-8", status)
    yield from writer.awrite(writer.fields[9:].replace(b"\r", b""))


@coroutine
def sendstream(writer, f):
    """Copy an open binary file to the writer through one buffer."""
    buf = memoryview(bytearray(512))
    while True:
        n = f.readinto(buf)
        if not n:
            return
        yield from writer.awrite(buf[:n])
