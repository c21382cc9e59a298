"""Command line: `python -m smebook audit FILE` is `grimtable FILE`."""

from __future__ import annotations

import argparse
import sys


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand.

    Returns
    -------
    int
        For `audit`, the status of `grimtable`.
    """
    parser = argparse.ArgumentParser(
        prog="python -m smebook", description="Tools of the reproducible edition."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("audit", add_help=False, help="audit a printed table: grimtable")
    _, rest = parser.parse_known_args(arguments)
    from grimtable.cli import main as audit

    return audit(rest)


if __name__ == "__main__":
    sys.exit(main())
