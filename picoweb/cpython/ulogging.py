"""`ulogging` over CPython's `logging`: lines of `LEVEL:name:message` on stderr, until the host sets up logging itself."""

import logging
import sys
from logging import CRITICAL, DEBUG, ERROR, INFO, NOTSET, WARNING

__all__ = ["CRITICAL", "DEBUG", "ERROR", "INFO", "NOTSET", "WARNING", "Logger", "basicConfig", "debug", "getLogger", "info"]

_loggers = {}


class Logger:
    """One named log; what it is told goes to the `logging` logger of that name."""

    def __init__(self, name):
        self.name = name
        self._log = logging.getLogger(name)

    def setLevel(self, level):
        self._log.setLevel(level)

    def isEnabledFor(self, level):
        # Where the host has set up logging its levels hold, else ulogging's.
        if self._log.hasHandlers():
            return self._log.isEnabledFor(level)
        return level >= (self._log.level or _stderr.level)

    def log(self, level, msg, *args):
        self._emit(level, msg, args)

    def debug(self, msg, *args):
        self._emit(DEBUG, msg, args)

    def info(self, msg, *args):
        self._emit(INFO, msg, args)

    def warning(self, msg, *args):
        self._emit(WARNING, msg, args)

    def error(self, msg, *args):
        self._emit(ERROR, msg, args)

    def critical(self, msg, *args):
        self._emit(CRITICAL, msg, args)

    def exc(self, e, msg, *args):
        """Log `msg` as an error, and the exception `e` with its traceback."""
        self._emit(ERROR, msg, args, (type(e), e, e.__traceback__))

    def exception(self, msg, *args):
        """Log `msg` as an error, and the exception being handled with its traceback."""
        self._emit(ERROR, msg, args, sys.exc_info())

    def _emit(self, level, msg, args, exc_info=None):
        if not self.isEnabledFor(level):
            return
        caller = sys._getframe(1)
        while caller.f_globals is globals():
            caller = caller.f_back
        code = caller.f_code
        record = self._log.makeRecord(
            self._log.name, level, code.co_filename, caller.f_lineno, msg, args, exc_info, code.co_name
        )
        if self._log.hasHandlers():
            self._log.handle(record)
        else:
            _stderr.handler.handle(record)


def getLogger(name):
    """The one logger of that name."""
    if name not in _loggers:
        _loggers[name] = Logger(name)
    return _loggers[name]


def debug(msg, *args):
    """Log to the logger without a name."""
    getLogger(None).debug(msg, *args)


def info(msg, *args):
    """Log to the logger without a name."""
    getLogger(None).info(msg, *args)


def basicConfig(level=INFO, stream=None):
    """Set the level of loggers that have none, and where lines go."""
    _stderr.level = level
    if stream:
        _stderr.handler.stream = stream


class _Formatter(logging.Formatter):
    """Level names as short as `ulogging` writes them."""

    NAMES = {"WARNING": "WARN", "CRITICAL": "CRIT"}

    def formatMessage(self, record):
        return "%s:%s:%s" % (self.NAMES.get(record.levelname, record.levelname), record.name, record.message)


class _Stderr:
    """Where lines go, and from which level on, while the host has not set up logging."""

    def __init__(self):
        self.level = INFO
        self.handler = logging.StreamHandler()
        self.handler.setFormatter(_Formatter())


_stderr = _Stderr()
