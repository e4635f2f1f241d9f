"""A body that is refused: the client that goes on sending it sees the 413, and not a reset."""

import http.client
import shutil
import subprocess

import pytest


pytestmark = pytest.mark.wire
BODY = b"x" * 3_000_000
TIMES = 10
REFUSALS = 30
NODE = """
const [url, times] = process.argv.slice(1);
for (let i = 0; i < times; i++) {
  try { const r = await fetch(url, {method: "POST", body: "x".repeat(3000000)}); await r.text(); console.log(r.status); }
  catch (e) { console.log(String(e.cause || e)); }
}
"""


@pytest.fixture
def server(serve):
    return serve("refused_body.py")


def post(server, path, body=BODY, chunked=False):
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        client.request("POST", path, iter([body]) if chunked else body, encode_chunked=chunked)
        answer = client.getresponse()
        answer.read()
        return answer.status
    except OSError as e:
        return repr(e)
    finally:
        client.close()


@pytest.mark.parametrize("chunked", [False, True], ids=["Content-Length", "chunks"])
def test_http_client_sees_the_413(server, chunked):
    assert [post(server, "/read", chunked=chunked) for _ in range(TIMES)] == [413] * TIMES
    assert server.get("/").text == "hello"


def test_a_client_that_says_close_sees_the_413(server):
    for _ in range(TIMES):
        with server.connect(20) as c:
            c.send(b"POST /read HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)
            assert c.response().status == 413
            assert c.closes()


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_curl_sees_the_413(server, tmp_path):
    (tmp_path / "body").write_bytes(BODY)
    command = ["curl", "-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code} ", "-H", "Expect:", "--data-binary",
               "@" + str(tmp_path / "body"), server.url("/read")]
    done = [subprocess.run(command, capture_output=True, text=True, timeout=30) for _ in range(TIMES)]
    assert [(d.stdout, d.returncode) for d in done] == [("413 ", 0)] * TIMES


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
def test_fetch_of_node_sees_the_413(server):
    done = subprocess.run(["node", "--input-type=module", "-e", NODE, server.url("/read"), str(TIMES)],
                          capture_output=True, text=True, timeout=50)
    assert done.stdout.split("\n")[:-1] == ["413"] * TIMES, done.stderr


def test_refusals_in_a_row_leave_a_server_with_a_small_heap_well(start, runtime):
    if not runtime.is_micropython:
        pytest.skip("CPython's heap has no limit")
    server = start("refused_body.py", heap="192K" if runtime.name == "mp64" else "128K")  # to compile it
    assert [post(server, "/read") for _ in range(REFUSALS)] == [413] * REFUSALS
    assert [server.get("/").text for _ in range(5)] == ["hello"] * 5
