"""Which app a command line means: `app.py`, `app.py:attribute`, `module` or `module:attribute`."""

import importlib
import os
import runpy
import sys
import traceback
from importlib.machinery import PathFinder
from pathlib import Path

from .interpreter import Failure, Target, shown

DEFAULTS = ("app.py", "main.py")


def find_target(text, command):
    """The Target that is meant, or the default one of the current folder; `command` is for a hint."""
    here = Path.cwd()
    if text is None:
        text = next((name for name in DEFAULTS if (here / name).is_file()), None)
        if text is None:
            raise Failure(f"no app.py or main.py in this folder; name the app's file: picoweb {command} FILE.py")
    name, colon, attribute = text.partition(":")
    if colon and not attribute.isidentifier():
        raise Failure(f"{text}: no name of an app after the colon, as in app.py:app")
    path = Path(os.path.abspath(name))
    if name.endswith(".py") or os.sep in name or path.is_file():
        if not path.is_file():
            raise Failure(f"{name}: {'this is a folder' if path.is_dir() else 'no such file'}{hint(path)}")
        if path.name == "picoweb.py":
            raise Failure(f"{name} hides picoweb itself; give it another name")
        return Target(path.parent, path.stem if attribute else path.name, attribute)
    places = [str(here), str(here / "lib"), *sys.path]
    if not all(map(str.isidentifier, name.split("."))) or not PathFinder.find_spec(name.split(".")[0], places):
        raise Failure(f"{name}: no such file or module{hint(path)}")
    return Target(here, name, attribute or "app")


def hint(path):
    """What to type instead of a file that is not there."""
    names = [path / "app.py", path / "main.py", path.with_name(path.name + ".py"), Path.cwd() / "app.py"]
    found = next((name for name in names if name.is_file()), None)
    return f"; there is {os.path.relpath(found)}" if found else ""


def load(target):
    """The app itself, in this process; where it would run it does not."""
    import picoweb

    here, run, ran = Path.cwd(), picoweb.WebApp.run, []
    picoweb.WebApp.run = lambda app, *args, **options: ran.append(app)
    sys.path[:0] = map(str, (target.folder, target.folder / "lib"))
    sys.argv[:] = [target.name]
    os.chdir(target.folder)
    try:
        found = names(target)
    except Exception as error:
        os.chdir(here)
        raise Failure(why_not(error) or f"{target} cannot be loaded") from None
    finally:
        os.chdir(here)
        picoweb.WebApp.run = run
    apps = {name: value for name, value in found.items() if isinstance(value, picoweb.WebApp)}
    app = apps.get(target.attribute or "app")
    if not target.attribute:
        app = next(filter(None, [app, *ran, *apps.values()]), None)
    if not app:
        has = f"; it has {', '.join(apps)}" if apps else ""
        raise Failure(f"{target.name} has no WebApp called {target.attribute or 'app'}{has}")
    return app


def names(target):
    """What the target's module or file defines."""
    if target.attribute:
        return vars(importlib.import_module(target.name))
    return runpy.run_path(str(target.folder / target.name), run_name=Path(target.name).stem)


def why_not(error):
    """A syntax error in one line; of another its traceback is printed, as far as it is the app's."""
    if isinstance(error, SyntaxError):
        return f"{shown(Path(error.filename))}:{error.lineno}: {type(error).__name__}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)[2:]
    frames = [frame for frame in frames if "importlib" not in frame.filename and "runpy" not in frame.filename]
    lines = [*traceback.format_list(frames), *traceback.format_exception_only(error)]
    print("Traceback (most recent call last):", *map(str.rstrip, lines), sep="\n", file=sys.stderr)
    return None
