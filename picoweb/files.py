"""Files of the app's folder as responses."""
from .stream import BLOCK, coroutine, start_response

ENOENT = 2
TYPES = {
    "css": "text/css",
    "gif": "image/gif",
    "html": "text/html",
    "ico": "image/x-icon",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "wasm": "application/wasm",
    "webp": "image/webp",
    "woff2": "font/woff2",
}


def get_mime_type(fname):
    """The content type of a file's name, by its ending."""
    ending = fname[fname.rfind(".") + 1 :].lower()
    return TYPES.get(ending, "application/octet-stream" if "." in fname else "text/plain")


@coroutine
def sendstream(writer, f):
    """Copies an open binary file to the writer through one buffer."""
    buf = bytearray(BLOCK)
    view = memoryview(buf)
    while True:
        n = f.readinto(buf)
        if not n:
            break
        yield from writer.awrite(view[:n])


@coroutine
def sendfile(app, writer, fname, content_type=None, headers=None):
    from .errors import HTTPException
    from .methods import folder

    if not content_type:
        content_type = get_mime_type(fname)
    path = folder(app) + fname
    try:
        f = open(path, "rb")
    except OSError as e:
        raise HTTPException(404, "no such file")
    try:
        try:
            probe = f.read(0)
            size = f.seek(0, 2)
            f.seek(0)
        except OSError:  # a folder, on MicroPython
            raise HTTPException(404, "no such file")
        yield from start_response(writer, content_type, "200", headers)
        if writer.length is None:
            writer.length = size
        yield from sendstream(writer, f)
    finally:
        f.close()


@coroutine
def handle_static(app, req, resp):
    from .errors import HTTPException
    from .streaming import slow

    name = req.path[1:]
    for part in name.split("/"):
        if part in ("", ".", "..") or "\\" in part or "\0" in part or part[-1] in ". ":
            raise HTTPException(404, "no such file")
    slow(resp)
    yield from app.sendfile(resp, name)
