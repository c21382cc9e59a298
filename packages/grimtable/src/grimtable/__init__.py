"""Audit of a printed cross-table of percentages: find, prove and repair its errors.

In the spirit of statcheck (Nuijten et al. 2016, Behavior Research Methods 48,
1205-1226), GRIM (Brown and Heathers 2017, Social Psychological and Personality
Science 8(4), 363-369) and SPRITE (Heathers et al. 2018), for a whole table of
percentages with printed counts instead of single statistics.

>>> from grimtable import audit, read_printed_table
>>> result = audit(read_printed_table("data/innovation_share_by_size.csv"))
>>> result.repair.minimum
8
"""

from __future__ import annotations

__version__ = "1.0.0"

from collections.abc import Callable
from dataclasses import dataclass, replace

from grimtable.checks import (
    HINTS,
    Finding,
    arithmetic_findings,
    band_findings,
    repetition_findings,
    transposition_findings,
)
from grimtable.printed import (
    COUNT,
    SHARE,
    TOTAL,
    PrintedNumber,
    PrintedTable,
    parse_printed_table,
    read_printed_table,
)
from grimtable.repair import Edit, Repair, smallest_repair
from grimtable.report import audit_as_json, audit_as_text

__all__ = [
    "COUNT", "HINTS", "SHARE", "TOTAL", "Audit", "Edit", "Finding", "PrintedNumber", "PrintedTable", "Repair",
    "audit", "audit_as_json", "audit_as_text", "parse_printed_table", "read_printed_table", "repaired_table",
    "smallest_repair",
]  # fmt: skip


@dataclass(frozen=True)
class Audit:
    """What the audit of one table found.

    Parameters
    ----------
    table : PrintedTable
    findings : tuple of Finding
        Proofs first, then hints.
    repair : Repair
    consistent : bool
        Whether the table is arithmetically possible. Hints alone (a gap
        between bands, say) leave a table consistent.
    """

    table: PrintedTable
    findings: tuple[Finding, ...]
    repair: Repair
    consistent: bool

    def findings_at(self, row: str, column: str) -> tuple[Finding, ...]:
        """The findings that concern one position, to mark it in a drawing of the table."""
        return tuple(
            f
            for f in self.findings
            if f.column == column and f.row in (row, None) or f.row == row and f.column is None
        )


def audit(
    table: PrintedTable,
    time_limit: float = 60.0,
    progress: Callable[[str], None] = lambda stage: None,
) -> Audit:
    """Check a printed table and find its smallest repair.

    Parameters
    ----------
    table : PrintedTable
    time_limit : float
        Seconds after which what is not proved is reported as such.
    progress : callable
        Told, in a few words, what is being done.

    Returns
    -------
    Audit
    """
    proofs = arithmetic_findings(table)
    repair = smallest_repair(table, time_limit, progress)
    if proofs and not repair.lower_bound:  # each of them proves one misprint
        repair = replace(repair, lower_bound=1)
    consistent = not proofs and repair.lower_bound == 0 and repair.minimum == 0
    if not consistent and not proofs:
        message = "Every row, column and total is possible alone, but no counts make all of them possible together."
        if repair.lower_bound == 0:
            message = (
                "No counts that make the whole table possible were found within the time limit."
            )
        proofs.append(Finding("column_totals", TOTAL, None, None, None, message))
    hints = (
        band_findings(table.bands)
        + repetition_findings(table, repair)
        + transposition_findings(table, repair)
    )
    return Audit(table, tuple(proofs + hints), repair, consistent)


def repaired_table(result: Audit):
    """The counts that remain possible, and the percentages they make.

    Parameters
    ----------
    result : Audit

    Returns
    -------
    dict of str to pandas.DataFrame
        `low` and `high`: counts (whole numbers), rows and `total` by bands and
        `n`. `share_low` and `share_high`: per cent of the row, unrounded; the
        outer bounds where a count and its n are both open. Missing where a
        row's n may be 0 (no percentage) or nothing was found.
    """
    import pandas

    counts, table = result.repair.counts, result.table
    rows, columns = [*table.rows, TOTAL], [*table.bands, COUNT]
    frames = {
        end: pandas.DataFrame(
            [[counts[row, column][k] if counts else None for column in columns] for row in rows],
            rows,
            columns,
        )
        for k, end in enumerate(("low", "high"))
    }
    shares: dict[str, list[list[float | None]]] = {"share_low": [], "share_high": []}
    for row in rows:
        for k, name in enumerate(shares):
            n = counts[row, COUNT][1 - k] if counts else 0
            shares[name].append(
                [min(100.0, 100 * counts[row, column][k] / n) if n else None for column in columns]
            )
    return frames | {
        name: pandas.DataFrame(values, rows, columns, dtype=float)
        for name, values in shares.items()
    }
