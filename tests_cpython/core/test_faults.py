"""A handler's faults, and those of the machine under it: the request is lost at most, the server never."""

import select
import subprocess

import h11
import pytest

from support.table import cases


@pytest.fixture
def faults(serve):
    return serve("faults.py")


@pytest.fixture
def debugged(serve):
    return serve("faults.py", "1")


def outcome(server, path):
    """The status of a GET, or "cut" where the connection ended inside the response or before it."""
    try:
        return server.get(path).status
    except (h11.RemoteProtocolError, ConnectionError):
        return "cut"


FAULTS = [
    ("an exception", "/raise", 500),
    ("an exception of a generator", "/raise-generator", 500),
    ("an exception of a plain function", "/raise-plain", 500),
    ("an exception in a started response", "/raise-late", "cut"),
    ("a MemoryError", "/memory", 503),
    ("a MemoryError in a started response", "/memory-late", "cut"),
    ("a raised 404", "/http/404", 404),
    ("a raised 503", "/http/503", 503),
]


@pytest.mark.parametrize("path,status", cases(FAULTS))
def test_the_client_sees(faults, path, status):
    assert outcome(faults, path) == status
    assert faults.get("/").text == "hello"


@pytest.mark.parametrize("path", ["/raise", "/raise-generator", "/raise-plain", "/raise-late"])
def test_the_log_has_the_traceback(faults, path):
    outcome(faults, path)
    assert faults.logged("reason")
    assert faults.logged(r'faults\.py", line \d+')


@pytest.mark.parametrize("path", ["/memory", "/memory-late"])
def test_the_log_names_a_MemoryError(faults, path):
    outcome(faults, path)
    assert faults.logged("MemoryError|memory")


@pytest.mark.parametrize("path", ["/raise", "/raise-generator", "/raise-plain"])
def test_the_page_says_nothing_of_the_fault(faults, path):
    page = faults.get(path).text
    assert "reason" not in page and "faults.py" not in page and "RuntimeError" not in page


@pytest.mark.parametrize("path", ["/raise", "/raise-generator", "/raise-plain"])
def test_the_page_has_the_traceback_with_debug(debugged, path):
    page = debugged.get(path).text
    assert "reason" in page and "faults.py" in page and "RuntimeError" in page


def test_a_traceback_in_a_page_is_escaped(debugged):
    answer = debugged.get("/raise")
    assert b"text/plain" in answer.get("Content-Type") or "<b>" not in answer.text


def test_a_fault_before_anything_was_sent_keeps_the_connection_or_says_close(faults):
    with faults.connect() as c:
        c.send(b"GET /raise HTTP/1.1\r\nHost: x\r\n\r\n")
        if c.response().says_close:
            assert c.closes()
        else:
            c.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert c.response().text == "hello"


def test_nothing_that_was_pipelined_is_served_after_a_cut_response(faults):
    with faults.connect() as c:
        c.send(b"GET /raise-late HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"hello" not in c.everything()


def test_HEAD_of_a_fault_carries_no_body(faults):
    with faults.connect() as c:
        c.send(b"HEAD /raise HTTP/1.1\r\nHost: x\r\n\r\n")
        assert c.response("HEAD").status == 500
        c.half_close()
        assert c.everything() == b""


def test_a_fault_with_an_unread_body_is_answered(faults):
    with faults.connect() as c:
        c.send(b"POST /raise HTTP/1.1\r\nHost: x\r\nContent-Length: 16000\r\n\r\n" + b"x" * 16000)
        assert c.response().status == 500


def test_a_client_that_leaves_inside_its_response_costs_nothing(faults):
    for _ in range(5):
        with faults.connect() as c:
            c.send(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
            c.receive()
            c.reset()
    assert faults.get("/").text == "hello"
    assert not faults.logged("Traceback", 0.1)


def test_a_handler_that_reads_more_than_there_is_is_no_fault_of_the_client_alone(faults):
    # readexactly(100) of 3 bytes: whatever it raises, the answer is one of ours.
    answer = faults.ask(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
    assert answer.status in (400, 500)
    assert faults.get("/").text == "hello"


# The machine

def test_the_server_outlives_a_full_heap(start, runtime):
    if not runtime.is_micropython:
        pytest.skip("CPython's heap has no limit to fill")
    server = start("full.py", heap="256K" if runtime.name == "mp64" else "128K")
    seen = set()
    with server.connect(30) as eater:
        eater.send(b"GET /eat HTTP/1.1\r\nHost: x\r\n\r\n")
        while not readable(eater):
            seen.add(outcome(server, "/"))
        try:
            seen.add(eater.response().status)
        except (h11.RemoteProtocolError, ConnectionError):
            seen.add("cut")
    assert seen <= {200, 503, "cut"}
    # The memory is back, and so are the slots of those that were lost.
    assert [outcome(server, "/") for _ in range(5)] == [200] * 5
    opened = [server.connect() for _ in range(5)]
    for c in opened:
        assert c.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").response().text == "hello"
        c.sock.close()
    server.checked = len(server.log())  # a connection may be lost where nothing can be allocated


def readable(connection):
    return bool(select.select([connection.sock], [], [], 0)[0])


@pytest.mark.wire
def test_the_server_outlives_a_machine_without_file_descriptors(start):
    server = start("web.py", files=14)
    connections = [server.connect(30) for _ in range(12)]  # some accepted, the others in the queue
    for c in connections:
        c.send(b"GET / HT")
    for c in connections:
        c.sock.close()
    assert server.get("/").text == "hello"
    server.checked = len(server.log())  # a connection may be lost where not even a module can be loaded


def test_a_port_in_use_is_an_error_at_once(faults, runtime, folder):
    done = subprocess.run([*runtime.command, "faults.py", str(faults.port)], cwd=folder, env=runtime.environment(),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    assert "EADDRINUSE" in done.stdout + done.stderr or "in use" in done.stdout + done.stderr
