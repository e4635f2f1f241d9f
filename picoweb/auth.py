"""Who may call a handler: a user who has logged in, of some role, or who HTTP Basic or Bearer says."""
from ubinascii import a2b_base64

from .http import Refusal, coroutine
from .request import field
from .utils import parse_qs


def login_user(req, user):
    """Log a user in, a dict; the session has a new id and a new CSRF token from then on."""
    logout_user(req)
    req.session["_auth_user"] = user


def logout_user(req):
    """Log the user out; RuntimeError if requests have no session."""
    if not hasattr(req, "session"):
        raise RuntimeError("no req.session: app.use(Session(secret_key)) gives it")
    for key in ("_auth_user", "_csrf_token"):
        req.session.pop(key, None)
    req.session.regenerate()


def current_user(req):
    """Return the user of a request, None if nobody has logged in."""
    return getattr(req, "user", None) or getattr(req, "session", {}).get("_auth_user")


def is_authenticated(req):
    """Return whether somebody has logged in."""
    return current_user(req) is not None


def require_auth(role=None, redirect_to=None, status=401):
    """Decorator of handlers for users who have logged in; with a role, or a tuple of them, for these: others get 403.

    Without a user the answer is `status`, or leads to the path `redirect_to` with the one that was asked for as `next`.
    """
    if callable(role):
        return require_auth()(role)
    return guard(lambda req: allow(req, role, redirect_to, status))


def allow(req, role, redirect_to, status):
    """Raise a Refusal unless the user may call the handler."""
    user = current_user(req)
    if user is None:
        headers = {"WWW-Authenticate": "Session"} if status == 401 else None
        if redirect_to:
            status = 302
            path = req.prefix + req.target
            for char in "%&+#":
                path = path.replace(char, "%%%02X" % ord(char))
            headers = {"Location": "%s?next=%s" % (redirect_to, path)}
        raise Refusal(status, "nobody has logged in", headers)
    if role is not None and user.get("role") not in (role if isinstance(role, (tuple, list)) else (role,)):
        raise Refusal(403, "not for this user")


def next_path(req, default="/"):
    """Return the path that a login leads to: `next` of the query if it is one of this host, else the default."""
    path = parse_qs(req.qs).get("next")
    own = isinstance(path, str) and path[:1] == "/" and path[1:2] not in ("/", "\\") and min(path.encode()) > 31
    return path if own else default


def basic_auth(check, realm="login"):
    """Decorator of handlers for users whose name and password `check(name, password)` knows: it returns a dict or None."""
    return http_auth("Basic", check, realm)


def bearer_auth(check, realm="login"):
    """Decorator of handlers for users whose token `check(token)` knows: it returns a dict or None."""
    return http_auth("Bearer", check, realm)


def http_auth(scheme, check, realm):
    @coroutine
    def known(req):
        found, _, sent = field(req, b"authorization").partition(b" ")
        user = None
        if found.lower() == scheme.lower().encode():
            try:
                sent = sent.strip()
                sent = a2b_base64(sent).decode().split(":", 1) if scheme == "Basic" else (sent.decode(),)
            except ValueError:
                sent = ()
            if len(sent) == (2 if scheme == "Basic" else 1):
                user = check(*sent)
                if hasattr(user, "send"):
                    user = yield from user
        if not user:
            raise Refusal(401, "unknown credentials", {"WWW-Authenticate": '%s realm="%s"' % (scheme, realm)})
        req.user = user

    return guard(known)


def guard(check):
    """Return a decorator of handlers, which `check(req)` runs before; it may be a coroutine function."""

    def decorate(handler):
        @coroutine
        def wait(checking, args, values):
            yield from checking
            result = handler(*args, **values)
            if hasattr(result, "send"):
                result = yield from result
            return result

        def guarded(*args, **values):
            checking = check(args[-2])
            return wait(checking, args, values) if checking else handler(*args, **values)

        return guarded

    return decorate


def guard_routes(app):
    """Have the route option `auth` checked: True, a role, or a tuple of them. Call it after app.use(Session(...))."""
    if not hasattr(app, "find_within"):
        raise RuntimeError("app.use(Session(...)) comes before guard_routes(app)")
    find = app.find_within

    def guarded(req):
        handler = find(req)
        auth = req.extra.get("auth")
        if auth:
            allow(req, None if auth is True else auth, None, 401)
        return handler

    app.find_within = guarded
