"""Typed patterns of routes: "/users/<int:id>" hands a handler id=12."""

from typing import Any

class Pattern:
    """What url_map takes for a pattern: text with <name>, <int:…>, <float:…>, <path:…>, <re:expression:…>.

    ValueError, with the url, if it is malformed.
    """

    url: str

    def __init__(self, url: str) -> None: ...
    def match(self, path: str) -> dict[str, Any] | None:
        """Return a dict of the values in a path, the longest first; None if it does not match."""
