"""The one name of `pkg_resources` that the original picoweb imports; hello never calls it."""


def resource_stream(package, name):
    return open(name, "rb")
