#!/usr/bin/env python3
"""The heap that loading each feature takes beside the core: .mpy in RAM on the 32-bit MicroPython of PICOWEB_RUNTIMES.

The features are those of the tables at the head of the documentation's pages. The figures are written into
docs/feature_heap.json, which the `feature` directive reads: {modules: bytes}.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

from directives import PICOWEB, compiled  # noqa: E402 (it lies in the clone)

MICROPYTHON = Path(os.environ.get("PICOWEB_RUNTIMES", "runtimes"), "mp32", "micropython")
FEATURE = re.compile(r"^\.\. feature:: *(.+)$", re.M)
SCRIPT = """
import gc, sys
sys.path[:] = ["", ".frozen"]
import picoweb
gc.collect()
before = gc.mem_alloc()
%s
gc.collect()
print(gc.mem_alloc() - before)
"""


def stage(folder):
    """Put picoweb into a folder as a board has it."""
    for path in PICOWEB.rglob("*.py"):
        name = path.relative_to(PICOWEB).with_suffix("")
        if name.parts[0] != "host":
            target = folder / "picoweb" / name.with_suffix(".mpy")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(compiled(str(name)))


def measure(modules, folder):
    """Return the bytes of heap that importing these takes; None if this MicroPython cannot import them."""
    names = [("picoweb." + name).replace("/", ".").removesuffix(".__init__") for name in modules.split()]
    script = SCRIPT % "\n".join("import " + name for name in names)
    done = subprocess.run([MICROPYTHON, "-X", "heapsize=192K", "-c", script], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        print(modules + ":", done.stderr.strip().rpartition("\n")[2], file=sys.stderr)
        return None
    return int(done.stdout)


def main():
    if not MICROPYTHON.is_file():
        sys.exit("feature_heap.py: no 32-bit MicroPython; PICOWEB_RUNTIMES leads to it")
    pages = sorted((ROOT / "docs").rglob("*.rst"))
    features = sorted({found.strip() for page in pages for found in FEATURE.findall(page.read_text())} - {"host"})
    with tempfile.TemporaryDirectory() as folder:
        stage(Path(folder))
        measured = {modules: measure(modules, folder) for modules in features}
    measured = {modules: size for modules, size in measured.items() if size is not None}
    (ROOT / "docs" / "feature_heap.json").write_text(json.dumps(measured, indent=1) + "\n")
    for modules, size in measured.items():
        print(f"{modules:60} {size:8,}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
