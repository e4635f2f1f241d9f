"""The route /static/: files of the app's folder by names that clients choose."""

from picoweb import WebApp
from picoweb.http import Connection, Coroutine, HTTPRequest

FILE: int  # the kinds of a directory's entries
FOLDER: int

def kind_of(at: str, name: str) -> int:
    """Return FILE or FOLDER if each part of a name is listed in its folder, spelled so; 0 for links and all else.

    `at` is a folder with its slash, "" for the current one. 0 is also for what begins with a dot or may hold secrets.
    """

def handle_static(app: WebApp, req: HTTPRequest, resp: Connection) -> Coroutine[None]:
    """Answer with the file that the path names, or the first group of the route's match; HTTPException 404."""
