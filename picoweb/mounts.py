"""Apps under a prefix of another app."""
from .utils import unquote


def mount(app, url, sub):
    """Serve the app `sub` below `url`, which it does not see; the longest prefix wins, and wins over routes."""
    if not app.mounts:
        name = "find_within" if hasattr(app, "find_within") else "find"
        find_own = getattr(app, name)
        setattr(app, name, lambda req: find(app, req) or find_own(req))
        app.at_start(lambda: getattr(app, "lazy_init", False) or init_mounts(app))
    app.mounts = sorted(list(app.mounts) + [(url.rstrip("/"), sub)], key=lambda mount: -len(mount[0]))
    sub.above = app
    if "explain" not in sub.__dict__:
        sub.explain = lambda req, resp, e: sub.above.explain(req, resp, e)


def init_mounts(app):
    """Call init() of all mounted apps, once each."""
    for _, sub in app.mounts:
        sub.prepare()
        init_mounts(sub)


def find(app, req):
    """Return what the mounted app finds for a request, whose path loses the prefix; None if it is for none of them."""
    for prefix, sub in app.mounts:
        n = prefix.count("/") + 1
        sent = "/".join(req.path.split("/", n)[:n])  # an encoded slash is no end of a segment
        if prefix == unquote(sent, sent):
            req.prefix += sent
            req.path = req.path[len(sent) :] or "/"
            req.app = sub
            sub.prepare()
            return sub.find(req)
    return None
