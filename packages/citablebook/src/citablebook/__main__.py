"""Command line: `python -m citablebook COMMAND`, in the folder of a book."""

import argparse
import sys

from . import build, identify
from .errors import BookError
from .paths import ROOT


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="citablebook", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build.add_arguments(commands.add_parser("build", help="build the book, or its PDF"))
    commands.add_parser("identify", help="give new sections and paragraphs their identifiers")
    commands.add_parser("metadata", help="write codemeta.json and .zenodo.json from CITATION.cff")
    commands.add_parser("reproduce", help="build the last commit twice and compare every byte")
    commands.add_parser("release", help="pack book, PDF, sources, checksums and an RO-Crate")
    options = parser.parse_args(arguments)
    try:
        if options.command == "build":
            return build.main(ROOT, options, arguments)
        if options.command == "identify":
            return identify.main(ROOT)
        if options.command == "metadata":
            from . import repository

            return repository.main(ROOT)
        if options.command == "reproduce":
            from . import reproduce

            return reproduce.main(ROOT)
        from . import release

        return release.main(ROOT)
    except BookError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
