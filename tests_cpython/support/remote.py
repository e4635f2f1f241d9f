"""The real mpremote in processes of its own, and what it speaks to: a terminal's end of a serial port."""

import os
import subprocess
import sys

from support.command import Running, environment

MPREMOTE = (sys.executable, "-m", "mpremote")
SECONDS = 50


def mpremote(board, *arguments, cwd):
    """Runs a command on the board to its end; what it printed is in stdout and stderr."""
    return subprocess.run([*MPREMOTE, "connect", board.port, *map(str, arguments)], cwd=cwd, timeout=SECONDS,
                          env=environment(XDG_CONFIG_HOME=cwd), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True)


def output(board, *arguments, cwd):
    """What a command prints that must end well, its lines ended as the host's."""
    done = mpremote(board, *arguments, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def running(board, *arguments, cwd):
    """A command that goes on."""
    return Running("connect", board.port, *arguments, cwd=cwd, command=MPREMOTE, XDG_CONFIG_HOME=cwd,
                   PYTHONUNBUFFERED="1")


class Terminal:
    """A terminal program on a board's port."""

    def __init__(self, board):
        self.board = board

    def __enter__(self):
        self.port = os.open(self.board.port, os.O_RDWR | os.O_NOCTTY)
        return self

    def __exit__(self, *error):
        os.close(self.port)

    def type(self, text):
        os.write(self.port, text)
