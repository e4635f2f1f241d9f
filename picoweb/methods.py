"""What the module and WebApp have only when it is used: where it is, and the defaults of what an app may set."""
from .stream import late

NAMES = {
    "HTTPException": "errors",
    "get_mime_type": "files",
    "http_error": "errors",
    "jsonify": "results",
    "sendstream": "files",
}
METHODS = {
    "_load_template": "templates",
    "errorhandler": "errors",
    "handle_exc": "errors",
    "handle_static": "files",
    "init_mounts": "mounts",
    "mount": "mounts",
    "render_str": "templates",
    "render_template": "templates",
    "sendfile": "files",
    "stop": "listener",
    "use": "middleware",
    "websocket": "websocket",
}
DEFAULTS = {
    "max_body": 16384,  # bytes of a request's body
    "max_read": 16384,  # bytes of it that read() without a number, and a form, take into memory
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


def load(name):
    """A name of the package: a function or class of NAMES, or a module."""
    try:
        return getattr(late(NAMES[name]), name) if name in NAMES else late(name)
    except ImportError:
        raise AttributeError("picoweb has no attribute " + name)


def get(app, name):
    """An attribute that `app` lacks; AttributeError where there is none of that name."""
    if name in DEFAULTS:
        return DEFAULTS[name]
    if name not in METHODS:
        raise AttributeError("WebApp has no attribute " + name)
    method = later(name)
    return lambda *args, **kwargs: method(app, *args, **kwargs)


def install(cls):
    """Gives the class all of them, for a subclass that calls super()'s."""
    for name in METHODS:
        if not hasattr(cls, name):
            setattr(cls, name, later(name))
    for name in DEFAULTS:
        if not hasattr(cls, name):
            setattr(cls, name, DEFAULTS[name])


def later(name):
    return lambda *args, **kwargs: getattr(late(METHODS[name]), name)(*args, **kwargs)
