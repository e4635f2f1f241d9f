"""Where the log lines of run() go."""
from picoweb import listen
from .stream import asyncio

IN_USE = 98, 112  # EADDRINUSE of most boards, of ESP32


def start(log, debug, host, port):
    """The logger to use: the app's, else ulogging's, else logging's, else lines on standard error."""
    if log is None:
        log = get_logger(debug)
    if is_free(host, port):
        log.info("starting at http://%s:%d/", host, port)
    else:
        log.error(
            "%s:%s is in use by another program, or by an app that was not stopped: app.stop() or a soft reset frees it, "
            "run(port=8082) takes another port", host, port
        )
    return MemoryLog(log) if debug > 1 else log


def is_free(host, port):
    """Whether nobody else listens there; listening tells of all other faults."""
    try:
        if asyncio.core._io_queue:  # else asyncio's own error says it
            listen(host, port).close()
    except OSError as e:
        return e.args[0] not in IN_USE
    return True


def get_logger(debug):
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
    """Adds to each line of a request how much heap is left."""

    def __init__(self, log):
        self.log = log

    def __getattr__(self, name):
        return getattr(self.log, name)

    def info(self, message, *args):
        import gc

        self.log.info(message + " (heap: %s bytes free)", *args, gc.mem_free() if hasattr(gc, "mem_free") else "?")


class Log:
    """Prints, where the firmware has no logging."""

    def __init__(self, debug):
        self.level = debug

    def info(self, message, *args):
        print("picoweb:", message % args if args else message)

    warning = error = info

    def debug(self, message, *args):
        if self.level > 0:
            self.info(message, *args)
