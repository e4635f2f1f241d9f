"""Tests as tables: a case is a line, and its first column is the sentence it proves."""

import pytest


def cases(table):
    """parametrize()'s values for rows of (sentence, value, …)."""
    return [pytest.param(*row[1:], id=row[0].replace(" ", "_")) for row in table]


new_core = pytest.mark.xfail(strict=False, reason="the new core")


def marked(mark, table):
    """Cases that have a mark."""
    return [pytest.param(*case.values, id=case.id, marks=mark) for case in cases(table)]
