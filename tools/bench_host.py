"""Requests a second of a JSON hello under uvicorn, measured by wrk: picoweb on a host beside the ASGI frameworks.

uvicorn with uvloop and httptools, one worker, no access log; wrk with 64 connections. All servers are up during the
whole run and take turns in several rounds; the table has the medians. The target: ahead of BlackSheep, and at least
0.75 of a bare ASGI function. Needs wrk (Debian: apt install wrk). Exits 1 where picoweb misses its target.
"""

import json
import os
import shutil
import sys
import urllib.request
from contextlib import ExitStack

import bench
import peers

NAMES = ["picoweb", "bare", "blacksheep", "starlette", "micropie", "litestar", "fastapi", "microdot"]
TARGETS = {"bare": 0.75, "blacksheep": 1}  # times that server
LOAD = bench.Scenario(headers=False, connections=64, closing=False)
START_S = 15
UVICORN = "-m uvicorn --loop uvloop --http httptools --no-access-log --log-level warning --factory".split()


class Host(peers.Process):
    """A framework's hello in a process of uvicorn."""

    def __init__(self, name):
        port = peers.free_port()
        command = [sys.executable, *UVICORN, "--port", str(port), f"asgi_hellos:{name}"]
        servers = peers.ROOT / "tools" / "servers"
        environment = {**os.environ, "PYTHONPATH": str(peers.ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        super().__init__(command, servers, environment, port, START_S)

    def check(self):
        """What is measured is the same answer from all."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
            if json.load(answer) != {"hello": "world"}:
                raise peers.Failure("a server answers something else")


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("servers", nargs="*", metavar="SERVER", help="of: " + ", ".join(NAMES))
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--seconds", type=int, default=3, help="of each run of wrk; default: 3")
    parser.add_argument("--svg", metavar="FILE", help="write the figures as a picture")
    args = peers.arguments(parser, "tqdm", "uvicorn", "uvloop", "httptools", "blacksheep")
    names = args.servers or NAMES
    if set(names) - set(NAMES):
        parser.error("no such server: " + ", ".join(set(names) - set(NAMES)))
    if not shutil.which("wrk"):
        raise peers.Failure("no wrk here, so nothing was measured (Debian: apt install wrk)")
    shots = {name: [] for name in names}
    with ExitStack() as stack:
        running = {name: stack.enter_context(Host(name)) for name in names}
        for host in running.values():
            host.check()
        for name in peers.progress(names * args.rounds, desc="measuring", unit="run"):
            rate, trouble = bench.shot(running[name].port, "/", LOAD, args.seconds)
            if trouble:
                raise peers.Failure(f"{name}: {'; '.join(trouble)}")
            shots[name].append(rate)
    rates = {name: peers.median(values) for name, values in shots.items()}

    print(f"Requests a second (medians of {args.rounds} rounds of {args.seconds} s):\n")
    most = rates.get("bare")
    rows = [[name, f"{rate:,.0f}", f"{rate / most:.2f}" if most else ""] for name, rate in rates.items()]
    print(peers.table(["hello in JSON", "requests/s", "of bare"], rows))
    missed = False
    for name, asked in TARGETS.items():
        if {name, "picoweb"} <= set(rates):
            reached = rates["picoweb"] / rates[name]
            missed |= reached < asked
            print(f"picoweb / {name}: {reached:.2f}, asked {asked}: {'missed' if reached < asked else 'reached'}")
    if args.svg:
        bench.bars("Hello in JSON under uvicorn, requests a second on CPython", {str(LOAD): rates}, args.svg)
        print("picture:", args.svg)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
