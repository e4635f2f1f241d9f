"""Servers of other makers that run an app of apps/: the command lines, and a process of one of them."""

import subprocess
import sys
import time

import httpx
import pytest

from conftest import HERE, PRESENT, START_S, end_process, free_port

# What follows `python -m`; the app's module lies in the current folder.
ASGI = {
    "uvicorn": "uvicorn --port {port} --no-access-log --timeout-graceful-shutdown 1 {app}",
    "hypercorn": "hypercorn --bind 127.0.0.1:{port} --graceful-timeout 1 {app}",
    "granian": "granian --interface asgi --port {port} {app}",
}
WSGI = {
    "gunicorn": "gunicorn --bind 127.0.0.1:{port} --threads 4 --graceful-timeout 1 {app}",
    "gunicorn-preloaded": "gunicorn --bind 127.0.0.1:{port} --workers 2 --preload --graceful-timeout 1 {app}",
    "waitress": "waitress --listen 127.0.0.1:{port} {app}",
    "granian-wsgi": "granian --interface wsgi --blocking-threads 4 --port {port} {app}",
}


class OtherServer(httpx.Client):
    """A server's process, and a client of it."""

    def __init__(self, name, command, app, folder, cwd=HERE / "apps"):
        self.name = name
        self.port = free_port()
        super().__init__(base_url="http://127.0.0.1:%d" % self.port, timeout=10)
        self.log_file = folder / ("%s.log" % name)
        command = command.format(port=self.port, app=app).split()
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=cwd, env=PRESENT["cpython"].environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def start(self, path="/text"):
        """Waits until it answers that path."""
        deadline = time.monotonic() + START_S
        while True:
            try:
                self.get(path)
                return self
            except httpx.TransportError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.end()
                    pytest.fail("%s did not start:\n%s" % (self.name, self.log()), pytrace=False)
                time.sleep(0.02)

    def log(self):
        return self.log_file.read_text("utf-8", "replace")

    def end(self):
        self.close()
        end_process(self.process)
