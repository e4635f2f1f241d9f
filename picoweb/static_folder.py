"""The route /static/: files of the app's folder by names that clients choose."""
import uos

from .files import folder
from .http import coroutine, load, refuse
from .utils import unquote


FOLDER = 0x4000  # the kinds of a directory's entries
FILE = 0x8000


def kind_of(at, name):
    """Return FILE or FOLDER if each part of a name is listed in its folder, spelled so; 0 for links and all else.

    So no name leads out of the folder `at`, and FAT's short name of a file is none. Nor is what begins with a dot, or
    may hold secrets: boot.py, main.py, wifi.json, compiled templates.
    """
    for ending in ("/boot.py", "/main.py", "/wifi.json", "_tpl.py", "_html.py"):
        if ("/" + name.lower()).endswith(ending):
            return 0
    kind = FOLDER
    for part in name.split("/"):
        if kind != FOLDER or part[:1] == ".":
            return 0
        kind = 0
        try:
            for entry in uos.ilistdir(at) if at else uos.ilistdir():
                if entry[0] == part and entry[1] in (FILE, FOLDER):
                    kind = entry[1]
        except OSError:
            return 0
        at += part + "/"
    return kind


@coroutine
def handle_static(app, req, resp):
    """Answer with the file that the path names, or the first group of the route's match; HTTPException 404."""
    match = getattr(req, "url_match", None)
    name = match.group(1) if hasattr(match, "group") else req.path
    name = unquote(name, name).lstrip("/")
    at = folder(app)
    if at and load("package").resource(app.pkg, name) or kind_of(at, name) == FILE:
        yield from app.sendfile(resp, name)
        if resp.status != 404 or not resp.fields:
            return
        resp.reset()
    refuse("no such file", 404)
