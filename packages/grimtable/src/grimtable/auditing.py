"""The audit of one table: its verdict, what is proved, and under which assumptions."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from grimtable import checks
from grimtable.checks import Finding
from grimtable.errors import DataError
from grimtable.layout import table_of
from grimtable.numbers import ROUNDINGS
from grimtable.reading import Grid, frame_grid, read_grids, text_grids
from grimtable.repair import Edit, Repair, edits, fits, possible_counts, smallest_repair
from grimtable.search import Bounds, ConflictError, OutOfTimeError, solutions
from grimtable.tables import COUNT, TOTAL, Reading, Table, unknowns_of

TIME_LIMIT = 60.0
CONSISTENT, INCONSISTENT, NOT_SETTLED = "consistent", "inconsistent", "not settled"
MOST_SLIPS = 100
COUNTING = 2.0
Place = tuple[str, str | None]


@dataclass(frozen=True)
class Audit:
    """What the audit of one table found.

    Parameters
    ----------
    table : Table
    reading : Reading
        The assumptions made.
    search : Repair
        What is proved of the smallest repairs, by numbers of values.
    edits : tuple of Edit
        The values of one smallest repair; empty where the time did not suffice.
    results : tuple of Finding
        Proofs first, then hints.
    doubts : tuple of str
        Other readings under which the table, or nearly all of it, is possible.
    noticed : (int, int) or None
        For a consistent table: of so many single-digit slips tried, how many would
        have been noticed at least.
    units : tuple of str
        What is counted, where whole rows count as one error.
    seconds : dict of str to float
        Time limit, and time taken.
    """

    table: Table
    reading: Reading
    search: Repair
    edits: tuple[Edit, ...] = ()
    results: tuple[Finding, ...] = ()
    doubts: tuple[str, ...] = ()
    noticed: tuple[int, int] | None = None
    units: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    counted: tuple = field(default=({}, False), repr=False)

    @property
    def verdict(self) -> str:
        """The verdict: "consistent", "inconsistent" or "not settled"."""
        if self.search.minimum == 0:
            return CONSISTENT
        return INCONSISTENT if self.search.lower else NOT_SETTLED

    @property
    def minimum(self) -> int | None:
        """The fewest printed values that must be wrong; None where it was not settled."""
        return self.search.minimum

    @property
    def lower_bound(self) -> int:
        """So many printed values are wrong at least; always proved."""
        return self.search.lower

    @property
    def unique(self) -> bool | None:
        """Whether only one set of values will do; None where it was not settled."""
        return self.search.unique

    @property
    def alternatives(self) -> list[list[tuple[str, str]]]:
        """The other smallest sets of wrong values that were found, as (row, column)."""
        return [] if self.units else [self._places(one) for one in self.search.sets[1:]]

    @property
    def always_wrong(self) -> list[tuple[str, str]]:
        """Values wrong in every smallest repair, as (row, column)."""
        return [] if self.units else self._places(sorted(self.search.always))

    def _places(self, wrong) -> list[tuple[str, str]]:
        return [self.table.values[i].place for i in wrong]

    @property
    def wrong_units(self) -> list[str]:
        """One smallest set of wrong units, where whole rows count as one error."""
        return [self.units[u] for u in next(iter(self.search.sets), ())] if self.units else []

    @property
    def assumptions(self) -> str:
        """What is taken for granted, in one sentence."""
        parts = ["whole, unweighted cases", "percentages of the printed n"]
        if any(b.exhaustive for b in self.table.blocks):
            parts.append("each case in one category of a block")
        some = [self.table.categories[b.categories[0]] for b in self.table.blocks if b.answers]
        if some:  # named by their first category
            parts.append(f"of fewer cases, those that answered, from {', '.join(some)} on")
        parts.append(ROUNDINGS[self.reading.rounding])
        if self.table.totals and any(v.group is None for v in self.table.values):
            parts.append("groups that make up the totals")
        bound = unknowns_of(self.table, self.reading).system.bound
        return f"Assumed: {'; '.join(parts)}; and no count above {bound:,}."

    @property
    def findings(self):
        """Everything found, as a pandas DataFrame.

        Columns: check, row, column, printed, computed, message, hint.
        """
        import pandas

        names = ["check", "row", "column", "printed", "computed", "message"]
        rows = [[getattr(f, name) for name in names] + [f.is_hint] for f in self.results]
        return pandas.DataFrame(rows, columns=[*names, "hint"])

    @property
    def repair(self):
        """One smallest repair, as a pandas DataFrame: row, column, printed, repaired.

        `repaired` is a text with the printed decimals, "low to high" where the repair
        leaves it open, and "not determined" where the time did not suffice.
        """
        import pandas

        values = [self.table.values[e.value] for e in self.edits]
        rows = [
            [*value.place, value.printed.text, self.repaired(edit)]
            for value, edit in zip(values, self.edits, strict=True)
        ]
        return pandas.DataFrame(rows, columns=["row", "column", "printed", "repaired"])

    def repaired(self, edit: Edit) -> str:
        """What a wrong value would have to be, in its printed form."""
        if edit.low is None or edit.high is None:
            return "not determined"
        printed = self.table.values[edit.value].printed
        low, high = printed.show(edit.low), printed.show(edit.high)
        return low if low == high else f"{low} to {high}"

    @cached_property
    def _counts(self):
        if self.units or self.counted[1]:
            return self.counted
        limit = self.seconds.get("limit", TIME_LIMIT)
        return possible_counts(self.table, self.reading, self.search, time.monotonic() + limit)

    @property
    def counts_settled(self) -> bool:
        """Whether `counts` are the least and greatest themselves, and not only bounds."""
        return self._counts[1]

    def count_ranges(self) -> dict[str, dict[str, tuple[int, int]]]:
        """Least and greatest true count by group and category over all smallest repairs.

        Computed when asked for; `n` is the size of a group, `total` all groups together.
        Empty where not all smallest repairs are known.
        """
        table, counts = self.table, self._counts[0]
        names: dict[int | None, str] = {**dict(enumerate(table.categories)), None: COUNT}
        return {
            TOTAL if group is None else table.groups[group]: {
                name: counts[group, category] for category, name in names.items()
            }
            for group in dict.fromkeys(group for group, _ in counts)
        }

    @property
    def counts(self):
        """The true counts by group and category, as a pandas DataFrame; missing where open."""
        import pandas

        data = {
            row: {k: low if low == high else None for k, (low, high) in own.items()}
            for row, own in self.count_ranges().items()
        }
        frame = pandas.DataFrame.from_dict(data, orient="index", dtype="Int64")
        return frame.rename_axis("group")

    @property
    def marks(self) -> dict[tuple[str, str], str]:
        """Why a cell cannot be right or is worth a look, by row and column, as in the report."""
        from grimtable import report

        found = report.marks(self)
        return {report.place_of(self, cell): " ".join(why) for cell, (_, why) in found.items()}

    def __str__(self) -> str:
        from grimtable.report import as_text

        return as_text(self)

    def to_dict(self, counts: bool | None = None) -> dict:
        """The audit as plain dictionaries and lists, by the schema of the package."""
        from grimtable.report import as_json

        return as_json(self, counts)

    def to_html(self) -> str:
        """The audit as one accessible HTML file."""
        from grimtable.report import as_html

        return as_html(self)

    def _repr_html_(self) -> str:
        from grimtable.report import as_fragment

        return as_fragment(self)


def as_table(
    source,
    layout: str = "auto",
    exhaustive: bool | None = None,
    n: str | None = None,
    number: int | None = None,
) -> Table:
    """Read a DataFrame, a file or a grid as a table.

    Parameters
    ----------
    source : pandas.DataFrame, str, Path, Grid or Table
        A data frame; the name of a file; or the text of a table, which has line breaks.
    layout, exhaustive, n, number
        As for `audit`.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        The table cannot be read or audited, or is one of several; the message says why.
    """
    if isinstance(source, Table):
        return source
    if isinstance(source, str) and "\n" in source:
        grid = _one(text_grids(source), number)
    elif isinstance(source, (str, Path)):
        grid = _one(read_grids(source), number)
    elif isinstance(source, Grid):
        grid = source
    elif hasattr(source, "columns") and hasattr(source, "index"):
        grid = frame_grid(source)
    else:
        raise DataError(
            f"a {type(source).__name__} cannot be audited; give a DataFrame or the name of a file."
        )
    return table_of(grid, layout, exhaustive, n)


def _one(grids: list[Grid], number: int | None) -> Grid:
    """The table of that number, which need not be said where there is only one."""
    if number is None and len(grids) == 1:
        return grids[0]
    if number is None or not 1 <= number <= len(grids):
        source = grids[0].source.rpartition(", ")[0] or grids[0].source
        have = f"{len(grids)} tables" if len(grids) > 1 else "one table"
        raise DataError(f"{source}: holds {have}; say which with number=1 to {len(grids)}.")
    return grids[number - 1]


def audit(
    source,
    *,
    n: str | None = None,
    number: int | None = None,
    layout: str = "auto",
    rounding: str = "nearest",
    exhaustive: bool | None = None,
    time_limit: float = TIME_LIMIT,
    trust: Iterable[Place] = (),
    rows_as_one: bool = False,
    progress: Callable[[str], None] = lambda stage: None,
) -> Audit:
    """Check a printed table and find its smallest repair.

    Parameters
    ----------
    source : pandas.DataFrame, str, Path or Table
        The table as printed, a file, or its text (with line breaks); texts keep the
        printed decimals, floats may lose them.
    n : str, optional
        Label of the column or row of group sizes, where it is not recognised.
    number : int, optional
        Which table of the file, from 1; needed where it holds several.
    layout : str
        "auto", "row", "column" or "total": of what the percentages are parts.
    rounding : str
        "nearest", "half-up", "half-even", "truncated" or "adjusted" (last digits
        changed so that percentages add up to 100).
    exhaustive : bool, optional
        Whether the categories of each block are complete and exclude each other; by
        default, where they add up to 100 or to n in most groups.
    time_limit : float
        Seconds after which what is not proved is not said.
    trust : iterable of (row, column)
        Printed values that are certain; None as column for a whole row.
    rows_as_one : bool
        Count all that is wrong in a group's row as one error.
    progress : callable
        Told, in a few words, what is being done.

    Returns
    -------
    Audit

    Raises
    ------
    DataError
        The table cannot be read or audited.
    KeyError
        A place in `trust` prints nothing.
    """
    from ortools.sat.python import cp_model  # noqa: F401  (a second to load, not to be counted)

    start = time.monotonic()
    if rounding not in ROUNDINGS:
        raise DataError(f"{rounding!r} is no rounding: choose {', '.join(ROUNDINGS)}.")
    table = as_table(source, layout, exhaustive, n, number)
    reading = Reading(rounding)
    trusted = [i for row, column in trust for i in table.find(row, column)]
    unit, names = _units(table) if rows_as_one else (None, [])
    deadline = start + time_limit
    found = tuple(checks.arithmetic_findings(table, reading))
    doubts: tuple[str, ...] = ()
    if found or not fits(table, reading, start + 0.3 * time_limit):
        doubts = tuple(_doubts(table, reading, start + 0.6 * time_limit))
    # A part of the time is kept for what the repair means; an unlikely one is not worth much of it.
    share = min(0.2 * time_limit, 5.0) if doubts else 0.85 * time_limit
    until = min((time.monotonic() if doubts else start) + share, deadline)
    certain = {unit[i] for i in trusted} if unit else trusted
    repair = smallest_repair(table, reading, until, unit, certain, progress)
    if found and not repair.lower:  # each of them proves one wrong value
        repair = replace(repair, lower=1)
    changed: tuple[Edit, ...] = ()
    if not repair.lower:
        doubts = ()
    if repair.minimum and unit is None:
        until = min(deadline, time.monotonic() + 2) if doubts else deadline
        changed = tuple(edits(table, reading, _in_order(table, repair.sets[0]), until))
    noticed = _noticed(table, reading, deadline) if repair.minimum == 0 else None
    if repair.lower and not found:
        message = (
            "Every group, category and total is possible alone, but no counts make all of them"
            " possible together."
        )
        found = (Finding("together", None, None, None, None, message),)
    counted: tuple = {}, False
    hints = list(checks.band_findings(table.categories))
    if repair.minimum and not doubts:
        hints += checks.repetition_findings(table, set() if unit else set(repair.always))
        causes = checks.grand_total_exchange(table)
        if unit is None:
            until = min(deadline, time.monotonic() + COUNTING)
            counted = possible_counts(table, reading, repair, until)
        if repair.unique and unit is None:
            runs = {f.row for f in hints if f.check == "repeated_cells" and len(f.cells) > 1}
            places = {(f.check, f.row, f.column) for f in causes}
            causes += [
                f
                for f in checks.cause_findings(table, changed, counted[0])
                if f.row not in runs and (f.check, f.row, f.column) not in places
            ]
        seen = {(f.row, f.column) for f in hints}
        hints += [f for f in causes if (f.row, f.column) not in seen]
    else:
        hints += checks.repetition_findings(table, set())
    found += tuple(hints)
    seconds = {"limit": time_limit, "taken": round(time.monotonic() - start, 3)}
    return Audit(
        table, reading, repair, changed, found, doubts, noticed, tuple(names), seconds, counted
    )


def _in_order(table: Table, wrong: Iterable[int]) -> tuple[int, ...]:
    """Values by groups, the size of each group first, totals last."""
    placed = [(table.values[i], i) for i in wrong]
    keys = [(v.group is None, v.group or 0, v.category is not None, i) for v, i in placed]
    return tuple(i for *_, i in sorted(keys))


def _units(table: Table) -> tuple[list[int], list[str]]:
    """A unit for each group's row, and one for each value of the totals."""
    totals = [" / ".join(value.place) for value in table.values if value.group is None]
    numbers = itertools.count(len(table.groups))
    unit = [next(numbers) if v.group is None else v.group for v in table.values]
    return unit, [*table.groups, *totals]


