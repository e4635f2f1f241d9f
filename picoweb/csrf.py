"""Protection from forged requests: `app.use(CSRF())`, after Session."""
from .crypto import compare_digest, token_hex
from .http import HTTPException, HTTPRequest, coroutine
from .request import field
from .utils import unquote

KEY = "_csrf_token"  # in the session, and in a form


def csrf_token(req):
    """The token of the request's session, which is made when it is first asked for."""
    if not hasattr(req, "session"):
        raise RuntimeError("CSRF needs app.use(Session(...)) before it")
    if KEY not in req.session:
        req.session[KEY] = token_hex(32)
    return req.session[KEY]


def csrf_input(token):
    """Return the hidden field that a form needs, as HTML."""
    return '<input type="hidden" name="%s" value="%s">' % (KEY, token)


class CSRF:
    """Middleware: POST, PUT, PATCH and DELETE need the token in X-CSRF-Token or in the urlencoded form, or get 403.

    `exempt_paths` are beginnings of paths. Without `tokens` only pages of other origins are refused, and no session is needed.
    """

    def __init__(self, exempt_paths=(), tokens=True):
        self.exempt_paths = exempt_paths
        self.tokens = tokens
        HTTPRequest.csrf_token = property(csrf_token)

    @coroutine
    def __call__(self, req, resp, next):
        if req.method in ("POST", "PUT", "PATCH", "DELETE"):
            path = unquote(req.prefix + req.path) or ""
            for start in self.exempt_paths:
                if path.startswith(start):
                    break
            else:
                yield from self.check(req)
        return (yield from next())

    @coroutine
    def check(self, req):
        """Raise HTTPException 403 for a request that a foreign page may have sent."""
        host = field(req, b"host").lower()
        origin = field(req, b"origin").lower()
        if field(req, b"sec-fetch-site") == b"cross-site" or origin and origin.partition(b"://")[2] != host:
            raise HTTPException(403, "from another origin")
        if self.tokens:
            known = csrf_token(req).encode()
            given = field(req, b"x-csrf-token")
            if not given and "urlencoded" in req.conn.body_type:
                yield from req.read_form_data()
                given = req.form.get(KEY, "")
                given = given.encode() if isinstance(given, str) else b""
            if not compare_digest(known, given):
                raise HTTPException(403, "CSRF token invalid or missing")
