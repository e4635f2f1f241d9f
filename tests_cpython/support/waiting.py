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
