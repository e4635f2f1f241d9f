"""The dashboard's requests as a browser, Python's urllib and an HTTP/1.0 client send them, and their right answers."""

import http.client
import json
import socket
import urllib.request
from dataclasses import dataclass

import peers

USER_AGENT = ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
              "Chrome/131.0.0.0 Safari/537.36")
COMMON = {
    "Connection": "keep-alive",
    "sec-ch-ua": '"Chromium";v="131", "Not_A Brand";v="24"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Linux"',
    "User-Agent": USER_AGENT,
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-US,en;q=0.9",
}
NAVIGATION = COMMON | {
    "Cache-Control": "max-age=0",
    "Upgrade-Insecure-Requests": "1",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Sec-Fetch-Dest": "document",
}
PAGE_URL = "http://board.local"
TIMEOUT_S = 6  # of a client: a busy machine is slow


def part(accept, dest, mode="no-cors", **more):
    """The fields of a request that a page makes."""
    sent = {"Accept": accept, "Referer": PAGE_URL + "/", "Sec-Fetch-Site": "same-origin"}
    return COMMON | sent | {"Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest} | more


FETCH = part("*/*", "empty", "cors")


@dataclass(frozen=True)
class Request:
    """A request, and what is right as its answer."""

    method: str
    path: str
    fields: dict
    body: bytes = b""
    status: int = 200
    is_right: object = staticmethod(lambda body: True)

    def encode(self, version="1.1", **more):
        """The bytes of it, with more fields or others."""
        fields = {"Host": "board.local"} | self.fields | more
        if self.method == "POST":
            fields["Content-Length"] = len(self.body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
        return f"{self.method} {self.path} HTTP/{version}\r\n{lines}\r\n".encode() + self.body


def is_file(name):
    return lambda body: body == (peers.EXAMPLES / "www" / name).read_bytes()


def is_state(body):
    state = json.loads(body)
    return len(state["values"]) == 4 and state["name"] == "Greenhouse"


def is_sensor(body):
    sensor = json.loads(body)
    return sensor["sensor"] == 2 and sensor["name"] == "Water" and 14 < sensor["value"] < 17


DASHBOARD = {
    "page": Request("GET", "/", NAVIGATION, is_right=is_file("index.html")),
    "style": Request("GET", "/style.css", part("text/css,*/*;q=0.1", "style"), is_right=is_file("style.css")),
    "JSON": Request("GET", "/api/state", FETCH, is_right=is_state),
    "JSON by pattern": Request("GET", "/api/sensor/2", FETCH, is_right=is_sensor),
    "JSON post": Request(
        "POST", "/api/light", FETCH | {"Origin": PAGE_URL, "Content-Type": "application/json"}, b'{"on": true}',
        is_right=lambda body: json.loads(body) == {"light": True},
    ),
    "form post": Request(
        "POST", "/settings",
        NAVIGATION | {"Origin": PAGE_URL, "Referer": PAGE_URL + "/", "Content-Type": "application/x-www-form-urlencoded"},
        b"name=Greenhouse&unit=C", status=303,
    ),
    "404": Request("GET", "/favicon.ico", part("image/avif,image/webp,*/*;q=0.8", "image"), status=404),
    "404 by pattern": Request("GET", "/api/sensor/9", FETCH, status=404),
}
HELLO = Request("GET", "/", NAVIGATION, is_right=lambda body: body == b"Hello world")


class Wrong(Exception):
    """An answer that is not the right one."""


def ask(connection, request):
    """One request of a browser; what the server closed without saying so is not asked again."""
    connection.request(request.method, request.path, request.body or None, request.fields)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != request.status or not request.is_right(body):
        raise Wrong(f"{request.method} {request.path}: {answer.status}, a body of {len(body)} bytes")


def connect(port):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)


def load_page(port):
    """Load the dashboard as a browser does: two connections, kept where the server keeps them."""
    connections = connect(port), connect(port)
    for at, name in enumerate(("page", "style", "JSON", "JSON by pattern")):
        ask(connections[at % 2], DASHBOARD[name])
    return connections


def dashboard_round(port):
    """A browser loads the page and uses all of it; then urllib and an HTTP/1.0 client ask."""
    connections = load_page(port)
    for at, name in enumerate(("JSON post", "form post", "404", "404 by pattern")):
        ask(connections[at % 2 if at < 2 else 0], DASHBOARD[name])
    for connection in connections:
        connection.close()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/state", timeout=TIMEOUT_S) as answer:
        if not is_state(answer.read()):
            raise Wrong("urllib")
    ask_http_1_0(port)


def ask_http_1_0(port):
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as client:
        client.sendall(b"GET /api/sensor/2 HTTP/1.0\r\nHost: board\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    if b" 200 " not in answer[:16] or not is_sensor(answer.partition(b"\r\n\r\n")[2]):
        raise Wrong("HTTP/1.0")


def hello_round(port):
    """Ten requests of a browser on one connection, where the server keeps it."""
    connection = connect(port)
    for _ in range(10):
        ask(connection, HELLO)
    connection.close()


ROUNDS = {"dashboard": dashboard_round, "hello": hello_round}
FAILURES = (OSError, Wrong, ValueError, KeyError, TypeError, http.client.HTTPException)
