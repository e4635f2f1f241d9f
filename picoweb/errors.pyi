"""What is answered when something is wrong."""

from picoweb.stream import Connection, Coroutine, Headers

class HTTPException(Exception):
    """Raised anywhere, it is answered with its status and message."""

    status: int
    message: str
    headers: Headers | None

    def __init__(self, status: int, message: str = "", headers: Headers | None = None) -> None: ...

def http_error(writer: Connection, status: str | int) -> Coroutine[None]:
    """A complete response of that status."""
