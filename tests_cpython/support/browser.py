"""A headless Chromium, driven through its DevTools protocol."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

START_S = 20
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
           "--disable-dev-shm-usage", "--remote-debugging-port=0"]


class Page:
    """One tab."""

    def __init__(self, socket):
        self.socket = socket
        self.number = 0

    def command(self, method, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv(START_S))
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]

    def run(self, script):
        """The value of a script; a promise is awaited."""
        answer = self.command("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def open(self, url):
        self.command("Page.navigate", url=url)
        self.until("location.href == %s && document.readyState == 'complete'" % json.dumps(url))

    def until(self, script, timeout_s=20):
        """Waits for a script to have a true value, which is answered."""
        deadline = time.monotonic() + timeout_s
        while True:
            value = self.run(script)
            if value:
                return value
            assert time.monotonic() < deadline, "not in %d s: %s" % (timeout_s, script)
            time.sleep(0.02)


@contextmanager
def chromium(folder):
    """A browser's Page; its profile goes into the folder."""
    program = shutil.which("chromium")
    if not program:
        pytest.skip("no chromium: apt-get install chromium")
    profile = Path(folder, "profile")
    with ExitStack() as ended:
        log = ended.enter_context(open(Path(folder, "chromium.log"), "wb"))
        # What it leaves there; not below `folder`, whose path is too long for its socket.
        temporary = ended.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        process = subprocess.Popen([program, *OPTIONS, "--user-data-dir=%s" % profile, "about:blank"],
                                   env={**os.environ, "TMPDIR": temporary},
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        ended.callback(process.wait)
        ended.callback(process.kill)
        yield Page(ended.enter_context(connect(address(profile), max_size=None)))


def address(profile):
    """Where the first tab of a browser that starts can be driven."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            port = (profile / "DevToolsActivePort").read_text().split()[0]
            for target in httpx.get("http://127.0.0.1:%s/json" % port).json():
                if target["type"] == "page":
                    return target["webSocketDebuggerUrl"]
        except (OSError, IndexError, httpx.HTTPError):
            pass
        time.sleep(0.05)
    pytest.fail("chromium did not start")
