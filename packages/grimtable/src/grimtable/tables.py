"""A printed table as groups of cases that fall into categories, and what it prints of them.

Whatever stands in rows and in columns, a table is read as *groups* (periods, arms of
a trial) whose cases fall into the *categories* of one or more *blocks* (size bands;
sex, then age, then region). A value prints the number of cases of a group in a
category, the size of a group, or one as a percentage of another.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from grimtable.numbers import PrintedNumber
from grimtable.search import Evidence, System

TOTAL, SHARE, COUNT = "total", "share", "n"
MOST_VALUES = 5_000
HEADROOM = 10


@dataclass(frozen=True)
class Value:
    """One printed value.

    Parameters
    ----------
    row, column : str
        Labels of the place where it is printed.
    part : str
        "n", "%" or "N" where a cell holds several values, else "".
    printed : PrintedNumber
    kind : str
        "count" or "percent"; "base" for the N of "n/N" in a cell.
    group : int or None
        Which group; None for all groups together.
    category : int or None
        Which category; None for the size of the group.
    base : str
        Of what a percentage is one: "group", "category" (of all groups), "grand" (all
        cases) or "own" (the N in the same cell).
    cell : tuple of int
        Line and column in the grid as read.
    """

    row: str
    column: str
    part: str
    printed: PrintedNumber
    kind: str
    group: int | None
    category: int | None
    base: str = "group"
    cell: tuple[int, int] = (0, 0)

    @property
    def place(self) -> tuple[str, str]:
        """Row and column, the part of a cell included."""
        return self.row, f"{self.column} [{self.part}]" if self.part else self.column


@dataclass(frozen=True)
class Block:
    """Categories that belong together.

    Parameters
    ----------
    label : str
    categories : tuple of int
    exhaustive : bool
        Whether every case of a group is in exactly one of them.
    answers : bool
        Whether percentages are of the cases in these categories, or of those that gave
        an answer to the one category, and not of the group.
    """

    label: str
    categories: tuple[int, ...]
    exhaustive: bool = True
    answers: bool = False


@dataclass(frozen=True)
class Table:
    """A printed table.

    Parameters
    ----------
    source : str
        Where it was read from.
    groups, categories : tuple of str
        Labels.
    blocks : tuple of Block
    values : tuple of Value
    layout : str
        How it was read, in words.
    across : bool
        Whether the groups stand in rows.
    grid : tuple of tuple of str
        The cells as printed, header included.
    header : int
        How many lines of the grid are header.
    skipped : tuple of str
        What was not audited, and why.
    totals : bool
        Whether the groups together make up what is printed as total.
    """

    source: str
    groups: tuple[str, ...]
    categories: tuple[str, ...]
    blocks: tuple[Block, ...]
    values: tuple[Value, ...]
    layout: str = "row percentages"
    across: bool = True
    grid: tuple[tuple[str, ...], ...] = ()
    header: int = 1
    skipped: tuple[str, ...] = ()
    totals: bool = True

    def find(self, row: str, column: str | None) -> list[int]:
        """Numbers of the values at a place, or of a whole row.

        Raises
        ------
        KeyError
            Nothing is printed there.
        """
        found = [
            i
            for i, value in enumerate(self.values)
            if value.row == row and (column is None or column in (value.column, value.place[1]))
        ]
        if not found:
            raise KeyError(f"no printed value in row {row!r}, column {column!r}")
        return found


@dataclass(frozen=True)
class Reading:
    """Assumptions under which a table is audited.

    Parameters
    ----------
    rounding : str
        One of `numbers.ROUNDINGS`.
    exhaustive : bool
        Whether categories that the table says to be complete are so; if not, no categories
        exclude each other.
    totals : bool
        Whether groups that the table says to make up the totals do so.
    missing : bool
        Whether percentages beside a count may be of fewer cases than the group has.
    """

    rounding: str = "nearest"
    exhaustive: bool = True
    totals: bool = True
    missing: bool = False


@dataclass
class Unknowns:
    """The unknown counts of a table: a system, and where each count stands in it."""

    system: System
    cells: dict[tuple[int | None, int | None], int] = field(default_factory=dict)
    names: dict[int, tuple[str, str]] = field(default_factory=dict)
    own: dict[tuple[int, int], int] = field(default_factory=dict)
    answers: dict[tuple[int | None, int | None], int] = field(default_factory=dict)

    def between(self, place: tuple[int | None, int | None]) -> int:
        """Add an unknown that is at least the count at a place and at most its group's size."""
        unknown = self.system.unknown()
        self.system.add_sum(self.cells[place[0], None], [unknown], False)
        self.system.add_sum(unknown, [self.cells[place]], False)
        return unknown

    def evidence_of(self, value: Value, rounding: str) -> Evidence:
        """What a printed value says of the unknown counts."""
        printed, bound = value.printed, self.system.bound
        place = value.group, value.category
        unknown = self.own[value.cell] if value.kind == "base" else self.cells[place]
        if value.kind != "percent":
            low, high = printed.units, printed.units
            if printed.relation == "<":
                low, high = 0, printed.units - 1
            elif printed.relation == ">":
                low, high = printed.units + 1, bound
            return Evidence(unknown, None, low, high)
        base = {
            "own": self.own.get(value.cell),
            "category": self.cells.get((None, value.category)),
            "grand": self.cells.get((None, None)),
            "group": self.answers.get(place, self.cells[value.group, None]),
        }[value.base]
        low, high, above, below = printed.ends(rounding)
        if unknown == base:  # everything as a share of itself
            fits = low + above <= printed.scale <= high - below
            return Evidence(unknown, None, 0 if fits else 1, bound if fits else 0)
        some = printed.units > 0 and printed.relation != "<"
        return Evidence(unknown, base, low, high, printed.scale, above, below, some)


