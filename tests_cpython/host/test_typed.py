"""What everyone types: the app's name under every server, with modules of its lib/; the test client in a plain test."""

import signal
import subprocess
import sys

import picoweb
from picoweb.testing import TestClient

import pytest

from conftest import free_port
from support.command import environment
from support.servers import ASGI, WSGI, OtherServer

APP = """
import picoweb, beside
app = picoweb.WebApp(__name__)
@app.route("/text")
def text(req, resp):
    return beside.TEXT
if __name__ == "__main__":
    import sys
    app.run(port=int(sys.argv[1]))
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "beside.py").write_text("TEXT = 'of lib'\n")
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


@pytest.mark.parametrize("name", ["uvicorn", "hypercorn", "granian", "gunicorn", "waitress"])
def test_an_app_is_served_by_its_name_and_finds_its_lib(folder, name):
    server = OtherServer(name, {**ASGI, **WSGI}[name], "app:app", folder, cwd=folder).start()
    try:
        assert server.get("/text").text == "of lib"
    finally:
        server.end()


def test_a_port_in_use_is_told_in_one_line_and_so_is_nothing_of_an_interrupt(folder):
    def start(port):
        return subprocess.Popen([sys.executable, "-u", "app.py", str(port)], cwd=folder, env=environment(), text=True,
                                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))

    port = free_port()
    first = start(port)
    try:
        said = first.stderr.readline()
        assert "serving at" in said
        second = start(port)
        assert second.communicate(timeout=20)[1] == (
            "picoweb: 127.0.0.1:%d is in use by another program; run(port=8082) takes another port\n" % port)
        assert second.returncode == 1
        first.send_signal(signal.SIGINT)
        assert first.communicate(timeout=20)[1] == ""
    finally:
        first.kill()
        first.wait()


def test_python_m_picoweb_is_the_command_line(folder):
    done = subprocess.run([sys.executable, "-m", "picoweb", "routes"], cwd=folder, env=environment(), timeout=30,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert "/text" in done.stdout, done.stderr


def test_the_test_client_answers_at_once_where_no_loop_runs():
    app = picoweb.WebApp(None, serve_static=False)
    app.get("/")(lambda req, resp: {"a": 1})
    assert TestClient(app).get("/").json() == {"a": 1}


