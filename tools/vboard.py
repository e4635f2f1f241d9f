#!/usr/bin/env python3
"""Starts a virtual board for mpremote: the same as `picoweb board sim`, in .venv's Python where there is one."""

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
    sys.exit(main(["board", "sim", *sys.argv[1:]]))
