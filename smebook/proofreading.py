"""What the audit of Table 1 means for the book: marks, reasons, the repaired table and what it changes."""

from pathlib import Path

import grimtable as auditing
import pandas as pd

from smebook import data, trends
from smebook import innovation_by_size as by_size
from smebook.cache import kept, while_unchanged
from smebook.data import SHARE, TOTAL
from smebook.display import Table
from smebook.innovation_by_size import SizeTable
from smebook.numbers import Number, computed, rounded, stated
from smebook.paths import DATA

_FILE = DATA / f"{by_size.TABLE}.csv"
_COUNT = "n"


@while_unchanged(DATA)
def result() -> auditing.Audit:
    """Return the audit of Table 1, proved afresh whenever the table or the engine changes."""
    data.load(by_size.TABLE)  # refuses a damaged file with the words of the build
    engine = sorted(Path(auditing.__file__).parent.glob("*.py"))
    return kept("audit-of-table-1", [_FILE, *engine], lambda: auditing.audit(_FILE))


def repaired() -> SizeTable:
    """Return Table 1 after the smallest repair.

    Raises
    ------
    ValueError
        If the smallest repairs leave a count open, so that there is no one repaired table.
    """
    counts = result().counts.drop(index=TOTAL).rename_axis("period")
    if counts.isna().any(axis=None):
        raise ValueError("the smallest repairs of Table 1 leave counts open: compute with their ranges")
    counts = counts.astype(int)
    n, cells = counts[_COUNT], counts.drop(columns=_COUNT)
    return SizeTable(cells.div(n, axis=0) * 100, n, "repaired")


def _shown(name: str) -> str:
    if name[:1].isdigit() and ("+" in name or int(name.split("-")[0]) < 1900 or len(name.split("-")[-1]) > 2):
        return by_size.band_name(name)
    return name.replace("-", "\N{EN DASH}")


_ROW_NAMES = {TOTAL: "printed total", SHARE: "printed average, %"}


def marked_table() -> Table:
    """Return Table 1 as printed with every cell marked that a check finds impossible or that a hint concerns."""
    raw = data.load(by_size.TABLE, as_text=True)
    columns = {"period": "Period", "n": "Innovations"} | {band: by_size.band_name(band) for band in raw.columns[1:-1]}
    marks: dict[tuple[str, str], str] = {}
    for finding in result().results:
        for row, column in _cells(finding, raw):
            place = (_row_name(row), columns[column])
            marks[place] = f"{marks[place]} {finding.message}" if place in marks else finding.message
    frame = raw.rename(columns=columns)
    frame["Period"] = [_row_name(row) for row in frame["Period"]]
    return Table(frame, "Table 1 as printed, with the cells marked that cannot be right or that deserve a look", margins=tuple(_ROW_NAMES.values()), marks=marks)


def _row_name(row: str) -> str:
    return _ROW_NAMES.get(row, row.replace("-", "\N{EN DASH}"))


