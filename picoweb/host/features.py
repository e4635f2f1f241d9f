"""What apps name and is loaded then, on CPython by a descriptor each: a class that has __getattr__ is slow in all it does."""

from picoweb import http


class Feature:
    """A method or property that its module has, and that takes this place in its class once it is named."""

    def __init__(self, module, name, home):
        self.module = module
        self.name = name
        self.home = home

    def load(self):
        return getattr(http.load(self.module), self.name)

    def __get__(self, owner, kind):
        if owner is None:
            return self
        feature = self.load()
        setattr(self.home, self.name, feature)
        return feature.__get__(owner, kind)

    def __call__(self, *args, **kwargs):
        """Call it as a method of a class is called: WebApp.use(app, middleware)."""
        return self.load()(*args, **kwargs)


class Value(Feature):
    """A value that an object has once it is named."""

    def __get__(self, owner, kind):
        if owner is None:
            return self
        value = owner.__dict__[self.name] = self.load()(owner)
        return value


def install(*classes):
    """Give the classes their features of picoweb.http.FEATURES in place of __getattr__."""
    homes = {home.kind: home for home in classes}
    for row in http.FEATURES.split("\n"):
        module, *names = row.split(" ")
        for name in names:
            home = homes[name[:2]]
            feature = Value if name[-1] == "=" else Feature
            name = name[2:].rstrip("=")
            if name not in home.__dict__:
                setattr(home, name, feature(module, name, home))
    del http.Named.__getattr__
