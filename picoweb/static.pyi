"""Files and frozen resources as browsers want them. Importing it makes /static/ of every app its own."""

from collections.abc import Mapping

from picoweb import WebApp
from picoweb.stream import Connection, Coroutine, HTTPRequest

BUFFER: int  # bytes of a file in memory at a time, of each transfer; 2,048

Source = str | Mapping[str, bytes]

def add(app: WebApp, url: str, source: Source, cache: int | str = "no-cache") -> None:
    """Serves what is below `url` from `source`.

    `source` is a folder, of the app's package where it does not begin with a slash, or the dict R of a module that
    tools/pack.py made. `cache` is what Cache-Control says, or the seconds of its max-age.
    """

def serve(req: HTTPRequest, resp: Connection, source: Source, name: str, cache: int | str = "no-cache") -> Coroutine[None]:
    """Answers with what has that name in `source`, index.html for a folder; HTTPException 404 where nothing has."""
