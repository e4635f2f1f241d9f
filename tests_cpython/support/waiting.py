"""Waiting for what comes to be: looking again and again, for a generous time."""

import time

WAIT_S = 20
PAUSE_S = 0.02


def until(look, wanted=bool, timeout_s=WAIT_S):
    """Looks until that is as wanted; the last look, which may not be."""
    deadline = time.monotonic() + timeout_s
    while not wanted(found := look()) and time.monotonic() < deadline:
        time.sleep(PAUSE_S)
    return found


def answered(ask, errors=OSError, timeout_s=WAIT_S):
    """What ask() answers, which is asked again after one of these errors; in the end the error."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return ask()
        except errors:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_S)


def comes_back(look, rounds=20, within=1500):
    """Whether a figure of a heap, after so many rounds, is again what it was, within so many bytes.

    The collector may take any number on the stack for a pointer, and keep what some requests held: so looks are many.
    """
    least = min(look() for _ in range(10)) + within
    for _ in range(rounds):
        look()
    return until(look, lambda found: found <= least) <= least
