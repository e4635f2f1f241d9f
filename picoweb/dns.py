"""Answers every DNS query with one address, so that phones find the captive portal."""
import usocket

from .http import asyncio, coroutine, ready

MAX_QUERY = 512  # bytes
MAX_NAME = 255
PAUSE_MS = 20  # between looks at the socket where the loop cannot wait for one, and after an error
# An A record of the name at offset 12, for ten seconds.
RECORD = b"\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4"


def answer(query, address):
    """The answer to a query; None where there is none to give. `address`: four bytes."""
    if len(query) < 12 or query[2] & 0x80:  # itself an answer
        return None
    head = query[:2] + bytes((query[2] & 0x79 | 0x84,))
    if query[2] & 0x78:
        return head + b"\4" + bytes(8)  # no such opcode here
    end = end_of_question(query)
    if not end:
        return head + b"\1" + bytes(8)  # malformed
    asks = query[end - 4 : end]
    found = asks[1] in (1, 255) and asks[3] in (1, 255) and asks[0] == asks[2] == 0  # A or any, internet or any
    reply = head + (b"\x80\0\1\0\1" if found else b"\x80\0\1\0\0") + bytes(4) + query[12:end]
    return reply + RECORD + address if found else reply


def end_of_question(query):
    """Where the one question of a query ends; 0 where it is malformed."""
    at = 12
    while at < len(query) and query[at]:
        if query[at] > 63:
            return 0
        at += query[at] + 1
    at += 5
    return at if query[4:6] == b"\0\1" and at <= min(len(query), 12 + MAX_NAME + 4) else 0


def listen(host, port):
    """The socket of serve(); OSError where the address cannot be had."""
    s = usocket.socket(usocket.AF_INET, usocket.SOCK_DGRAM)
    try:
        s.bind(usocket.getaddrinfo(host, port)[0][-1])
        s.setblocking(False)
    except OSError:
        s.close()
        raise
    return s


@coroutine
def serve(s, address):
    """For a task: answers queries with `address` ("192.168.4.1") until it is cancelled, and closes the socket."""
    address = bytes([int(part) for part in address.split(".")])
    try:
        while True:
            try:
                if asyncio.core._io_queue:
                    yield ready(s, False)
                else:
                    yield from asyncio.sleep_ms(0)
                query, peer = s.recvfrom(MAX_QUERY)
                reply = answer(query, address)
                if reply:
                    s.sendto(reply, peer)
            except (OSError, MemoryError):  # nothing there, or a peer that has left
                yield from asyncio.sleep_ms(PAUSE_MS)
    finally:
        s.close()
