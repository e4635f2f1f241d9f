"""The methods of WebApp that a page may do without, and the module's names that are loaded when first used."""
from .stream import coroutine, late


def load(name):
    """A name of the package that is loaded when first used: a function or class of MODULES, or a module."""
    for module in MODULES:
        if name in MODULES[module]:
            return getattr(late(module), name)
    try:
        return late(name)
    except ImportError:
        raise AttributeError(name)


MODULES = {
    "errors": ("HTTPException", "http_error"),
    "files": ("sendstream", "get_mime_type"),
    "results": ("jsonify",),
    "stream": ("asyncio", "coroutine"),
}


def get(app, name):
    """An attribute that `app` has only since this module is loaded; AttributeError where there is none."""
    if name not in METHODS:
        raise AttributeError("%s has no attribute %s" % (type(app).__name__, name))
    from . import WebApp

    install(WebApp)
    return getattr(app, name)


def install(cls):
    for name in METHODS:
        if not hasattr(cls, name):
            setattr(cls, name, METHODS[name])


def mount(app, url, sub):
    """Puts the app `sub` under the prefix `url`, which it does not see."""
    app.mounts = sorted(list(app.mounts) + [(url.rstrip("/"), sub)], key=lambda m: -len(m[0]))


def init_mounts(app):
    for _, sub in app.mounts:
        sub.init_once()
        if sub.mounts:
            sub.init_mounts()


def init_once(app):
    if not app.inited:
        app.inited = True
        app.init()


@coroutine
def handle_exc(app, req, resp, exc):
    """Called for every exception of a handler, for subclasses; what it writes is the answer."""
    return
    yield


def use(app, middleware):
    """Adds `async def middleware(req, resp, next)`; also a decorator."""
    app.middleware = list(app.middleware) + [middleware]
    return middleware


def errorhandler(app, kind):
    """Decorator of `h(req, resp, exc)`: answers a status (int) or a class of exceptions."""

    def add(handler):
        app.errorhandlers = dict(app.errorhandlers)
        app.errorhandlers[kind] = handler
        return handler

    return add


def folder(app):
    """The folder of the app's package with a slash, "" for the current one."""
    pkg = app.pkg
    if not pkg or pkg == "__main__":
        return ""
    pkg = pkg.split(".")[0]
    file = getattr(__import__(pkg), "__file__", None) or ""
    if not file.endswith("__init__.py") and not file.endswith("__init__.mpy"):
        return ""
    return file[: file.rfind("/") + 1]


def _load_template(app, name):
    """A compiled template as a generator function (utemplate)."""
    if app.loader is None:
        app.loader = late("templates").loader(app)
    return app.loader.load(name)


@coroutine
def render_template(app, writer, name, args=()):
    """Writes a template."""
    yield from writer.awriteiter(app._load_template(name)(*args))


def render_str(app, name, args=()):
    """A template as a str."""
    return "".join(app._load_template(name)(*args))


def sendfile(app, writer, fname, content_type=None, headers=None):
    """Coroutine: answers with a file of the app's folder; 404 where it is missing."""
    return late("files").sendfile(app, writer, fname, content_type, headers)


def handle_static(app, req, resp):
    """Answers a request below /static/ with a file of that folder."""
    return late("files").handle_static(app, req, resp)


async def stop(app, timeout=5):
    """Listens no more, and ends when all requests are answered, after `timeout` seconds at the latest."""
    await late("listener").stop(app, timeout)


METHODS = {
    "_load_template": _load_template,
    "errorhandler": errorhandler,
    "handle_exc": handle_exc,
    "handle_static": handle_static,
    "init_mounts": init_mounts,
    "init_once": init_once,
    "mount": mount,
    "render_str": render_str,
    "render_template": render_template,
    "sendfile": sendfile,
    "stop": stop,
    "use": use,
    # Limits, and what an app may set.
    "max_body": 16384,  # bytes of a request's body
    "body_timeout": 10,  # seconds without a byte of a body
    "write_timeout": 10,  # seconds in which a client takes nothing
    "headers_mode": "parse",
    "errorhandlers": {},
    "middleware": (),
    "inited": False,
    "loader": None,
    "listener": None,
    "accepting": None,
}
