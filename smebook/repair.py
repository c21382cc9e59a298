"""Table 1 proofread by grimtable: findings as a frame, and the table after the smallest repair."""

import functools

import grimtable
import pandas as pd
from citablebook import data
from citablebook.paths import DATA

from smebook.table1 import TABLE, SizeTable


@functools.cache
def audited() -> grimtable.Audit:
    """Return the audit of Table 1, proved anew in each process."""
    data.load(TABLE)  # refuses a damaged file in the words of the build
    return grimtable.audit(grimtable.read_printed_table(DATA / f"{TABLE}.csv"))


def findings() -> pd.DataFrame:
    """Return every finding of the audit: `check`, `row`, `column` (None: the whole), `message`."""
    return pd.DataFrame(
        [(found.check, found.row, found.column, found.message) for found in audited().findings],
        columns=["check", "row", "column", "message"],
    )


def edits() -> pd.DataFrame:
    """Return what the smallest repair changes: `row`, `column`, `printed` and `repaired`."""
    rows = []
    for edit in audited().repair.edits:
        low, high = (edit.printed.show(value) for value in (edit.low, edit.high))
        value = low if low == high else f"{low} to {high}"
        rows.append((edit.row, edit.column, edit.printed.text, value))
    return pd.DataFrame(rows, columns=["row", "column", "printed", "repaired"])


def repaired() -> SizeTable:
    """Return Table 1 after the smallest repair.

    Raises
    ------
    ValueError
        If the smallest repairs leave a count open, so that there is no one repaired table.
    """
    frames = grimtable.repaired_table(audited())
    if not frames["low"].equals(frames["high"]):
        raise ValueError("the smallest repairs of Table 1 leave counts open: use their ranges")
    counts = frames["low"].drop(index=grimtable.TOTAL).astype(int).rename_axis("period")
    n = counts.pop(grimtable.COUNT)
    return SizeTable(counts.div(n, axis=0) * 100, n)
