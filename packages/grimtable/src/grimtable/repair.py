"""The smallest repairs of a table: which printed values must be wrong, and what they would be.

Tables of row percentages with all totals are hard where row counts are wrong, and
easy once these are known. For them the search deepens: with 1, 2, ... misprints
allowed, `margins` lists every combination of row counts that its bounds do not
exclude, and each is searched by itself. All other tables, and those too large for
that, are searched at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from grimtable.margins import RowCountSearch, SearchTooLargeError, cross_table
from grimtable.search import MOST_REPAIRS, ConflictError, OutOfTimeError, Search, ranges
from grimtable.tables import Reading, Table, Unknowns, unknowns_of

MOST_COMBINATIONS = 20_000
MOST_BASES = 12


@dataclass(frozen=True)
class Repair:
    """What is proved of the smallest repairs of a table.

    Parameters
    ----------
    lower : int
        No repair changes fewer values.
    sets : tuple of tuple of int
        Smallest repairs: numbers of values, or of units where these are counted.
        Empty where the time did not suffice; one empty set for a possible table.
    complete : bool
        Whether these are all smallest repairs.
    impossible : bool
        Whether what was declared as certain cannot be.
    """

    lower: int
    sets: tuple[tuple[int, ...], ...] = ()
    complete: bool = False
    impossible: bool = False

    @property
    def proved(self) -> bool:
        """Whether the smallest number of wrong values is proved."""
        return bool(self.sets)

    @property
    def minimum(self) -> int | None:
        """The fewest printed values that must be wrong, or None where it was not settled."""
        return len(self.sets[0]) if self.sets else None

    @property
    def unique(self) -> bool | None:
        """Whether only one set of values will do, or None where it was not settled."""
        if len(self.sets) > 1:
            return False
        return True if self.sets and self.complete else None

    @property
    def always(self) -> frozenset[int]:
        """Values wrong in every smallest repair; empty where these are not all known."""
        if not (self.sets and self.complete):
            return frozenset()
        return frozenset.intersection(*map(frozenset, self.sets))


def smallest_repair(
    table: Table,
    reading: Reading,
    deadline: float,
    unit: list[int] | None = None,
    trusted: Iterable[int] = (),
    progress: Callable[[str], None] = lambda stage: None,
) -> Repair:
    """Find and prove the smallest repairs of a printed table.

    Parameters
    ----------
    table : Table
    reading : Reading
    deadline : float
        On the monotonic clock, in seconds; what is not proved by then is not said.
    unit : list of int, optional
        For each value the unit that counts as one error.
    trusted : iterable of int
        Units that are not wrong.
    progress : callable
        Told, in a few words, what is being done.

    Returns
    -------
    Repair
    """
    unknowns = unknowns_of(table, reading)
    search = Search(unknowns.system, deadline, unit, trusted)
    trusted, proved = frozenset(trusted), 0
    try:
        progress("checking whether whole numbers fit everything")
        solution, _ = search.decide(frozenset())
        if solution is not None:
            return Repair(0, ((),), True)
        proved = 1
        cross = cross_table(table, reading) if unit is None else None
        if cross is not None:
            rows = RowCountSearch(cross, unknowns.system.bound, search.tick)
            with suppress(SearchTooLargeError):
                for proved in itertools.count(1):
                    values = f"{proved} printed value{'s' if proved > 1 else ''}"
                    progress(f"looking for repairs of {values}")
                    if found := _of_size(table, unknowns, rows, proved, trusted, deadline):
                        return found
        progress("looking for the smallest repair")
        search.run()
    except OutOfTimeError:
        pass
    sets = tuple(tuple(sorted(one)) for one in search.repairs)
    lower = max(search.lower, proved)
    impossible = search.complete and not sets
    return Repair(lower, sets, search.complete, impossible)


def fits(table: Table, reading: Reading, deadline: float) -> bool:
    """Whether whole numbers are found in time that fit everything printed."""
    try:
        return (
            Search(unknowns_of(table, reading).system, deadline).decide(frozenset())[0] is not None
        )
    except OutOfTimeError:
        return False


def _of_size(
    table: Table, unknowns: Unknowns, rows: RowCountSearch, budget: int, trusted, deadline: float
) -> Repair | None:
    """All repairs of `budget` values, where there are none of fewer."""
    sizes = {
        v.group: i for i, v in enumerate(table.values) if (v.kind, v.category) == ("count", None)
    }
    certain = frozenset(g for g, i in sizes.items() if g is not None and i in trusted)
    combinations = rows.combinations(budget, certain)
    if len(combinations) > MOST_COMBINATIONS:
        raise SearchTooLargeError
    sets: dict[tuple[int, ...], None] = {}  # in the order in which they are found
    complete = True
    for line in combinations:
        fixed = {unknowns.cells[i, None]: n for i, n in enumerate(line)}
        search = Search(unknowns.system, deadline, trusted=trusted, fixed=fixed)
        try:
            search.run(limit=budget)
        except OutOfTimeError:
            if not sets and not search.repairs:
                raise
            complete = False
        complete = complete and search.complete
        sets |= dict.fromkeys(tuple(sorted(one)) for one in search.repairs)
        if len(sets) >= MOST_REPAIRS or not complete:
            complete = False
            break
    return Repair(budget, tuple(sets), complete) if sets else None


@dataclass(frozen=True)
class Edit:
    """A wrong value and what it would have to be: counts, or per cent in the printed rounding.

    `low` and `high` differ where the repair leaves it open; both are None where the
    time did not suffice.
    """

    value: int
    low: Fraction | None
    high: Fraction | None


def edits(table: Table, reading: Reading, wrong: tuple[int, ...], deadline: float) -> list[Edit]:
    """What the values of one repair would print if all others are right.

    Parameters
    ----------
    table, reading, deadline
        As for `smallest_repair`.
    wrong : tuple of int
        Numbers of the wrong values.

    Returns
    -------
    list of Edit
    """
    unknowns = unknowns_of(table, reading)
    system = unknowns.system
    standing = [i for i in range(len(table.values)) if i not in wrong]
    facts = [system.evidence[i] for i in wrong]
    asked = {k for fact in facts for k in (fact.unknown, fact.base) if k is not None}
    try:
        possible, settled = ranges(system, standing, deadline, of=asked)
    except OutOfTimeError:
        return [Edit(i, None, None) for i in wrong]
    result = []
    for i in wrong:
        fact, value, printed = system.evidence[i], table.values[i], table.values[i].printed
        low, high = possible[fact.unknown]
        least, most = (0, 0) if fact.base is None else possible[fact.base]
        if fact.base is not None and settled and least < most < least + MOST_BASES:
            ends = []
            try:
                for n in range(least, most + 1):
                    fixed = {fact.base: n}
                    with suppress(ConflictError):
                        within, sure = ranges(system, standing, deadline, fixed, {fact.unknown})
                        settled = settled and sure
                        ends += [printed.rounded_share(x, n) for x in within[fact.unknown]]
            except OutOfTimeError:
                settled, ends = False, []
            ends.sort()
        elif fact.base is not None:
            last = printed.rounded_share(high, least) if least else Fraction(100)
            ends = [printed.rounded_share(low, most), min(last, Fraction(100))]
        elif value.category is None and value.kind == "percent":
            ends = [Fraction(100)]
        else:
            ends = [Fraction(low), Fraction(high)]
        known = len(set(ends)) == 1 or (ends and settled)
        result.append(Edit(i, ends[0], ends[-1]) if known else Edit(i, None, None))
    return result


def possible_counts(
    table: Table, reading: Reading, repair: Repair, deadline: float
) -> tuple[dict[tuple[int | None, int | None], tuple[int, int]], bool]:
    """Least and greatest true count of every group and category over all smallest repairs.

    Returns
    -------
    counts : dict of (group, category) to (int, int)
        Empty unless all smallest repairs are known.
    settled : bool
        Whether these are the least and greatest themselves; outer bounds otherwise.
    """
    if not (repair.sets and repair.complete):
        return {}, False
    unknowns = unknowns_of(table, reading)
    merged: dict[tuple[int | None, int | None], tuple[int, int]] = {}
    settled = True
    for wrong in repair.sets:
        standing = [i for i in range(len(table.values)) if i not in wrong]
        try:
            possible, sure = ranges(unknowns.system, standing, deadline)
        except OutOfTimeError:
            return {}, False
        settled = settled and sure
        for key, unknown in unknowns.cells.items():
            low, high = possible[unknown]
            before = merged.get(key, (low, high))
            merged[key] = min(before[0], low), max(before[1], high)
    return merged, settled
