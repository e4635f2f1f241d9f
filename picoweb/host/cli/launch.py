"""In an app's own process, on any interpreter: runs its file, or serves it, at the host and port of the command line."""

import sys


def main(name, attribute, *settings):
    """Serves what interpreter.py's Target is; the result is the exit status."""
    sys.argv[:] = [name]
    if sys.implementation.name != "cpython":
        sys.path.pop(0)  # the current folder, which comes after picoweb here
    run = None if attribute else load(name)  # while there is nothing else on the heap
    from picoweb import WebApp

    started = override(WebApp, *settings)
    found = run() if run else __import__(name, None, None, ("*",)).__dict__
    if started:
        return 0
    app = found.get(attribute or "app")
    if not isinstance(app, WebApp):
        apps = [key for key in found if isinstance(found[key], WebApp)]
        print("picoweb: %s has no WebApp called %s" % (name, attribute or "app"), file=sys.stderr)
        if apps:
            print("picoweb: it has one; type: picoweb run %s:%s" % (name, apps[0]), file=sys.stderr)
        return 1
    app.run()
    return 0


def load(name):
    """Reads a file; the result is a function that runs it as the interpreter would, and answers what it defined."""
    if sys.implementation.name == "cpython":
        from picoweb.host.__main__ import load

        return load(name)
    with open(name) as f:
        code = compile(f.read(), name, "exec")
    scope = {"__name__": "__main__", "__file__": name}
    return lambda: exec(code, scope) or scope


def override(cls, at_host, at_port, with_debug):
    """Makes run() and start() of every app take these, where not empty; the result lists the apps that started."""
    started = []

    def replace(name):
        original = getattr(cls, name)

        def method(self, host="127.0.0.1", port=8081, *args, **options):
            started.append(self)
            if with_debug and name == "run" and not args and "debug" not in options:
                options["debug"] = int(with_debug)
            return original(self, at_host or host, int(at_port or port), *args, **options)

        setattr(cls, name, method)

    replace("run")
    replace("start")
    return started


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell reports it
