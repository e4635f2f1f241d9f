"""Query strings and percent-encoding."""

from typing import Any

def unquote_plus(s: str) -> str:
    """Decode "+" and %XX as UTF-8; what is malformed stays."""

def parse_qs(s: str) -> dict[str, Any]:
    """Return a dict: a value is a str, True for a key without "=", or a list of them for a repeated key."""
