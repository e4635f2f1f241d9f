"""What a handler returns to send its client elsewhere: `return redirect("/login")` (RFC 9110 15.4)."""

from typing import Literal

def redirect(location: str, status: Literal[301, 302, 303, 307, 308] = 302) -> tuple[str, int, dict[str, str]]:
    """Return an answer that leads to a path or URL; ValueError for CR, LF or NUL in it, and for another status.

    What is not visible ASCII is percent-encoded; a "%" stays.
    """
