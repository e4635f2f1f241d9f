"""Files of the app's folder as responses."""
import sys
import uos

from .errors import Refusal
from .response import slow
from .stream import BLOCK, coroutine, start_response

FOLDER = 0x4000  # of a file's mode
FILE = 0x8000
TYPES = {
    "avif": "image/avif",
    "css": "text/css",
    "csv": "text/csv",
    "gif": "image/gif",
    "gz": "application/gzip",
    "html": "text/html",
    "ico": "image/x-icon",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "mjs": "text/javascript",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "wasm": "application/wasm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xml": "text/xml",
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


def folder(app):
    """The folder of the app's package with a slash, "" for the current one."""
    pkg = app.pkg
    if not pkg or pkg == "__main__":
        return ""
    file = getattr(__import__(pkg.split(".")[0]), "__file__", None) or ""
    return file[: file.rfind("/") + 1] if "/__init__." in file else ""


@coroutine
def sendfile(app, writer, fname, content_type=None, headers=None):
    """Answers with a file of the app's folder; Refusal 404 where it is missing."""
    path = folder(app) + fname
    try:
        stat = uos.stat(path)
        if stat[0] & FOLDER:
            raise Refusal(404, "a folder")
        f = open(path, "rb")
    except OSError:
        raise Refusal(404, "no such file")
    try:
        yield from start_response(writer, content_type or get_mime_type(fname), "200", headers)
        slow(writer)
        if writer.length is None:
            writer.length = stat[6]
        yield from sendstream(writer, f)
    finally:
        f.close()


@coroutine
def handle_static(app, req, resp):
    """Answers a request below /static/ with a file of that folder."""
    name = req.path[1:]
    if not is_safe(folder(app), name):
        raise Refusal(404, "no such file")
    yield from app.sendfile(resp, name)


def is_safe(at, name):
    """Whether a path of a request stays below the folder `at`, which has a slash."""
    for part in name.split("/"):
        if part in ("", ".", "..") or "\\" in part or "\0" in part or part[-1] in ". " or is_link(at, part):
            return False
        at += part + "/"
    return True


def is_link(where, name):
    """Whether a name is a symbolic link, which may lead out of the folder; boards have none."""
    if sys.platform not in ("linux", "darwin"):
        return False
    if hasattr(uos, "path"):  # CPython
        return uos.path.islink(where + name)
    try:
        for entry in uos.ilistdir(where or "."):
            if entry[0] == name:
                return entry[1] not in (FOLDER, FILE)
    except OSError:
        pass
    return False
