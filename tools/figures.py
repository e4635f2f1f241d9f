"""Runs a measuring tool, and puts the tables that it prints into docs/measurements.rst: figures.py heap --quick.

What follows the tool's name goes to the tool. A table takes the place of the one that stands there at the same place
between `.. figures NAME` and `.. figures NAME end`; the text around them stays. Exits as the tool does.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "measurements.rst"
TABLE = re.compile(r"^=[= ]*\n.*\n=[= ]*\n(?:[^=\n].*\n|=[^= ].*\n)*=[= ]*$", re.M)


def names(text):
    """Return the names of the tools whose tables a page has."""
    return re.findall(r"^\.\. figures (\w+)$", text, re.M)


def replace(text, name, printed):
    """Return the page's text with the tables that a tool has printed; ValueError if they are another number."""
    start = text.index(f".. figures {name}\n")
    end = text.index(f".. figures {name} end\n")
    tables = TABLE.findall(printed)
    there = len(TABLE.findall(text, start, end))
    if len(tables) != there:
        raise ValueError(f"{name}: {len(tables)} tables are printed, the page has {there}")
    new = iter(tables)
    return text[:start] + TABLE.sub(lambda _: next(new), text[start:end]) + text[end:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool", choices=names(PAGE.read_text()))
    parser.add_argument("options", nargs=argparse.REMAINDER, help="the tool's own")
    args = parser.parse_args()
    command = [sys.executable, ROOT / "tools" / (args.tool + ".py"), *args.options]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    try:
        PAGE.write_text(replace(PAGE.read_text(), args.tool, done.stdout))
    except ValueError as error:
        sys.exit(f"figures.py: {error}; {PAGE.name} is as it was")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
