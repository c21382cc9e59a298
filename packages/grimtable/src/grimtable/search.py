"""The fewest printed values that must be wrong: a proof by implicit hitting sets.

A *conflict* is a set of printed values that no whole numbers of cases satisfy
together; at least one of them is wrong. A smallest set that meets every conflict
known so far is a lower bound. If whole numbers satisfy all other values, it is a
smallest repair; otherwise a further conflict is among them, and so on.

Fellegi and Holt (1976, Journal of the American Statistical Association 71, 17-35)
put the question, the fewest fields to change so that all edits hold; conflicts are
their implied edits, found only when needed (Davies and Bacchus 2011, CP 2011,
LNCS 6876, 225-239). Conflicts come from bounds that remember their reasons, or
from CP-SAT (OR-Tools), which reasons in exact whole-number arithmetic.
"""

from __future__ import annotations

import copy
import itertools
import math
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

MOST_REPAIRS = 21
MOST_UPDATES = 40
WIDEST = 100_000
MOST_VALUES = 300
MANY_CONFLICTS = 12
SHRINKING = 0.15


class OutOfTimeError(Exception):
    """The deadline is reached."""


@dataclass(frozen=True)
class Evidence:
    """What one printed value says of the unknown counts.

    Without a base, `low <= x <= high`. With one, of n cases,
    `low * n <= scale * x <= high * n`, strictly where said; `some`: n is not 0.
    """

    unknown: int
    base: int | None
    low: int
    high: int
    scale: int = 1
    above: int = 0  # 1: strictly above the lower end
    below: int = 0
    some: bool = False

    def implied(self, bounds: Bounds) -> bool:
        """Whether the bounds of count and base leave nothing to say."""
        x, n = self.unknown, self.base
        return n is not None and (
            self.scale * bounds.low[x] >= self.low * bounds.high[n] + self.above
            and self.scale * bounds.high[x] <= self.high * bounds.low[n] - self.below
        )


@dataclass
class System:
    """Unknown whole numbers 0 .. bound, sums among them, and evidence."""

    bound: int
    unknowns: int = 0
    sums: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)

    def unknown(self) -> int:
        """Add an unknown and return its number."""
        self.unknowns += 1
        return self.unknowns - 1

    def add_sum(self, total: int, parts: Iterable[int], complete: bool = True) -> None:
        """State that the parts make the total or, if not complete, at most the total."""
        parts = tuple(parts)
        self.sums.append((total, parts if complete else (*parts, self.unknown())))


class ConflictError(Exception):
    """No whole numbers satisfy these values; `reason` is their set, as bits."""

    def __init__(self, reason: int):
        self.reason = reason


