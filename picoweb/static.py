"""Files and frozen resources as browsers want them: gzip made ahead, 304, ranges; it costs a small buffer a transfer.

Importing it makes /static/ of every app its own; add() serves another folder.
"""
import uio
import uos
from ubinascii import hexlify

import picoweb.files as files
import picoweb.methods as methods
from .conditions import find_part, http_date, is_fresh, takes_gzip
from .errors import Refusal
from .headers import start_now
from .request import parse_headers
from .response import has_unsent, send
from .stream import BLOCK, asyncio, coroutine
from .streaming import drain, flush

BUFFER = 2048  # bytes of a file in memory at a time
MIN_GZIP = 18  # bytes of an empty one; its last 8 are CRC-32 and size


def add(app, url, source, cache="no-cache"):
    """Serves a folder, or the dict R of a module that tools/pack.py made, below `url`; `cache`: seconds or Cache-Control."""
    url = url.rstrip("/")

    def handle(req, resp):
        return serve(req, resp, source, req.path[len(url) + 1 :], cache)

    app.add_url_rule(url + "/", handle, prefix=True, methods=["GET"])
    if url:
        app.add_url_rule(url, handle, methods=["GET"])


def handle_static(app, req, resp):
    """Answers a request below /static/ with a file of that folder."""
    return serve(req, resp, "", req.path[1:])


@coroutine
def serve(req, resp, source, name, cache="no-cache"):
    """Answers with what has that name in a folder or a dict, index.html for a folder; Refusal 404 where nothing has."""
    f = start(req, resp, source, name, cache)  # what it needed is garbage while the file is sent
    if f:
        try:
            yield from copy(f, resp, resp.length)
        finally:
            f.close()


def start(req, resp, source, name, cache):
    """Starts the response; the open file, where a body is to follow."""
    if isinstance(source, str):
        if source[:1] != "/":
            source = files.folder(req.app) + source
        source = source and source.rstrip("/") + "/"
    folder = name[-1:] in ("", "/")
    if folder:
        name += "index.html"
    for index in ("", "/index.html"):
        plain = look(source, name + index)
        packed = look(source, name + index + ".gz")
        packed = packed and packed[1] >= MIN_GZIP and packed
        if plain or packed:
            break
    else:
        raise Refusal(404, "no such file")
    path, question, query = req.target.partition("?")
    if path[-1] != "/" and (folder or index):
        at = "./%s/%s" % (path[path.rfind("/") + 1 :], question + query)
        return start_now(resp, None, 301, {"Location": at})
    return opened(req, resp, source, name, cache, plain, packed)


def opened(req, resp, source, name, cache, plain, packed):
    """Starts the response with a file or with its .gz; the open one, where a body is to follow."""
    asked = parse_headers(resp.fields)
    fields = {"Cache-Control": "max-age=%d" % cache if isinstance(cache, int) else cache}
    if packed:
        fields["Vary"] = "Accept-Encoding"
        taken = takes_gzip(asked.get(b"Accept-Encoding"))
        if plain and not taken:
            packed = None
        elif taken is False:
            raise Refusal(406, "only as gzip", fields)
    content, size, mtime = packed or plain
    try:
        f = open(content, "rb") if isinstance(content, str) else uio.BytesIO(content)
    except OSError:
        raise Refusal(404, "no such file")
    follows = False
    try:
        tag = source.get("") if isinstance(source, dict) else mtime and b"%x" % mtime
        if packed:
            f.seek(size - 8)
            tag = hexlify(f.read(8))
            fields["Content-Encoding"] = "gzip"
        if tag:
            fields["ETag"] = b'"%x-%s"' % (size, tag)
        date = http_date(mtime)
        if date:
            fields["Last-Modified"] = date
        follows = head(req, resp, asked, fields, f, size, files.get_mime_type(name))
    finally:
        if not follows:
            f.close()
    return follows and f


def head(req, resp, asked, fields, f, size, kind):
    """Starts the response to what is asked of an open file; True where a body is to follow."""
    tag = fields.get("ETag")
    date = fields.get("Last-Modified")
    if is_fresh(asked, tag, date):
        fields.pop("Content-Encoding", None)
        return start_now(resp, None, 304, fields)
    fields["Accept-Ranges"] = "bytes"
    at, end, status = 0, size, 200
    wanted = find_part(asked, tag, date, size)
    if wanted and req.method == "GET":
        at, end = wanted
        if at >= size:
            raise Refusal(416, "past the end", {"Content-Range": "bytes */%d" % size})
        status = 206
        fields["Content-Range"] = "bytes %d-%d/%d" % (at, end - 1, size)
    start_now(resp, kind + "; charset=utf-8" if kind[:5] == "text/" else kind, status, fields)
    resp.length = end - at
    f.seek(at)
    return req.method != "HEAD"


def look(source, name):
    """What has that name: its path or bytes, its size and its mtime; None where nothing can be served."""
    if isinstance(source, dict):
        content = source.get(name)
        return content is not None and (content, len(content), 0)
    if "/." in "/" + name or not files.is_safe(source, name):
        return None
    content = source + name
    try:
        stat = uos.stat(content)
    except OSError:
        return None
    return stat[0] & 0xF000 == files.FILE and (content, stat[6], stat[8])


@coroutine
def copy(f, resp, size):
    """Sends `size` bytes of a file, fewer where it has shrunk: then the connection ends with them."""
    if size <= BLOCK:
        return (yield from resp.awrite(f.read(size)))
    view = memoryview(bytearray(min(size, BUFFER)))
    flush(resp)
    while True:
        if has_unsent(resp):
            yield from drain(resp)
        else:
            yield from asyncio.sleep_ms(0)  # others come to their turn
        n = size and f.readinto(view[:size])
        if not n:
            break
        put(resp, view[:n])
        resp.written += n
        size -= n


def put(resp, piece):
    if not asyncio.core._io_queue or not resp.stream.s:
        return send(resp, piece)
    try:
        n = resp.stream.s.write(piece) or 0
    except OSError:
        resp.broken = True
        raise
    if n < len(piece):
        resp.stream.out_buf = piece[n:]  # for drain(); Stream.write() would copy it


methods.METHODS["handle_static"] = "static"
