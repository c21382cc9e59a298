"""Arithmetic checks of a printed table, and hints at how an error arose.

A table is inconsistent when it is impossible: when no whole-number counts
round to everything printed. The arithmetic checks each prove that for a part
of the table. The hints (`band_labels`, `repeated_cells`, `transposed_digits`)
never make a table inconsistent; they are raised only where remarkable:

* `repeated_cells`: four or more neighbouring cells of a row equal those of
  another row, and three of them differ from each other and from 0 (fewer cells
  agree too easily); or a row count that every smallest repair changes is the
  one printed for another row.
* `transposed_digits`: exchanging two digits of a printed number that is
  wrong gives the value it must have, by a smallest repair or, for the grand
  total, by the column totals.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from fractions import Fraction

from grimtable.printed import COUNT, SHARE, TOTAL, PrintedNumber, PrintedTable
from grimtable.repair import Repair

HINTS = frozenset({"band_labels", "repeated_cells", "transposed_digits"})
SHORTEST_RUN = 4


@dataclass(frozen=True)
class Finding:
    """One thing found in a table.

    Parameters
    ----------
    check : str
        `row_sum`, `impossible_share`, `impossible_row`, `row_totals`,
        `column_totals`, `grand_total`, `average_share`, or one of `HINTS`.
    row, column : str or None
        As named in the file; None where the whole column or row is meant.
    printed : int, float, str or None
        What is printed there (the sum, for a row of percentages).
    computed : int, float, str, list or None
        What it would have to be; [low, high] for a range, or the two nearest
        possible percentages.
    message : str
        One plain sentence with the arithmetic.
    """

    check: str
    row: str | None
    column: str | None
    printed: int | float | str | None
    computed: int | float | str | list | None
    message: str

    @property
    def is_hint(self) -> bool:
        """Whether it hints at an error rather than proves one."""
        return self.check in HINTS


def arithmetic_findings(table: PrintedTable) -> list[Finding]:
    """All checks of one row, one column or one total.

    Parameters
    ----------
    table : PrintedTable

    Returns
    -------
    list of Finding
        Empty for every table printed from whole-number counts.

    Notes
    -----
    `impossible_share` is the GRIM test (Brown and Heathers 2017, The GRIM
    Test, Social Psychological and Personality Science 8(4), 363-369) on every
    percentage. That a paper's numbers are recomputed from each other follows
    statcheck (Nuijten et al. 2016, Behavior Research Methods 48, 1205-1226).
    """
    findings: list[Finding] = []
    for i in range(len(table.rows)):
        findings += _row(table, i)
    findings += _totals(table)
    findings += _columns(table)
    findings += _averages(table)
    return findings


def _decimal(value: Fraction, decimals: int) -> str:
    return PrintedNumber("", 0, decimals).show(value)


def _row(table: PrintedTable, i: int) -> list[Finding]:
    row, cells, n = table.rows[i], table.cells[i], table.row_counts[i].units
    if n == 0 and all(cell.units == 0 for cell in cells):
        return []
    findings = []
    total = sum(cell.value for cell in cells)
    low = sum(max(cell.value - cell.half_unit, Fraction(0)) for cell in cells)
    high = sum(min(cell.value + cell.half_unit, Fraction(100)) for cell in cells)
    decimals = max(cell.decimals for cell in cells)
    adds_up = low <= 100 <= high
    if not adds_up:
        printed = _decimal(total, decimals)
        findings.append(
            Finding("row_sum", row, None, float(total), 100,
                    f"The percentages of {row} add to {printed}; rounding allows "
                    f"{_decimal(low, decimals + 1)} to {_decimal(high, decimals + 1)}, which leaves out 100.")
        )  # fmt: skip
    ranges = [cell.possible_counts(n) for cell in cells]
    for band, cell, (least, most) in zip(table.bands, cells, ranges, strict=True):
        if least > most:
            findings.append(_impossible_share(row, band, cell, n))
    least, most = sum(low for low, _ in ranges), sum(high for _, high in ranges)
    if adds_up and all(low <= high for low, high in ranges) and not least <= n <= most:
        findings.append(
            Finding("impossible_row", row, COUNT, n, _range(least, most),
                    f"Each percentage of {row} is possible with n = {n}, but together they make "
                    f"{_words(least, most)} cases.")
        )  # fmt: skip
    return findings


def _impossible_share(row: str, band: str, cell: PrintedNumber, n: int) -> Finding:
    if n == 0:
        message = f"{row} prints {cell.text} per cent in {band} although it has no cases (n = 0)."
        return Finding("impossible_share", row, band, cell.number, 0, message)
    below = int(cell.value * n / 100)
    counts = [count for count in (below, below + 1) if count <= n]
    decimals = cell.decimals + 1
    finer = PrintedNumber("", 0, decimals)
    around = " and ".join(
        f"{count} of {n} are {finer.show(finer.rounded_share(count, n))}" for count in counts
    )
    nearest = [cell.rounded_share(count, n) for count in counts]
    return Finding(
        "impossible_share", row, band, cell.number, [_json(value) for value in nearest],
        f"No whole number of cases out of n = {n} is {cell.text} per cent: {around}.",
    )  # fmt: skip


def _totals(table: PrintedTable) -> list[Finding]:
    findings = []
    grand = table.grand_total.units
    for check, name, numbers in (
        ("row_totals", "row counts n", table.row_counts),
        ("grand_total", "column totals", table.column_totals),
    ):
        total = sum(number.units for number in numbers)
        if total != grand:
            findings.append(
                Finding(check, TOTAL, COUNT, grand, total,
                        f"The {name} add up to {total}, but the grand total is printed as {grand} "
                        f"(difference {total - grand:+d}).")
            )  # fmt: skip
    return findings


def _columns(table: PrintedTable) -> list[Finding]:
    findings = []
    for j, band in enumerate(table.bands):
        low = high = 0
        for cells, count in zip(table.cells, table.row_counts, strict=True):
            least, most = cells[j].possible_counts(count.units)
            if least > most:  # impossible: the counts on either side of the percentage
                least = int(cells[j].value * count.units / 100)
                most = least + 1
            low, high = low + least, high + most
        printed = table.column_totals[j].units
        if not low <= printed <= high:
            findings.append(
                Finding("column_totals", TOTAL, band, printed, _range(low, high),
                        f"The percentages and n of the rows make {_words(low, high)} cases in {band}, "
                        f"but the total is printed as {printed}.")
            )  # fmt: skip
    return findings


def _averages(table: PrintedTable) -> list[Finding]:
    findings = []
    grand = table.grand_total.units
    for band, total, share in zip(table.bands, table.column_totals, table.shares, strict=True):
        low, high = share.possible_counts(grand)
        if low <= total.units <= high:
            continue
        if total.units > grand or grand == 0:
            message = f"The total of {band} is {total.units}, which no share of a grand total of {grand} can be."
            findings.append(Finding("average_share", SHARE, band, share.number, None, message))
            continue
        value = share.rounded_share(total.units, grand)
        more = PrintedNumber("", 0, share.decimals + 1)
        finer = more.show(more.rounded_share(total.units, grand))
        findings.append(
            Finding("average_share", SHARE, band, share.number, _json(value),
                    f"{total.units} of {grand} are {finer} per cent, which rounds to {share.show(value)}, "
                    f"but the average of {band} is printed as {share.text}.")
        )  # fmt: skip
    if abs(100 - table.share_total.value) > table.share_total.half_unit:
        text = table.share_total.text
        message = f"The shares of the grand total are printed as {text} per cent together, but must be 100."
        findings.append(
            Finding("average_share", SHARE, COUNT, table.share_total.number, 100, message)
        )
    return findings


def band_findings(bands: tuple[str, ...]) -> list[Finding]:
    """Size bands that leave a gap, overlap or run backwards.

    Labels such as `1-199` and `100000+` are understood; others are passed over.
    """
    findings = []
    read = [_band(label) for label in bands]
    for label, band in zip(bands, read, strict=True):
        if band and band[1] is not None and band[1] < band[0]:
            message = f"The band {label} ends before it begins."
            findings.append(Finding("band_labels", None, label, label, None, message))
    for (before, first), (label, second) in itertools.pairwise(zip(bands, read, strict=True)):
        if not first or not second or (first[1] is not None and first[1] < first[0]):
            continue
        start = second[0]
        if first[1] is None or start <= first[1]:
            message = f"The bands {before} and {label} overlap from {start} on."
        elif start > first[1] + 1:
            size = f"{first[1] + 1} to {start - 1}" if start > first[1] + 2 else f"{start - 1}"
            message = f"The bands {before} and {label} leave a gap: {size} belongs to neither."
        else:
            continue
        expected = None if first[1] is None else label.replace(str(start), str(first[1] + 1), 1)
        findings.append(Finding("band_labels", None, label, label, expected, message))
    return findings


def _band(label: str) -> tuple[int, int | None] | None:
    text = re.sub(r"(?<=[0-9])[, _'](?=[0-9]{3}(?![0-9]))", "", label)
    if match := re.fullmatch(r"([0-9]+)\s*(?:-|\u2013|\u2014|to)\s*([0-9]+)", text):
        return int(match[1]), int(match[2])
    if match := re.fullmatch(r"([0-9]+)\s*(?:\+|(?:and|or) more|and over)", text):
        return int(match[1]), None
    return None


def repetition_findings(table: PrintedTable, repair: Repair) -> list[Finding]:
    """Rows, or runs of cells in a row, that repeat another row's."""
    findings = []
    for (i, earlier), (k, later) in itertools.combinations(enumerate(table.rows), 2):
        equal = [a.text == b.text for a, b in zip(table.cells[i], table.cells[k], strict=True)]
        same_n = table.row_counts[i].units == table.row_counts[k].units
        start = 0
        for same, group in itertools.groupby(equal):
            length = len(list(group))
            run = table.cells[k][start : start + length]
            start += length
            if (
                not same
                or length < SHORTEST_RUN
                or len({cell.units for cell in run if cell.units}) < 3
            ):
                continue
            first, last = table.bands[start - length], table.bands[start - 1]
            count = f", and its n = {table.row_counts[k].units}," if same_n else ""
            where = (
                "all percentages"
                if length == len(equal)
                else f"the {length} cells from {first} to {last}"
            )
            message = f"In {later}, {where}{count} are the same as in {earlier}."
            findings.append(
                Finding(
                    "repeated_cells", later, first, " ".join(c.text for c in run), None, message
                )
            )
        wrong = [row for row in (earlier, later) if (row, COUNT) in repair.always_wrong]
        if (
            same_n
            and wrong
            and not any(f.row == later and f" in {earlier}." in f.message for f in findings)
        ):
            row, other = (later, earlier) if later in wrong else (earlier, later)
            n = table.row_counts[k].units
            message = f"The n = {n} of {row}, which cannot be right, is the n of {other}."
            findings.append(Finding("repeated_cells", row, COUNT, n, None, message))
    return findings


def transposition_findings(table: PrintedTable, repair: Repair) -> list[Finding]:
    """Printed numbers that are the right ones with two digits exchanged."""
    settled = [edit for edit in repair.edits if edit.low == edit.high]
    candidates = {(edit.row, edit.column): (edit.printed, edit.low) for edit in settled}
    total = sum(number.units for number in table.column_totals)
    candidates.setdefault((TOTAL, COUNT), (table.grand_total, Fraction(total)))
    findings = []
    for (row, column), (printed, value) in candidates.items():
        right = printed.show(value)
        if _exchanged(printed.text, right):
            message = f"{printed.text} is {right} with two digits exchanged, and {right} is what the table needs."
            findings.append(
                Finding("transposed_digits", row, column, printed.number, _json(value), message)
            )
    return findings


def _exchanged(one: str, other: str) -> bool:
    if len(one) != len(other):
        return False
    different = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(different) == 2 and different[0] == different[1][::-1]


def _json(value: Fraction | int) -> int | float:
    value = Fraction(value)
    return int(value) if value.denominator == 1 else float(value)


def _range(low: int, high: int) -> int | list[int]:
    return low if low == high else [low, high]


def _words(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"
