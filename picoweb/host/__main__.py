"""`python -m picoweb.host app.py [args]`: run an app file written for a board, on CPython."""

import argparse
import os
import sys
import traceback
import types

import picoweb.host  # noqa: F401 (its import makes the board's modules known)

# What a shell reports for a program that SIGINT ended.
INTERRUPTED = 130


def main():
    """Run the app file that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m picoweb.host", description=__doc__)
    parser.add_argument("app", help="the app's file")
    parser.add_argument("args", nargs=argparse.REMAINDER, help="what the app finds in sys.argv[1:]")
    options = parser.parse_args()
    sys.argv = [options.app, *options.args]
    try:
        run = load(options.app)
    except OSError as e:
        parser.exit(2, "%s: cannot open %r: %s\n" % (parser.prog, options.app, e.strerror))
    run()


def load(path):
    """Compile a file; the result is a function that runs it as `python path` would."""
    with open(path, "rb") as f:
        source = f.read()
    try:
        code = compile(source, path, "exec")
    except SyntaxError as e:
        traceback.print_exception(type(e), e, None)
        sys.exit(1)
    # With -P or -I Python put no folder there, and wants none.
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    return lambda: run(code, path)


def run(code, path):
    """Execute `code` as the module `__main__`; the result is what it defined, SystemExit where it failed."""
    module = types.ModuleType("__main__")
    module.__file__ = path
    sys.modules["__main__"] = module
    try:
        exec(code, module.__dict__)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as e:
        # The app's frames only: this function is none of its author's business.
        traceback.print_exception(type(e), e, e.__traceback__.tb_next)
        sys.exit(1)
    return module.__dict__


if __name__ == "__main__":
    main()
