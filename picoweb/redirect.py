"""What a handler returns to send its client elsewhere: `return redirect("/login")` (RFC 9110 15.4)."""
from .http import check_value


def redirect(location, status=302):
    """Return an answer that leads to a path or URL; ValueError for CR, LF or NUL in it, or for another status.

    What is not visible ASCII is percent-encoded; a "%" stays.
    """
    if status not in (301, 302, 303, 307, 308):
        raise ValueError("no redirect: %s" % status)
    check_value(location)
    data = location.encode()
    if data and not 32 < min(data) <= max(data) < 127:
        location = "".join([("%c" if 32 < byte < 127 else "%%%02X") % byte for byte in data])
    return "", status, {"Location": location}
