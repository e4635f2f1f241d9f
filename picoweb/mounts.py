"""Apps under a prefix of another app."""
from .stream import late


def mount(app, url, sub):
    """Puts the app `sub` under the prefix `url`, which it does not see; the longest prefix wins."""
    app.mounts = sorted(list(app.mounts) + [(url.rstrip("/"), sub)], key=lambda mount: -len(mount[0]))
    late("routing").attach(app)


def init_mounts(app):
    """Calls init() of all mounted apps."""
    for _, sub in app.mounts:
        init_once(sub)
        init_mounts(sub)


def init_all(app):
    """Calls init() of an app and of what is mounted on it, once each: for who serves it without run()."""
    init_once(app)
    init_mounts(app)


def init_once(app):
    if not app.inited:
        app.inited = True
        app.init()


def find(app, req):
    """The mounted app that a request is for, and takes its prefix off the path; None where there is none."""
    path = req.path
    for prefix, sub in app.mounts:
        rest = path[len(prefix) :]
        if path.startswith(prefix) and rest[:1] in ("", "/"):
            req.path = rest or "/"
            init_once(sub)
            return sub
    return None
