"""Which true row counts a table can have with at most so many misprints.

The solver is fast once the row counts are known, for then every percentage
allows one whole number of cases or few. This module finds all combinations of
row counts that at most `budget` misprints can explain. It discards only what
lower bounds exclude, in whole-number arithmetic, so nothing possible is lost:

* A row whose true count is not the printed `n` costs one misprint, plus one
  for each cell whose percentage no whole number of cases can have.
* A column whose cells are all as printed must add up to its printed total,
  and total over grand total must round to its printed share; else it costs one
  (`RowCountSearch.column_ranges` says how the two are counted together).
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
from functools import lru_cache
from math import comb

import numpy as np

from smebook.audit.printed import PrintedTable

LARGEST_EXACT = 2**62
CHUNK = 200_000


class SearchTooLarge(Exception):
    """The enumeration would outgrow its work limit; a general model must do."""


class RowCountSearch:
    """Search for the row counts of a table.

    Parameters
    ----------
    table : PrintedTable
    largest : int
        No true grand total beyond this is considered.
    work : int
        How many partial combinations may be looked at, over all calls.
    tick : callable
        Called now and then; may raise to stop the search.
    """

    def __init__(
        self, table: PrintedTable, largest: int, work: int = 60_000_000, tick: Callable[[], None] = lambda: None
    ):
        self.table, self.largest, self.work, self.tick = table, largest, work, tick
        decimals = max(cell.decimals for row in table.cells for cell in row)
        # A count c of N cases is printed as p when low * N <= scale * c <= high * N.
        self.scale = 2 * 10 ** (decimals + 2)
        if self.scale * (largest + 1) > LARGEST_EXACT // 8 or largest > 3_000_000:
            raise SearchTooLarge
        self.unit = np.array([[10 ** (decimals - c.decimals) for c in row] for row in table.cells], dtype=np.int64)
        middle = np.array([[c.units for c in row] for row in table.cells], dtype=np.int64) * 2 * self.unit
        self.middle, self.low, self.high = middle, middle - self.unit, middle + self.unit
        self.counts = np.array([n.units for n in table.row_counts], dtype=np.int64)
        self.totals = np.array([t.units for t in table.column_totals], dtype=np.int64)
        self._wrong: dict[int, np.ndarray] = {}
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
            starts = range(0, self.largest + 1, CHUNK)
            ends = (min(start + CHUNK, self.largest + 1) for start in starts)
            pieces = [
                self.intervals(row, np.arange(start, end))[3].astype(np.int16)
                for start, end in zip(starts, ends, strict=True)
            ]
            self._wrong[row] = np.concatenate(pieces)
        return self._wrong[row]

    def column_ranges(self, grands: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What totals and shares allow each column to add up to, per grand total.

        Where the printed totals add up to the grand total and agree with every
        printed share, each column must come to its printed total. Elsewhere
        some totals or shares are misprinted, `least` of them; a column then
        comes to its total or to what its share allows, unless it has one
        misprint more.

        Returns
        -------
        low, high : ndarray, shape (K, J)
        least : ndarray, shape (K,)
        """
        lows, highs, clashes = [], [], []
        for total, share in zip(self.table.column_totals, self.table.shares, strict=True):
            scale = 200 * 10**share.decimals
            low = np.maximum(-(-(2 * share.units - 1) * grands // scale), 0)
            high = np.minimum((2 * share.units + 1) * grands // scale, grands)
            impossible = (low > high) | ((grands == 0) & (share.units > 0))
            clashes.append(impossible | (low > total.units) | (high < total.units))
            lows.append(np.where(impossible, total.units, np.minimum(low, total.units)))
            highs.append(np.where(impossible, total.units, np.maximum(high, total.units)))
        clash = np.column_stack(clashes)
        least = np.maximum(clash.sum(1), grands != self.totals.sum())
        exact = (least == 0)[:, None]
        low = np.where(exact, self.totals, np.column_stack(lows))
        return low, np.where(exact, self.totals, np.column_stack(highs)), least

    def combinations(self, budget: int) -> list[tuple[int, ...]]:
        """All row counts that at most `budget` misprints can explain, by these bounds.

        Raises
        ------
        SearchTooLarge
            The work limit is reached.
        """
        grands = np.arange(self.largest + 1)
        low, high, least = self.column_ranges(grands)
        room = budget - least - (grands != self.table.grand_total.units)
        keep = room >= 0
        frame = grands[keep], low[keep], high[keep], room[keep]
        found: set[tuple[int, ...]] = set()
        rows = range(len(self.counts))
        for changed in range(min(budget, len(rows)) + 1):
            if sum(comb(len(rows), k) for k in range(changed + 1)) * 1000 > self.work:
                raise SearchTooLarge
            for deviating in itertools.combinations(rows, changed):
                self.tick()
                found.update(self._with_deviating(deviating, *frame))
        return sorted(found)

    def _with_deviating(self, deviating, grands, low, high, room):
        """Row counts where exactly these rows have another count than printed."""
        standing = [i for i in range(len(self.counts)) if i not in deviating]
        if any(self.counts[i] > self.largest for i in standing):
            return
        wrong = sum(int(self.wrong_cells(i)[self.counts[i]]) for i in standing)
        least = wrong + sum(int(self.wrong_cells(i).min()) for i in deviating)
        left = grands - int(self.counts[standing].sum())
        room = room - len(deviating)
        keep = (least <= room) & ((left >= 0) if deviating else (left == 0))
        if not keep.any():
            return
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
            "room": room[keep],
            "chosen": np.zeros((len(low), 0), dtype=np.int64),
        }
        # Rows that few counts suit come first: the tree is narrowest at its root.
        most, room = int(front["left"].max()), int(front["room"].max())
        order = sorted(deviating, key=lambda i: int((self.wrong_cells(i)[: most + 1] <= room - wrong).sum()))
        front = self._prune(front, order)
        for step, row in enumerate(order):
            front = self._extend(front, row, order[step + 1 :])
            if not len(front["left"]):
                return
        result = np.tile(self.counts, (len(front["left"]), 1))
        result[:, order] = front["chosen"]
        yield from (tuple(int(n) for n in line) for line in result)

    def _extend(self, front, row, rest):
        """Settle one more row in every way that stays within budget."""
        wrong_cells, parts = self.wrong_cells(row), []
        for wrong in range(int((front["room"] - front["wrong"]).max(initial=-1)) + 1):
            usable = np.flatnonzero(front["wrong"] + wrong <= front["room"])
            if not len(usable):
                break
            if rest:
                candidates = np.flatnonzero(wrong_cells[: int(front["left"][usable].max()) + 1] == wrong)
                candidates = candidates[candidates != self.counts[row]]
                step = max(1, CHUNK // max(1, len(candidates)))
                pieces = (usable[k : k + step] for k in range(0, len(usable), step))
            else:  # the last row takes what is left
                candidates, pieces = None, [usable]
            for piece in pieces:
                if candidates is None:
                    value = front["left"][piece]
                    fits = (value != self.counts[row]) & (wrong_cells[value] == wrong)
                    source, value = piece[fits], value[fits]
                else:
                    at, which = np.nonzero(candidates[None, :] <= front["left"][piece][:, None])
                    source, value = piece[at], candidates[which]
                self.work -= len(source) + 100
                if self.work < 0:
                    raise SearchTooLarge
                self.tick()
                if len(source):
                    parts.append(self._prune(self._settle(front, source, row, value, wrong), rest))
        if not parts:
            return {key: value[:0] for key, value in front.items()}
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    def _settle(self, front, source, row, value, wrong):
        lows, highs, impossible, _ = self.intervals(row, value)
        new = {"room": front["room"][source], "left": front["left"][source] - value}
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
        fits = (self.scale * front["high"] >= left * smallest) & (self.scale * front["low"] <= left * largest)
        sound = (front["cells"] == 0) & fits
        spare = front["room"] - front["cells"].sum(1) - ((front["cells"] == 0) & ~fits).sum(1)
        keep = spare >= 0
        front = {key: value[keep] for key, value in front.items()}
        if 2 <= len(rest) <= 5 and len(rest) <= len(self.totals) and len(front["left"]):
            # The spare is what further columns may cost.
            keep = self._combined_columns(front, tuple(sorted(rest)), sound[keep], spare[keep])
            front = {key: value[keep] for key, value in front.items()}
        return front

    def _combined_columns(self, front, rest, sound, spare):
        """Which partial combinations satisfy the weighted sums of columns."""
        subsets, weights, constant, slack = self._weights(rest)
        keep = np.ones(len(sound), dtype=bool)
        if not len(subsets):
            return keep
        columns = sound.shape[1]
        step = max(1, 2_000_000 // len(subsets))
        for start in range(0, len(sound), step):
            part = slice(start, start + step)
            low, high, left = front["low"][part], front["high"][part], front["left"][part, None]
            bound = int(max(np.abs(low).max(), np.abs(high).max(), left.max())) + 1
            # Leave out sums too large for 64 bits: a bound less, never a wrong one.
            usable = np.array([(int(a) * self.scale + abs(int(c)) + int(b)) * bound < LARGEST_EXACT
                               for a, c, b in zip(np.abs(weights).sum(1), constant, slack, strict=True)])
            plus, minus = np.maximum(weights[usable], 0), np.minimum(weights[usable], 0)
            fixed, give = constant[usable] * left, slack[usable] * left
            most = self.scale * (high @ plus.T + low @ minus.T)
            least = self.scale * (low @ plus.T + high @ minus.T)
            broken = (most < fixed - give) | (least > fixed + give)
            member = np.zeros((columns, int(usable.sum())), dtype=np.int64)
            for k, subset in enumerate(s for s, u in zip(subsets, usable, strict=True) if u):
                member[list(subset), k] = 1
            broken &= ((~sound[part]).astype(np.float32) @ member.astype(np.float32)) == 0
            good = ~broken.any(1)
            for extra in range(1, int(spare[part].max(initial=0)) + 1):
                rows = np.flatnonzero(~good & (spare[part] == extra))
                if extra >= columns or comb(columns, extra) > 1000:
                    good[rows] = True
                elif len(rows):
                    # With `extra` columns set aside no broken sum may remain among the others.
                    aside = itertools.combinations(range(columns), extra)
                    inside = np.array([member[list(away)].sum(0) == 0 for away in aside], dtype=np.float32)
                    good[rows] = (broken[rows].astype(np.float32) @ inside.T == 0).any(1)
            keep[part] = good
        return keep

    def _compute_weights(self, rest):
        """Whole-number weights on l columns that make l rows' shares the same."""
        size = len(rest)
        subsets = list(itertools.combinations(range(len(self.totals)), size))
        if len(subsets) > 400:
            subsets = subsets[:400]
        index = np.array(subsets, dtype=np.int64).reshape(-1, size)
        shares = self.middle[list(rest)][:, index] // 2  # rows, subsets, columns
        difference = (shares[1:] - shares[0]).transpose(1, 0, 2)
        if float(np.abs(difference).max(initial=1)) ** (size - 1) * 120 > LARGEST_EXACT:
            return [], None, None, None
        weights = np.stack(
            [(-1) ** k * _determinants(np.delete(difference, k, axis=2)) for k in range(size)], axis=1
        )
        divisor = np.maximum(np.gcd.reduce(weights, axis=1), 1)[:, None]
        weights //= divisor
        largest = int(np.abs(weights).max(initial=1)) * int(self.high.max()) * size
        if largest > LARGEST_EXACT:
            return [], None, None, None
        constant = (weights * self.middle[rest[0]][index]).sum(1)
        slack = (np.abs(weights)[None] * self.unit[list(rest)][:, index]).sum(2).max(0)
        full = np.zeros((len(subsets), len(self.totals)), dtype=np.int64)
        np.put_along_axis(full, index, weights, axis=1)
        return subsets, full, constant, slack


def _determinants(matrices: np.ndarray) -> np.ndarray:
    """Exact determinants of many small whole-number matrices (K, m, m)."""
    if matrices.shape[1] == 1:
        return matrices[:, 0, 0]
    return sum(
        (-1) ** k * matrices[:, 0, k] * _determinants(np.delete(matrices[:, 1:], k, axis=2))
        for k in range(matrices.shape[2])
    )
