"""Cases of picoweb.testing as a script: it tells of each whether it holds."""

import gc
import sys


class Cases(list):
    """A decorator that collects coroutine functions."""

    def __call__(self, func):
        self.append(func)
        return func


async def raised(kind, coro):
    """The exception that `coro` ends with."""
    try:
        result = await coro
    except kind as e:
        return e
    raise AssertionError("no %s, but %r" % (kind, result))


def refused(kind, func, *args, **options):
    """The exception of a call."""
    try:
        func(*args, **options)
    except kind as e:
        return e
    raise AssertionError("no " + str(kind))


def same(got, expected):
    assert got == expected, ("%r" % (got,))[:400] + " is not " + ("%r" % (expected,))[:400]


async def tell(cases):
    """Prints a line for each case."""
    failed = 0
    for func in cases:
        gc.collect()
        try:
            await func()
            print("ok", func.__name__)
        except Exception as e:
            failed += 1
            print("FAILED", func.__name__)
            sys.print_exception(e)
    print("all told:", len(cases), "cases,", failed, "failed")
