"""What the virtual board runs before its prompt, as firmware does: mounts its flash, then runs boot.py and main.py."""

import io
import micropython
import os
import sys
import vfs


def _mount(flash, modules, picoweb):
    vfs.umount("/")
    vfs.mount(vfs.VfsPosix(flash), "/")
    sys.path[:] = ["", ".frozen", "/lib", "/rom"]
    if picoweb:
        vfs.mount(vfs.VfsPosix(picoweb), "/rom/lib", readonly=True)
        sys.path.append("/rom/lib")
    vfs.mount(vfs.VfsPosix(modules), "/rom", readonly=True)
    os.chdir("/")


def _run(name):
    # Answers whether the next file may run: as in firmware not after an exception.
    global __file__
    try:
        os.stat(name)
    except OSError:
        return True
    __file__ = name
    try:
        micropython.kbd_intr(3)
        execfile(name)
        micropython.kbd_intr(-1)
        for _ in "1":  # at a jump a Ctrl-C that came before is raised
            pass
    except SystemExit:
        raise
    except BaseException as error:
        micropython.kbd_intr(-1)
        _show(error)
        return False
    return True


def _show(error):
    # A board's traceback begins in the file itself.
    text = io.StringIO()
    try:
        sys.print_exception(error, text)
        lines = text.getvalue().split("\n")
    except MemoryError:
        return sys.print_exception(error)
    print("\n".join([line for line in lines if not line.startswith('  File "<stdin>"')]), end="")


micropython.kbd_intr(-1)  # Ctrl-C ends boot.py and main.py; before and after it is a byte for the prompt
_mount(os.getenv("VBOARD_FLASH"), os.getenv("VBOARD_MODULES"), os.getenv("VBOARD_PICOWEB"))
__import__("vboard").tell("up")
if _run("boot.py") and os.getenv("VBOARD_MAIN"):
    _run("main.py")
for _name in ("io", "micropython", "os", "sys", "vfs", "__file__", "_mount", "_run", "_show", "_name"):
    globals().pop(_name, None)
__import__("vboard").ask("prompt")
