"""The command line `picoweb` of this clone, for tools that are one of its commands."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv" / "bin" / "python"


def picoweb(*arguments):
    """Does what the arguments say, in .venv's Python where there is one; the result is the exit status."""
    if PYTHON.exists() and Path(sys.prefix) != ROOT / ".venv":
        os.execv(PYTHON, [str(PYTHON), *sys.argv])
    sys.path.insert(0, str(ROOT))
    from picoweb.host.cli.__main__ import main

    return main(arguments)
