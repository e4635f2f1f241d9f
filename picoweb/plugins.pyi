"""Plugins: objects that add routes and middleware to an app."""

from typing import TypeVar

from picoweb import WebApp

_P = TypeVar("_P")

class Plugin:
    """A base for plugins; any object with setup(app) is one. start(app) and stop(app) run with the app's."""

    name: str

    def setup(self, app: WebApp) -> None:
        """Add what the plugin gives; called at once."""

def register_plugin(app: WebApp, plugin: _P) -> _P:
    """Set a plugin up, and return it; ValueError if the app has one of its name."""
