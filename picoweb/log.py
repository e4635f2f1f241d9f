"""Where the log lines of run() go."""
from . import listen
from .http import asyncio


def start(log, debug, host, port):
    """Return the app's logger, else ulogging's, else logging's, else one that prints; say if the port is in use."""
    log = log or find(debug)
    try:
        if asyncio.core._io_queue:  # else asyncio's own error says it
            listen(host, port).close()
    except OSError as e:
        if e.args[0] in (98, 112):  # EADDRINUSE of most boards, of ESP32; of all else start() tells
            log.error(
                "%s:%s is in use by another program, or by an app that was not stopped: app.stop() or a soft reset frees it, "
                "run(port=8082) takes another port" % (host, port)
            )
    return MemoryLog(log) if debug > 1 else log


def find(debug):
    try:
        import ulogging as logging
    except ImportError:
        try:
            import logging
        except ImportError:
            return Log(debug)
    log = logging.getLogger("picoweb")
    if debug > 0:
        log.setLevel(logging.DEBUG)
    elif hasattr(logging, "basicConfig"):
        log.setLevel(logging.INFO)
    return log


class MemoryLog:
    """Adds to each line of an answer how much heap is left."""

    def __init__(self, log):
        self.log = log
        self.debug = log.debug
        self.warning = log.warning
        self.error = log.error

    def info(self, line):
        import gc

        self.log.info("%s (heap: %s bytes free)" % (line, gc.mem_free() if hasattr(gc, "mem_free") else "?"))


class Log:
    """Prints, if the firmware has no logging."""

    def __init__(self, debug):
        self.level = debug

    def info(self, line):
        print("picoweb:", line)

    warning = error = info

    def debug(self, line):
        if self.level > 0:
            self.info(line)
