"""Templates of the app's folder, compiled to modules; or those that app.template_loader, where it is set, loads."""

from picoweb import Template, WebApp

class safe:
    """Markup: an app with autoescape = True writes it as it is."""

    markup: str
    def __init__(self, markup: str) -> None: ...

def text(value: object) -> str:
    """Return what `{{value}}` writes: HTML text, or markup that is safe()."""

class Loader:
    """Finds compiled templates; compiles those that are not, with debug > 0 also those whose source is newer."""

    def __init__(self, app: WebApp) -> None: ...
    def load(self, name: str) -> Template:
        """Return a template's generator function; OSError if it is missing, SyntaxError if it is malformed."""
