"""The command line `picoweb` in processes of its own."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

import httpx

from conftest import ROOT

WAIT_S = 20
PICOWEB = (sys.executable, "-m", "picoweb.host.cli")


def environment(**variables):
    """The tests' own, without what a user may have set; None takes a variable away."""
    found = {**os.environ, "PYTHONPATH": str(ROOT), "PICOWEB_MICROPYTHON": None, "PIP_INDEX_URL": None, **variables}
    return {name: str(value) for name, value in found.items() if value is not None}


def picoweb(*arguments, cwd, command=PICOWEB, **variables):
    """Runs a command to its end; what it printed is in stdout and stderr."""
    return subprocess.run([*command, *map(str, arguments)], cwd=cwd, env=environment(**variables), timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)


class Running:
    """A command that runs until it is told to end, and its lines: those of both streams as a terminal shows them."""

    def __init__(self, *arguments, cwd, command=PICOWEB, **variables):
        self.process = subprocess.Popen(
            [*command, *map(str, arguments)], cwd=cwd, env=environment(**variables), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.coming = queue.Queue()
        self.lines = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(WAIT_S)
        self.reader.join()
        self.process.stdout.close()

    def read(self):
        for line in self.process.stdout:
            self.coming.put(line)
        self.coming.put(None)

    def line(self, pattern):
        """The match of the next line that has one."""
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                line = self.coming.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError("no line like %s in %s s, but:\n%s" % (pattern, WAIT_S, self.text())) from None
            if line is None:
                raise AssertionError("it has ended without a line like %s, but with:\n%s" % (pattern, self.text()))
            self.lines.append(line)
            found = re.search(pattern, line)
            if found:
                return found

    def text(self):
        return "".join(self.lines)

    def url(self):
        """Where it says that it serves."""
        return self.line(r"^Serving \S+ at (http://\S+) on ")[1]

    def get(self, path="/"):
        """An answer of the app, once it serves."""
        return httpx.get(self.url() + path)

    def interrupt(self):
        """Ctrl-C; the result is the exit status."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(WAIT_S)
        self.reader.join()
        while not self.coming.empty():
            self.lines.append(self.coming.get() or "")
        return status
