"""Files and frozen resources as browsers want them: gzip made ahead, 304, ranges, folders; no buffer for a transfer."""
import uio
import uos
from ubinascii import hexlify

from .conditions import find_part, http_date, is_changed, is_fresh, takes_gzip
from .files import copy, folder, get_mime_type
from .http import Refusal, coroutine
from .request import Headers
from .static_folder import FILE, kind_of
from .utils import unquote

MIN_GZIP = 18  # bytes of an empty one; its last 8 are CRC-32 and size


def add(app, url, source, cache="no-cache"):
    """Serve a folder, or the dict R of a module that tools/pack.py made, below `url`; the app's own route for it goes.

    `cache` is what Cache-Control says, or the seconds of its max-age.
    """
    url = url.rstrip("/")

    def handle(req, resp):
        path = unquote(req.path, req.path)
        return serve(req, resp, source, path[len(url) + 1 :], cache)

    for route in list(app.url_map):
        if route[0] == url + "/" and route[1] == "handle_static":
            app.url_map.remove(route)
    app.add_url_rule(url + "/", handle, prefix=True, methods=["GET"])
    if url:
        app.add_url_rule(url, handle, methods=["GET"])


@coroutine
def serve(req, resp, source, name, cache="no-cache"):
    """Answer with what has that name in a folder or a dict, index.html for a folder; Refusal 404, 406, 412, 416."""
    f = start(req, resp, source, name, cache)  # what it needed is garbage while the file is sent
    if f:
        try:
            yield from copy(resp, f)
        finally:
            f.close()


def start(req, resp, source, name, cache):
    """Begin the answer, with a file or its .gz; return the open one if a body follows."""
    if isinstance(source, str):
        if source[:1] != "/":
            source = folder(req.app) + source
        source = source and source.rstrip("/") + "/"
    directory = name[-1:] in ("", "/")
    if directory:
        name += "index.html"
    for index in ("", "/index.html"):
        plain = find(source, name + index)
        packed = find(source, name + index + ".gz")
        packed = packed and packed[1] >= MIN_GZIP and packed
        if plain or packed:
            break
    else:
        raise Refusal(404, "no such file")
    path, mark, query = req.target.partition("?")
    if path[-1:] != "/" and (directory or index):
        at = "./%s/%s" % (path[path.rfind("/") + 1 :], mark + query)
        return resp.start(None, 301, {"Location": at})
    asked = Headers(resp.header_section())
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
        follows = begin(req, resp, asked, fields, f, size, get_mime_type(name + index))
    finally:
        if not follows:
            f.close()
    return follows and f


def find(source, name):
    """Return (path or content, bytes, mtime) of a file that clients may have, None if there is none."""
    if isinstance(source, dict):
        content = source.get(name)
        return None if content is None else (content, len(content), 0)
    if kind_of(source, name) != FILE:
        return None
    stat = uos.stat(source + name)
    return source + name, stat[6], stat[8]


def begin(req, resp, asked, fields, f, size, kind):
    """Begin the answer to what is asked of an open file; return whether a body follows."""
    tag = fields.get("ETag")
    date = fields.get("Last-Modified")
    if is_changed(asked, tag, date):
        raise Refusal(412, "it has changed")
    if is_fresh(asked, tag, date):
        fields.pop("Content-Encoding", None)
        return resp.start(None, 304, fields)
    fields["Accept-Ranges"] = "bytes"
    at, end, status = 0, size, 200
    wanted = find_part(asked, tag, date, size)
    if wanted and req.method == "GET":
        at, end = wanted
        if at >= size:
            raise Refusal(416, "past the end", {"Content-Range": "bytes */%d" % size})
        status = 206
        fields["Content-Range"] = "bytes %d-%d/%d" % (at, end - 1, size)
    resp.start(kind + "; charset=utf-8" if kind[:5] == "text/" else kind, status, fields)
    resp.framing = end - at
    f.seek(at)
    return req.method != "HEAD"
