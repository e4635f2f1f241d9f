"""Plugins: objects that add routes and middleware to an app, `register_plugin(app, Health())`."""


class Plugin:
    """A base for plugins; any object with setup(app) is one. start(app) and stop(app) run with the app's."""

    name = ""

    def setup(self, app):
        """Add what the plugin gives; called at once."""
        raise NotImplementedError("setup() of the plugin " + (self.name or type(self).__name__))


def register_plugin(app, plugin):
    """Set a plugin up, and return it; ValueError if the app has one of its name."""
    name = getattr(plugin, "name", "") or type(plugin).__name__
    plugins = getattr(app, "plugins", {})
    if name in plugins:
        raise ValueError("two plugins named " + name)
    plugin.setup(app)
    plugins[name] = plugin
    app.plugins = plugins
    if hasattr(plugin, "start"):
        app.at_start(lambda: plugin.start(app))
    if hasattr(plugin, "stop"):
        app.at_stop(lambda: plugin.stop(app))
    return plugin
