"""Builds a MicroPython for this machine with picoweb frozen in, as firmware has it: `frozen.py [OUT]`.

It is MicroPython's unix port in the variant boards/UNIX_PICOWEB: of 32 bits, as a board, where gcc makes programs of
32 bits, else of 64. Needs gcc, make, and MicroPython's source with bin/build-frozen, which PICOWEB_RUNTIMES leads to.
micropython-lib is not in that source: what a port's own manifest requires of it is left out.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import peers

VARIANT = peers.ROOT / "boards" / "UNIX_PICOWEB"
WORK = peers.VENV / "frozen"  # a second build takes a second
# What the manifests of the ports require of micropython-lib.
LIBRARY = (
    "aioble", "aioespnow", "bundle-networking", "dht", "ds18x20", "mip-cmdline", "neopixel", "onewire", "ssl",
    "umqtt.robust", "umqtt.simple", "upysh",
)


def builder():
    """The program that builds."""
    path = peers.RUNTIMES.parent / "bin" / "build-frozen"
    if not path.exists():
        raise peers.Failure(f"no bin/build-frozen beside {os.path.relpath(peers.RUNTIMES)}: set PICOWEB_RUNTIMES; without "
                            "it, boards/README.rst tells how MicroPython's own sources build this")
    return path


def compiles(bits):
    """Whether there is all that makes a program whose words have so many bits."""
    program = b"#include <math.h>\n#include <stdio.h>\nint main(int n, char **v) { return puts(v[0]) + sin(n); }"
    command = ["gcc", *(["-m32"] if bits == 32 else []), "-x", "c", "-", "-lm", "-o", os.devnull]
    with contextlib.suppress(OSError):
        return bool(shutil.which("make")) and not subprocess.run(command, input=program, capture_output=True).returncode
    return False


def word_bits(*wanted):
    """The first of `wanted` (32, 64) that can be built."""
    for bits in wanted:
        if compiles(bits):
            return bits
    bits = " or ".join(map(str, wanted))
    advice = "on Debian and Ubuntu: apt install gcc-multilib make"
    raise peers.Failure(f"gcc and make cannot build for {bits} bits; {advice}")


def source(work=WORK):
    """The folder of MicroPython's source, unpacked in that of the work."""
    archives = sorted((peers.RUNTIMES / "micropython-src").glob("micropython_*.orig.tar.*"))
    if not archives:
        raise peers.Failure(f"no micropython-src in {os.path.relpath(peers.RUNTIMES)}: set PICOWEB_RUNTIMES")
    folder = work / archives[-1].name.partition("+")[0].replace("_", "-")  # where build-frozen looks for it
    with turn(work), tempfile.TemporaryDirectory(dir=work) as place:
        if not folder.is_dir():
            done = subprocess.run(["tar", "-xf", archives[-1], "-C", place], capture_output=True, text=True)
            if done.returncode:
                raise peers.Failure(f"tar: {done.stderr.strip()}; on Debian and Ubuntu: apt install xz-utils")
            next(Path(place).iterdir()).rename(folder)
    return folder


@contextlib.contextmanager
def turn(work):
    """Two that use the work folder at once take turns."""
    work.mkdir(parents=True, exist_ok=True)
    with open(work / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(target, manifest=VARIANT / "manifest.py", bits=32, work=WORK):
    """Builds a MicroPython with that manifest frozen in."""
    program = builder()
    folder = source(work)
    with turn(work):
        stub_library(work / "micropython-lib")
        for made in folder.glob("ports/unix/build-frozen-*/frozen_mpy"):
            shutil.rmtree(made)  # it is kept by name and time, and another manifest has other files of a name
        settings = {"BUILD_FROZEN_DIR": str(work), "VARIANT_DIR": str(VARIANT)}
        done = subprocess.run([program, manifest, target, str(bits)], env={**os.environ, **settings},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise peers.Failure(f"build-frozen failed:\n{done.stderr[-1500:]}")
    return Path(target)


def stub_library(folder):
    """A micropython-lib whose packages are empty."""
    for name in LIBRARY:
        package = Path(folder, "micropython", name)
        package.mkdir(parents=True, exist_ok=True)
        (package / "manifest.py").write_text("")


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=peers.ROOT / "build" / "micropython", metavar="OUT",
                        help="the program to make (default: build/micropython)")
    parser.add_argument("--manifest", type=Path, default=VARIANT / "manifest.py", metavar="FILE",
                        help="what to freeze (default: boards/UNIX_PICOWEB/manifest.py)")
    args = parser.parse_args()
    if not args.manifest.is_file():
        raise peers.Failure(f"{args.manifest}: no such file")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    bits = word_bits(32, 64)
    builder()
    print(f"building for {bits} bits (the first time takes a minute)", file=sys.stderr)
    print(build(args.out, args.manifest, bits))


if __name__ == "__main__":
    main()
