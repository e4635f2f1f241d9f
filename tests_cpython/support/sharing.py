"""What the processes of a test run make once, and share."""

import fcntl
import os
from contextlib import contextmanager


@contextmanager
def one_at_a_time(tmp_path_factory, name):
    """Hold a lock of that name, which one of a test run's processes has at a time; its value is the folder they share."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with open(base / (name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield base
