"""What WebApp loads when an app names it, as real methods: a subclass may call super()'s."""
from .http import FEATURES, load


def complete(cls):
    """Give a class the methods of apps that it lacks; each loads its module when it is called."""
    for line in FEATURES.split("\n"):
        module, *names = line.split(" ")
        for name in names:
            if name[:2] == "a." and not hasattr(cls, name[2:]):
                setattr(cls, name[2:], hand_on(module, name[2:]))


def hand_on(module, name):
    return lambda *args, **kwargs: getattr(load(module), name)(*args, **kwargs)
