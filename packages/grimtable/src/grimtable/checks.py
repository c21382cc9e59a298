"""Arithmetic checks of a printed table, and hints at how an error arose.

Each arithmetic check proves that a part of the table is impossible under the
assumptions made. Hints never make a table inconsistent. A hint at a cause is given
only where it fits exactly: the printed value is what that slip would have printed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from grimtable.numbers import PrintedNumber, plain
from grimtable.tables import Reading, Table, Value

HINTS = {
    "band_labels": "Labels of the bands",
    "repeated_cells": "Repeated cells",
    "transposed_digits": "Exchanged digits",
    "lost_digit": "A digit lost or added",
    "look_alike": "A digit misread",
    "truncated": "Cut off instead of rounded",
    "rounded_twice": "Rounded twice",
    "other_base": "Divided by a neighbour's n",
    "copied_value": "Read from a neighbour",
    "exchanged_cells": "Cells exchanged",
}
CHECKS = {
    "row_sum": "Percentages that do not add to 100",
    "impossible_share": "Percentages that no whole number of cases gives",
    "count_share": "Percentages that their own counts do not give",
    "impossible_row": "Groups possible cell by cell, but not together",
    "group_counts": "Counts that do not add up to their group",
    "row_totals": "Sizes of the groups against the grand total",
    "grand_total": "Totals of the categories against the grand total",
    "column_totals": "Totals of the categories against the groups",
    "average_share": "Shares of all cases against the totals",
    "together": "Values that are possible one by one, but not together",
}
SHORTEST_RUN = 4
LOOK_ALIKE = {
    frozenset(pair)
    for pair in ("17", "14", "38", "35", "56", "68", "69", "08", "06", "09", "89", "49", "27")
}


@dataclass(frozen=True)
class Finding:
    """One thing found in a table.

    Parameters
    ----------
    check : str
        One of `CHECKS`, or of `HINTS`.
    row, column : str or None
        As printed; None where the whole column or row is meant.
    printed : int, float, str or None
        What is printed there (the sum, for percentages that do not add up).
    computed : int, float, str, list or None
        What it would have to be; [low, high] for a range, or the two nearest
        possible percentages.
    message : str
        One plain sentence with the arithmetic.
    cells : tuple of (int, int)
        Lines and columns in the grid as read.
    """

    check: str
    row: str | None
    column: str | None
    printed: int | float | str | None
    computed: int | float | str | list | None
    message: str
    cells: tuple[tuple[int, int], ...] = ()

    @property
    def is_hint(self) -> bool:
        """Whether it hints at an error rather than proves one."""
        return self.check in HINTS


def _at(check: str, value: Value, computed, message: str) -> Finding:
    """A finding about one printed value."""
    row, column, number = value.row, value.column, value.printed.number
    return Finding(check, row, column, number, computed, message, (value.cell,))


def _over(values: list[Value]) -> tuple[tuple[int, int], ...]:
    return tuple(value.cell for value in values)


class _Printed:
    """The values of a table by what they print."""

    def __init__(self, table: Table, reading: Reading):
        self.table, self.rounding = table, reading.rounding
        self.counts: dict[tuple, Value] = {}
        self.shares: dict[tuple, Value] = {}
        self.bases: dict[tuple[int, int], Value] = {}
        for value in table.values:
            key = value.group, value.category
            if value.kind == "base":
                self.bases[value.cell] = value
            elif value.kind == "count" and not value.printed.relation:
                self.counts.setdefault(key, value)
            elif value.kind == "percent":
                self.shares.setdefault(key, value)
        self.answers = {c: b.categories for b in table.blocks if b.answers for c in b.categories}

    def size(self, group) -> int | None:
        """Printed size of a group."""
        value = self.counts.get((group, None))
        return value.printed.units if value else None

    def counted(self, keys) -> list[Value]:
        """The counts printed at all these places, or none where one is missing."""
        found = [self.counts[key] for key in keys if key in self.counts]
        return found if len(found) == len(keys) else []

    def base(self, share: Value) -> int | None:
        """Printed number of cases that a percentage is one of."""
        if share.base == "own":
            return self.bases[share.cell].printed.units
        if share.category in self.answers and share.base == "group":
            counts = self.counted([(share.group, c) for c in self.answers[share.category]])
            return sum(c.printed.units for c in counts) if len(counts) > 1 else None
        return self.size(None if share.base == "grand" else share.group)

    def possible(self, share: Value, n: int) -> tuple[int, int]:
        """Counts that are printed as this percentage of n."""
        return share.printed.possible_counts(n, self.rounding)


def arithmetic_findings(table: Table, reading: Reading) -> Iterator[Finding]:
    """All checks of one value, one group, one category or one total.

    Parameters
    ----------
    table : Table
    reading : Reading

    Yields
    ------
    Finding
        None for every table printed from whole numbers under these assumptions.

    Notes
    -----
    `impossible_share` is the GRIM test (Brown and Heathers 2017, Social Psychological
    and Personality Science 8(4), 363-369) on every percentage. That printed numbers
    are recomputed from each other follows statcheck (Nuijten et al. 2016, Behavior
    Research Methods 48, 1205-1226).
    """
    printed = _Printed(table, reading)
    for group in range(len(table.groups)):
        yield from _sums(printed, group)
        yield from _shares(printed, group)
    if table.totals and reading.totals:
        yield from _totals(printed)
        yield from _columns(printed)
    yield from _averages(printed)


def _ends(number: PrintedNumber, rounding: str) -> tuple[Fraction, Fraction]:
    low, high, _, _ = number.ends(rounding)
    unit = Fraction(100, number.scale)
    return max(low * unit, Fraction(0)), min(high * unit, Fraction(100))


def _sums(printed: _Printed, group: int) -> Iterator[Finding]:
    table, n = printed.table, printed.size(group)
    for block in table.blocks:
        if not block.exhaustive:
            continue
        name = table.groups[group]
        of = f"{name} in {block.label}" if block.label else name
        keys = [(group, k) for k in block.categories]
        shares = [printed.shares[key] for key in keys if key in printed.shares]
        counts = printed.counted(keys)
        cases = sum(c.printed.units for c in counts)
        if n is not None and counts and cases != n:
            message = f"The counts of {of} add up to {cases}, but n is {n}."
            yield Finding("group_counts", name, None, cases, n, message, _over(counts))
        if len(shares) < len(keys) or any(s.base != "group" for s in shares):
            continue
        if n == 0 and all(s.printed.units == 0 for s in shares):
            continue
        low, high = map(
            sum, zip(*(_ends(s.printed, printed.rounding) for s in shares), strict=True)
        )
        total = sum((s.printed.value for s in shares), Fraction())
        longest = PrintedNumber("", 0, max(s.printed.decimals for s in shares))
        finer = PrintedNumber("", 0, longest.decimals + 1)
        if not low <= 100 <= high:
            message = (
                f"The percentages of {of} add to {longest.show(total)}; rounding allows"
                f" {finer.show(low)} to {finer.show(high)}, which leaves out 100."
            )
            yield Finding("row_sum", name, None, float(total), 100, message, _over(shares))
        elif n is not None:
            ranges = [printed.possible(s, n) for s in shares]
            least, most = sum(a for a, _ in ranges), sum(b for _, b in ranges)
            if all(a <= b for a, b in ranges) and not least <= n <= most:
                value, cells = printed.counts[group, None], _over(shares)
                message = (
                    f"Each percentage of {name} is possible with n = {n}, but together they make "
                    f"{_words(least, most)} cases."
                )
                label, possible = value.column if table.across else value.row, _range(least, most)
                yield Finding("impossible_row", name, label, n, possible, message, cells)


def _shares(printed: _Printed, group: int) -> Iterator[Finding]:
    for (g, category), share in printed.shares.items():
        n = printed.base(share) if share.base != "category" else None
        if g != group or category is None or n is None:
            continue
        low, high = printed.possible(share, n)
        count = printed.counts.get((g, category))
        if low > high:
            yield _impossible_share(share, n)
        elif count is not None and not low <= count.printed.units <= high:
            units, number = count.printed.units, share.printed
            if units > n or n == 0:
                message = f"{share.row}, {share.column}: {units} cases, but only {n} in the group."
                yield _at("count_share", share, None, message)
                continue
            message = (
                f"{units} of {n} are {number.finer_share(units, n)} per cent, but"
                f" {number.text} is printed for {share.row}, {share.column}."
            )
            yield _at("count_share", share, plain(number.rounded_share(units, n)), message)


def _impossible_share(share: Value, n: int) -> Finding:
    number = share.printed
    if n == 0:
        message = (
            f"{share.row} prints {number.text} per cent in {share.column} although it has no cases"
            " (n = 0)."
        )
        return _at("impossible_share", share, 0, message)
    below = int(number.value * n / 100)
    counts = [count for count in (below, below + 1) if count <= n]
    around = " and ".join(f"{x} of {n} are {number.finer_share(x, n)}" for x in counts)
    nearest = [plain(number.rounded_share(count, n)) for count in counts]
    message = f"No whole number of cases out of n = {n} is {number.text} per cent: {around}."
    return _at("impossible_share", share, nearest, message)


def _totals(printed: _Printed) -> Iterator[Finding]:
    table, grand = printed.table, printed.counts.get((None, None))
    if grand is None:
        return
    name = "column totals" if table.across else "totals of the categories"
    lists: list[tuple[str, str, list]]
    lists = [("row_totals", "group sizes n", [(g, None) for g in range(len(table.groups))])]
    lists += [
        ("grand_total", name, [(None, k) for k in block.categories])
        for block in table.blocks
        if block.exhaustive
    ]
    for check, name, keys in lists:
        values = printed.counted(keys)
        total = sum(v.printed.units for v in values)
        if values and total != grand.printed.units:
            message = (
                f"The {name} add up to {total}, but the grand total is printed as"
                f" {grand.printed.units} (difference {total - grand.printed.units:+d})."
            )
            yield _at(check, grand, total, message)


def _columns(printed: _Printed) -> Iterator[Finding]:
    table = printed.table
    for category, label in enumerate(table.categories):
        total = printed.counts.get((None, category))
        if total is None:
            continue
        low = high = 0
        what = "counts of the groups"
        for group in range(len(table.groups)):
            count = printed.counts.get((group, category))
            share = printed.shares.get((group, category))
            n = printed.base(share) if share and share.base != "category" else None
            if count is not None:
                least = most = count.printed.units
            elif share is not None and n is not None:
                what = f"percentages and n of the {'rows' if table.across else 'groups'}"
                least, most = printed.possible(share, n)
                if least > most:  # impossible: the counts on either side of the percentage
                    least = int(share.printed.value * n / 100)
                    most = least + 1
            else:
                break
            low, high = low + least, high + most
        else:
            if not low <= total.printed.units <= high:
                message = (
                    f"The {what} make {_words(low, high)} cases in {label}, but the total is"
                    f" printed as {total.printed.units}."
                )
                yield _at("column_totals", total, _range(low, high), message)


def _averages(printed: _Printed) -> Iterator[Finding]:
    grand = printed.size(None)
    for (group, category), share in printed.shares.items():
        number = share.printed
        if category is None and share.base in ("group", "grand"):
            first, last = _ends(number, printed.rounding)
            if group is None and not first <= 100 <= last:
                message = (
                    f"The shares of the grand total are printed as {number.text} per cent"
                    " together, but must be 100."
                )
                yield _at("average_share", share, 100, message)
            continue
        if group is not None or share.base == "own" or grand is None:
            continue
        total = printed.counts.get((None, category))
        low, high = printed.possible(share, grand)
        if total is None:
            if low > high:
                yield _impossible_share(share, grand)
            continue
        units, name = total.printed.units, printed.table.categories[category]
        if low <= units <= high:
            continue
        if units > grand or grand == 0:
            message = (
                f"The total of {name} is {units}, which no share of a grand total of {grand} can"
                " be."
            )
            yield _at("average_share", share, None, message)
            continue
        value = number.rounded_share(units, grand)
        message = (
            f"{units} of {grand} are {number.finer_share(units, grand)} per cent, which rounds to"
            f" {number.show(value)}, but {number.text} is printed for {name}."
        )
        yield _at("average_share", share, plain(value), message)


def band_findings(bands: tuple[str, ...]) -> Iterator[Finding]:
    """Bands of numbers that leave a gap, overlap or run backwards.

    Labels such as `1-199` and `100000+` are understood; others are passed over.
    """
    read = list(zip(bands, map(_band, bands), strict=True))
    for label, (first, last) in read:
        if first is not None and last is not None and last < first:
            message = f"The band {label} ends before it begins."
            yield Finding("band_labels", None, label, label, None, message)
    for (before, (first, last)), (label, (start, _)) in itertools.pairwise(read):
        if first is None or start is None or (last is not None and last < first):
            continue
        if last is None or start <= last:
            message = f"The bands {before} and {label} overlap from {start} on."
        elif start > last + 1:
            size = f"{last + 1} to {start - 1}" if start > last + 2 else f"{start - 1}"
            message = f"The bands {before} and {label} leave a gap: {size} belongs to neither."
        else:
            continue
        expected = None if last is None else label.replace(str(start), str(last + 1), 1)
        yield Finding("band_labels", None, label, label, expected, message)


def _band(label: str) -> tuple[int | None, int | None]:
    """First and last number of a band; no last one where it is open, neither where it is none."""
    text = re.sub(r"(?<=[0-9])[, _'](?=[0-9]{3}(?![0-9]))", "", label)
    if match := re.fullmatch(r"([0-9]+)\s*(?:-|\u2013|\u2014|to)\s*([0-9]+)", text):
        return int(match[1]), int(match[2])
    match = re.fullmatch(r"([0-9]+)\s*(?:\+|(?:and|or) more|and over)", text)
    return int(match[1]) if match else None, None


def repetition_findings(table: Table, wrong: set[int]) -> Iterator[Finding]:
    """Groups, or runs of values in a group, that repeat another group's.

    Four or more neighbouring values, three of them different from each other and from
    0; or a group's wrong n that is the one printed for another group.
    """
    printed = _Printed(table, Reading())
    places = range(len(table.categories))
    for first, second in itertools.combinations(range(len(table.groups)), 2):
        one, two = (
            [printed.shares.get((g, k)) or printed.counts.get((g, k)) for k in places]
            for g in (first, second)
        )
        sizes = printed.counted([(first, None), (second, None)])
        same_n = bool(sizes) and sizes[0].printed.units == sizes[1].printed.units
        earlier, later = table.groups[first], table.groups[second]
        seen = False
        equal = [
            bool(a and b and a.printed.text == b.printed.text)
            for a, b in zip(one, two, strict=True)
        ]
        for same, numbers in itertools.groupby(places, equal.__getitem__):
            where = list(numbers)
            run = [v for k in where if (v := two[k])]
            different = {v.printed.units for v in run if v.printed.units}
            if not same or len(run) < SHORTEST_RUN or len(different) < 3:
                continue
            seen = True
            ends = [table.categories[k] for k in (where[0], where[-1])]
            count = f", and its n = {sizes[1].printed.units}," if same_n else ""
            what = f"the {len(run)} cells from {ends[0]} to {ends[1]}{count} are"
            if len(run) == len(equal):
                what = f"everything{count} is"
            message = f"In {later}, {what} the same as in {earlier}."
            texts = " ".join(v.printed.text for v in run)
            row, column = run[0].row, run[0].column
            yield Finding("repeated_cells", row, column, texts, None, message, _over(run))
        guilty = [v for v in sizes if same_n and not seen and table.values.index(v) in wrong]
        if guilty:
            value = guilty[-1]
            name, other = (later, earlier) if value is sizes[1] else (earlier, later)
            changed = "which every smallest repair changes"
            message = f"The n = {value.printed.units} of {name}, {changed}, is the n of {other}."
            yield _at("repeated_cells", value, None, message)


def cause_findings(table: Table, edits, counts) -> list[Finding]:
    """How a wrong value may have come about, where one slip explains it exactly.

    Parameters
    ----------
    table : Table
    edits : list of Edit
        The only smallest repair.
    counts : dict of (group, category) to (int, int)
        Counts that this repair leaves possible.
    """
    findings = []
    settled = {
        e.value: table.values[e.value].printed.show(e.low)
        for e in edits
        if e.low is not None and e.low == e.high
    }
    for (i, right), (k, other) in itertools.combinations(settled.items(), 2):
        one, two = table.values[i], table.values[k]
        first, second = one.printed.text, two.printed.text
        in_line = one.row == two.row or one.column == two.column
        if (first, second, one.kind) == (other, right, two.kind) and in_line:
            message = f"{first} and {second} are each other's right value: exchanged."
            found = _at("exchanged_cells", one, right, message)
            findings.append(replace(found, cells=(one.cell, two.cell)))
    runs = {f.row for f in findings}
    for i, right in settled.items():
        value = table.values[i]
        slips = [*_shares_of(table, value, right, counts), *_slips(table, value, right)]
        if slips and value.row not in runs:
            check, message = min(slips, key=lambda slip: slip[0] != "transposed_digits")
            findings.append(_at(check, value, plain(Fraction(right)), message))
    return findings


def _shares_of(table: Table, value: Value, right: str, counts):
    """Slips of computing a percentage: cut off, rounded twice, divided by another n."""
    low, high = counts.get((value.group, value.category), (0, 1))
    n, most = counts.get((value.group, None), (0, 1))
    of_group = value.kind == "percent" and value.base == "group" and value.category is not None
    if not of_group or low != high or n != most or not n:
        return
    printed, text = value.printed, value.printed.text
    exact, unit = Fraction(100 * low, n), Fraction(1, 10**printed.decimals)
    once = printed.finer_share(low, n)
    if printed.value == exact // unit * unit:
        message = f"{low} of {n} are {once} per cent; {text} is that cut off, not rounded."
        yield "truncated", message
    right_share = f"{low} of {n} are {right} per cent"
    if printed.value == (Fraction(once) / unit + Fraction(1, 2)) // 1 * unit:
        yield "rounded_twice", f"{right_share}; {text} comes from rounding {once} again."
    if value.group is None:
        return
    for group in (value.group - 1, value.group + 1):
        other, also = counts.get((group, None), (0, 1))
        if other == also >= low and printed.rounded_share(low, other) == printed.value:
            name = f"the n of {table.groups[group]}"
            yield "other_base", f"{right_share}; {text} is {low} of {other}, {name}."


def _slips(table: Table, value: Value, right: str):
    """Slips of copying: digits exchanged, lost or misread, a neighbour's value."""
    text = value.printed.text
    if message := _exchanged(text, right):
        yield "transposed_digits", message
    longer, shorter = sorted((text, right), key=len, reverse=True)
    if shorter in {longer[:k] + longer[k + 1 :] for k in range(len(longer)) if longer[k].isdigit()}:
        what = "added" if longer == text else "lost"
        yield "lost_digit", f"{text} is {right} with a digit {what}."
    if len(text.replace(".", "")) > 2 and value.group is not None:
        for step, where in ((-1, "before"), (1, "after")):
            key = value.group + step, value.category, value.kind, value.part
            near = [v for v in table.values if (v.group, v.category, v.kind, v.part) == key]
            if near and near[0].printed.text == text:
                name = table.groups[value.group + step]
                yield "copied_value", f"{text} is the value of {name}, the group {where}."
    differing = _differing(text, right)
    if len(differing) == 1 and frozenset(differing[0]) in LOOK_ALIKE:
        signs = " and ".join(differing[0])
        yield "look_alike", f"{text} and {right} differ in {signs}, which are easily misread."