def _cells(finding, raw: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the cells a finding concerns; one about a row as a whole is shown at its number of innovations."""
    if finding.row is None:
        return []
    if finding.check == "repeated_cells":
        cells = raw.set_index(raw.columns[0])
        others = cells.drop(index=finding.row)
        twin = others[(others[_COUNT] == cells.at[finding.row, _COUNT]) & (others[finding.column] == cells.at[finding.row, finding.column])].iloc[0]
        run = cells.columns[list(cells.columns).index(finding.column):]
        return [(finding.row, column) for column in run if cells.at[finding.row, column] == twin[column]]
    return [(finding.row, finding.column or raw.columns[-1])]


_KINDS = {
    "row_sum": "Percentages of a row add to 100", "impossible_share": "A percentage comes from a whole number", "impossible_row": "A row's cells are possible together",
    "row_totals": "Row counts add to the grand total", "grand_total": "Band totals add to the grand total", "column_totals": "Band totals agree with the rows",
    "average_share": "Average shares agree with the totals", "band_labels": "Bands neither overlap nor leave a gap",
    "repeated_cells": "No row repeats another", "transposed_digits": "No digits are exchanged",
}


def findings_table() -> Table:
    """Return every finding with its check, its place and its reason."""
    rows = [
        (_KINDS[f.check], _row_name(f.row) if f.row else "all rows", _shown(f.column) if f.column and f.column != _COUNT else "innovations" if f.column else "whole row", f.message)
        for f in result().results
    ]
    return Table(pd.DataFrame(rows, columns=["Check", "Row", "Column", "What was found"]), "Findings of the audit", stacked=True)


def edits_table() -> Table:
    """Return the printed values that the smallest repair changes, with what they become."""
    rows = []
    for row, column, before, after in result().repair.itertuples(index=False):
        rows.append((_row_name(row), "innovations" if column == _COUNT else _shown(column), before, after))
    return Table(pd.DataFrame(rows, columns=["Row", "Column", "Printed", "Repaired"]), "The smallest repair")


def repaired_counts() -> Table:
    """Return the repaired table: counts of innovations, a range where the smallest repairs leave one open."""
    ranges = result().count_ranges()
    text = pd.DataFrame({row: {k: f"{a:,}" if a == b else f"{a:,} to {b:,}" for k, (a, b) in own.items()} for row, own in ranges.items()}).T
    text = text.rename(columns={band: by_size.band_name(band) for band in by_size.printed().bands} | {_COUNT: "Innovations"})
    text.index = [row.replace("-", "\N{EN DASH}") for row in text.index]
    changed = {(_row_name(row) if row != TOTAL else TOTAL, "Innovations" if column == _COUNT else by_size.band_name(column)): f"Printed: {before}{'' if column == _COUNT else ' per cent'}." for row, column, before, _ in result().repair.itertuples(index=False)}
    return Table(text.rename_axis("Period").reset_index(), "Table 1 repaired, in innovations", margins=(TOTAL,), marks=changed)


def minimum() -> Number:
    """Return how many printed values must be wrong at least."""
    return computed(result().minimum, "printed values", 0, "smallest repair found by the audit, proved" if result().search.proved else "smallest repair found, not proved", by_size.TABLE)


def printed_values() -> Number:
    """Return how many values the table prints: cells, numbers of innovations and both rows of margins."""
    frame = data.load(by_size.TABLE)
    return computed(frame.shape[0] * (frame.shape[1] - 1), "printed values", 0, "rows times columns of the printed table", by_size.TABLE)


def findings(*checks: str) -> Number:
    """Return how many findings the audit has, of the checks named or of all."""
    found = [f for f in result().results if not checks or f.check in checks]
    return computed(len(found), "findings", 0, f"findings of the audit{' in ' + ', '.join(checks) if checks else ''} counted", by_size.TABLE)


def edit(row: str, column: str, repaired: bool = True) -> Number:
    """Return one value that the smallest repair changes: repaired, or as printed."""
    found = result().repair.set_index(["row", "column"]).loc[(row, column)]
    value = found["repaired" if repaired else "printed"]
    unit, decimals = ("innovations", 0) if column == _COUNT else ("%", 1)
    return computed(float(value), unit, decimals, f"{'repaired' if repaired else 'printed'} value of row {row}, column {column}", by_size.TABLE, row, column)


def share_sum(period: str) -> Number:
    """Return the sum of a period's printed percentages."""
    return computed(by_size.printed().shares.loc[period].sum(), "%", 1, f"printed percentages of {period} added", by_size.TABLE, period)


def uniqueness() -> str:
    """Return, as a phrase, whether the smallest repair is the only one of its size."""
    return {True: "the only one of its size, which is proved too", False: "not the only one of its size", None: "perhaps not the only one of its size, which could not be proved"}[result().unique]


def shortfall() -> Number:
    """Return by how many the repaired grand total falls short of the number that the text names."""
    return computed(stated("innovations_covered").value - int(repaired().n.sum()), "innovations", 0, "number named in the text less the repaired grand total", by_size.TABLE, TOTAL, _COUNT)


def comparison() -> Table:
    """Return the book's results from Table 1, from the print and from the repaired table, with whether they differ."""
    rows = []
    for name, compute in trends.RESULTS.items():
        before, after = compute(by_size.printed()), compute(repaired())
        rows.append((name, before, after, "no" if before == after else "yes"))
    return Table(pd.DataFrame(rows, columns=["Result", "From the print", "From the repaired table", "Differs"]), "Results from the print and from the repaired table", stacked=True)


def changed_results() -> Number:
    """Return how many of the compared results differ, as printed with their decimals."""
    differing = sum(compute(by_size.printed()) != compute(repaired()) for compute in trends.RESULTS.values())
    return computed(differing, "results", 0, "results that differ between print and repaired table counted", by_size.TABLE)


def compared_results() -> Number:
    """Return how many results are compared."""
    return computed(len(trends.RESULTS), "results", 0, "results computed from print and repaired table counted", by_size.TABLE)


def largest_cell_change() -> Number:
    """Return the largest difference between a printed and a repaired share."""
    change = (repaired().shares - by_size.printed().shares).abs()
    period, band = change.stack().idxmax()
    return computed(rounded(change.at[period, band], 1), "percentage points", 1, f"repaired less printed share of the band {band} in {period}", by_size.TABLE, period, band)
