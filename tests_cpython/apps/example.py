"""Serves one of the examples: `example.py PORT FOLDER NAME`."""

import sys

sys.path.insert(0, sys.argv[2])
__import__(sys.argv[3]).app.run(port=int(sys.argv[1]))
