"""What other sites have a browser send is refused: `app.use(CSRF())` after Session (cross-site request forgery)."""
from .crypto import compare_digest, token_hex
from .http import HTTPRequest, coroutine, refuse
from .request import field
from .utils import unquote


class CSRF:
    """Middleware that answers 403 to requests of other sites, and with `tokens` to those without req.csrf_token.

    Paths that begin with one of `exempt_paths` are let in; so are pages of `origins`, if they have the token.
    """

    def __init__(self, exempt_paths=(), tokens=True, origins=()):
        self.exempt_paths = exempt_paths
        self.tokens = tokens
        self.origins = [origin.encode() for origin in origins]

    def setup(self, app):
        """Called by app.use(); RuntimeError if tokens have no session to be in."""
        if self.tokens:
            if not [known for known in app.middleware if hasattr(known, "keeper")]:
                raise RuntimeError("app.use(Session(...)) comes before app.use(CSRF())")
            HTTPRequest.csrf_token = property(csrf_token)

    @coroutine
    def __call__(self, req, resp, next):
        if req.method not in ("GET", "HEAD", "OPTIONS"):
            path = unquote(req.path, "")
            if not [prefix for prefix in self.exempt_paths if path.startswith(prefix)]:
                yield from self.check(req, resp)
        return (yield from next())

    @coroutine
    def check(self, req, resp):
        """Raise a Refusal 403 if the request is another site's."""
        site = field(req, b"sec-fetch-site")
        origin = field(req, b"origin")
        own = site in (b"same-origin", b"none") if site else not origin or origin.partition(b"//")[2] == field(req, b"host")
        if not own and origin not in self.origins:
            refuse("a request of another site", 403)
        if self.tokens:
            sent = field(req, b"x-csrf-token")
            if not sent and "urlencoded" in resp.body_type:
                yield from req.read_form_data()
                sent = req.form.get("_csrf_token")
                sent = sent.encode() if isinstance(sent, str) else b""
            if not compare_digest(csrf_token(req).encode(), sent):
                refuse("CSRF token invalid or missing", 403)


def csrf_token(req):
    """Return the token of the request's session, 64 characters; it is made when it is first asked for."""
    session = req.session
    if "_csrf_token" not in session:
        session["_csrf_token"] = token_hex(32)
    return session["_csrf_token"]


def csrf_input(token):
    """Return the hidden field of a form that holds a token."""
    return '<input type="hidden" name="_csrf_token" value="%s">' % token
