#!/usr/bin/env python3
"""Sends an app to a board: `deploy.py PORT APP`. `deploy.py image APP OUT` makes a flash image of it.

From a clone the same as `picoweb board deploy` and `picoweb board image`; in .venv's Python where there is a .venv.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv" / "bin" / "python"

if PYTHON.exists() and Path(sys.prefix) != ROOT / ".venv":
    os.execv(PYTHON, [str(PYTHON), *sys.argv])
sys.path.insert(0, str(ROOT))

from picoweb.cpython.cli import main  # noqa: E402 (picoweb lies in the clone)

if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(main(["board", *([] if arguments[:1] == ["image"] else ["deploy"]), *arguments]))
