"""Reading a printed table of percentages, and what its rounding allows.

The layout is that of `data/innovation_share_by_size.csv`: row labels in the
first column, one column of percentages per size band, the row count `n` in the
last; a row `total` with the column counts and the grand total, and a row
`share` with the printed average percentages.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from grimtable.errors import DataError

TOTAL, SHARE, COUNT = "total", "share", "n"
LARGEST_COUNT = 10**9
MOST_DECIMALS = 6


@dataclass(frozen=True)
class PrintedNumber:
    """A number exactly as printed: "14.0" is 140 units of one decimal.

    Parameters
    ----------
    text : str
        The characters printed.
    units : int
        The value counted in units of its last printed digit.
    decimals : int
        How many decimals are printed.
    """

    text: str
    units: int
    decimals: int

    @property
    def value(self) -> Fraction:
        """The printed value, exactly."""
        return Fraction(self.units, 10**self.decimals)

    @property
    def half_unit(self) -> Fraction:
        """Half a unit of the last printed digit: the most that rounding moves."""
        return Fraction(1, 2 * 10**self.decimals)

    @property
    def number(self) -> int | float:
        """The value as JSON writes it."""
        return float(self.text) if self.decimals else self.units

    def possible_counts(self, total: int) -> tuple[int, int]:
        """Whole numbers of cases out of `total` that are printed as this percentage.

        A share exactly on a half honours either neighbour (half up and half
        even are both in use). Of no cases at all only 0 per cent is printed.

        Returns
        -------
        (int, int)
            Lowest and highest count; the lowest exceeds the highest where no
            whole number of cases will do.
        """
        if total == 0:
            return (0, 0) if self.units == 0 else (1, 0)
        scale = 200 * 10**self.decimals
        low = -(-(2 * self.units - 1) * total // scale)
        high = (2 * self.units + 1) * total // scale
        return max(low, 0), min(high, total)

    def rounded_share(self, count: int, total: int) -> Fraction:
        """`count` out of `total` in per cent, rounded half up to these decimals."""
        if total == 0:
            return Fraction(0)
        scale = 10**self.decimals
        return Fraction((200 * scale * count + total) // (2 * total), scale)

    def show(self, value: Fraction | int) -> str:
        """Write another value with as many decimals as this one has."""
        units = int(Fraction(value) * 10**self.decimals)
        if not self.decimals:
            return str(units)
        return f"{units // 10**self.decimals}.{units % 10**self.decimals:0{self.decimals}d}"


@dataclass(frozen=True)
class PrintedTable:
    """A cross-table as printed: I rows of percentages over J size bands.

    Parameters
    ----------
    source : str
        Where it was read from.
    rows, bands : tuple of str
        Labels, I and J of them.
    cells : tuple of tuple of PrintedNumber
        Percentages of each row's `n`, I by J.
    row_counts : tuple of PrintedNumber
        The column `n`, I counts.
    column_totals, shares : tuple of PrintedNumber
        The rows `total` (counts) and `share` (per cent of the grand total), J each.
    grand_total, share_total : PrintedNumber
        What the column `n` prints in those two rows.
    """

    source: str
    rows: tuple[str, ...]
    bands: tuple[str, ...]
    cells: tuple[tuple[PrintedNumber, ...], ...]
    row_counts: tuple[PrintedNumber, ...]
    column_totals: tuple[PrintedNumber, ...]
    grand_total: PrintedNumber
    shares: tuple[PrintedNumber, ...]
    share_total: PrintedNumber

    def printed(self, row: str, column: str) -> PrintedNumber:
        """The number printed at a position, named as in the file."""
        j = None if column == COUNT else self.bands.index(column)
        if row == TOTAL:
            return self.grand_total if j is None else self.column_totals[j]
        if row == SHARE:
            return self.share_total if j is None else self.shares[j]
        i = self.rows.index(row)
        return self.row_counts[i] if j is None else self.cells[i][j]


def read_printed_table(path: str | Path) -> PrintedTable:
    """Read a printed table from a CSV file.

    A byte order mark, either line ending, blank lines at the end and spaces
    around a cell are accepted.

    Parameters
    ----------
    path : str or Path
        The CSV file, UTF-8.

    Returns
    -------
    PrintedTable

    Raises
    ------
    DataError
        The file cannot be read as such a table; the message names file, row
        and column, and how to mend it.
    """
    return parse_printed_table(_read_text(Path(path)), str(path))


def _read_text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file.") from None
    except IsADirectoryError:
        raise DataError(f"{path}: this is a directory; name a CSV file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path}: cannot be read ({reason}).") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{path}: this is UTF-16 text; save the file as UTF-8.")
    if b"\0" in data:
        raise DataError(
            f"{path}: contains NUL bytes, so it is not a text file; save the table as CSV in UTF-8."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(f"{path}, line {line}: not UTF-8 text; save the file as UTF-8.") from None


def parse_printed_table(text: str, source: str = "table") -> PrintedTable:
    """Like `read_printed_table`, from the text of the CSV itself."""
    try:
        lines = [
            [cell.strip() for cell in line]
            for line in csv.reader(io.StringIO(text, newline=""), strict=True)
        ]
    except csv.Error as error:
        raise DataError(
            f"{source}: not readable as CSV ({error}); check the quotation marks."
        ) from None
    while lines and not any(lines[-1]):
        lines.pop()
    if not lines:
        raise DataError(f"{source}: the file is empty.")
    header, body = lines[0], lines[1:]
    if header[-1] != COUNT:
        raise DataError(
            f"{source}, header: the last column is {header[-1]!r} but must be 'n', the count of each row "
            "(columns are separated by commas)."
        )
    bands = header[1:-1]
    if not bands:
        raise DataError(
            f"{source}, header: no column of percentages between the row labels and 'n'."
        )
    for position, band in enumerate(bands, start=2):
        if not band:
            raise DataError(f"{source}, header: column {position} has no label.")
        if bands.count(band) > 1 or band == COUNT:
            raise DataError(
                f"{source}, header: the column label {band!r} occurs twice; labels must differ."
            )
    named: dict[str, list[str]] = {}
    for number, line in enumerate(body, start=2):
        label = line[0] if line else ""
        if not label:
            raise DataError(f"{source}, line {number}: the row has no label in the first column.")
        if len(line) != len(header):
            raise DataError(
                f"{source}, row {label!r}: {len(line)} cells, but the header has {len(header)} columns."
            )
        if label in named:
            raise DataError(
                f"{source}, row {label!r}: the row label occurs twice; labels must differ."
            )
        named[label] = line[1:]
    for label, content in (
        (TOTAL, "column counts and the grand total"),
        (SHARE, "printed averages"),
    ):
        if label not in named:
            raise DataError(f"{source}: the row {label!r} with the {content} is missing.")
    total, share = named.pop(TOTAL), named.pop(SHARE)
    if not named:
        raise DataError(f"{source}: no row of percentages above the row 'total'.")
    columns = [*bands, COUNT]

    def counts(label: str, cells: list[str], names: list[str]) -> tuple[PrintedNumber, ...]:
        return tuple(
            _number(source, label, name, cell, False)
            for name, cell in zip(names, cells, strict=True)
        )

    def percentages(label: str, cells: list[str], names: list[str]) -> tuple[PrintedNumber, ...]:
        return tuple(
            _number(source, label, name, cell, True)
            for name, cell in zip(names, cells, strict=True)
        )

    totals, shares = counts(TOTAL, total, columns), percentages(SHARE, share, columns)
    return PrintedTable(
        source=source,
        rows=tuple(named),
        bands=tuple(bands),
        cells=tuple(percentages(label, cells[:-1], bands) for label, cells in named.items()),
        row_counts=tuple(counts(label, cells[-1:], [COUNT])[0] for label, cells in named.items()),
        column_totals=totals[:-1],
        grand_total=totals[-1],
        shares=shares[:-1],
        share_total=shares[-1],
    )


def _number(source: str, row: str, column: str, text: str, percentage: bool) -> PrintedNumber:
    where = f"{source}, row {row!r}, column {column!r}"
    kind = "percentage" if percentage else "count"
    if not text:
        raise DataError(f"{where}: the cell is empty; a {kind} is needed.")
    shown = text if len(text) <= 30 else text[:30] + "..."
    if re.fullmatch(r"[-\u2212][0-9]+(\.[0-9]+)?", text):
        raise DataError(f"{where}: {shown!r} is negative; a {kind} cannot be.")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise DataError(
            f"{where}: {shown!r} is not a number; write digits only, with a point before decimals."
        )
    whole, _, decimals = text.partition(".")
    if decimals and not percentage:
        raise DataError(f"{where}: {shown!r} is not a whole number; a count must be.")
    if len(decimals) > MOST_DECIMALS:
        raise DataError(
            f"{where}: {shown!r} has more than {MOST_DECIMALS} decimals; round it as printed."
        )
    if len(whole) > 12 or (not percentage and int(whole) > LARGEST_COUNT):
        raise DataError(
            f"{where}: {shown!r} is too large; the audit takes counts up to {LARGEST_COUNT}."
        )
    number = PrintedNumber(text, int(whole + decimals), len(decimals))
    if percentage and number.value > 100:
        raise DataError(f"{where}: {shown!r} is over 100; a percentage cannot be.")
    return number
