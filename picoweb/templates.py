"""Templates of the app's folder, rendered by utemplate."""
from .files import folder
from .stream import coroutine


def _load_template(app, name):
    """A compiled template: a generator function."""
    if app.loader is None:
        import utemplate.source

        where = folder(app)
        app.loader = utemplate.source.Loader(app.pkg.split(".")[0] if where else None, "templates")
    return app.loader.load(name)


@coroutine
def render_template(app, writer, name, args=()):
    """Writes a template."""
    yield from writer.awriteiter(app._load_template(name)(*args))


def render_str(app, name, args=()):
    """A template as a str."""
    return "".join(app._load_template(name)(*args))
