"""The virtual board with its power on: a thread that plays the firmware and the hardware about the interpreter."""

import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from .port import FULL, SerialPort, cook

START = Path(__file__).with_name("start.py")
LOOK_S = 0.02  # how often it is looked whether somebody has opened the port
CTRL_A, CTRL_C = b"\x01", b"\x03"
RAW_REPL = b"raw REPL; CTRL-B to exit\r\n"
RAW_ENDS = (b"OK\r\n", b"\x04\x04")  # what the raw REPL ends with: of Ctrl-D, and of sys.exit()
PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = range(1, 6)  # as module machine has them


class Power(threading.Thread):
    """A board from plug to unplug: its serial port, and its interpreter, which each reset starts anew."""

    def __init__(self, board):
        super().__init__(name="virtual board", daemon=True)
        self.board = board
        self.port = SerialPort()
        self.stdin, self.typing = os.pipe()
        os.set_blocking(self.typing, False)
        self.woken, self.waking = os.pipe()
        self.started = threading.Event()
        self.is_up = False  # whether it has come as far as boot.py
        self.is_off = False

    def end(self):
        """Takes the power away."""
        os.write(self.waking, b".")
        self.join()
        os.close(self.waking)
        os.close(self.woken)

    def run(self):
        try:
            self.boot(PWRON_RESET)
            while not self.is_off and self.port.left != 0:
                self.step()
        finally:
            self.started.set()
            self.process.kill()
            self.interpreter_ended()
            self.port.close()
            os.close(self.stdin)
            os.close(self.typing)

    def step(self):
        """Waits until something comes, and does it."""
        todo = {self.woken: (select.POLLIN, self.off)}
        if self.asks:
            todo[self.line.fileno()] = select.POLLIN, self.answer
        is_open = self.port.is_open()  # asked once: a port that opens now is looked at in LOOK_S
        if is_open:
            todo[self.port.master] = self.port.events(), self.receive
        if self.port.received and not self.held:
            todo[self.typing] = select.POLLOUT, self.type
        if len(self.port.sent) < FULL:
            todo[self.process.stdout.fileno()] = select.POLLIN, self.print
        poll = select.poll()
        for file, (events, _) in todo.items():
            poll.register(file, events)
        ready = dict(poll.poll(self.patience_ms(is_open)))
        # One at a time: a reset changes what there is to wait for.
        method = next((method for file, (_, method) in todo.items() if file in ready), None)
        if method:
            method()
        if self.bites_at and time.monotonic() > self.bites_at and not can_read(self.line):
            self.reset(WDT_RESET)

    def off(self):
        self.is_off = True

    def patience_ms(self, is_open):
        """For how long to wait: a port that is not open is looked at, and the watchdog is punctual."""
        waits = [] if is_open else [LOOK_S]
        if self.bites_at:
            waits.append(max(0, self.bites_at - time.monotonic()))
        return min(waits) * 1000 if waits else None

    # The interpreter

    def boot(self, cause, raw=False):
        """Starts the interpreter; while in the raw REPL main.py is left out, as on boards."""
        self.cause, self.raw = cause, raw
        self.held = True  # what is typed waits for somebody to read it
        self.asks = True
        self.is_up = self.hides = False
        self.bites_at = None  # when the watchdog does
        self.tail = b""
        self.cook = cook()
        next(self.cook)
        self.line, line = socket.socketpair()
        board = self.board
        settings = {"FLASH": board.flash, "MODULES": board.modules, "PICOWEB": board.picoweb, "CAUSE": cause,
                    "CONTROL": line.fileno(), "MAIN": "" if raw else "main.py"}
        # A terminal's Ctrl-C is not the board's, and before it runs a program a board has no use for one.
        self.process = subprocess.Popen(
            ["sh", "-c", 'trap "" INT; exec "$@"', "sh", board.interpreter.path, "-X", f"heapsize={board.heap}",
             "-i", "-c", START.read_text()],
            env={**os.environ, **{f"VBOARD_{name}": str(value) for name, value in settings.items()}}, cwd=board.flash,
            stdin=self.stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=[line.fileno()], bufsize=0,
            start_new_session=True,
        )
        line.close()

    def interpreter_ended(self):
        self.process.wait()
        self.process.stdout.close()
        self.line.close()
        if can_read(self.stdin):  # what it has not read outlives it, as in a board's buffer
            self.port.received[:0] = os.read(self.stdin, FULL)

    def reset(self, cause):
        """Ends the interpreter and starts it anew."""
        self.drain()
        self.process.kill()
        self.interpreter_ended()
        self.boot(cause)

    def print(self):
        """Passes on what the interpreter prints. When it ends that is a soft reset, unless it cannot even start."""
        if not self.is_up and self.asks and can_read(self.line):
            return  # the words that it is up may have come since step() looked
        data = os.read(self.process.stdout.fileno(), FULL)
        self.show(data)
        if not self.is_up:
            self.off()
        elif data:
            self.tail = (self.tail + data)[-8:]
        else:
            self.interpreter_ended()
            raw = self.tail.endswith(RAW_ENDS)
            self.hides = False
            self.show(b"MPY: soft reboot\r\n")
            self.boot(SOFT_RESET, raw)

    def drain(self):
        """Passes on what it has printed before it asks for something."""
        while can_read(self.process.stdout):
            data = os.read(self.process.stdout.fileno(), FULL)
            self.show(data)
            if not data:
                break

    def show(self, data):
        if self.hides:
            self.hidden += data
            _, found, rest = self.hidden.partition(RAW_REPL)
            if not found:
                return
            self.hides, data = False, found + rest
        data = b"".join(map(self.cook.send, data))
        self.board.prints(data)
        self.port.send(data)

    def receive(self):
        """Takes what comes in at the port. Ctrl-C goes to the program that runs, else it is a byte for the prompt."""
        data = self.port.exchange()
        if CTRL_C in data and self.is_up and interrupt(self.process.pid):
            data = data.replace(CTRL_C, b"")
        self.port.received += data

    def type(self):
        try:
            del self.port.received[:os.write(self.typing, self.port.received)]
        except BlockingIOError:
            pass

    # The hardware

    def answer(self):
        """Does what the board's modules ask for."""
        told = b""
        with contextlib.suppress(ConnectionResetError):  # it has ended without reading an answer
            told = self.line.recv(4096)
        self.asks = bool(told)
        for words in told.decode().splitlines():
            what, _, value = words.partition(" ")
            getattr(self, f"answer_{what}")(value)

    def answer_up(self, _):
        self.is_up = True
        self.started.set()
        self.held = self.raw

    def answer_prompt(self, _):
        """In the raw REPL the prompt is reached unseen."""
        if self.raw:
            self.drain()
            self.hides, self.hidden = True, b""
            self.port.received[:0] = CTRL_A
        self.held = False
        self.reply(b"\n")

    def answer_reset(self, _):
        self.reset(HARD_RESET)

    def answer_networks(self, _):
        self.reply(json.dumps(self.board.networks).encode() + b"\n")

    def answer_watchdog(self, timeout_ms):
        self.bites_at = time.monotonic() + int(timeout_ms) / 1000

    def reply(self, line):
        with contextlib.suppress(BrokenPipeError):  # it has ended in the meantime
            self.line.send(line)


def can_read(file):
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return any(events & select.POLLIN for _, events in poll.poll(0))


def interrupt(pid):
    """Sends Ctrl-C's signal to a process that runs a program; answers whether one does. A prompt would die of it."""
    os.kill(pid, signal.SIGSTOP)  # so that the program does not end in between
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
    runs = bool(int(caught[1], 16) & 1 << signal.SIGINT - 1)
    if runs:
        os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGCONT)
    return runs
