"""The repair as a model for CP-SAT: counts, and one indicator per printed value."""

from __future__ import annotations

import time
from fractions import Fraction

from ortools.sat.python import cp_model

from grimtable.printed import COUNT, SHARE, TOTAL, PrintedNumber, PrintedTable
from grimtable.repair import MOST_ALTERNATIVES, Edit, Position, Repair, corrected_range

MOST_ROUNDS = 4
MOST_ROW_COUNTS = 12


class RepairModel:
    """Whole-number counts behind a table, and which printed values they contradict.

    Parameters
    ----------
    table : PrintedTable
    combinations : list of tuple of int, or None
        The row counts to consider, complete for `budget` misprints; None for all.
    largest : int
        Bound on the grand total.
    budget : int or None
        Misprints allowed.
    deadline : float
        On the monotonic clock, in seconds.
    """

    def __init__(
        self,
        table: PrintedTable,
        combinations: list[tuple[int, ...]] | None,
        largest: int,
        budget: int | None,
        deadline: float,
    ):
        self.table, self.deadline = table, deadline
        self.optimal = False
        self.model = model = cp_model.CpModel()
        self.wrong: dict[Position, cp_model.IntVar] = {}
        self.counts: dict[Position, cp_model.IntVar] = {}
        rows, bands = table.rows, table.bands
        self.is_count: dict[tuple[int, int], object] = {}
        grand = self._count(TOTAL, COUNT, largest)
        for i, row in enumerate(rows):
            most = max(line[i] for line in combinations) if combinations else largest
            n = self._count(row, COUNT, most)
            self._printed_count((row, COUNT), table.row_counts[i])
            for j, band in enumerate(bands):
                self._count(row, band, most)
                self._printed_share((row, band), table.cells[i][j], (row, band), (row, COUNT))
                for value in (
                    {line[i] for line in combinations}
                    if combinations
                    else {table.row_counts[i].units}
                ):
                    self._settled_cell(i, j, value)
            for value in (
                {line[i] for line in combinations} if combinations else {table.row_counts[i].units}
            ):
                self._row_misprints(i, value)
            model.add(sum(self.counts[row, band] for band in bands) == n)
        for j, band in enumerate(bands):
            total = self._count(TOTAL, band, largest)
            model.add(sum(self.counts[row, band] for row in rows) == total)
            self._printed_count((TOTAL, band), table.column_totals[j])
            self._printed_share((SHARE, band), table.shares[j], (TOTAL, band), (TOTAL, COUNT))
        model.add(sum(self.counts[row, COUNT] for row in rows) == grand)
        self._printed_count((TOTAL, COUNT), table.grand_total)
        self.cost = sum(self.wrong.values())
        if budget is not None:
            model.add(self.cost == budget)
        if combinations:
            self._one_of(combinations)
        self.solver = cp_model.CpSolver()
        # Small models are solved before a second worker has started.
        self.solver.parameters.num_workers = 1 if combinations else 2
        self.solver.parameters.linearization_level = 2

    def _count(self, row: str, column: str, most: int):
        self.counts[row, column] = self.model.new_int_var(0, most, f"{row}|{column}")
        return self.counts[row, column]

    def _printed_count(self, position: Position, printed: PrintedNumber) -> None:
        wrong = self.wrong[position] = self.model.new_bool_var("")
        self.model.add(self.counts[position] == printed.units).only_enforce_if(~wrong)

    def _printed_share(
        self, position: Position, printed: PrintedNumber, count: Position, total: Position
    ) -> None:
        wrong = self.wrong[position] = self.model.new_bool_var("")
        scale, part, whole = 200 * 10**printed.decimals, self.counts[count], self.counts[total]
        self.model.add(scale * part >= (2 * printed.units - 1) * whole).only_enforce_if(~wrong)
        self.model.add(scale * part <= (2 * printed.units + 1) * whole).only_enforce_if(~wrong)
        if printed.units:  # of no cases at all, only 0 per cent is printed
            self.model.add(whole >= 1).only_enforce_if(~wrong)

    def _settled_cell(self, i: int, j: int, value: int) -> None:
        """Say outright what a printed percentage means for one value of the row's n."""
        row, band = self.table.rows[i], self.table.bands[j]
        low, high = self.table.cells[i][j].possible_counts(value)
        stands = [self._row_count_is(i, value), ~self.wrong[row, band]]
        if low > high:
            self.model.add_bool_or([~literal for literal in stands])
        else:
            self.model.add_linear_constraint(self.counts[row, band], low, high).only_enforce_if(
                stands
            )

    def _row_count_is(self, i: int, value: int):
        """The literal that a row's true count is `value`."""
        if (i, value) not in self.is_count:
            row = self.table.rows[i]
            if value == self.table.row_counts[i].units:
                literal = ~self.wrong[row, COUNT]
            else:
                literal = self.model.new_bool_var("")
                self.model.add(self.counts[row, COUNT] == value).only_enforce_if(literal)
            self.is_count[i, value] = literal
        return self.is_count[i, value]

    def _one_of(self, combinations: list[tuple[int, ...]]) -> None:
        """The row counts are one of these combinations."""
        chosen = [self.model.new_bool_var("") for _ in combinations]
        self.model.add_exactly_one(chosen)
        for literal, line in zip(chosen, combinations, strict=True):
            for i, value in enumerate(line):
                self.model.add_implication(literal, self._row_count_is(i, value))
            self._column_misprints(literal, line)

    def _column_misprints(self, literal, line: tuple[int, ...]) -> None:
        """With these row counts, a column that does not add up has a misprint."""
        table = self.table
        for j, band in enumerate(table.bands):
            ranges = [
                cells[j].possible_counts(n) for cells, n in zip(table.cells, line, strict=True)
            ]
            if any(low > high for low, high in ranges):
                continue
            total = table.column_totals[j].units
            if not sum(low for low, _ in ranges) <= total <= sum(high for _, high in ranges):
                suspects = [self.wrong[row, band] for row in (*table.rows, TOTAL)]
                self.model.add_bool_or([~literal, *suspects])

    def _row_misprints(self, i: int, value: int) -> None:
        """With this row count, how many of a row's cells must be wrong."""
        ranges = [cell.possible_counts(value) for cell in self.table.cells[i]]
        cells = [self.wrong[self.table.rows[i], band] for band in self.table.bands]
        possible = [(low, high) for low, high in ranges if low <= high]
        low, high = sum(low for low, _ in possible), sum(high for _, high in possible)
        least = len(ranges) - len(possible)
        if low > value or (not least and high < value):
            least += 1
        stands = self._row_count_is(i, value)
        if least:
            self.model.add(sum(cells) >= least).only_enforce_if(stands)
        elif low == high:  # every count is settled: one alone cannot change
            for cell in cells:
                self.model.add_bool_or(
                    [~stands, ~cell, *(other for other in cells if other is not cell)]
                )

    def solve(self) -> bool | None:
        """Whether the model has a solution; None if the time is up.

        With an objective, `optimal` says whether the solution is proved best.
        """
        self.solver.parameters.max_time_in_seconds = max(0.01, self.deadline - time.monotonic())
        status = self.solver.solve(self.model)
        self.optimal = status == cp_model.OPTIMAL
        return {cp_model.OPTIMAL: True, cp_model.FEASIBLE: True, cp_model.INFEASIBLE: False}.get(
            status
        )

    def misprints(self) -> list[Position]:
        """The positions wrong in the solution found."""
        return [
            position for position, wrong in self.wrong.items() if self.solver.boolean_value(wrong)
        ]

    def values(self) -> dict[Position, int]:
        """The counts of the solution found."""
        return {position: self.solver.value(variable) for position, variable in self.counts.items()}


