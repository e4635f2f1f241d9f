"""Files of the app's folder as answers: of a file of any size, 768 bytes are in memory."""

from picoweb import WebApp
from picoweb.http import Connection, Coroutine

def get_mime_type(fname: str) -> str:
    """Return the content type of a file's name, by its ending."""

def folder(app: WebApp) -> str:
    """Return the folder of the app's package with a slash, "" for the current one."""

def sendfile(
    app: WebApp, writer: Connection, fname: str, content_type: str | None = None, headers: object = None
) -> Coroutine[None]:
    """Answer with a file of the app's folder, 404 if it is missing: also for what lies elsewhere or begins with a dot."""
