"""Files that are there whole or not at all: written under another name in their folder, renamed at the end."""
import uos

from .http import HTTPException

FULL = (27, 28, 122)  # EFBIG, ENOSPC, EDQUOT
MAX_NAME = 64  # bytes
unfinished = []  # the paths that are being written: two uploads do not share one


def safe_name(text):
    """Return the name of a client's file, fit for any folder: no folders, no leading dot, no odd characters, short."""
    name = bytearray(text.replace("\\", "/").rpartition("/")[2].encode())
    for i in range(len(name)):
        if name[i] < 32 or name[i] in b'"*:<>?|~\x7f':  # with a tilde it might be FAT's short name of another
            name[i] = 95
    name = bytes(name).decode().strip(". ")
    base, dot, ending = name.rpartition(".")
    if not base or len(ending.encode()) > MAX_NAME // 4:
        base, dot, ending = name, "", ""
    data = base.encode()[: MAX_NAME - len((dot + ending).encode())]
    while True:
        try:
            return data.decode().rstrip(". ") + dot + ending or "file"
        except UnicodeError:  # half a character
            data = data[:-1]


def join(folder, name):
    """Return the path of a name in a folder."""
    return folder + name if folder[-1:] in ("", "/") else folder + "/" + name


def attempt(f, *args):
    """Call what writes; HTTPException 507 if the disk is full."""
    try:
        return f(*args)
    except OSError as e:
        if e.args and e.args[0] in FULL:
            raise HTTPException(507, "the disk is full")
        raise


class NewFile:
    """A file in the making: write(), then save() as `filename`; what is not saved at the end of `with` is gone."""

    def __init__(self, folder, filename):
        self.folder = folder
        self.filename = filename
        self.size = 0
        n = 0
        while True:
            # A dot comes first in no safe name.
            self.path = join(folder, ".%d.part" % n)
            if self.path not in unfinished:
                break
            n += 1
        self.f = None
        unfinished.append(self.path)
        try:
            self.f = attempt(open, self.path, "wb")
        except Exception:
            self.drop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()

    def write(self, data):
        """Add to it; HTTPException 507 if the disk is full."""
        self.size += len(data)
        attempt(self.f.write, data)

    def close(self):
        """End the writing; the file can be read at `path` until it is saved or dropped."""
        attempt(self.f.close)

    def save(self, folder=None):
        """Name it, in its folder or another one of the same file system, in place of a file of that name; return the path."""
        path = join(self.folder if folder is None else folder, self.filename)
        self.close()
        attempt(uos.rename, self.path, path)
        unfinished.remove(self.path)
        self.path = path
        return path

    def drop(self):
        """Remove it, unless it was saved."""
        if self.path in unfinished:
            unfinished.remove(self.path)
            try:
                if self.f:
                    self.f.close()
            except OSError:
                pass
            try:
                uos.remove(self.path)
            except OSError:
                pass
