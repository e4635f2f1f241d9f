"""Who asks: users in the session, roles, and HTTP's own Basic and Bearer (RFC 7617, RFC 6750)."""
from ubinascii import a2b_base64

from .http import HTTPException, coroutine
from .request import field

KEY = "_auth_user"  # in the session


def session_of(req):
    """Return a request's session; RuntimeError if there is none."""
    if not hasattr(req, "session"):
        raise RuntimeError("logging in needs app.use(Session(...))")
    return req.session


def login_user(req, user):
    """Have a user, a dict, logged in from now on; the session gets a new id, and a new CSRF token."""
    session = session_of(req)
    session[KEY] = user
    session.pop("_csrf_token", None)
    session.regenerate()


def logout_user(req):
    """Have nobody logged in any more."""
    session = session_of(req)
    session.pop(KEY, None)
    session.pop("_csrf_token", None)
    session.regenerate()


def current_user(req):
    """Return the user who is logged in, None if there is none."""
    return session_of(req).get(KEY)


def is_authenticated(req):
    """Return whether a user is logged in."""
    return current_user(req) is not None


def check(req, role, redirect_to, status):
    """Raise HTTPException for who is not logged in: a redirect or `status`; 403 for who has none of the roles."""
    user = current_user(req)
    if user is None:
        if redirect_to:
            # Only where a GET can be asked again, and a path of this host.
            back = req.prefix + req.path if req.method == "GET" and req.path[:2] != "//" else ""
            raise HTTPException(302, "", {"Location": redirect_to + (back and "?next=" + back)})
        raise HTTPException(status, "not logged in")
    if role and user.get("role") not in ((role,) if isinstance(role, str) else role):
        raise HTTPException(403, "not for this role")


def require_auth(role=None, redirect_to=None, status=401):
    """Decorator of handlers, bare or with options: `role` is one or several, `redirect_to` the login page."""

    def decorate(handler):
        def guarded(req, resp, **values):
            check(req, None if callable(role) else role, redirect_to, status)
            return handler(req, resp, **values)

        return guarded

    return decorate(role) if callable(role) else decorate


def guard(app):
    """Have the route option `auth` checked: True, a role or several. Call it after app.use(Session(...))."""
    if not hasattr(app, "find_within"):
        raise RuntimeError("auth.guard(app) belongs after app.use(Session(...))")
    find = app.find_within

    def guarded(req):
        handler = find(req)
        auth = req.extra.get("auth")
        if auth:
            check(req, None if auth is True else auth, None, 401)
        return handler

    app.find_within = guarded


def http_auth(scheme, verify, realm):
    """Return a decorator of handlers: req.user is what verify(*credentials) returns, also a coroutine, or there is a 401."""

    def decorate(handler):
        @coroutine
        def guarded(req, resp, **values):
            given, _, rest = field(req, b"authorization").partition(b" ")
            user = None
            try:
                if given.lower() == scheme.lower().encode():
                    rest = rest.strip(b" ")
                    if scheme == "Basic":
                        name, colon, password = a2b_base64(rest).decode().partition(":")
                        user = verify(name, password) if colon else None
                    else:
                        user = verify(rest.decode())
            except ValueError:
                pass
            if hasattr(user, "send"):
                user = yield from user
            if not user:
                raise HTTPException(401, "", {"WWW-Authenticate": '%s realm="%s"' % (scheme, realm)})
            req.user = user
            result = handler(req, resp, **values)
            return (yield from result) if hasattr(result, "send") else result

        return guarded

    return decorate


def basic_auth(verify, realm="picoweb"):
    """Decorator of handlers for HTTP Basic: verify(name, password) returns the user, or something false."""
    return http_auth("Basic", verify, realm)


def bearer_auth(verify, realm="picoweb"):
    """Decorator of handlers for HTTP Bearer: verify(token) returns the user, or something false."""
    return http_auth("Bearer", verify, realm)