def _differing(one: str, other: str) -> list[tuple[str, str]]:
    """The pairs of signs in which two texts of one length differ."""
    return [(a, b) for a, b in zip(one, other, strict=False) if a != b] * (len(one) == len(other))


def _exchanged(text: str, right: str) -> str:
    """What is said of a number that is another with two digits exchanged; nothing of others."""
    different = _differing(text, right)
    if len(different) != 2 or different[0] != different[1][::-1]:
        return ""
    return f"{text} is {right} with two digits exchanged, and {right} is what the table needs."


def grand_total_exchange(table: Table) -> list[Finding]:
    """A grand total that is the sum of the totals with two digits exchanged."""
    printed = _Printed(table, Reading())
    grand = printed.counts.get((None, None))
    for block in table.blocks:
        totals = printed.counted([(None, k) for k in block.categories])
        if grand is None or not block.exhaustive or not totals:
            continue
        right = sum(v.printed.units for v in totals)
        if message := _exchanged(grand.printed.text, str(right)):
            return [_at("transposed_digits", grand, right, message)]
    return []


def unrelated(table: Table, reading: Reading) -> bool:
    """Whether the percentages are impossible about as often as arbitrary ones would be.

    Of n cases, about (n + 1) in 100 * 10^d + 1 percentages with d decimals are possible
    at all. Percentages of weighted cases, or of another base, meet these at random.
    """
    printed = _Printed(table, reading)
    tested: list[tuple[int, float, bool]] = []
    for (group, category), share in printed.shares.items():
        n = printed.base(share) if share.base != "category" else None
        if group is None or n is None or category is None:
            continue
        if share.printed.relation or not share.printed.units:
            continue
        chance = min(1.0, (n + 1) / (100 * 10**share.printed.decimals + 1))
        count = printed.counts.get((group, category))
        low, high = printed.possible(share, n)
        fits = low <= high
        if count is not None:  # a printed count fits an arbitrary percentage much less often
            chance, fits = 0.05, low <= count.printed.units <= high
        if chance < 0.9:
            tested.append((group, chance, fits))
    expected = sum(1 - chance for _, chance, _ in tested)
    spread = sum(chance * (1 - chance) for _, chance, _ in tested) ** 0.5
    missed = [group for group, _, fits in tested if not fits]
    many = len(missed) >= max(3, expected - 2 * spread) and expected >= 3
    return many and 2 * len(set(missed)) > len({group for group, _, _ in tested})


def _range(low: int, high: int) -> int | list[int]:
    return low if low == high else [low, high]


def _words(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"
