"""`python -m picoweb`: the command line, on a host only."""

import sys

from picoweb.host.cli.__main__ import main

sys.exit(main())