class Repairs:
    """All repairs of one size: questions to fresh models, which presolve best.

    Parameters
    ----------
    table, combinations, largest, budget, deadline
        As for `RepairModel`; `budget` is the number of misprints.
    first : RepairModel
        A solved model of these.
    """

    def __init__(self, table, combinations, largest, budget, deadline, first):
        self.arguments = table, combinations, largest, budget, deadline
        self.table, self.largest, self.combinations = table, largest, combinations
        self.first = first.misprints()
        self.known = {position: (value, value) for position, value in first.values().items()}

    def describe(self, fixed: int, proved: bool, lower: int) -> Repair:
        """The answer to the caller, `fixed` misprints outside the model included.

        Parameters
        ----------
        fixed : int
            1 if the printed total of shares cannot be 100, else 0.
        proved : bool
            Whether the number of misprints is proved to be the smallest.
        lower : int
            Number of misprints below which none is possible.
        """
        others, complete = self._other_sets()
        settled = self._ranges()
        unique = None
        if proved and (others or complete):
            unique = not others
        always = [p for p in self.first if all(p in one for one in others)]
        if others and not complete:
            always = self._in_every_set(always)
        edits, extra = self._edits(), ()
        if fixed:
            extra = ((SHARE, COUNT),)
            edits += (Edit(SHARE, COUNT, self.table.share_total, Fraction(100), Fraction(100)),)
        return Repair(
            minimum=len(self.first) + fixed,
            proved=proved,
            lower_bound=lower + fixed,
            unique=unique,
            edits=edits,
            alternatives=tuple(tuple(one) + extra for one in others),
            always_wrong=tuple(always) + extra,
            counts=dict(self.known),
            counts_proved=settled and proved,
        )

    def _fresh(self) -> RepairModel:
        return RepairModel(*self.arguments)

    def _learn(self, model: RepairModel) -> None:
        for position, value in model.values().items():
            low, high = self.known[position]
            self.known[position] = min(low, value), max(high, value)

    def _other_sets(self) -> tuple[list[list[Position]], bool]:
        """Further smallest sets, and whether these are all."""
        found: list[list[Position]] = []
        while self.first and len(found) < MOST_ALTERNATIVES:
            model = self._fresh()
            for positions in (self.first, *found):  # of one size, so another set lacks one of these
                model.model.add_bool_or([~model.wrong[position] for position in positions])
            answer = model.solve()
            if not answer:
                return found, answer is False
            self._learn(model)
            found.append(model.misprints())
        return found, not self.first

    def _in_every_set(self, left: list[Position]) -> list[Position]:
        """Those positions that no smallest repair goes without."""
        while left:
            model = self._fresh()
            model.model.add_bool_or([~model.wrong[position] for position in left])
            if not model.solve():
                break
            self._learn(model)
            left = [position for position in left if position in model.misprints()]
        return left

    def _ranges(self) -> bool:
        """Widen `known` to the ranges over all smallest repairs; False if not proved."""
        exact: set[Position] = set()
        rounds = 0
        while len(exact) < len(self.known):
            model = self._fresh()
            outside = []
            for position in self.known.keys() - exact:
                for below in (True, False):
                    literal, variable = model.model.new_bool_var(""), model.counts[position]
                    low, high = self.known[position]
                    beyond = variable <= low - 1 if below else variable >= high + 1
                    model.model.add(beyond).only_enforce_if(literal)
                    outside.append(literal)
            model.model.add_bool_or(outside)
            answer = model.solve()
            if answer is False:
                return True
            if answer is None:
                break
            self._learn(model)
            rounds += 1
            if rounds < MOST_ROUNDS:
                continue
            for position in [
                p for p, (low, high) in self.known.items() if p not in exact and low < high
            ]:
                low, high, proved = self._ends(position)
                if not proved:
                    break
                self.known[position] = low, high
                exact.add(position)
        if len(exact) == len(self.known):
            return True
        for position in self.known.keys() - exact:  # out of time: say only what is certain
            self.known[position] = 0, self.largest
        return False

    def _ends(self, position: Position, wrong=(), given: dict[Position, int] | None = None):
        """Least and greatest value of a count, and whether they are proved (else outer bounds).

        Only over repairs that change the positions `wrong` and have the counts `given`.
        """
        ends, proved = [], True
        for direction in (1, -1):
            model = self._fresh()
            for misprint in wrong:
                model.model.add(model.wrong[misprint] == 1)
            for fixed, value in (given or {}).items():
                model.model.add(model.counts[fixed] == value)
            model.model.minimize(direction * model.counts[position])
            answer = model.solve()
            if answer is False:
                return 1, 0, True
            if answer:
                self._learn(model)
            proved = proved and model.optimal
            ends.append(
                model.values()[position]
                if model.optimal
                else (0 if direction == 1 else self.largest)
            )
        return ends[0], ends[1], proved

    def _count_range(self, position: Position, given=None) -> tuple[int, int]:
        low, high = self.known[position]
        return (low, high) if low == high else self._ends(position, self.first, given)[:2]

    def _edits(self) -> tuple[Edit, ...]:
        """What the first set's positions would print, over all repairs that change exactly these."""
        edits = []
        for row, column in self.first:
            printed = self.table.printed(row, column)
            if column == COUNT or row == TOTAL:
                low, high = self._count_range((row, column))
                edits.append(Edit(row, column, printed, Fraction(low), Fraction(high)))
                continue
            base = TOTAL if row == SHARE else row
            low, high = self._count_range((base, COUNT))
            if high - low < MOST_ROW_COUNTS:
                ends = []
                for total in range(low, high + 1):
                    least, most = self._count_range((base, column), {(base, COUNT): total})
                    if least <= most:
                        ends.append(corrected_range(printed, (least, most), (total, total)))
                edits.append(
                    Edit(row, column, printed, min(e[0] for e in ends), max(e[1] for e in ends))
                )
            else:
                counts = self._count_range((base, column))
                edits.append(
                    Edit(row, column, printed, *corrected_range(printed, counts, (low, high)))
                )
        return tuple(edits)
