"""The smallest set of misprints that makes a printed table possible.

The unknowns are whole numbers of cases, one per row and band. A printed value
is honoured when the true counts round to it, and a misprint otherwise. We look
for the fewest misprints, for all sets of that size, and for the counts that
remain possible under any of them.

The search deepens: with 0, 1, 2, ... misprints allowed, `margins` lists every
combination of row counts that its bounds do not exclude, and CP-SAT decides
whether one of them can be filled. The first success is the proved minimum.

Counts are bounded. Unless the grand total stands, all column totals stand, or
all row counts stand (each of which fixes the true grand total), the grand
total, a column total and a row count are misprinted. Then every column whose
total T and share s (rounding h) both stand bounds the grand total by
100 T / (s - h); a grand total beyond the k-th smallest such bound breaks k
columns and so takes k + 2 misprints or more. `largest_grand_total` uses this,
and says when it cannot bound the search: the repair is then not `proved`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from grimtable.margins import RowCountSearch, SearchTooLarge
from grimtable.printed import COUNT, LARGEST_COUNT, SHARE, TOTAL, PrintedNumber, PrintedTable

Position = tuple[str, str]
Range = tuple[int, int]
MOST_ALTERNATIVES = 20
MOST_COMBINATIONS = 20_000


@dataclass(frozen=True)
class Edit:
    """One misprint, and what the table would have to print instead.

    `low` and `high` (counts, or per cent in the printed rounding) differ where
    the smallest repairs leave it open.
    """

    row: str
    column: str
    printed: PrintedNumber
    low: Fraction
    high: Fraction


@dataclass(frozen=True)
class Repair:
    """All smallest repairs of a table.

    Parameters
    ----------
    minimum : int
        The fewest printed values that must be wrong; 0 for a possible table.
        Where `proved` is false, the best number found.
    proved : bool
        Whether no smaller number can do.
    lower_bound : int
        The number below which no repair exists, for certain.
    unique : bool or None
        Whether only one set of positions will do; None where neither was
        proved within the time limit.
    edits : tuple of Edit
        One smallest set, each with the values it takes over all repairs that
        change exactly this set.
    alternatives : tuple of tuple of (row, column)
        The other smallest sets, at most `MOST_ALTERNATIVES`.
    always_wrong : tuple of (row, column)
        Positions wrong in every smallest repair (where `unique` is None: in
        every one found).
    counts : dict of (row, column) to (int, int)
        Lowest and highest true count over all smallest repairs: every cell,
        every row's `n`, and the row `total`.
    counts_proved : bool
        Whether these ranges are proved; else they are outer bounds.
    """

    minimum: int
    proved: bool
    lower_bound: int
    unique: bool | None
    edits: tuple[Edit, ...] = ()
    alternatives: tuple[tuple[Position, ...], ...] = ()
    always_wrong: tuple[Position, ...] = ()
    counts: dict[Position, Range] = field(default_factory=dict)
    counts_proved: bool = True


def largest_grand_total(table: PrintedTable, budget: int) -> tuple[int, bool]:
    """A bound on the true grand total if at most `budget` values are misprinted.

    Returns
    -------
    (int, bool)
        The bound, and whether it is proved (see the module's argument).
    """
    sums = [
        table.grand_total.units,
        sum(total.units for total in table.column_totals),
        sum(count.units for count in table.row_counts),
    ]
    bounds = []
    for total, share in zip(table.column_totals, table.shares, strict=True):
        least = share.value - share.half_unit
        if least > 0:
            bounds.append(int(100 * total.units / least))
    bounds.sort()
    if budget < 2:
        return max(sums), True
    if budget - 2 < len(bounds):
        return max(*sums, bounds[budget - 2]), True
    return min(10 * max(*sums, 1, *bounds[-1:]), LARGEST_COUNT), False


class OutOfTime(Exception):
    """The time limit is reached."""


def smallest_repair(
    table: PrintedTable,
    time_limit: float = 60.0,
    progress: Callable[[str], None] = lambda stage: None,
) -> Repair:
    """Find and prove the smallest repair of a printed table.

    Parameters
    ----------
    table : PrintedTable
    time_limit : float
        Seconds after which what is not proved is reported as such.
    progress : callable
        Told, in a few words, what is being done.

    Returns
    -------
    Repair

    Notes
    -----
    Solver: OR-Tools CP-SAT (Perron and Didier, CP-SAT, Google), which proves
    optimality in exact arithmetic. The problem is the repair counterpart of
    GRIM (Brown and Heathers 2017, Social Psychological and Personality Science
    8(4), 363-369), which tests a single value, and of SPRITE (Heathers et al.
    2018, PeerJ Preprints 6:e26968), which rebuilds the data behind one mean.
    """
    deadline = time.monotonic() + time_limit

    def tick() -> None:
        if time.monotonic() > deadline:
            raise OutOfTime

    # The solver takes a second to import, and reading errors must not wait for it.
    from grimtable.solver import RepairModel, Repairs

    fixed = 0 if abs(100 - table.share_total.value) <= table.share_total.half_unit else 1
    budget = 0
    while True:
        progress(f"looking for repairs of {budget + fixed} printed values")
        largest, bounded = largest_grand_total(table, budget)
        try:
            if not bounded:
                break
            if budget:
                combinations = RowCountSearch(table, largest, tick=tick).combinations(budget)
            else:
                combinations = _as_printed(table)
        except (SearchTooLarge, OutOfTime):
            break
        if len(combinations) > MOST_COMBINATIONS:
            break
        possible, solved = [], None
        for combination in combinations:
            model = RepairModel(table, [combination], largest, budget, deadline)
            answer = model.solve()
            if answer is None:
                break
            if answer:
                possible.append(combination)
                solved = model
        else:
            if possible:
                progress("the smallest repair is found; what it leaves open")
                repairs = Repairs(table, possible, largest, budget, deadline, solved)
                return repairs.describe(fixed, True, budget)
            budget += 1
            continue
        break
    # Too large to enumerate, or not bounded: the solver alone, from the bound already proved.
    progress("a large table or many misprints: the solver looks for the smallest repair")
    sizes = [
        largest_grand_total(table, size) for size in range(budget, budget + len(table.bands) + 3)
    ]
    largest = max([bound for bound, sure in sizes if sure], default=sizes[0][0])
    deadline = max(deadline, time.monotonic() + 2)
    model = RepairModel(table, None, largest, None, deadline)
    model.model.add(model.cost >= budget)
    model.model.minimize(model.cost)
    if not model.solve():
        return Repair(budget + fixed, False, budget + fixed, None, counts_proved=False)
    minimum = len(model.misprints())
    bound, sure = largest_grand_total(table, minimum)
    proved = model.optimal and sure and bound <= largest
    repairs = Repairs(table, None, largest, minimum, deadline, model)
    return repairs.describe(fixed, proved, minimum if proved else budget)


def _as_printed(table: PrintedTable) -> list[tuple[int, ...]]:
    """The printed row counts, if no count contradicts them."""
    counts = tuple(count.units for count in table.row_counts)
    totals = sum(total.units for total in table.column_totals)
    return [counts] if sum(counts) == totals == table.grand_total.units else []


def corrected_range(
    printed: PrintedNumber, count: Range, total: Range
) -> tuple[Fraction, Fraction]:
    """Lowest and highest percentage a count out of a total can be printed as."""
    return printed.rounded_share(count[0], total[1]), min(
        printed.rounded_share(count[1], total[0]), Fraction(100)
    )


def position_name(position: Position) -> str:
    """A position in words: row and column as in the file."""
    row, column = position
    if position == (TOTAL, COUNT):
        return "the grand total"
    if row == TOTAL:
        return f"the total of {column}"
    if row == SHARE:
        return f"the average share of {column}"
    return f"{row}, {column}"
