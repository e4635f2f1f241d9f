"""The virtual board's end of a serial port: a pseudo-terminal, on which bytes go as on a board's."""

import os
import pty
import select
import tty

FULL = 1 << 16  # bytes on their way, after which the other side waits

# The messages of a folder that mpremote has mounted: the sizes of what follows each kind, 0 is a counted string's.
MESSAGE = 0x18
MESSAGES = {
    1: (0,), 2: (0,), 3: (), 4: (0, 0), 5: (1,), 6: (1, 4), 7: (1,), 8: (1, 0), 9: (1, 4, 1),
    10: (0,), 11: (0, 0), 12: (0,), 13: (0,),
}


class SerialPort:
    """The board's end of a pseudo-terminal. What is sent while nobody has the other end open is lost, as on boards."""

    def __init__(self):
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.name = os.ttyname(slave)
        os.close(slave)  # an end of our own would hide whether somebody has it open
        os.set_blocking(self.master, False)
        self.poll = select.poll()
        self.poll.register(self.master, select.POLLIN)
        self.received, self.sent = bytearray(), bytearray()
        self.left = None  # bytes to receive until it is unplugged

    def close(self):
        os.close(self.master)

    def is_open(self):
        """Whether somebody has the other end open, or has sent something before closing it."""
        state = dict(self.poll.poll(0)).get(self.master, 0)
        return bool(state & select.POLLIN) or not state & select.POLLHUP

    def events(self):
        return (select.POLLIN if len(self.received) < FULL else 0) | (select.POLLOUT if self.sent else 0)

    def send(self, data):
        if self.is_open():
            self.sent += data
        else:
            self.sent.clear()

    def exchange(self):
        """Sends what can be sent; answers what has come."""
        try:
            if self.sent:
                del self.sent[:os.write(self.master, self.sent)]
        except OSError:
            pass
        try:
            data = os.read(self.master, 4096) if len(self.received) < FULL else b""
        except OSError:  # nothing there, or closed
            return b""
        if self.left is not None:
            data = data[:self.left]
            self.left -= len(data)
        return data


def cook():
    """Takes byte after byte, gives what a serial port carries for it: CR LF for a lone LF, but not within a message."""
    before, byte = 0, (yield)
    while True:
        lone = byte == 10 and before != 13
        is_message = byte == MESSAGE
        before, byte = byte, (yield b"\r\n" if lone else bytes((byte,)))
        if is_message:
            byte = yield from message(byte)


def message(byte):
    """Passes a message on as it is, from its kind on; the result is the byte that follows it."""
    for size in MESSAGES.get(byte, ()):
        counted = b""
        for _ in range(size or 4):
            byte = yield bytes((byte,))
            counted += bytes((byte,))
        for _ in range(0 if size else int.from_bytes(counted, "little")):
            byte = yield bytes((byte,))
    return (yield bytes((byte,)))
