"""Disks that test apps share: a block device in memory, and a file system that is soon full."""

import uos


class RAM:
    """A block device; its first `good` blocks can be written."""

    def __init__(self, blocks, size, good=None):
        self.size = size
        self.data = bytearray(blocks * size)
        self.good = blocks if good is None else good
        self.synced = 0

    def readblocks(self, n, buf, off=0):
        at = n * self.size + off
        buf[:] = self.data[at:at + len(buf)]

    def writeblocks(self, n, buf, off=0):
        if n >= self.good:
            return -5
        at = n * self.size + off
        self.data[at:at + len(buf)] = buf

    def ioctl(self, op, arg):
        if op == 3:
            self.synced += 1
        if op == 4:
            return len(self.data) // self.size
        if op == 5:
            return self.size
        if op == 6:
            return 0


class FullDisk:
    """A file system of that kind, "VfsLfs2" or "VfsFat"; on CPython, which has none of these, a folder at `path`."""

    def __init__(self, kind, path):
        self.is_real = hasattr(uos, kind)
        self.path = "/" + kind if self.is_real else path
        if self.is_real:
            device = RAM(50, 512)
            getattr(uos, kind).mkfs(device)
            uos.mount(getattr(uos, kind)(device), self.path)
        else:
            uos.mkdir(self.path)

    def folder(self):
        """Where the next file does not fit: on CPython it goes to a device that is always full."""
        if not self.is_real and ".0.part" not in uos.listdir(self.path):
            uos.symlink("/dev/full", self.path + "/.0.part")
        return self.path

    def files(self):
        """What lies there, but for CPython's way to that device."""
        return [name for name in uos.listdir(self.path) if self.is_real or name != ".0.part"]
