"""Pycopy's `pkg_resources` on CPython: opens a file that lies in a package."""

from importlib.resources import files


def resource_stream(package, resource):
    """The file `resource` of `package`, opened for reading bytes; of the current folder where `package` is None."""
    if not package or package == "__main__":
        return open(resource, "rb")
    return files(package).joinpath(resource).open("rb")
