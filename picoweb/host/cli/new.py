"""Makes a new app: a copy of new_app/, and what its templates need."""

import re
from pathlib import Path

from .archive import UTEMPLATE, fetch, fetcher
from .interpreter import Failure
from .serve import say

SOURCE = Path(__file__).parent / "new_app"
RENAMED = {"gitignore": ".gitignore"}  # under its own name it would be git's here


def make(name):
    """Makes the folder `name`; answers the exit status."""
    if not re.fullmatch("[A-Za-z][A-Za-z0-9_-]*", name):
        raise Failure(f"{name}: not a name for an app; take letters, digits, - and _, as in: picoweb new demo")
    folder = Path(name)
    fetcher(UTEMPLATE)  # what is missing is told before anything is made
    try:
        folder.mkdir()
        for source in sorted(SOURCE.rglob("*")):
            if source.is_file() and "__pycache__" not in source.parts:
                place = folder / source.relative_to(SOURCE)
                place = place.with_name(RENAMED.get(place.name, place.name))
                place.parent.mkdir(exist_ok=True)
                place.write_text(source.read_text("utf-8").replace("APP_NAME", name), "utf-8")
    except FileExistsError:
        raise Failure(f"{name} is already there; take another name") from None
    except OSError as error:
        raise Failure(f"cannot make {name}: {error.strerror}") from None
    print(f"Made {name}: app.py, templates, static, tests, and main.py for a board.", flush=True)
    try:
        fill_lib(folder / "lib")
    except Failure as failure:
        say("picoweb", f"the page lacks utemplate ({failure}); to try again, type: cd {name} && picoweb lib")
        return 1
    print(f"Now type:\n\n    cd {name}\n    picoweb run\n")
    return 0


def fill_lib(folder):
    """Puts utemplate there, as a board has it in /lib."""
    if not (folder / "utemplate").is_dir():
        fetch(UTEMPLATE, folder / "utemplate")
    print(f"{folder} has utemplate, for templates.")
    return 0
