"""Tests as tables: a case is a line, and its first column is the sentence it proves."""

import pytest


def cases(table):
    """parametrize()'s values for rows of (sentence, value, …)."""
    return [pytest.param(*row[1:], id=row[0].replace(" ", "_")) for row in table]


def on_all():
    """parametrize() of a module whose tests run on boards' runtimes, on CPython, under ASGI and under WSGI."""
    from conftest import PRESENT

    names = [name for name in PRESENT if name not in ("hypercorn", "pycopy")] + ["waitress"]
    return pytest.mark.parametrize("runtime", names, indirect=True, scope="session")