class Bounds:
    """Lower and upper bounds of all unknowns, each with the evidence it rests on."""

    def __init__(
        self,
        system: System,
        standing: Iterable[int],
        fixed: dict[int, int] | None = None,
        deadline: float = float("inf"),
    ):
        self.system, self.standing, self.deadline = system, list(standing), deadline
        size = system.unknowns
        self.low, self.high = [0] * size, [system.bound] * size
        self.why_low, self.why_high = [0] * size, [0] * size
        self.updates = [0] * size
        self.watch: list[list[int]] = [[] for _ in range(size)]
        self.active: list[tuple[int, int]] = []
        self.bases: dict[int, list[int]] = {}
        self.queue: deque[int] = deque()
        counts = []
        for i in self.standing:
            fact = system.evidence[i]
            if fact.base is None:
                counts.append(i)
            else:
                self._activate(0, i, (fact.unknown, fact.base))
                self.bases.setdefault(fact.base, []).append(i)
        for k, (total, parts) in enumerate(system.sums):
            self._activate(1, k, (total, *parts))
        self.queued = [True] * len(self.active)
        self.queue.extend(range(len(self.active)))
        for unknown, value in (fixed or {}).items():
            self.raise_low(unknown, value, 0)
            self.cut_high(unknown, value, 0)
        for i in counts:
            fact = system.evidence[i]
            self.raise_low(fact.unknown, fact.low, 1 << i)
            self.cut_high(fact.unknown, fact.high, 1 << i)
        self.propagate()

    def _activate(self, kind: int, i: int, scope: tuple[int, ...]) -> None:
        for unknown in scope:
            self.watch[unknown].append(len(self.active))
        self.active.append((kind, i))

    def propagate(self) -> None:
        """Tighten all bounds as far as they go; raise `ConflictError` where they clash."""
        while True:
            steps = 0
            while self.queue:
                steps += 1
                if steps % 100 == 0 and time.monotonic() > self.deadline:
                    raise OutOfTimeError
                position = self.queue.popleft()
                self.queued[position] = False
                kind, i = self.active[position]
                if kind:
                    self.sum(*self.system.sums[i])
                else:
                    self.share(i, self.system.evidence[i])
            if not any(self.filter(base, shares) for base, shares in self.bases.items()):
                return

    def branch(self, unknown: int, value: int, bit: int) -> Bounds:
        """A copy in which an unknown has a value; `bit` stands for that assumption."""
        other = copy.copy(self)
        for name in ("low", "high", "why_low", "why_high", "queued"):
            setattr(other, name, list(getattr(self, name)))
        other.queue, other.updates = deque(), [0] * self.system.unknowns
        other.raise_low(unknown, value, bit)
        other.cut_high(unknown, value, bit)
        other.propagate()
        return other

    def values(self, base: int, shares: list[int]):
        """Values of a base between its bounds, and why some of them are impossible.

        Returns
        -------
        values : ndarray
        dead : ndarray of bool
        kills : list of (ndarray of bool, int)
            For each reason the values that it excludes.
        """
        low, high = self.low, self.high
        n = np.arange(low[base], high[base] + 1, dtype=np.int64)
        kills = []
        inside = {}
        for i in shares:
            fact, bit = self.system.evidence[i], 1 << i
            x = fact.unknown
            first = np.maximum(-((-fact.low * n - fact.above) // fact.scale), 0)
            last = np.minimum((fact.high * n - fact.below) // fact.scale, n)
            kills.append((first > last, bit))
            kills.append((last < low[x], bit | self.why_low[x]))
            kills.append((first > high[x], bit | self.why_high[x]))
            inside[x] = first, last, bit
        for total, parts in self.system.sums:
            if total == base and all(p in inside for p in parts):
                why = 0
                for p in parts:
                    why |= inside[p][2]
                kills.append((sum(inside[p][0] for p in parts) > n, why))
                kills.append((sum(inside[p][1] for p in parts) < n, why))
        kills = [kill for kill in kills if kill[0].any()]
        dead = np.zeros(len(n), dtype=bool)
        for kill, _ in kills:
            dead |= kill
        return n, dead, kills

    def filter(self, base: int, shares: list[int]) -> bool:
        """Drop impossible values of a base at the ends of its range."""
        low, high = self.low[base], self.high[base]
        if high - low > WIDEST or high == low:
            return False
        if time.monotonic() > self.deadline:
            raise OutOfTimeError
        n, dead, kills = self.values(base, shares)
        if not kills:
            return False
        alive = np.flatnonzero(~dead)
        if not len(alive):
            raise ConflictError(cover(kills) | self.why_low[base] | self.why_high[base])
        first, last = int(alive[0]), int(alive[-1])
        if first:
            why = cover([(kill[:first], why) for kill, why in kills])
            self.raise_low(base, low + first, why | self.why_low[base])
        if last < len(n) - 1:
            why = cover([(kill[last + 1 :], why) for kill, why in kills])
            self.cut_high(base, low + last, why | self.why_high[base])
        return bool(self.queue)

    def open_bases(self) -> list[tuple[int, np.ndarray | None, int]]:
        """Bases not yet settled, their possible values and the reason for these, fewest first."""
        found: list[tuple[int, np.ndarray | None, int]] = []
        for base, shares in self.bases.items():
            if self.low[base] == self.high[base]:
                continue
            if self.high[base] - self.low[base] > WIDEST:
                found.append((base, None, 0))
                continue
            n, dead, kills = self.values(base, shares)
            why = self.why_low[base] | self.why_high[base]
            if kills:
                why |= cover([(kill[dead], reason) for kill, reason in kills])
            found.append((base, n[~dead], why))
        return sorted(found, key=lambda one: WIDEST * 2 if one[1] is None else len(one[1]))

    def _wake(self, unknown: int) -> None:
        self.updates[unknown] += 1
        if self.updates[unknown] > MOST_UPDATES:
            return
        for position in self.watch[unknown]:
            if not self.queued[position]:
                self.queued[position] = True
                self.queue.append(position)

    def raise_low(self, unknown: int, value: int, why: int) -> None:
        """Learn that an unknown is at least `value`."""
        if value > self.low[unknown]:
            self.low[unknown], self.why_low[unknown] = value, why
            if value > self.high[unknown]:
                raise ConflictError(why | self.why_high[unknown])
            self._wake(unknown)

    def cut_high(self, unknown: int, value: int, why: int) -> None:
        """Learn that an unknown is at most `value`."""
        if value < self.high[unknown]:
            self.high[unknown], self.why_high[unknown] = value, why
            if value < self.low[unknown]:
                raise ConflictError(why | self.why_low[unknown])
            self._wake(unknown)

    def share(self, i: int, fact: Evidence) -> None:
        """Bounds between a count and its base."""
        x, n, bit = fact.unknown, fact.base, 1 << i
        assert n is not None
        low, high, why_low, why_high = self.low, self.high, self.why_low, self.why_high
        if fact.some:
            self.raise_low(n, 1, bit)
        if fact.low > 0:
            self.raise_low(x, -((-fact.low * low[n] - fact.above) // fact.scale), bit | why_low[n])
            self.cut_high(n, (fact.scale * high[x] - fact.above) // fact.low, bit | why_high[x])
        self.cut_high(x, (fact.high * high[n] - fact.below) // fact.scale, bit | why_high[n])
        if fact.high > 0:
            self.raise_low(n, -((-fact.scale * low[x] - fact.below) // fact.high), bit | why_low[x])

    def sum(self, total: int, parts: tuple[int, ...]) -> None:
        """Bounds between a total and its parts."""
        low, high, why_low, why_high = self.low, self.high, self.why_low, self.why_high
        least = most = 0
        for p in parts:  # called more than anything else, and faster than two generators
            least += low[p]
            most += high[p]
        if least > low[total] or most < high[total]:
            for_low = for_high = 0
            for p in parts:
                for_low |= why_low[p]
                for_high |= why_high[p]
            self.raise_low(total, least, for_low)
            self.cut_high(total, most, for_high)
        for p in parts:
            if high[total] - least < high[p] - low[p]:
                why = why_high[total]
                for q in parts:
                    if q != p:
                        why |= why_low[q]
                self.cut_high(p, high[total] - least + low[p], why)
            if low[total] - most > low[p] - high[p]:
                why = why_low[total]
                for q in parts:
                    if q != p:
                        why |= why_high[q]
                before = low[p]
                self.raise_low(p, low[total] - most + high[p], why)
                least += low[p] - before


def cover(kills) -> int:
    """The reasons, few and short, that together exclude every value."""
    left = np.ones(len(kills[0][0]), dtype=bool)
    chosen = 0
    while left.any():
        kill, why = max(
            kills, key=lambda one: (one[0] & left).sum() / (1 + (one[1] & ~chosen).bit_count())
        )
        chosen |= why
        left &= ~kill
    return chosen


def bits(mask: int) -> list[int]:
    """The positions of the ones, in order."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


class Search:
    """Smallest repairs of a system.

    Parameters
    ----------
    system : System
    deadline : float
        On the monotonic clock, in seconds.
    unit : list of int, optional
        For each piece of evidence the unit that it belongs to. Units are counted as
        errors, so that a whole row, say, may count as one; by default each is its own.
    trusted : set of int
        Units that are not wrong.
    fixed : dict of int to int
        Unknowns whose value is given.

    Attributes
    ----------
    lower : int
        No repair has fewer units; this is proved whenever the search ends.
    repairs : list of frozenset of int
        The smallest repairs found, as sets of units.
    complete : bool
        Whether these are all smallest repairs.
    """

    def __init__(self, system, deadline, unit=None, trusted=frozenset(), fixed=None):
        self.system, self.deadline = system, deadline
        self.unit = list(range(len(system.evidence))) if unit is None else unit
        self.trusted, self.fixed = frozenset(trusted), fixed
        self.conflicts: list[frozenset[int]] = []
        self.lower = 0
        self.repairs: list[frozenset[int]] = []
        self.complete = False

    def run(self, most: int = MOST_REPAIRS, limit: float = math.inf) -> None:
        """Find the smallest repairs, at most `most`, of at most `limit` units.

        Raises
        ------
        OutOfTimeError
            The deadline is reached; `lower` and `repairs` hold what is proved.
        """
        self._disjoint(frozenset(), limit)
        while len(self.repairs) < most:
            chosen = self._hitting_set() if self.lower <= limit else None
            if chosen is not None and not self.repairs:
                self.lower = len(chosen)
            if chosen is None or len(chosen) > (len(self.repairs[0]) if self.repairs else limit):
                self.complete = True
                return
            solution, reason = self.decide(chosen)
            if solution is None:
                self._learn(reason)
                self._disjoint(chosen)
            else:
                self.repairs.append(chosen)

    def _disjoint(self, chosen: frozenset[int], limit: float = math.inf) -> None:
        """Learn conflicts outside `chosen` without a common unit until there are no more."""
        removed, found = chosen, 0
        while self.lower <= limit:
            solution, reason = self.decide(removed)
            if solution is not None:
                return
            removed |= self._learn(reason)
            if not self.conflicts[-1]:
                return
            if not chosen:
                found += 1
                self.lower = max(self.lower, found)

    def decide(self, chosen: frozenset[int]) -> tuple[list[int] | None, int]:
        """Counts that satisfy all evidence outside `chosen`; if there are none, the reason."""
        return self._decide([i for i, unit in enumerate(self.unit) if unit not in chosen])

    def tick(self) -> float:
        """Seconds left; raise `OutOfTimeError` where there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        return left

    def _learn(self, reason: int) -> frozenset[int]:
        values = self._shrunk(bits(reason))
        self.conflicts.append(frozenset(self.unit[i] for i in values) - self.trusted)
        return self.conflicts[-1]

    def _decide(self, standing: list[int]) -> tuple[list[int] | None, int]:
        try:
            bounds = Bounds(self.system, standing, self.fixed, self.deadline)
        except ConflictError as conflict:
            return None, conflict.reason
        return self._search(bounds, len(self.system.evidence))

    def _search(self, bounds: Bounds, depth: int) -> tuple[list[int] | None, int]:
        self.tick()
        base, values, why = next(iter(bounds.open_bases()), (-1, None, 0))
        if values is None or len(values) > MOST_VALUES:
            model, unknowns = model_of(self.system, bounds)
            if found := solved(model, self.tick()):
                return [found[0].value(x) for x in unknowns], 0
            assumed = range(len(self.system.evidence), depth)
            return None, sum(1 << bit for bit in (*bounds.standing, *assumed))
        bit = 1 << depth
        for value in values.tolist():
            try:
                branch = bounds.branch(base, value, bit)
            except ConflictError as conflict:
                reason = conflict.reason
            else:
                solution, reason = self._search(branch, depth + 1)
                if solution is not None:
                    return solution, 0
            if not reason & bit:
                return None, reason
            why |= reason & ~bit
        return None, why

    def _clash(self, values: list[int]) -> int | None:
        """A reason why bounds alone exclude these values, or None if they do not."""
        try:
            Bounds(self.system, values, self.fixed, self.deadline)
        except ConflictError as conflict:
            return conflict.reason
        return None

    def _contradiction(self, values: list[int]) -> int | None:
        """A reason why these values cannot be together, or None if they can."""
        solution, reason = self._decide(values)
        return reason if solution is None else None

    def _shrunk(self, values: list[int]) -> list[int]:
        """A smaller set of values without solution."""
        start = time.monotonic()
        test = self._contradiction if self._clash(values) is None else self._clash
        width = max(1, len(values) // 4)
        while True:
            k = 0
            while k < len(values):
                if time.monotonic() - start > SHRINKING:
                    return values
                reason = test(values[:k] + values[k + width :])
                if reason is None:
                    k += width
                else:
                    before = values[:k]
                    values = bits(reason)
                    k = sum(v in values for v in before)
            if width == 1:
                return values
            width = max(1, width // 2)

    def _hitting_set(self) -> frozenset[int] | None:
        """A smallest set of units that meets every conflict and contains no known repair."""
        from ortools.sat.python import cp_model

        if not all(self.conflicts):
            return None
        model = cp_model.CpModel()
        units = sorted(set(itertools.chain.from_iterable(self.conflicts)))
        chosen = {unit: model.new_bool_var("") for unit in units}
        for conflict in self.conflicts:
            model.add_bool_or([chosen[unit] for unit in sorted(conflict)])
        for repair in self.repairs:
            model.add_bool_or([~chosen[unit] for unit in sorted(repair)])
        model.minimize(sum(chosen.values()))
        # Many conflicts are met ten times as fast where clauses are relaxed, too.
        linear = 2 if len(self.conflicts) > MANY_CONFLICTS else 1
        found = solved(model, self.tick(), linear=linear)
        if found is None:
            return None
        solver, best = found
        if not best:
            raise OutOfTimeError
        return frozenset(unit for unit in units if solver.boolean_value(chosen[unit]))


def model_of(system: System, bounds: Bounds):
    """The standing evidence as a model for CP-SAT, with its variables."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    unknowns = [model.new_int_var(a, b, "") for a, b in zip(bounds.low, bounds.high, strict=True)]
    for total, parts in system.sums:
        model.add(sum(unknowns[p] for p in parts) == unknowns[total])
    for i in bounds.standing:
        fact = system.evidence[i]
        if fact.base is None or fact.implied(bounds):
            continue
        x, n = unknowns[fact.unknown], unknowns[fact.base]
        model.add(fact.scale * x >= fact.low * n + fact.above)
        model.add(fact.scale * x <= fact.high * n - fact.below)
    return model, unknowns


def solved(model, seconds: float, presolve: bool = False, linear: int = 1):
    """Run CP-SAT on one thread; small models are solved before a second has started.

    Returns
    -------
    (CpSolver, bool) or None
        The solver with a solution, and whether it is a best one; None if there is none.

    Raises
    ------
    OutOfTimeError
        Neither was found in time.
    """
    from ortools.sat.python import cp_model

    if seconds <= 0:
        raise OutOfTimeError
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.cp_model_presolve = presolve
    solver.parameters.linearization_level = linear
    solver.parameters.catch_sigint_signal = False
    solver.parameters.max_time_in_seconds = min(max(seconds, 0.001), 1e6)
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise OutOfTimeError
    return solver, status == cp_model.OPTIMAL


def ranges(
    system: System,
    standing: list[int],
    deadline: float,
    fixed=None,
    of: Iterable[int] | None = None,
) -> tuple[list[tuple[int, int]], bool]:
    """Least and greatest value of every unknown that the standing evidence leaves possible.

    Parameters
    ----------
    system : System
    standing : list of int
        The evidence that is right.
    deadline : float
        On the monotonic clock, in seconds.
    fixed : dict of int to int, optional
        Unknowns whose value is given.
    of : iterable of int, optional
        The unknowns that are asked about; all by default.

    Returns
    -------
    ranges : list of (int, int)
        Outer bounds, which hold whatever happens.
    settled : bool
        Whether they are the least and greatest values themselves.

    Raises
    ------
    ConflictError
        Nothing is possible.
    OutOfTimeError
        The deadline is reached before anything is known.
    """
    bounds = Bounds(system, standing, fixed, deadline)
    # An end is an unknown and a sign: the least value is the greatest with its sign changed.
    outer = {(k, -1): -low for k, low in enumerate(bounds.low)}
    outer |= {(k, 1): high for k, high in enumerate(bounds.high)}
    asked = range(system.unknowns) if of is None else set(of)
    open_ends = {(k, s) for k in asked if bounds.low[k] < bounds.high[k] for s in (-1, 1)}
    seen: dict[tuple[int, int], int] = {}
    target = None
    settled = True
    while open_ends:
        model, unknowns = model_of(system, bounds)
        if target is not None:
            model.maximize(target[1] * unknowns[target[0]])
        elif seen:  # is anything outside what was seen?
            _any_of(model, [s * unknowns[k] >= seen[k, s] + 1 for k, s in open_ends])
        try:
            found = solved(model, deadline - time.monotonic(), presolve=True)
        except OutOfTimeError:
            settled = False
            break
        if found is None:
            outer |= {end: seen[end] for end in open_ends}
            break
        solver, best = found
        values = {(k, s): s * solver.value(unknowns[k]) for k, s in open_ends}
        seen |= {end: max(value, seen.get(end, value)) for end, value in values.items()}
        if target is not None and best:
            outer[target] = values[target]
        open_ends = {end for end in open_ends if end != target and seen[end] != outer[end]}
        # One unknown is settled for good, then all are asked about together again.
        target = None if target is not None or not open_ends else min(open_ends)
    return [(-outer[k, -1], outer[k, 1]) for k in range(system.unknowns)], settled


def _any_of(model, expressions) -> None:
    """Demand that one of these inequalities holds."""
    literals = []
    for expression in expressions:
        literals.append(model.new_bool_var(""))
        model.add(expression).only_enforce_if(literals[-1])
    model.add_bool_or(literals)


def solutions(system: System, standing: list[int], of: list[int], most: int, deadline: float):
    """All values that the unknowns `of` can have, at most `most` tuples.

    Raises
    ------
    OutOfTimeError
        The deadline is reached before all are known.
    """
    found: list[tuple[int, ...]] = []
    try:
        bounds = Bounds(system, standing, deadline=deadline)
    except ConflictError:
        return found
    model, unknowns = model_of(system, bounds)
    while len(found) < most:
        solution = solved(model, deadline - time.monotonic())
        if solution is None:
            break
        found.append(tuple(solution[0].value(unknowns[k]) for k in of))
        values = zip(of, found[-1], strict=True)
        free = [(unknowns[k], x) for k, x in values if bounds.low[k] < bounds.high[k]]
        if not free:
            break
        _any_of(model, [e for k, x in free for e in (k <= x - 1, k >= x + 1)])
    return sorted(found)
