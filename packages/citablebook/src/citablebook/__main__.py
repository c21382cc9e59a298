"""Command line: `python -m citablebook COMMAND`, in the folder of a book."""

import argparse
import sys
from importlib import import_module

from . import build
from .errors import BookError
from .paths import ROOT

#: Command: its module, and what it does.
COMMANDS = {
    "build": ("build", "build the book, or its PDF"),
    "identify": ("identify", "give new sections and paragraphs their identifiers"),
    "metadata": ("repository", "write codemeta.json and .zenodo.json from CITATION.cff"),
    "reproduce": ("reproduce", "build the last commit twice and compare every byte"),
    "release": ("release", "pack book, PDF, sources, checksums and an RO-Crate"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="citablebook", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    parsers = {name: commands.add_parser(name, help=told) for name, (_, told) in COMMANDS.items()}
    build.add_arguments(parsers["build"])
    options = parser.parse_args(arguments)
    try:
        if options.command == "build":
            return build.main(ROOT, options, arguments)
        module, _ = COMMANDS[options.command]
        return import_module(f"{__package__}.{module}").main(ROOT)
    except BookError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
