"""Sends an app to a board over its serial port: what has changed, all of it or nothing.

New files first go to .deploy/ on the board, and are checked there. Then one rename puts SWITCH in main.py's place: from
there on the board itself moves the files to theirs and main.py last, at its next start if it was cut off meanwhile.
"""

import ast
import contextlib
import hashlib
import io
import re
import struct
import sys
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from .bundle import FOLDER, MANIFEST, counted, make_bundle, manifest_of, read_manifest, sources_of
from .interpreter import MPY_VERSION, Failure

try:
    from mpremote.commands import show_progress_bar
    from mpremote.transport import TransportError, TransportExecError
    from mpremote.transport_serial import SerialTransport
    from serial import SerialException
except ImportError:
    raise Failure('sending to a board needs mpremote; type: pip install "picoweb[board]"') from None

ANSWER_S = 10  # in which a board says something
TRIES, TRY_S = 3, 5  # a Ctrl-C may come to a program that starts, or takes it for itself
BOOT_S = 40  # in which its boot.py ends, which may join a Wi-Fi
SWITCH_S = 120  # in which it has moved its files
CHUNK = 512  # bytes of a file in one command
LOST = (TransportError, SerialException, OSError, struct.error)  # of a port at which nothing answers
JOURNAL = FOLDER + "/journal"  # lines: a function of os and its arguments
MARK = "# picoweb board deploy: ends the change of the app that was begun here, and starts the board afresh."
SWITCH = MARK + """
import os

with open(".deploy/journal") as journal:
    for line in journal:
        what, *names = line[:-1].split("\\t")
        try:
            getattr(os, what)(*names)
        except OSError as e:
            if what != "rmdir" and e.errno not in (2, 17):  # it was done before
                raise
if __name__ == "__main__":
    raise SystemExit
"""


# Run on the board; `names` and `places` are set before.
FACTS = """
import sys
loaded, path = dict(sys.modules), sys.path[:]
sys.modules.clear()  # of what boot.py has imported some is not in the firmware
sys.path[:] = [".frozen"]
found = []
for name in names:
    try:
        __import__(name)
        found.append(name)
    except Exception:
        pass
sys.modules.update(loaded)
sys.path[:] = path
print((getattr(sys.implementation, "_mpy", 0), found, [at for at in path if at != ".frozen"]))
"""
SIZES = """
import os
for place in places:
    try:
        stat = os.stat(place)
        print((place, -1 if stat[0] & 0x4000 else stat[6]))
    except OSError:
        pass
"""
CLEAR = """
import os
try:
    f.close()  # of mpremote, where the flash was full
except Exception:
    pass
try:
    for name in os.listdir(".deploy"):
        if name != "manifest":
            os.remove(".deploy/" + name)
    os.rmdir(".deploy")
except OSError:
    pass
"""
FREE = """
import os
stat = os.statvfs(os.getcwd())
print((stat[0], stat[1] * stat[4]))
"""
COPY = """
with open("main.py", "rb") as source, open(".deploy/main", "wb") as target:
    while target.write(source.read(256)):
        pass
"""
COMMIT = """
import os
os.rename(".deploy/switch", "main.py")
"""
BEGUN = """
try:
    with open("main.py") as f:
        print(f.read(len(mark)) == mark)
except OSError:
    print(False)
"""


@dataclass
class Report:
    """What a deploy did: {place: bytes} sent, places removed, files that were there, remarks."""

    sent: dict = field(default_factory=dict)
    removed: list = field(default_factory=list)
    kept: int = 0
    remarks: list = field(default_factory=list)

    def lines(self):
        yield from self.remarks
        size = sum(map(len, self.sent.values()))
        if self.sent or self.removed:
            yield f"Sent {counted(self.sent)} of {size:,} bytes, kept {self.kept}, removed {len(self.removed)}."
        else:
            yield f"Sent nothing: {counted(range(self.kept))} are as they should be."


def deploy(port, app, progress=None):
    """Brings an app's file or folder to the board at a port, and starts it; the Report. `progress(sent, of)`: bytes."""
    sources = sources_of(app)
    make_bundle(sources)  # an error in it is no reason to stop what runs on the board
    with connected(port) as board:
        report = Report()
        if board.has_begun():
            board.switch()
            report.remarks.append("An earlier deploy had been cut off in the middle of the change; it was ended first.")
        if board.bring(sources, report, progress or (lambda sent, of: None)):
            board.switch()
    return report


def show_progress(sent, size):
    """mpremote's progress bar, where there is a terminal to see it; what is said next takes its place."""
    show_progress_bar(sent, size, op="sending")
    if sys.stdout.isatty():
        print(end="\r", flush=True)


@contextlib.contextmanager
def connected(port):
    """A Board whose program was interrupted; in the end it starts afresh. Failure where it cannot be reached."""
    try:
        transport = SerialTransport(port, timeout=ANSWER_S)
    except (TransportError, OSError):
        raise Failure(f"{port} cannot be opened: no such port, or another program has it; to see which there are, "
                      "type: mpremote connect list") from None
    transport.serial.write_timeout = ANSWER_S
    board = Board(transport, port)
    try:
        board.enter()
        try:
            yield board
        except TransportExecError as error:
            raise Failure(f"the board could not do its part: {last_line(error.error_output)}") from None
        finally:
            board.restart()
    except Failure:
        raise
    except LOST as error:
        raise Failure(board.lost(error)) from None
    finally:
        with contextlib.suppress(OSError):
            transport.close()


