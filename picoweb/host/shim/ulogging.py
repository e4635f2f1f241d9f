"""`ulogging` over CPython's `logging`: lines of `LEVEL:name:message` on stderr, until the host sets up logging."""

import logging
import sys
from logging import CRITICAL, DEBUG, ERROR, INFO, NOTSET, WARNING

__all__ = [
    "CRITICAL", "DEBUG", "ERROR", "INFO", "NOTSET", "WARNING", "Logger", "basicConfig", "debug", "getLogger", "info",
]

_loggers = {}


class Logger:
    """One named log; what it is told goes to the `logging` logger of that name."""

    def __init__(self, name):
        self.name = name
        # Not logging's root, whose level is its own: the board's logger without a name is one like the others.
        self._log = logging.getLogger(str(name))

    @property
    def level(self):
        return self._log.level

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


def getLogger(name=None):
    """The one logger of that name."""
    if name not in _loggers:
        _loggers[name] = Logger(name)
    return _loggers[name]


def debug(msg, *args):
    """Log to the logger without a name."""
    getLogger().debug(msg, *args)


def info(msg, *args):
    """Log to the logger without a name."""
    getLogger().info(msg, *args)


def basicConfig(level=INFO, filename=None, stream=None, format=None):
    """Set the level of loggers that have none, and where lines go; `filename` and `format` work here only."""
    _stderr.level = level
    if filename:
        _stderr.handler = logging.FileHandler(filename)
    elif stream:
        _stderr.handler = logging.StreamHandler(stream)
    _stderr.handler.setFormatter(logging.Formatter(format) if format else _Formatter())


class _Formatter(logging.Formatter):
    """Levels and names as `ulogging` writes them."""

    LEVELS = {"WARNING": "WARN", "CRITICAL": "CRIT"}

    def formatMessage(self, record):
        level = record.levelname
        if level.startswith("Level "):
            level = "LVL%d" % record.levelno
        return "%s:%s:%s" % (self.LEVELS.get(level, level), record.name, record.message)


class _Stderr:
    """Where lines go, and from which level on, while the host has not set up logging."""

    def __init__(self):
        self.level = INFO
        self.handler = logging.StreamHandler()
        self.handler.setFormatter(_Formatter())


_stderr = _Stderr()
