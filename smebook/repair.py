"""Table 1 proofread by grimtable: the audit, and the table after the smallest repair."""

from pathlib import Path

import grimtable
from citablebook import data
from citablebook.cache import kept, while_unchanged
from citablebook.paths import DATA
from smebook.table1 import TABLE, SizeTable


@while_unchanged(DATA)
def audited() -> grimtable.Audit:
    """Return the audit of Table 1, proved once for all chapters of a build."""
    data.load(TABLE)  # refuses a damaged file in the words of the build
    table, engine = DATA / f"{TABLE}.csv", Path(grimtable.__file__).parent
    depends_on = [*engine.glob("*.py"), Path(__file__)]
    packages = ("numpy", "pandas", "ortools")
    return kept("audit", depends_on, lambda: grimtable.audit(table), packages)


def repaired() -> SizeTable:
    """Return Table 1 after the smallest repair.

    Raises
    ------
    ValueError
        If the smallest repair is not proved to be the only one, or leaves a count open, so
        that there is no one repaired table.
    """
    found = audited()
    if not (found.unique and found.counts_settled):
        raise ValueError("Table 1 has no one smallest repair that is proved: use the ranges")
    counts = found.counts.drop(index="total").astype(int).rename_axis("period")
    n = counts.pop("n")
    return SizeTable(counts.div(n, axis=0) * 100, n)
