"""Templates of the app's folder, compiled to modules; or those that app.template_loader, where it is set, loads."""
from micropython import const
import uos

from .files import folder
from .html import escape
from .http import coroutine, load

_SEND = const(512)  # characters that leave at once
_ENOENT = const(2)


class safe:
    """Markup: an app with autoescape = True writes it as it is."""

    def __init__(self, markup):
        self.markup = markup

    def __str__(self):
        return self.markup


def text(value):
    """Return what `{{value}}` writes: HTML text, or markup that is safe()."""
    if isinstance(value, int):
        return str(value)
    return value.markup if isinstance(value, safe) else escape(str(value))


class Loader:
    """Finds compiled templates; compiles those that are not, with debug > 0 also those whose source is newer."""

    def __init__(self, app):
        at = folder(app)
        self.app = app
        self.folder = at + "templates/"
        self.package = (app.pkg.split(".")[0] + "." if at else "") + "templates."
        self.found = {}
        self.names = {"_load": self.load}  # what compiled templates call
        if getattr(app, "autoescape", False):
            self.names.update({"_text": text, "safe": safe})

    def load(self, name):
        """Return a template's generator function; OSError if it is missing, SyntaxError if it is malformed."""
        render = self.found.get(name)
        if not render:
            try:
                module = __import__(self.package + name.replace(".", "_"), None, None, ("render",))
                if hasattr(module, "_text") or "_text" not in self.names:  # else utemplate's, which never escapes
                    for key in self.names:
                        setattr(module, key, self.names[key])
                    render = module.render
            except (ImportError, OSError):
                pass
        if not render or self.app.debug > 0:
            source = self.folder + name
            try:
                uos.stat(source)
            except OSError:
                if not render:
                    raise OSError(_ENOENT, "no template " + source)
            else:
                render = load("template_compiler").load(self, name, render)
        self.found[name] = render
        return render


def _load_template(app, name):
    """Return a template: a generator function."""
    if not getattr(app, "template_loader", None):
        app.template_loader = Loader(app)
    return app.template_loader.load(name)


@coroutine
def render_template(app, writer, name, args=()):
    """Write a template, 512 characters at once."""
    parts = app._load_template(name)(*args)
    held = []
    size = 0
    try:
        for part in parts:
            size += len(part)
            if size > _SEND and held:
                yield from writer.awrite("".join(held))
                held = []
                size = len(part)
            held.append(part)
        yield from writer.awrite("".join(held))
    finally:
        getattr(parts, "close", tuple)()


def render_str(app, name, args=()):
    """Return a template as a str."""
    return "".join(app._load_template(name)(*args))
