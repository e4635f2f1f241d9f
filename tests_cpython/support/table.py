"""Tests as tables: a case is a line, and its first column is the sentence it proves."""

import pytest


def cases(table):
    """parametrize()'s values for rows of (sentence, value, …)."""
    return [pytest.param(*row[1:], id=row[0].replace(" ", "_")) for row in table]
