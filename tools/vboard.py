#!/usr/bin/env python3
"""Starts a virtual board for mpremote: the same as `picoweb board sim`, in .venv's Python where there is one."""

import sys

import clone

if __name__ == "__main__":
    sys.exit(clone.picoweb("board", "sim", *sys.argv[1:]))
