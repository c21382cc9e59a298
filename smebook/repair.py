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
    """Return every finding of the audit.

    Returns
    -------
    pandas.DataFrame
        `check`, `row` and `column` (None for the whole), what is `printed` there (for a
        repetition, all values of its run) and the `message` with the arithmetic.
    """
    names = ["check", "row", "column", "printed", "message"]
    rows = [[getattr(found, name) for name in names] for found in audited().findings]
    return pd.DataFrame(rows, columns=names, dtype=object)


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
        If the smallest repair is not proved to be the only one, or leaves a count open, so
        that there is no one repaired table.
    """
    frames, found = grimtable.repaired_table(audited()), audited().repair
    if not (found.proved and found.unique and frames["low"].equals(frames["high"])):
        raise ValueError("Table 1 has no one smallest repair that is proved: use the ranges")
    counts = frames["low"].drop(index=grimtable.TOTAL).astype(int).rename_axis("period")
    n = counts.pop(grimtable.COUNT)
    return SizeTable(counts.div(n, axis=0) * 100, n)