def unknowns_of(table: Table, reading: Reading) -> Unknowns:
    """Set up the unknown counts of a table, their sums, and what each value says of them."""
    counts = [v.printed.units for v in table.values if v.kind != "percent"]
    sizes = [v.printed.units for v in table.values if v.kind != "percent" and v.category is None]
    bound = HEADROOM * max(max(counts, default=1), sum(sizes), 10)
    system = System(min(bound, HEADROOM * 10**9))
    result = Unknowns(system)
    groups: list[int | None] = [*range(len(table.groups))]
    if any(v.group is None or v.base in ("category", "grand") for v in table.values):
        groups.append(None)
    categories: list[int | None] = [None, *range(len(table.categories))]
    for group in groups:
        for category in categories:
            result.cells[group, category] = system.unknown()
            result.names[result.cells[group, category]] = (
                TOTAL if group is None else table.groups[group],
                COUNT if category is None else table.categories[category],
            )
        for block in table.blocks:
            parts = [result.cells[group, c] for c in block.categories]
            size = result.cells[group, None]
            if block.answers:
                shown = system.unknown()
                system.add_sum(shown, parts, len(parts) > 1)
                system.add_sum(size, [shown], False)
                result.answers |= {(group, c): shown for c in block.categories}
            elif reading.exhaustive:
                system.add_sum(size, parts, block.exhaustive)
            else:
                for part in parts:
                    system.add_sum(size, [part], False)
    if None in groups and table.totals and reading.totals:
        for category in categories:
            parts = [result.cells[g, category] for g in groups if g is not None]
            system.add_sum(result.cells[None, category], parts)
    if reading.missing:
        whole = {c for b in table.blocks if b.exhaustive or b.answers for c in b.categories}
        for key in {(v.group, v.category) for v in table.values if v.kind == "count"}:
            if key[1] is not None and key[1] not in whole:
                result.answers[key] = result.between(key)
    for value in table.values:
        if value.kind == "base":
            result.own[value.cell] = result.between((value.group, value.category))
    system.evidence += [result.evidence_of(value, reading.rounding) for value in table.values]
    return result
