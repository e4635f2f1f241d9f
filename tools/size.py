"""Bytes of source and of .mpy (mpy-cross -O3) of picoweb's core and of each module loaded when used, beside Microdot's.

The core is every file that hello loads: it is really served by MicroPython, asked for once as a browser does, and the
modules are counted that are loaded then; and `utils.py`, which is part of the core by decision. An app that logs
(`debug=0`) loads the modules marked "log" too. Exits 1 where the core is over its budget.
"""

import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import peers

BUDGET = {"source": 10_240, "mpy": 4_600}
ALWAYS = {"__init__.py", "utils.py"}

# Microdot's module for the same need, where its name is another.
MICRODOT_NAMES = {"sessions": "session", "forms": "multipart", "client": "test_client"}


def loaded(debug):
    """The files of picoweb/ that a hello page loads."""
    with tempfile.TemporaryDirectory() as folder:
        peers.stage("picoweb", folder, "picoweb_hello.py", "picoweb_loaded.py", compiled=False)
        Path(folder, "head.txt").write_bytes(peers.browser_request())
        command = [peers.micropython(), "-m", "picoweb_loaded", str(peers.free_port()), str(debug)]
        environment = peers.environment(folder)
        try:
            run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=10)
        except subprocess.TimeoutExpired:
            raise peers.Failure("hello was not answered in 10 s") from None
    if not re.search(r"^answer .* 200 ", run.stdout, re.M):
        raise peers.Failure(f"hello was not served:\n{run.stdout[-300:]}{run.stderr[-1500:]}")
    return set(re.findall(r"^module picoweb\S* \S*picoweb/(\w+(?:/\w+)?\.py)$", run.stdout, re.M))


def measure(files):
    """Return {name: (bytes of source, bytes of .mpy)} of {name: path}."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
        targets = [Path(folder, name).with_suffix(".mpy") for name in files]
        list(pool.map(peers.mpy_cross, files.values(), targets))
        sizes = ((path.stat().st_size, target.stat().st_size) for path, target in zip(files.values(), targets))
        return dict(zip(files, sizes))


def total(sizes, names):
    return tuple(sum(sizes[name][kind] for name in names) for kind in (0, 1))


def row(name, part, sizes, beside):
    return [name, part, *(f"{size:,}" for size in sizes), *(f"{size:,}" for size in beside or ())] + ["–"] * (
        0 if beside else 2
    )


def main():
    peers.arguments(peers.parser(__doc__), "mpy_cross")
    sizes = measure({name.removeprefix("picoweb/"): path for name, path in peers.framework_files("picoweb").items()})
    folder = peers.microdot_folder()
    microdot = measure(
        {path.name: path for path in folder.glob("*.py") if path.name not in ("asgi.py", "wsgi.py", "jinja.py")}
    )
    core = sorted((loaded(-1) | ALWAYS) & set(sizes))
    logs = sorted(loaded(0) - set(core))

    source, mpy = total(sizes, core)
    rows = [row("core", "together", (source, mpy), total(microdot, ["__init__.py", "microdot.py"]))]
    rows += [row(name, "core", sizes[name], None) for name in core]
    for name in sorted(set(sizes) - set(core)):
        stem = name.removesuffix(".py")
        beside = microdot.get(MICRODOT_NAMES.get(stem, stem) + ".py")
        rows.append(row(name, "log" if name in logs else "when used", sizes[name], beside))
    print(peers.table(["picoweb/", "part", "source", ".mpy", "Microdot's", ".mpy"], rows))

    over = 0
    for kind, size in (("source", source), ("mpy", mpy)):
        left = BUDGET[kind] - size
        over |= left < 0
        print(f"core {kind}: {size:,} of {BUDGET[kind]:,} bytes,", f"{-left:,} over" if left < 0 else f"{left:,} left")
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