class Board:
    """A board in the raw REPL. Its paths have no leading slash: they begin where the board starts main.py."""

    def __init__(self, transport, port):
        self.transport = transport
        self.port = port
        self.entered = False
        self.switching = False

    # The connection

    def enter(self):
        """Interrupts what runs there, with a soft reset for the heap."""
        with contextlib.redirect_stdout(io.StringIO()):  # where the transport shows what it did not understand
            for left in reversed(range(TRIES)):
                try:
                    self.transport.enter_raw_repl(soft_reset=False, timeout_overall=TRY_S)
                    break
                except TransportError:
                    if not left:
                        raise
        self.transport.serial.write(b"\x04")
        for text in (b"soft reboot\r\n", b"raw REPL; CTRL-B to exit\r\n"):  # mpremote would wait 10 s for a boot.py
            if not self.transport.read_until(1, text, timeout=BOOT_S, timeout_overall=BOOT_S).endswith(text):
                raise TransportError("no prompt")
        self.entered = True

    def restart(self):
        """Has it start what it has."""
        self.transport.serial.write(b"\x03")  # it may be in the middle of a command
        self.transport.exit_raw_repl()
        self.transport.serial.write(b"\x04")
        self.transport.read_until(1, b"soft reboot", timeout=ANSWER_S, timeout_overall=ANSWER_S)

    def lost(self, error):
        """Why there is no more talking to the board."""
        if not self.entered:
            return (f"nothing at {self.port} answers like MicroPython; is it running on the board? The board's reset "
                    "button may help")
        starts = "either the old app or the new one, whole" if self.switching else "the app that was on it"
        return f"the board at {self.port} does not answer any more ({error}); it starts {starts}; then deploy again"

    def ask(self, code, **values):
        """The literals that code prints there, a line each."""
        code = "".join(f"{name} = {value!r}\n" for name, value in values.items()) + code
        return [ast.literal_eval(line) for line in self.transport.exec(code).decode().splitlines()]

    # What it has

    def has_begun(self):
        """Whether a change was cut off after the one rename."""
        return self.ask(BEGUN, mark=MARK)[0]

    def files_for(self, sources, report):
        """{place: bytes} of the app for this board, but for modules that its firmware has."""
        names = {*sources.missing, *map(library, map(str, sources.modules))} - {""}
        [(mpy, firmware, path)] = self.ask(FACTS, names=sorted(names))
        for top, where in sources.missing.items():
            forms = [prefix + form for prefix in folders(path) for form in forms_of(top)]
            if top not in firmware and not self.sizes(forms):
                raise Failure(f"{where} imports {top}, which is neither here nor on the board")
        files = make_bundle(sources, mpy)
        if mpy & 255 != MPY_VERSION:
            report.remarks.append(f"The board takes .mpy files of version {mpy & 255}, mpy-cross makes {MPY_VERSION}: "
                                  "modules go as source, which takes more heap.")
        has = sorted({library(place) for place in files} & set(firmware))
        if has:
            report.remarks.append(f"{' and '.join(has)} of the board's firmware is used, and not sent.")
        return {place: data for place, data in files.items() if library(place) not in has}

    def sizes(self, places):
        """{place: bytes} of the files that are there; -1 for a folder."""
        places, found = sorted(set(places)), {}
        for at in range(0, len(places), 40):
            found.update(self.ask(SIZES, places=places[at : at + 40]))
        return found

    def manifest(self):
        """{place: (SHA-256, size)} of what an earlier deploy has put there."""
        try:
            return read_manifest(self.transport.fs_readfile(MANIFEST, CHUNK).decode())
        except FileNotFoundError:
            return {}

    def compare(self, files, report):
        """Fills the report's `sent` and `removed`; answers what is to be done before the files go to their places."""
        ours, wanted = self.manifest(), read_manifest(manifest_of(files))
        rivals = {rival: place for place in wanted for rival in rivals_of(place)}
        needed = {above for place in wanted for above in parents(place)}
        sizes = self.sizes([*ours, *wanted, *rivals, *needed])
        same = {place for place in wanted if ours.get(place) == wanted[place] and sizes.get(place) == wanted[place][1]}
        # Of x.py and x.mpy the first is imported: what was copied there by hand, or is a template's of utemplate.
        hiding = {place[:-3] + "py" for place in wanted if place.endswith(".mpy")}
        removed = [place for place in sizes if sizes[place] >= 0 and place not in wanted and place in {*ours, *hiding}]
        self.check_rivals(wanted, sizes, rivals, {*ours, *removed})
        report.kept = len(same)
        report.sent = {place: files[place] for place in files if place not in same}
        report.removed = removed
        strange = [place for place in sorted({*report.sent, *removed}) if place in sizes and place not in ours]
        if strange:
            more = f" and {len(strange) - 3} more" if len(strange) > 3 else ""
            report.remarks.append(f"Replaced what no deploy had put there: {', '.join(strange[:3])}{more}.")
        left = {above for place in removed for above in parents(place)} - needed
        made = {above for place in report.sent for above in parents(place)}
        return [
            *(("remove", place) for place in removed),
            *(("rmdir", folder) for folder in sorted(left, reverse=True)),
            *(("mkdir", folder) for folder in sorted(made)),
        ]

    def check_rivals(self, wanted, sizes, rivals, ours):
        """Failure where something that no deploy put there would take the place of what is sent."""
        for rival, place in rivals.items():
            below = any(other.startswith(rival + "/") for other in {*wanted, *ours})
            if rival in sizes and rival not in wanted and rival not in ours and not below:
                self.refuse(rival, f"would be imported in place of {place}")
        for place in wanted:
            if sizes.get(place) == -1:
                self.refuse(place, "is a folder, and a file of that name is to be sent")
            for above in parents(place):
                if sizes.get(above, -1) >= 0 and above not in ours:
                    self.refuse(above, f"is a file, and {place} is to be sent")

    def refuse(self, place, why):
        raise Failure(f"{place} on the board {why}; if it may go, type: "
                      f"mpremote connect {self.port} fs rm -r :{place}")

    # The change

    def bring(self, sources, report, progress):
        """Sends what has changed to .deploy/; answers whether something has."""
        files = self.files_for(sources, report)
        steps = self.compare(files, report)
        if report.sent or report.removed:
            self.send(report.sent, steps, manifest_of(files), progress)
        else:
            self.clear()
        return bool(report.sent or report.removed)

    def send(self, files, steps, manifest, progress):
        """Writes files to .deploy/, and has the board check them; Failure where there is no room."""
        contents = {}
        for number, (place, data) in enumerate(files.items()):
            name = f"{FOLDER}/{'main' if place == 'main.py' else number}"
            contents[name] = data
            steps += [("rename", name, place)] * (place != "main.py")
        steps += [("rename", MANIFEST + ".new", MANIFEST), ("rename", FOLDER + "/main", "main.py")]
        contents[MANIFEST + ".new"] = manifest.encode()
        contents[JOURNAL] = "".join("\t".join(step) + "\n" for step in steps).encode()
        contents[FOLDER + "/switch"] = SWITCH.encode()
        self.clear()
        [(block, free)] = self.ask(FREE)
        room = block * (4 + sum(-(-len(data) // block) for data in contents.values()))
        full = Failure(f"the flash has no room: about {room:,} bytes are needed, {free:,} are free; "
                       "the board is as it was")
        if sum(map(len, contents.values())) > free:
            raise full
        try:
            self.write(contents, sum(map(len, files.values())), progress)
        except (OSError, TransportExecError) as error:
            if not re.search(r"ENOSPC|Errno 28\b|OSError: 28\b", str(error)):
                raise
            self.clear()
            raise full from None

    def write(self, contents, size, progress):
        self.transport.exec(f"import os\ntry:\n os.mkdir({FOLDER!r})\nexcept OSError:\n pass")
        sent = 0  # the files come first; what follows is not told
        for name, data in contents.items():
            told = (lambda done, of, before=sent: progress(before + done, size)) if sent < size else None
            self.transport.fs_writefile(name, data, CHUNK, told)
            sent += len(data)
        if FOLDER + "/main" not in contents:
            self.transport.exec(COPY)
        for name, data in contents.items():
            if self.transport.fs_hashfile(name, "sha256", CHUNK) != hashlib.sha256(data).digest():
                self.clear()
                raise Failure(f"what {self.port} brought to the board is not what was sent; is the cable good?")

    def clear(self):
        """Takes away what a deploy that was cut off has left."""
        self.transport.exec(CLEAR)

    def switch(self):
        """The one rename, unless it was made before; then what the board would do at its next start."""
        self.switching = True
        if not self.has_begun():
            self.transport.exec(COMMIT)
        _, error = self.transport.exec_raw("exec(open('main.py').read(), {'__name__': 'switch'})", timeout=SWITCH_S)
        if error:
            reason = last_line(error.decode(errors="replace"))
            raise Failure(f"the board could not move its files ({reason}); it tries again when it starts")
        self.clear()


def last_line(text):
    return text.strip().rpartition("\n")[2]


# Names on a board


def library(place):
    """The package or module of lib/ that a file is of; "" for another's."""
    parts = PurePosixPath(place).parts
    return parts[1].partition(".")[0] if parts[0] == "lib" and len(parts) > 1 else ""


def parents(place):
    """The folders that a file is in, the outer one last."""
    return [str(above) for above in PurePosixPath(place).parents][:-1]


def folders(path):
    return [folder and folder.rstrip("/") + "/" for folder in path]


def forms_of(name):
    return [name, name + ".py", name + ".mpy"]


def rivals_of(place):
    """What would be imported in place of a module."""
    if library(place):
        yield from forms_of(library(place))
    if place.endswith(".mpy"):
        yield place[:-4]
        yield place[:-3] + "py"
