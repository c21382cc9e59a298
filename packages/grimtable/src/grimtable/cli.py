"""Command line: `grimtable FILE ...`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from grimtable import __version__
from grimtable.errors import DataError
from grimtable.layout import LAYOUTS
from grimtable.numbers import ROUNDINGS
from grimtable.reading import SUFFIXES

CONSISTENT, INCONSISTENT, UNREADABLE, NOT_SETTLED, INTERRUPTED = 0, 1, 2, 3, 130
EXHAUSTIVE = {"auto": None, "yes": True, "no": False}
STATUS = {"consistent": CONSISTENT, "inconsistent": INCONSISTENT, "not settled": NOT_SETTLED}


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    options = argparse.ArgumentParser(
        prog="grimtable",
        description=(
            "Audit printed tables of percentages and counts: whether whole numbers of cases fit"
            " everything printed and, if not, the fewest printed values that must be wrong."
        ),
        epilog=(
            "Exit status: 0 consistent, 1 inconsistent, 2 unreadable, 3 not settled in time; of"
            " several tables, the first of 1, 3, 2 that occurs. Hints do not change it."
        ),
    )
    options.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="CSV, TSV, xlsx, HTML or JATS; a folder; - for standard input",
    )
    form = options.add_mutually_exclusive_group()
    form.add_argument(
        "--json",
        action="store_true",
        help="print JSON: one object, or one a line for several tables",
    )
    form.add_argument("--html", action="store_true", help="print one HTML file (one table)")
    options.add_argument(
        "--counts", action="store_true", help="with --json: the counts that are possible, always"
    )
    chosen = {
        "--layout": (["auto", *LAYOUTS], "of what the percentages are parts"),
        "--rounding": (list(ROUNDINGS), "how percentages were rounded"),
        "--exhaustive": (
            list(EXHAUSTIVE),
            "whether categories are complete and exclude each other",
        ),
    }
    for name, (choices, words) in chosen.items():
        options.add_argument(name, choices=choices, default=choices[0], help=words)
    options.add_argument("--n", metavar="LABEL", help="row or column of group sizes")
    options.add_argument(
        "--rows-as-one", action="store_true", help="count all errors in a group's row as one"
    )
    options.add_argument(
        "--time-limit",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="for each table; what is not proved by then is not said (default: 60)",
    )
    options.add_argument("--version", action="version", version=f"grimtable {__version__}")
    return options


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e7:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds")
    return seconds


def main(arguments: list[str] | None = None) -> int:
    """Audit tables and print the reports.

    Returns
    -------
    int
        0 consistent, 1 inconsistent, 2 unreadable, 3 not settled, 130 interrupted.
    """
    options = parser().parse_args(arguments)
    try:
        return _run(options)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr, flush=True)
        os._exit(INTERRUPTED)  # the solver may be at work in another thread
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CONSISTENT
    except OSError as error:
        print(f"The report cannot be written ({error.strerror or error}).", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREADABLE


def _files(names: list[str]) -> list[str]:
    files = []
    for name in names:
        inside = [name]
        if name != "-" and Path(name).is_dir():
            inside = sorted(str(p) for p in Path(name).iterdir() if p.suffix.lower() in SUFFIXES)
            if not inside:
                raise DataError(f"{name}: no table in this folder ({', '.join(SUFFIXES)}).")
        files += inside
    return files


def _run(options: argparse.Namespace) -> int:
    from grimtable.reading import read_grids

    grids, faults = [], []
    try:
        files = _files(options.files)
    except DataError as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    for name in files:
        try:
            grids += read_grids(name)
        except DataError as error:
            faults.append(error)
    several = len(files) > 1 or len(grids) > 1
    if several and options.html:
        raise SystemExit("--html takes one table; name one file with one table.")
    for fault in faults:
        _refuse(fault, options, several)
    statuses = {UNREADABLE} if faults else set()
    for grid in grids:
        try:
            result = _watched(grid, options)
        except DataError as error:
            statuses.add(UNREADABLE)
            _refuse(error, options, several, grid.source)
            continue
        statuses.add(STATUS[result.verdict])
        _write(result, options, several)
    sys.stdout.flush()
    order = (INCONSISTENT, NOT_SETTLED, UNREADABLE, CONSISTENT)
    return next(status for status in order if status in statuses)


def _refuse(error: DataError, options, several: bool, source: str | None = None) -> None:
    from grimtable.report import clean

    if several and options.json:
        faults = list(error.faults)
        refused = {"table": {"source": source}, "verdict": "unreadable", "faults": faults}
        print(json.dumps(refused))
    for fault in error.faults:
        print(clean(fault), file=sys.stderr)


def _write(result, options, several: bool) -> None:
    from grimtable.report import clean, headline

    if options.json:
        found = result.to_dict(options.counts or None)
        text = json.dumps(found, indent=None if several else 2) + "\n"
    elif options.html:
        text = result.to_html()
    elif several:
        text = f"{clean(result.table.source)}: {headline(result)}\n"
    else:
        text = str(result)
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def _watched(grid, options):
    """Audit in a second thread, so that an interrupt is heard at once; tell what takes long."""
    from grimtable.auditing import audit

    stages = ["reading"]
    work = ThreadPoolExecutor(1).submit(
        audit, grid, n=options.n, layout=options.layout, rounding=options.rounding,
        exhaustive=EXHAUSTIVE[options.exhaustive],
        time_limit=options.time_limit, rows_as_one=options.rows_as_one, progress=stages.append,
    )  # fmt: skip
    start, seconds, shown = time.monotonic(), 0.0, ""
    terminal = sys.stderr.isatty()
    while not wait([work], 0.1 if seconds < 1 else 0.5).done:
        seconds, stage = time.monotonic() - start, stages[-1]
        said = f"{stage} ... {seconds:.0f} s"
        if seconds < 1:
            continue
        if terminal:
            print(f"\r\033[K{said}", end="", file=sys.stderr, flush=True)
        elif stage != shown:  # in a log, one line per stage
            print(said, file=sys.stderr, flush=True)
        shown = stage
    if terminal and shown:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    return work.result()
