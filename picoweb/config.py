"""Settings by name, from .env files, JSON and the environment: `app.config = Config(PORT=80)`."""
import uos as os

import ujson


def cast(text):
    """Return true/yes, false/no (in any case) as a bool, digits as a number, else the text."""
    known = {"true": True, "yes": True, "false": False, "no": False}.get(text.lower())
    if known is not None:
        return known
    if not text.strip("+-.eE0123456789"):
        for kind in int, float:
            try:
                return kind(text)
            except ValueError:
                pass
    return text


class Config:
    """Settings, whose names are in capitals; the later call wins. Its repr() has no values: some are secret."""

    def __init__(self, **settings):
        self.settings = {
            "DEBUG": False, "HOST": "127.0.0.1", "PORT": 8081, "SECRET_KEY": "", "TEMPLATE_DIR": "templates",
            "STATIC_DIR": "static", "STATIC_URL": "/static",
        }
        self.update(settings)

    def update(self, settings):
        """Take a dict of settings."""
        for name in settings:
            self.set(name, settings[name])

    def set(self, name, value):
        """Set one."""
        self.settings[name.upper()] = value

    def get(self, name, default=None):
        """Return a setting, or `default`."""
        return self.settings.get(name.upper(), default)

    def __getitem__(self, name):
        return self.settings[name.upper()]

    def __setitem__(self, name, value):
        self.set(name, value)

    def __contains__(self, name):
        return name.upper() in self.settings

    def __repr__(self):
        return "Config(%s)" % ", ".join(sorted(self.settings))

    def all(self):
        """Return a copy of all, secrets too."""
        return dict(self.settings)

    def from_env_file(self, path=".env"):
        """Take lines of NAME=value; a missing file is none. What is in quotes stays a str."""
        try:
            file = open(path)
        except OSError:
            return
        with file:
            for line in file:
                name, equals, value = line.strip().partition("=")
                name = name.strip()
                if name[:7] == "export ":
                    name = name[7:].strip()
                value = value.strip()
                if equals and name and name[:1] != "#":
                    quote = value[:1]
                    end = value.find(quote, 1) if quote in ("'", '"') else -1
                    self.set(name, value[1:end] if end > 0 else cast(value.partition(" #")[0].strip()))

    def from_json(self, path):
        """Take the object of a JSON file; OSError, or ValueError if it is none."""
        with open(path) as file:
            found = ujson.load(file)
        if not isinstance(found, dict):
            raise ValueError("no object: " + path)
        self.update(found)

    def load_env(self, prefix="PICOWEB_"):
        """Take what the environment has, its names after `prefix`; on MicroPython of the names that are known."""
        names = getattr(os, "environ", None) or [prefix + name for name in self.settings]
        for name in list(names):
            value = os.getenv(name) if name.startswith(prefix) and hasattr(os, "getenv") else None
            if value is not None:
                self.set(name[len(prefix) :], cast(value))
