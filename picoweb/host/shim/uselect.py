"""MicroPython's `select` on CPython: `poll` answers the objects that were registered, and has `ipoll`."""

import select as _select
from select import *  # noqa: F403


class poll:
    """Waits for any of the registered objects; times are milliseconds, -1 is for ever."""

    def __init__(self):
        self._poll = _select.poll()
        self._objects = {}  # by file descriptor

    def register(self, obj, eventmask=_select.POLLIN | _select.POLLOUT):
        """Wait for `obj` too; again for one that is registered, with another mask."""
        fd = obj if isinstance(obj, int) else obj.fileno()
        self._poll.register(fd, eventmask)
        self._objects[fd] = obj

    def unregister(self, obj):
        """Wait for `obj` no more; it may be closed."""
        for fd in [fd for fd, known in self._objects.items() if known is obj]:
            self._poll.unregister(fd)
            del self._objects[fd]

    def modify(self, obj, eventmask):
        """Change the mask of a registered `obj`; `OSError` for another one."""
        self._poll.modify(obj, eventmask)

    def poll(self, timeout=-1):
        """The list of (object, event) that are ready, empty when the time is over."""
        return list(self.ipoll(timeout))

    def ipoll(self, timeout=-1, flags=0):
        """`poll` as an iterator; with `flags` 1 an object that was ready is not waited for again before `modify`."""
        for fd, event in self._poll.poll(timeout):
            if flags & 1:
                self._poll.modify(fd, 0)
            yield self._objects[fd], event
