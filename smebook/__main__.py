"""Command line: `python -m smebook audit FILE` is `grimtable FILE`."""

import sys

from grimtable.cli import main

if __name__ == "__main__":
    if sys.argv[1:2] != ["audit"]:
        sys.exit("usage: python -m smebook audit FILE")
    sys.exit(main(sys.argv[2:]))
