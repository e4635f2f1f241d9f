"""Cookies (RFC 6265): req.cookies, resp.set_cookie and resp.delete_cookie."""
from .http import TOKEN
from .request import field

VALUE = TOKEN + "()/:<=>?@[]{}"  # what a value may hold; attributes may hold more


def cookies(req):
    """Return a request's cookies, name to value without quotes: of a repeated name the first, of malformed ones none."""
    found = {}
    for pair in field(req, b"cookie").split(b";"):
        try:
            name, equals, value = pair.strip().decode().partition("=")
        except UnicodeError:
            continue
        if name and equals and not name.strip(TOKEN):
            found.setdefault(name, value.strip('"'))
    return found


def set_cookie(resp, name, value, max_age=None, path="/", domain=None, httponly=True, secure=False, samesite="Lax"):
    """Have the client keep a cookie for `max_age` seconds, None for its session; ValueError for what RFC 6265 forbids."""
    line = ""
    wrong = not name or name.strip(TOKEN) or value.strip(VALUE) or samesite == "None" and not secure
    for key, text in (("Max-Age", max_age), ("Path", path), ("Domain", domain), ("SameSite", samesite)):
        if text is not None:
            wrong = wrong or str(text).strip(VALUE + ' ",\\')
            line += "; %s=%s" % (key, text)
    if wrong:
        raise ValueError("no cookie: %s%s" % (name, line))  # its value may be a secret
    line = "%s=%s%s" % (name, value, line)
    resp.add_header("Set-Cookie", line + ("; Secure" if secure else "") + ("; HttpOnly" if httponly else ""))


def delete_cookie(resp, name, path="/", **options):
    """Have the client forget a cookie that was set with this path (and domain=, secure=)."""
    set_cookie(resp, name, "", 0, path, **options)