def _doubts(table: Table, reading: Reading, deadline: float) -> Iterable[str]:
    """Assumptions that explain what was found better than errors do."""
    percents = [v for v in table.values if v.kind == "percent"]
    rows: list[list] = []
    blocks: list[list] = []
    for group in range(len(table.groups)):
        shares = [v for v in percents if v.group == group and v.base == "group"]
        rows.append([v.printed.value for v in shares if v.category is not None])
        for block in table.blocks:
            own = [v.printed.value for v in shares if v.category in block.categories]
            if len(own) == len(block.categories) > 2:
                blocks.append(own)

    def possible(**changes) -> bool:
        return fits(table, replace(reading, **changes), deadline)

    if_possible = "The table is possible if"
    if percents and reading.rounding != "truncated" and possible(rounding="truncated"):
        yield f"{if_possible} its percentages are cut off, not rounded (rounding: truncated)."
    if len(blocks) > 2 and set(map(sum, blocks)) == {100} and reading.rounding != "adjusted":
        if possible(rounding="adjusted"):
            yield (
                f"{if_possible} last digits were adjusted so that percentages add up to exactly"
                " 100, as all of them do (rounding: adjusted)."
            )
    if len(table.blocks) == 1 and 2 * sum(sum(row) > 110 for row in rows) > len(rows):
        yield (
            "Percentages add up to far more than 100: several answers may have been allowed"
            " (exhaustive: no)."
        )
    elif any(b.exhaustive for b in table.blocks) and possible(exhaustive=False):
        yield f"{if_possible} categories leave out or count twice some cases (exhaustive: no)."
    if possible(missing=True):
        yield (
            f"{if_possible} some cases gave no answer, and percentages are of those that did,"
            " fewer than n."
        )
    if table.totals and any(v.group is None for v in table.values) and possible(totals=False):
        yield f"{if_possible} the totals cover other cases than the groups shown."
    if checks.unrelated(table, reading):
        yield (
            "As many percentages are impossible as chance would give: these do not seem to be"
            " shares of the printed n (weighted? another base?)."
        )


