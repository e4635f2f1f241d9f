"""What a handler returns as its response."""

from typing import Any

from picoweb.stream import Connection, Coroutine

def jsonify(writer: Connection, obj: Any) -> Coroutine[None]:
    """A JSON response."""
