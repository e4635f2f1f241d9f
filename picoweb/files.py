"""Files of the app's folder as answers: of a file of any size, 768 bytes are in memory."""
import sys

import uos

from .http import claim, coroutine, load, view

# Content types, or the first half of them, each with the endings of files that have it.
TYPES = (
    " application: json pdf wasm application/gzip: gz application/manifest+json: webmanifest audio/mpeg: mp3 font: woff"
    " woff2 image: avif gif jpeg png webp image/jpeg: jpg image/svg+xml: svg image/x-icon: ico text: css csv html xml"
    " text/html: htm text/javascript: js mjs text/plain: cfg conf ini log md py toml txt yaml yml video: mp4 "
)


def get_mime_type(fname):
    """Return the content type of a file's name, by its ending."""
    ending = fname[fname.rfind(".") + 1 :].lower()
    at = TYPES.find(" %s " % ending)
    if at < 0:
        return "application/octet-stream" if "." in fname else "text/plain"
    at = TYPES.rfind(":", 0, at)
    kind = TYPES[TYPES.rfind(" ", 0, at) + 1 : at]
    return kind if "/" in kind else kind + "/" + ending


def folder(app):
    """Return the folder of the app's package with a slash, "" for the current one."""
    pkg = app.pkg
    top = pkg and sys.modules.get(pkg.split(".")[0])
    if not pkg or pkg == "__main__" or top and not hasattr(top, "__path__"):  # a module of no package
        return ""
    return load("package").folder(pkg)


def find(app, name):
    """Return (open file, bytes) of a file of the app's folder, None if there is none or a part begins with a dot."""
    at = folder(app)
    found = at and load("package").resource(app.pkg, name)
    try:
        if found or "/." in "/" + name or "\\" in name:
            return found
        at += name
        stat = uos.stat(at)
        return (open(at, "rb"), stat[6]) if stat[0] & 0xF000 == 0x8000 else None  # no pipe, which would wait
    except (OSError, ValueError):  # missing; NUL in its name
        return None


@coroutine
def copy(conn, f):
    """Send conn.framing bytes of an open file; the connection ends with them if there are fewer."""
    conn.body = f.read(min(conn.framing, 256))
    if len(conn.body) < conn.framing:  # else it leaves together with the head
        conn.send()
        n = 1
        while n and conn.framing:
            yield from conn.drain()
            claim()
            n = f.readinto(view[: conn.framing])
            conn.framing -= n
            conn.put(view[:n])


@coroutine
def sendfile(app, writer, fname, content_type=None, headers=None):
    """Answer with a file of the app's folder, 404 if it is missing."""
    name = fname.lstrip("/")
    found = find(app, name)
    if not found:
        writer.start("text/plain", 404)
        return (yield from writer.awrite("404 Not Found\n"))
    f, size = found
    try:
        writer.start(content_type or get_mime_type(name), 200, headers)
        if writer.framing is None:
            writer.framing = size
        if writer.req.method != "HEAD":
            yield from copy(writer, f)
    finally:
        f.close()
