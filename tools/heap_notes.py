"""The least heap with which examples/notes serves a browser, found by bisection as tools/heap.py does.

A round: the list, a note added, edited, archived and searched for, the style, the export; each answer is checked. Modules as
.mpy in RAM, and frozen, with the collector's threshold that picoweb's run() sets; with an empty store and with 1,000 notes.
"""

import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import frozen
import heap
import peers
import traffic

NOTES = peers.EXAMPLES / "notes"
TARGETS = {"RAM": 40, "frozen": 20}  # K
FULL = 1000  # notes
ROUNDS = 2
STEP = 256
MANIFEST = heap.MANIFEST


def stage(folder, compiled=True):
    """Lay picoweb, the app and its templates in a folder."""
    peers.stage("picoweb", folder, compiled=compiled)
    made = Path(folder, "made")
    command = [sys.executable, peers.ROOT / "tools" / "templates.py", NOTES / "templates", made / "templates"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shutil.copy(NOTES / "app.py", made)
    for source in made.rglob("*.py"):
        target = Path(folder, source.relative_to(made))
        target.parent.mkdir(parents=True, exist_ok=True)
        if compiled:
            peers.mpy_cross(source, target.with_suffix(".mpy"))
        else:
            shutil.copy(source, target)
    shutil.rmtree(made)


def build_frozen(folder):
    tree = Path(folder, "tree")
    stage(tree, compiled=False)
    shutil.rmtree(tree / "picoweb")  # the manifest of the variant has it
    manifest = Path(folder, "manifest.py")
    manifest.write_text(MANIFEST % (str(peers.ROOT / "manifest.py"), str(tree)))
    print("building a MicroPython with the app frozen in (the first time takes a minute)", file=sys.stderr)
    return frozen.build(frozen.WORK / "heap_notes", manifest, frozen.word_bits(32))


class Server(peers.Process):
    """The app on a MicroPython, in a folder with the style and a copy of a store."""

    def __init__(self, interpreter, path, heap, store=None):
        self.served = tempfile.TemporaryDirectory()
        for style in NOTES.glob("*.css"):
            shutil.copy(style, self.served.name)
        if store:
            shutil.copy(store, Path(self.served.name, "notes.db"))
        port = peers.free_port()
        line = f"from app import app; app.run(port={port}, debug=-1)"
        command = [str(interpreter), "-X", f"heapsize={heap}", "-c", line]
        super().__init__(command, self.served.name, peers.environment(path), port, 10)

    def __exit__(self, *_):
        super().__exit__()
        self.served.cleanup()


def form(path, **fields):
    kind = traffic.NAVIGATION | {"Content-Type": "application/x-www-form-urlencoded"}
    return traffic.Request("POST", path, kind, urlencode(fields).encode(), status=303)


def page(path, *texts):
    return traffic.Request("GET", path, traffic.NAVIGATION,
                           is_right=lambda body: all(text in body for text in texts))


def play(port, last):
    """A round of a browser; the newest note of the store is `last`."""
    n = last + 1
    connection = traffic.connect(port)
    try:
        for request in (
            page("/", b"</footer>"), page("/style.css", b"--accent"), page("/notes.css", b"textarea"), form("/", text="milk & bread\n" + "x" * 200),
            page("/", b"milk &#38; bread"), page("/note/%d" % n, b"milk &#38; bread"), form("/note/%d" % n, text="eggs"),
            page("/?q=EGGS", b"<p>eggs</p>"), form("/archive/%d" % n), page("/?archived", b"<p>eggs</p>"),
            page("/export", b'"note": %d' % n),
        ):
            traffic.ask(connection, request)
    finally:
        connection.close()


def serves(place, heap, store, count):
    with suppress(*traffic.FAILURES, peers.Failure):
        with Server(*place, heap, store) as server:
            for at in range(ROUNDS):
                play(server.port, count + at)
            return server.alive()
    return False


def least_heap(place, store, count):
    return peers.least_heap("the notes", lambda size: serves(place, size, store, count), 8 * 1024, 128 * 1024, STEP)


def fill(place, target):
    """Write a store of FULL notes."""
    with Server(*place, "1M") as server:
        connection = traffic.connect(server.port)
        for n in range(1, FULL + 1):
            traffic.ask(connection, form("/", text=f"note {n}, " + "x" * 20))
        connection.close()
        shutil.copy(Path(server.served.name, "notes.db"), target)


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("--no-frozen", action="store_true", help="do not build the frozen interpreter (a minute)")
    args = peers.arguments(parser, "mpy_cross")
    narrow = peers.without("the 32-bit MicroPython, so on the 64-bit one", peers.micropython32)
    missed = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "RAM")
        folder.mkdir()
        stage(folder)
        places = {"RAM": (narrow or peers.micropython(), folder)}
        if not args.no_frozen:
            built = peers.without("a frozen build", lambda: build_frozen(name))
            if built:
                places["frozen"] = built, ".frozen"
        full = Path(name, "full.db")
        fill(places["RAM"], full)
        rows = []
        for kind, place in places.items():
            empty, many = least_heap(place, None, 0), least_heap(place, full, FULL)
            rows.append([kind, f"{empty / 1024:.1f} K", f"{many / 1024:.1f} K"])
            if narrow and empty > TARGETS[kind] * 1024:
                missed.append(f"{kind}: {empty / 1024:.1f} K, at most {TARGETS[kind]} K")
    print(f"Least heap of examples/notes, MicroPython {32 if narrow else 64}-bit, K of 1,024 bytes:\n")
    print(peers.table(["", "no notes", f"{FULL:,} notes"], rows))
    for what in missed:
        print("the notes miss their target:", what)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
