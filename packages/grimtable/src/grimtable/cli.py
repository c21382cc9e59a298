"""Command line: `grimtable FILE`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time

from grimtable.errors import DataError


def main(arguments: list[str] | None = None) -> int:
    """Audit a table and print the report.

    Returns
    -------
    int
        0 the table is consistent, 1 it is not, 2 it cannot be read.
    """
    parser = argparse.ArgumentParser(
        prog="grimtable",
        description="Check a printed cross-table of percentages with counts, and find the fewest printed values "
        "that must be wrong. The exit status is 0 if whole-number counts exist that round to everything printed, "
        "1 if not, 2 if the file cannot be read. Hints (such as a gap between size bands) do not change it.",
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        help="CSV: percentages by row, a column n, and the rows total and share",
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument(
        "--time-limit", type=_seconds, default=60.0, metavar="SECONDS",
        help="after this time, report what is not proved as such (default: 60)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        return _audit(options)
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e7:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds")
    return seconds


def _audit(options: argparse.Namespace) -> int:
    from grimtable import audit, audit_as_json, audit_as_text, read_printed_table

    table = read_printed_table(options.file)
    with _Progress() as progress:
        result = audit(table, options.time_limit, progress)
    if options.json:
        print(json.dumps(audit_as_json(result), indent=2, ensure_ascii=True))
    else:
        text, encoding = audit_as_text(result), sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
    return 0 if result.consistent else 1


class _Progress:
    """A line on the error stream once something takes longer than a second."""

    def __init__(self) -> None:
        self.stage, self.shown, self.start = "reading", "", time.monotonic()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __call__(self, stage: str) -> None:
        self.stage = stage

    def _watch(self) -> None:
        terminal = sys.stderr.isatty()
        while not self.stop.wait(1.0):
            seconds = time.monotonic() - self.start
            if terminal:
                print(
                    f"\r\033[K{self.stage} ... {seconds:.0f} s", end="", file=sys.stderr, flush=True
                )
            elif self.stage != self.shown:  # in a log, one line per stage
                print(f"{self.stage} ... {seconds:.0f} s", file=sys.stderr, flush=True)
            self.shown = self.stage

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()
        if self.shown and sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
