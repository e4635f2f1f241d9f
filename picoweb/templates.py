"""Templates of the app's folder, rendered by utemplate or by what app.template_loader is set to."""
from .files import folder
from .http import coroutine


def _load_template(app, name):
    """Return a compiled template: a generator function."""
    loader = getattr(app, "template_loader", None)
    if loader is None:
        import utemplate.source

        pkg = app.pkg.split(".")[0] if folder(app) else None
        loader = app.template_loader = utemplate.source.Loader(pkg, "templates")
    return loader.load(name)


@coroutine
def render_template(app, writer, name, args=()):
    """Write a template."""
    yield from writer.awriteiter(app._load_template(name)(*args))


def render_str(app, name, args=()):
    """Return a template as a str."""
    return "".join(app._load_template(name)(*args))
