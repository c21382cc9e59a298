"""Which true row counts a table can have with at most so many misprints.

The solver is fast once the row counts are known, for then every percentage
allows one whole number of cases or few. This module finds all combinations of
row counts that at most `budget` misprints can explain. It discards only what
lower bounds exclude, in whole-number arithmetic, so nothing possible is lost:

* A row whose true count is not the printed `n` costs one misprint, plus one
  for each cell whose percentage no whole number of cases can have.
* A column whose cells are all as printed must add up to its printed total,
  and total over grand total must round to its printed share; else it costs one.
* For rows not yet settled, whose counts are together s, a column can only add
  up to between s times the smallest and s times the largest of their shares.
* For l such rows and any l columns there are whole-number weights under which
  the columns' weighted shares are the same in all those rows (the generalised
  cross product). The weighted sum of these columns then depends on s alone,
  and where it does not come out, one of the l columns has a misprint.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np

from grimtable.numbers import PrintedNumber
from grimtable.tables import Reading, Table

LARGEST_EXACT = 2**62
CHUNK = 200_000
SAMPLE = 20
LONGEST_SUM = 4
MOST_WORK = 60_000_000
NO_SUMS = np.zeros((0, 0), dtype=bool), None, None, None


@dataclass(frozen=True)
class CrossTable:
    """A table of row percentages with row counts, totals and shares, I rows by J columns."""

    cells: list[list[PrintedNumber]]
    row_counts: list[PrintedNumber]
    column_totals: list[PrintedNumber]
    shares: list[PrintedNumber]
    grand_total: PrintedNumber


def cross_table(table: Table, reading: Reading) -> CrossTable | None:
    """The table in this form, or None if it has not all of it, or anything else."""
    blocks = table.blocks
    if reading.rounding not in ("nearest", "half-up", "half-even"):  # closed intervals hold these
        return None
    if len(blocks) != 1 or not (blocks[0].exhaustive and table.totals):
        return None
    if not (reading.exhaustive and reading.totals):
        return None
    found: dict[tuple, PrintedNumber] = {}
    for value in table.values:
        key = value.kind, value.group, value.category
        if key in found or value.printed.relation or value.base != "group" or value.kind == "base":
            return None
        found[key] = value.printed
    found.pop(("percent", None, None), None)
    rows, columns = range(len(table.groups)), range(len(table.categories))
    try:
        cross = CrossTable(
            [[found.pop(("percent", i, j)) for j in columns] for i in rows],
            [found.pop(("count", i, None)) for i in rows],
            [found.pop(("count", None, j)) for j in columns],
            [found.pop(("percent", None, j)) for j in columns],
            found.pop(("count", None, None)),
        )
    except KeyError:
        return None
    return None if found else cross


def largest_grand_total(table: CrossTable, budget: int, bound: int) -> int:
    """A bound on the true grand total if at most `budget` values are misprinted.

    Unless the grand total, all column totals or all row counts stand, one of each
    is misprinted. Every column whose total T and share s (rounding h) both stand
    bounds the grand total by 100 T / (s - h), so that a grand total beyond the k-th
    smallest of these takes k + 2 misprints or more. `bound` holds anyway.
    """
    sums = [
        table.grand_total.units,
        sum(total.units for total in table.column_totals),
        sum(count.units for count in table.row_counts),
    ]
    bounds = sorted(
        200 * 10**share.decimals * total.units // (2 * share.units - 1)
        for total, share in zip(table.column_totals, table.shares, strict=True)
        if share.units
    )
    if budget < 2:
        return min(max(sums), bound)
    return min(max(*sums, bounds[budget - 2]), bound) if budget - 2 < len(bounds) else bound


class SearchTooLargeError(Exception):
    """The enumeration would outgrow its work limit; a general model must do."""


class RowCountSearch:
    """Search for the row counts of a table.

    Parameters
    ----------
    table : CrossTable
    bound : int
        No true grand total beyond this is considered.
    tick : callable
        Called now and then; may raise to stop the search.
    """

    def __init__(self, table: CrossTable, bound: int, tick: Callable[[], object]):
        self.table, self.bound, self.tick = table, bound, tick
        decimals = max(cell.decimals for row in table.cells for cell in row)
        # A count c of N cases is printed as p when low * N <= scale * c <= high * N.
        self.scale = 2 * 10 ** (decimals + 2)
        self.unit = np.array(
            [[10 ** (decimals - c.decimals) for c in row] for row in table.cells], dtype=np.int64
        )
        units = np.array([[c.units for c in row] for row in table.cells], dtype=np.int64)
        middle = 2 * units * self.unit
        self.middle, self.low, self.high = middle, middle - self.unit, middle + self.unit
        self.counts = np.array([n.units for n in table.row_counts], dtype=np.int64)
        self.totals = np.array([t.units for t in table.column_totals], dtype=np.int64)
        self.largest, self.work = -1, 0  # the bound with so many misprints, and work left
        self._wrong: dict[int, np.ndarray] = {}
        self._sums_without = lru_cache(maxsize=None)(self._compute_sums)
        self._weights = lru_cache(maxsize=None)(self._compute_weights)

    def intervals(self, row: int, counts: np.ndarray) -> tuple[np.ndarray, ...]:
        """What each printed cell of a row allows, for several row counts.

        Returns
        -------
        tuple of ndarray
            Lowest and highest count per cell (0 where none is possible),
            which cells are impossible, and how many cells are wrong at least.
        """
        n = counts[:, None]
        low = np.maximum(-(-self.low[row] * n // self.scale), 0)
        high = np.minimum(self.high[row] * n // self.scale, n)
        impossible = (low > high) | ((n == 0) & (self.middle[row] > 0))
        low[impossible] = 0
        high[impossible] = 0
        wrong = impossible.sum(1)
        unsettled = (low.sum(1) > counts) | ((wrong == 0) & (high.sum(1) < counts))
        return low, high, impossible, wrong + unsettled

    def wrong_cells(self, row: int) -> np.ndarray:
        """Least number of wrong cells of a row for each count 0 .. largest."""
        if row not in self._wrong:
            pieces = []
            for counts in self._pieces():
                self.tick()
                pieces.append(self.intervals(row, counts)[3].astype(np.int16))
            self._wrong[row] = np.concatenate(pieces)
        return self._wrong[row]

    def _pieces(self):
        """The numbers 0 .. largest in pieces of a size that memory holds."""
        for start in range(0, self.largest + 1, CHUNK):
            yield np.arange(start, min(start + CHUNK, self.largest + 1))

    def column_ranges(self, grands: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What each column must add up to, for several grand totals.

        That is the printed total; but where total and share contradict each
        other, one of them is a misprint, and the column comes to the total or
        to what the share allows unless it has a further misprint.

        Returns
        -------
        low, high : ndarray, shape (K, J)
        clash : ndarray of bool, shape (K, J)
            The columns where total and share contradict each other.
        """
        lows, highs, clashes = [], [], []
        for total, share in zip(self.table.column_totals, self.table.shares, strict=True):
            scale = 200 * 10**share.decimals
            low = np.maximum(-(-(2 * share.units - 1) * grands // scale), 0)
            high = np.minimum((2 * share.units + 1) * grands // scale, grands)
            impossible = (low > high) | ((grands == 0) & (share.units > 0))
            clash = impossible | (low > total.units) | (high < total.units)
            widen = clash & ~impossible
            lows.append(np.where(widen, np.minimum(low, total.units), total.units))
            highs.append(np.where(widen, np.maximum(high, total.units), total.units))
            clashes.append(clash)
        return np.column_stack(lows), np.column_stack(highs), np.column_stack(clashes)

    def combinations(self, budget: int, certain: frozenset[int]) -> list[tuple[int, ...]]:
        """All row counts that at most `budget` misprints can explain, by these bounds.

        Parameters
        ----------
        budget : int
        certain : set of int
            Rows whose printed count is right.

        Raises
        ------
        SearchTooLargeError
            The work limit is reached.
        """
        largest = largest_grand_total(self.table, budget, self.bound)
        if self.scale * (largest + 1) > LARGEST_EXACT // 8 or largest > 3_000_000:
            raise SearchTooLargeError
        if largest != self.largest:
            self._wrong.clear()
        self.largest, self.work = largest, MOST_WORK
        pieces = [self._grand_totals(grands, budget) for grands in self._pieces()]
        frame = [np.concatenate(column) for column in zip(*pieces, strict=True)]
        rows = [i for i in range(len(self.counts)) if i not in certain]
        as_printed = [
            int(self.wrong_cells(i)[n]) if n <= self.largest else budget
            for i, n in enumerate(self.counts)
        ]
        found: set[tuple[int, ...]] = set()
        for changed in range(min(budget, len(rows)) + 1):
            for deviating in itertools.combinations(rows, changed):
                self.tick()
                # Rows that keep their n keep their impossible cells.
                if changed + sum(as_printed) - sum(as_printed[i] for i in deviating) > budget:
                    continue
                self.work -= 1000
                if self.work < 0:
                    raise SearchTooLargeError
                found.update(self._with_deviating(deviating, *frame))
        return sorted(found)

    def _grand_totals(self, grands, budget):
        """Those of some true grand totals that leave room within the budget."""
        self.tick()
        low, high, clash = self.column_ranges(grands)
        clashes = clash.sum(1)
        room = budget - clashes - (grands != self.table.grand_total.units)
        # A grand total that the column totals do not make up needs a wrong one among them.
        outside = ((clashes == 0) & (grands != self.totals.sum())).astype(np.int64)
        keep = outside <= room
        return grands[keep], low[keep], high[keep], outside[keep], room[keep]

    def _with_deviating(self, deviating, grands, low, high, outside, room):
        """Row counts where exactly these rows have another count than printed."""
        self.tick()
        standing = [i for i in range(len(self.counts)) if i not in deviating]
        if any(self.counts[i] > self.largest for i in standing):
            return []
        wrong = sum(int(self.wrong_cells(i)[self.counts[i]]) for i in standing)
        least = wrong + sum(int(self.wrong_cells(i).min()) for i in deviating)
        left = grands - int(self.counts[standing].sum())
        room = room - len(deviating)
        keep = (least + outside <= room) & ((left >= 0) if deviating else (left == 0))
        if not keep.any():
            return []
        low, high = low[keep], high[keep]
        misprints = np.zeros(len(self.totals), dtype=np.int64)
        for i in standing:
            lows, highs, impossible, _ = self.intervals(i, self.counts[i : i + 1])
            low, high, misprints = low - highs, high - lows, misprints + impossible[0]
        front = {
            "left": left[keep],  # cases in the rows not yet settled
            "low": low,  # what they must add to each column
            "high": high,
            "cells": np.tile(misprints, (len(low), 1)),  # impossible cells per column
            "wrong": np.full(len(low), wrong),
            "outside": outside[keep],  # wrong totals, at least
            "room": room[keep],  # misprints left for cells, totals and shares
            "chosen": np.zeros((len(low), 0), dtype=np.int64),
        }
        # Rows that few counts suit come first: the tree is narrowest at its root.
        most, room = int(front["left"].max()), int(front["room"].max())
        order = sorted(
            deviating, key=lambda i: int((self.wrong_cells(i)[: most + 1] <= room - wrong).sum())
        )
        front = self._prune(front, order)
        remaining, order = order, []
        while remaining:
            row = self._next_row(front, remaining)
            remaining = [i for i in remaining if i != row]
            order.append(row)
            front = self._extend(front, row, remaining)
            if not len(front["left"]):
                return []
        result = np.tile(self.counts, (len(front["left"]), 1))
        result[:, order] = front["chosen"]
        return [tuple(int(n) for n in line) for line in result]

    def _next_row(self, front, remaining):
        """The row that a sample suggests to leave the fewest combinations."""
        size = len(front["left"])
        if len(remaining) <= 2:  # of two, one settles the other
            return remaining[0]
        picked = np.linspace(0, size - 1, min(size, SAMPLE)).astype(np.int64)
        sample = {key: value[picked] for key, value in front.items()}

        def survivors(row):
            rest = [i for i in remaining if i != row]
            return sum(len(values) for _, values in self._candidates(sample, row, rest))

        return min(remaining, key=survivors)

    def _extend(self, front, row, rest):
        """Settle one more row in every way that stays within budget."""
        wrong_cells = self.wrong_cells(row)
        parts = [
            self._prune(self._settle(front, source, row, value, wrong_cells[value]), rest)
            for source, value in self._candidates(front, row, rest)
            if len(source)
        ]
        if not parts:
            return {key: value[:0] for key, value in front.items()}
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    def _candidates(self, front, row, rest):
        """Pieces of (partial combination, count of one more row) still within budget."""
        wrong_cells = self.wrong_cells(row)
        later = sum(int(self.wrong_cells(i).min()) for i in rest)
        allowed = front["room"] - front["wrong"] - front["outside"] - later
        if rest:
            source, first, last = self._count_ranges(front, row, tuple(sorted(rest)))
        else:  # the last row takes what is left
            source, first, last = np.arange(len(allowed)), front["left"], front["left"]
        last = np.minimum(last, front["left"][source])
        source, first, last = (part[first <= last] for part in (source, first, last))
        if not len(source):
            return
        widths = last - first + 1
        ends = np.cumsum(widths)
        self.work -= int(ends[-1])
        if self.work < 0:
            raise SearchTooLargeError
        cuts = np.searchsorted(ends, np.arange(CHUNK, int(ends[-1]) + CHUNK, CHUNK)) + 1
        for start, end in itertools.pairwise([0, *cuts.tolist()]):
            width = widths[start:end]
            self.tick()
            origin = np.repeat(source[start:end], width)
            value = np.arange(len(origin)) - np.repeat(np.cumsum(width) - width, width)
            value += np.repeat(first[start:end], width)
            fits = (wrong_cells[value] <= allowed[origin]) & (value != self.counts[row])
            yield origin[fits], value[fits]

    def _count_ranges(self, front, row, rest):
        """Ranges of one row's count that the weighted sums of columns leave open.

        Returns
        -------
        source, first, last : ndarray
            Disjoint ranges of counts for each partial combination `source`.
        """
        every = np.arange(len(front["left"]))
        member, weights, constant, slack = self._usable_weights(front, rest)
        if not member.size:
            return every, np.zeros_like(every), front["left"]
        empty = np.zeros(0, dtype=np.int64)
        found = [(empty, empty, empty)]
        plus, minus = np.maximum(weights, 0), np.minimum(weights, 0)
        # c times the scale lies between low * n and high * n in the row to settle.
        least, most = (
            plus @ self.low[row] + minus @ self.high[row],
            plus @ self.high[row] + minus @ self.low[row],
        )
        step = max(1, 5_000 // len(weights))  # what a processor keeps close by
        for start in range(0, len(every), step):
            part = slice(start, start + step)
            low, high, left = front["low"][part], front["high"][part], front["left"][part, None]
            above = self.scale * (high @ plus.T + low @ minus.T) - (constant - slack) * left
            below = self.scale * (low @ plus.T + high @ minus.T) - (constant + slack) * left
            first, last = _between(
                above, least - constant + slack, below, most - constant - slack, left
            )
            ignored = (~front["sound"][part]).astype(np.float32) @ member.astype(np.float32) > 0
            # One weighted sum per line; the last line holds without any. Upper ends are
            # negated, so that the greatest number in a column is what all of its lines say.
            first, last = np.where(ignored, 0, first), np.where(ignored, left, last)
            ends = np.stack([np.hstack([first, 0 * left]).T, -np.hstack([last, left]).T], axis=1)
            spare = front["spare"][part]
            for extra in np.unique(spare).tolist():
                mine = np.flatnonzero(spare == extra)
                if extra >= len(member) or comb(len(member), extra) > 300:
                    found.append((mine + start, np.zeros(len(mine), dtype=np.int64), left[mine, 0]))
                    continue
                inside, ways = self._sums_without(rest, extra)
                greatest = np.maximum.reduceat(ends[:, :, mine].take(inside, 0), ways)
                first, last = greatest[:, 0], -greatest[:, 1]
                way, some = np.nonzero(first <= last)
                found.append(_disjoint(mine[some] + start, first[way, some], last[way, some]))
        return tuple(np.concatenate(column) for column in zip(*found, strict=True))

    def _settle(self, front, source, row, value, wrong):
        lows, highs, impossible, _ = self.intervals(row, value)
        new = {key: front[key][source] for key in ("outside", "room")}
        new["left"] = front["left"][source] - value
        new["low"] = front["low"][source] - highs
        new["high"] = front["high"][source] - lows
        new["cells"] = front["cells"][source] + impossible
        new["wrong"] = front["wrong"][source] + wrong
        new["chosen"] = np.column_stack([front["chosen"][source], value])
        return new

    def _prune(self, front, rest):
        """Drop the partial combinations whose columns already cost too much."""
        left = front["left"][:, None]
        smallest = self.low[rest].min(0) if rest else 0
        largest = self.high[rest].max(0) if rest else 0
        fits = (self.scale * front["high"] >= left * smallest) & (
            self.scale * front["low"] <= left * largest
        )
        sound = (front["cells"] == 0) & fits
        cost = front["cells"].sum(1) + ((front["cells"] == 0) & ~fits).sum(1)
        spare = front["room"] - cost
        keep = (spare >= 0) & (front["wrong"] + front["outside"] <= front["room"])
        front = {key: value[keep] for key, value in front.items()}
        front["sound"], front["spare"] = sound[keep], spare[keep]
        return front

    def _compute_sums(self, rest, extra):
        """The weighted sums left by each way to set `extra` columns aside, and where each starts.

        -1 ends each of them.
        """
        member = self._weights(rest)[0]
        ways = itertools.combinations(range(len(member)), extra)
        left = [np.append(np.flatnonzero(~member[list(away)].any(0)), -1) for away in ways]
        return np.concatenate(left), np.cumsum([0, *map(len, left[:-1])])

    def _usable_weights(self, front, rest):
        """The weighted sums, if their arithmetic stays within 64 bits; else none.

        Leaving them out weakens a bound and never falsifies it.
        """
        if not 1 <= len(rest) <= min(LONGEST_SUM, len(self.totals)):
            return NO_SUMS
        member, weights, constant, slack = self._weights(rest)
        if not member.size:
            return NO_SUMS
        bound = 2 + max(int(np.abs(front[key]).max(initial=0)) for key in ("low", "high", "left"))
        # Floating point is good enough to tell which sums come near 64 bits.
        size = (2.0 * np.abs(weights).sum(1) * self.scale + np.abs(constant) + slack) * bound
        if size.max() < LARGEST_EXACT / 4:
            return member, weights, constant, slack
        return NO_SUMS

    def _compute_weights(self, rest):
        """Whole-number weights on l columns that make l rows' shares the same."""
        size = len(rest)
        subsets = list(itertools.islice(itertools.combinations(range(len(self.totals)), size), 400))
        index = np.array(subsets, dtype=np.int64).reshape(-1, size)
        shares = self.middle[list(rest)][:, index] // 2  # rows, subsets, columns
        difference = (shares[1:] - shares[0]).transpose(1, 0, 2)
        if float(np.abs(difference).max(initial=1)) ** (size - 1) * 120 > LARGEST_EXACT:
            return NO_SUMS
        weights = np.stack(
            [(-1) ** k * _determinants(np.delete(difference, k, axis=2)) for k in range(size)],
            axis=1,
        )
        divisor = np.maximum(np.gcd.reduce(weights, axis=1), 1)[:, None]
        weights //= divisor
        largest = int(np.abs(weights).max(initial=1)) * int(self.high.max()) * size
        if largest > LARGEST_EXACT:
            return NO_SUMS
        constant = (weights * self.middle[rest[0]][index]).sum(1)
        slack = (np.abs(weights)[None] * self.unit[list(rest)][:, index]).sum(2).max(0)
        full = np.zeros((len(subsets), len(self.totals)), dtype=np.int64)
        np.put_along_axis(full, index, weights, axis=1)
        member = np.zeros((len(self.totals), len(subsets)), dtype=bool)
        np.put_along_axis(member.T, index, True, axis=1)
        return member, full, constant, slack


def _between(above, above_rate, below, below_rate, largest):
    """Whole numbers x in 0 .. largest with x * above_rate <= above and x * below_rate >= below."""
    first, last = np.zeros_like(above), np.broadcast_to(largest, above.shape).copy()
    for bound, rate in ((above, above_rate), (-below, -below_rate)):
        rate = np.broadcast_to(rate, bound.shape)
        safe = np.where(rate == 0, 1, rate)
        limit = bound // np.abs(safe)
        last = np.where(rate > 0, np.minimum(last, limit), last)
        first = np.where(rate < 0, np.maximum(first, -limit), first)
        last = np.where((rate == 0) & (bound < 0), -1, last)
    return first, last


def _disjoint(source, first, last):
    """Merge overlapping ranges of the same source."""
    order = np.lexsort((first, source))
    source, first, last = source[order], first[order], last[order]
    if not len(source):
        return source, first, last
    # Ranges of later sources are shifted beyond all earlier ones: one running maximum serves all.
    shift = source * (int(last.max()) + 2)
    reach = np.maximum.accumulate(last + shift)
    opens = np.ones(len(source), dtype=bool)
    opens[1:] = first[1:] + shift[1:] > reach[:-1]
    begins = np.flatnonzero(opens)
    ends = np.append(begins[1:], len(source)) - 1
    return source[begins], first[begins], reach[ends] - shift[ends]


def _determinants(matrices: np.ndarray) -> np.ndarray:
    """Exact determinants of many small whole-number matrices (K, m, m)."""
    if matrices.shape[1] == 0:
        return np.ones(len(matrices), dtype=np.int64)
    return sum(
        (-1) ** k * matrices[:, 0, k] * _determinants(np.delete(matrices[:, 1:], k, axis=2))
        for k in range(matrices.shape[2])
    )
