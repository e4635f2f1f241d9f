"""Files and frozen resources as browsers want them: gzip made ahead, 304, ranges, folders; no buffer for a transfer."""

from collections.abc import Mapping

from picoweb import WebApp
from picoweb.http import Connection, Coroutine, HTTPRequest

Source = str | Mapping[str, bytes]

def add(app: WebApp, url: str, source: Source, cache: int | str = "no-cache") -> None:
    """Serve what is below `url` from `source`; the app's own route for it, as /static/, goes.

    `source` is a folder, of the app's package if it does not begin with a slash, or the dict R of a module that
    tools/pack.py made. `cache` is what Cache-Control says, or the seconds of its max-age.
    """

def serve(req: HTTPRequest, resp: Connection, source: Source, name: str, cache: int | str = "no-cache") -> Coroutine[None]:
    """Answer with what has that name in `source`, index.html for a folder; HTTPException 404, 406, 412, 416."""
