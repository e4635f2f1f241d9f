#!/usr/bin/env python3
"""Sends an app to a board: `deploy.py PORT APP`. `deploy.py image APP OUT` makes a flash image of it.

From a clone the same as `picoweb board deploy` and `picoweb board image`; in .venv's Python where there is a .venv.
"""

import sys

import clone

if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(clone.picoweb("board", *([] if arguments[:1] == ["image"] else ["deploy"]), *arguments))