def _noticed(table: Table, reading: Reading, deadline: float) -> tuple[int, int] | None:
    """Of single-digit slips tried at random, how many would have been noticed at least."""
    generator = random.Random(0)
    tried = caught = 0
    unknowns = unknowns_of(table, reading)
    system = unknowns.system
    everything = range(len(table.values))
    for _ in range(max(10, min(MOST_SLIPS, 20_000 // len(table.values)))):
        if time.monotonic() > deadline:
            return None
        k = generator.randrange(len(table.values))
        value = table.values[k]
        digits = list(str(value.printed.units).zfill(value.printed.decimals + 1))
        place = generator.randrange(len(digits))
        digits[place] = generator.choice([d for d in "0123456789" if d != digits[place]])
        slip = replace(value.printed, units=int("".join(digits)), text="")
        if value.kind == "percent" and slip.value > 100:
            continue
        kept = system.evidence[k]
        system.evidence[k] = unknowns.evidence_of(replace(value, printed=slip), reading.rounding)
        tried += 1
        try:
            Bounds(system, everything)
        except ConflictError:
            caught += 1
        system.evidence[k] = kept
    return caught, tried


def possible_tables(
    source,
    wrong: Iterable[Place],
    *,
    rounding: str = "nearest",
    most: int = 1_000,
    time_limit: float = TIME_LIMIT,
    **options,
):
    """All tables of counts that fit everything printed but the values named.

    Parameters
    ----------
    source : pandas.DataFrame, str, Path or Table
    wrong : iterable of (row, column)
        Printed values to be left out; None as column for a whole row.
    rounding : str
        As for `audit`.
    most : int
        Stop after so many.
    time_limit : float
        Seconds.
    **options
        `n`, `number`, `layout`, `exhaustive` as for `audit`.

    Returns
    -------
    pandas.DataFrame
        One line for each table; columns are (group, category), the sizes `n` included.

    Raises
    ------
    TimeoutError
        The time did not suffice to find all.
    """
    import pandas

    table = as_table(source, **options)
    out = {i for row, column in wrong for i in table.find(row, column)}
    unknowns = unknowns_of(table, Reading(rounding))
    keys = [key for key in unknowns.cells if key[0] is not None]
    numbers = [unknowns.cells[key] for key in keys]
    standing = [i for i in range(len(table.values)) if i not in out]
    try:
        found = solutions(unknowns.system, standing, numbers, most, time.monotonic() + time_limit)
    except OutOfTimeError:
        raise TimeoutError(
            f"not all possible tables were found within {time_limit} seconds"
        ) from None
    columns = pandas.MultiIndex.from_tuples(
        [unknowns.names[k] for k in numbers], names=["group", "category"]
    )
    return pandas.DataFrame(found, columns=columns)
