"""Requests a second under uvicorn, measured by wrk: picoweb on a host beside a bare ASGI function and ASGI frameworks.

A hello, a pattern with a query, a JSON post of 200 bytes and a form post, all answered with JSON, and a 404. uvicorn with
uvloop and httptools, one worker, no access log; wrk with 64 connections. All servers are up during the whole run and take
turns in several rounds; the table has the medians, and how many times each is the bare function's. The target: ahead of
BlackSheep in the first three. Needs wrk (Debian: apt install wrk). Exits 1 where picoweb misses its target or a server answers wrongly.
"""

import json
import os
import platform
import shutil
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import bench
import peers

NAMES = ["picoweb", "bare", "blacksheep", "starlette", "litestar", "fastapi", "micropie"]
AHEAD_OF = "blacksheep"
TARGETS = ("hello", "pattern", "JSON post")
CONNECTIONS = 64
START_S = 20
UVICORN = "-m uvicorn --loop uvloop --http httptools --no-access-log --log-level critical --factory".split()

ITEM = {
    "name": "bedside lamp", "price": 24.5, "in_stock": True, "tags": ["light", "bedroom", "warm"],
    "size": {"width": 12, "height": 31}, "note": "With a shade of linen, for bulbs of up to 40 watts only.",
}
JSON_BODY = json.dumps(ITEM).encode()
assert len(JSON_BODY) == 200
FORM_BODY = b"name=bedside+lamp&price=24.50&tags=light%2C+bedroom%2C+warm&note=A+lamp+with+a+shade+of+linen"
# What is asked: (method, target, content type, body, status, the answer's JSON if all answer with the same).
TASKS = {
    "hello": ("GET", "/", None, b"", 200, {"hello": "world"}),
    "pattern": ("GET", "/items/12?q=lamp&page=3", None, b"", 200, {"id": 12, "q": "lamp"}),
    "JSON post": ("POST", "/items", "application/json", JSON_BODY, 200, {"name": "bedside lamp", "tags": 3}),
    "form post": ("POST", "/form", "application/x-www-form-urlencoded", FORM_BODY, 200, {"name": "bedside lamp"}),
    "404": ("GET", "/missing", None, b"", 404, None),
}


def encode(task):
    """The bytes of a request."""
    method, target, kind, body, _, _ = TASKS[task]
    fields = {"Host": "localhost", "User-Agent": "wrk", "Accept": "*/*"}
    if kind:
        fields |= {"Content-Type": kind, "Content-Length": len(body)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + body


class Host(peers.Process):
    """A framework's app in a process of uvicorn."""

    def __init__(self, name):
        self.name = name
        port = peers.free_port()
        command = [sys.executable, *UVICORN, "--port", str(port), f"asgi_apps:{name}"]
        environment = {**os.environ, "PYTHONPATH": str(peers.ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        super().__init__(command, peers.SERVERS, environment, port, START_S)

    def cpu_seconds(self):
        """The CPU time that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # in user and in system mode

    def check(self, task):
        """What is measured is the same answer from all."""
        method, target, kind, body, status, wanted = TASKS[task]
        fields = {"Content-Type": kind} if kind else {}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{target}", body or None, fields, method=method
        )
        try:
            answer = urllib.request.urlopen(request, timeout=5)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            body = answer.read()
        if answer.status != status or wanted is not None and json.loads(body) != wanted:
            raise peers.Failure(f"{self.name} answers {task} with {answer.status} {body[:200]}")


def versions(names):
    """What was measured, with its versions."""
    found = [f"{name} {version(name)}" for name in ["uvicorn", "uvloop", "httptools", *names] if name not in ("picoweb", "bare")]
    return f"CPython {platform.python_version()}, " + ", ".join(found)


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("servers", nargs="*", metavar="SERVER", help="of: " + ", ".join(NAMES))
    parser.add_argument("--only", action="append", choices=TASKS, metavar="TASK", help="of: " + "; ".join(TASKS))
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--seconds", type=int, default=3, help="of each run of wrk; default: 3")
    parser.add_argument("--cpu", action="store_true", help="per second of the server's CPU time: other load matters less")
    parser.add_argument("--svg", metavar="FILE", help="write the figures as a picture")
    args = peers.arguments(parser, "tqdm", "uvicorn", "uvloop", "httptools", "python_multipart", *NAMES[2:])
    names = args.servers or NAMES
    if set(names) - set(NAMES):
        parser.error("no such server: " + ", ".join(set(names) - set(NAMES)))
    tasks = args.only or list(TASKS)
    if not shutil.which("wrk"):
        raise peers.Failure("no wrk here, so nothing was measured (Debian: apt install wrk)")
    shots = {(task, name): [] for task in tasks for name in names}
    with ExitStack() as stack:
        running = {name: stack.enter_context(Host(name)) for name in names}
        for task, name in shots:
            running[name].check(task)
        for task, name in peers.progress(list(shots) * args.rounds, desc="measuring", unit="run"):
            used = running[name].cpu_seconds()
            rate, trouble = bench.load(running[name].port, [encode(task)], TASKS[task][4], CONNECTIONS, args.seconds)
            used = running[name].cpu_seconds() - used
            if trouble:
                raise peers.Failure(f"{name}, {task}: {'; '.join(trouble)}")
            shots[task, name].append(rate * args.seconds / used if args.cpu else rate)
    rates = {key: peers.median(values) for key, values in shots.items()}

    print(versions(names))
    print(f"Requests a second{' of CPU time' * args.cpu}, {CONNECTIONS} connections (medians of {args.rounds} rounds of {args.seconds} s; of bare):\n")
    rows = []
    for task in tasks:
        base = rates.get((task, "bare"))
        cells = [rates[task, name] for name in names]
        rows.append([task, *(f"{rate:,.0f}" + (f" ({rate / base:.2f})" if base else "") for rate in cells)])
    print(peers.table(["asked", *names], rows))
    missed = False
    for task in [task for task in tasks if task in TARGETS and {AHEAD_OF, "picoweb"} <= set(names)]:
        reached = rates[task, "picoweb"] / rates[task, AHEAD_OF]
        missed |= reached < 1
        print(f"{task}: {reached:.2f} times {AHEAD_OF}, asked 1: {'missed' if reached < 1 else 'reached'}")
    if args.svg:
        groups = {task: {name: rates[task, name] for name in names} for task in tasks}
        bench.bars("Requests a second under uvicorn on CPython", groups, args.svg)
        print("picture:", args.svg)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
