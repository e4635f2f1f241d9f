"""The command line `picoweb`: makes an app, runs it, lists its routes, tells what it costs, brings it onto a board."""

import argparse
import difflib
import importlib.metadata
import json
import platform
import re
import sys
from pathlib import Path

from .interpreter import HEAP, PICOWEB, Failure, find, heap_bytes, probe
from .run import run as run_app
from .serve import INTERRUPTED, handle_signals, say
from .target import find_target, load

APP = "a file like app.py, or MODULE:NAME; app.py or main.py of this folder unless told"
ON = "cpython, micropython or the path of an interpreter"
COMMANDS = {}
GROUPS = {"board": "Send an app to a board, make a flash image, start a virtual board."}


def command(*arguments):
    """Adds a function of the parsed options, with what add_argument() takes; board_sim() is the command `board sim`."""
    return lambda func: COMMANDS.setdefault(func.__name__, (func, arguments))[0]


def argument(*names, **options):
    return names, options


def port(text):
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port; type a number up to 65535, as in --port 8081")
    return int(text)


def positive(text):
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no number of bytes or blocks; type one like 4096")
    return int(text)


def heap(text):
    try:
        heap_bytes(text)
    except Failure as failure:
        raise argparse.ArgumentTypeError(str(failure)) from None
    return text


# The commands


@command(argument("name", metavar="NAME", help="the new folder's name"))
def new(options):
    """Make a new app: a page, a form, JSON, tests, and what a board starts."""
    from .new import make

    return make(options.name)


@command()
def lib(options):
    """Put what templates need into lib/ of this folder."""
    from .new import fill_lib

    return fill_lib(Path("lib"))


@command(
    argument("app", nargs="?", metavar="APP", help=APP),
    argument("--host", help="the address to listen at, in place of the app's own; 0.0.0.0 is all of this machine's"),
    argument("--port", type=port, help="the port, in place of the app's own; 0 is any that is free"),
    argument("--reload", action="store_true", help="start anew when a module, a template or a static file changes"),
    argument("--on", default="cpython", metavar="RUNTIME", help=f"{ON} (default: cpython)"),
    argument("--heap", type=heap, metavar="SIZE", help=f"MicroPython's heap, like 64K (default: {HEAP})"),
)
def run(options):
    """Serve an app until Ctrl-C. A handler's traceback is shown on the page."""
    target = find_target(options.app, options.command)
    return run_app(target, options.on, options.heap, HEAP, options.host, options.port, debug=1, reload=options.reload)


@command(argument("app", nargs="?", metavar="APP", help=APP))
def routes(options):
    """List an app's routes: method, path, handler and module. Routes that never run are told."""
    from .routes import rows, warnings

    app = load(find_target(options.app, options.command))
    told = warnings(app)
    print_table(("method", "path", "handler", "module"), rows(app))
    for line in told:
        say("picoweb", line)
    return 0


@command(
    argument("app", nargs="?", metavar="APP", help=APP),
    argument("--on", default="micropython", metavar="RUNTIME", help=f"{ON} (default: micropython)"),
    argument("--heap", type=heap, default="1M", metavar="SIZE", help="MicroPython's heap (default: 1M)"),
)
def size(options):
    """Tell what an app costs on MicroPython: bytes of .mpy and of heap."""
    from .size import measure

    interpreter = probe(find(options.on))
    costs = measure(find_target(options.app, options.command), interpreter, options.heap)
    print_table(("module", ".mpy bytes"), [(name, f"{size:,}") for name, size in costs.modules])
    print(f"\nHeap on {interpreter}, {costs.bits} bits, in bytes:")
    print_table(("", "heap"), [(what, f"{size:,}") for what, size in costs.heap])
    return 0


@command(
    argument("--heap", type=heap, default="256K", metavar="SIZE", help="its heap (default: 256K)"),
    argument("--flash", metavar="DIR", help="the folder of its files, kept (default: one that ends with it)"),
)
def board_sim(options):
    """Start a virtual board for mpremote: MicroPython behind a serial port, until Ctrl-C."""
    from ..vboard import serve

    return serve(options.heap, options.flash)


@command(
    argument("port", metavar="PORT", help="where the board is; `mpremote connect list` shows which there are"),
    argument("app", metavar="APP", help="an app's file, or its folder"),
)
def board_deploy(options):
    """Send an app with what it imports to a board: what has changed, all of it or nothing. The board starts it."""
    from .deploy import deploy, show_progress

    print(*deploy(options.port, options.app, show_progress).lines(), sep="\n")
    return 0


@command(
    argument("app", metavar="APP", help="an app's file, or its folder"),
    argument("out", metavar="OUT", help="the image to make"),
    argument("--romfs", action="store_true", help="a ROMFS, from which modules run where they lie; else a littlefs"),
    argument("--block-size", type=positive, default=4096, metavar="BYTES", help="littlefs's (default: 4096)"),
    argument("--blocks", type=positive, default=352, metavar="N", help="how many (default: a Raspberry Pi Pico's 352)"),
)
def board_image(options):
    """Make a flash image of an app with what it imports."""
    from .image import make_image

    print(*make_image(options.app, options.out, options.romfs, options.block_size, options.blocks), sep="\n")
    return 0


def print_table(head, rows):
    """Prints columns of text, those of numbers to the right."""
    rows = [head, *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        cells = (cell.rjust(width) if cell[:1].isdigit() else cell.ljust(width) for cell, width in zip(row, widths))
        print("  ".join(cells).rstrip())


# The start


def version():
    try:
        number = importlib.metadata.version("picoweb")
    except importlib.metadata.PackageNotFoundError:  # a clone
        number = json.loads((PICOWEB.parent / "package.json").read_text())["version"]
    return f"picoweb {number} on {platform.python_implementation()} {platform.python_version()}"


class Parser(argparse.ArgumentParser):
    """Tells what a misspelt command may have meant."""

    def error(self, message):
        wrong = re.search("invalid choice: '(.*?)'", message)
        if wrong:
            choices = re.findall(r"\w+", message.partition("choose from")[2])
            close = difflib.get_close_matches(wrong[1], choices, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(choices)}"
            message = f"no command {wrong[1]}; {hint}"
        super().error(message)


def parse(arguments):
    parser = Parser(prog="picoweb", description=__doc__)
    parser.add_argument("--version", action="version", version=version())
    parser.set_defaults(func=lambda options: parser.print_help(sys.stderr) or 2)
    commands = {"": parser.add_subparsers(title="commands", metavar="COMMAND")}
    for name, (func, arguments_of_it) in COMMANDS.items():
        group, _, name = name.rpartition("_")
        if group not in commands:
            one = add_command(commands[""], group, GROUPS[group])
            commands[group] = one.add_subparsers(title="commands", metavar="COMMAND")
        one = add_command(commands[group], name, func.__doc__)
        one.set_defaults(command=name, func=func)
        for names, options in arguments_of_it:
            one.add_argument(*names, **options)
    return parser.parse_args(arguments)


def add_command(commands, name, about):
    one = commands.add_parser(name, help=re.split("[.:]", about)[0], description=about)
    one.set_defaults(func=lambda options: one.print_help(sys.stderr) or 2)
    return one


def main(arguments=None):
    """Does what the command line says; the result is the exit status."""
    handle_signals()
    options = parse(arguments)
    try:
        return options.func(options)
    except Failure as failure:
        say("picoweb", failure)
    except KeyboardInterrupt:
        return INTERRUPTED
    return 1


if __name__ == "__main__":
    sys.exit(main())
