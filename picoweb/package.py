"""An app in a package: its folder, and its resources, the dict R of its module R."""
import uio

found = {}  # of the packages in use: the folder with a slash, and the resources


def look(pkg):
    """Return (folder, resources) of the package that a module is in; ("", {}) if it is in none."""
    if pkg not in found:
        top = pkg.split(".")[0]
        try:
            path = getattr(__import__(top), "__path__", "")
        except ImportError:  # an app may have any name
            path = ""
        if path and not isinstance(path, str):
            path = list(path)[0]
        try:
            resources = path and __import__(top + ".R", None, None, ("R",)).R
        except ImportError:
            resources = ""
        found[pkg] = path and path + "/", resources or {}
    return found[pkg]


def folder(pkg):
    """Return the folder of a package with a slash, "" if it is none."""
    return look(pkg)[0]


def resource(pkg, name):
    """Return (open file, bytes) of a resource, None if there is none of that name."""
    content = look(pkg)[1].get(name)
    return None if content is None else (uio.BytesIO(content), len(content))
