"""Numbers that know their value, their unit, how to round and where they come from.

Prose never holds a typed digit: it evaluates a name, and what it gets is a `Number`.
In HTML a number shows its origin on hover, focus and tap and links to it: a cell of a
bundled table, or the cell of code that computed it. Anywhere else it is plain text.
"""

import functools
import hashlib
import itertools
import re
import sys
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd

from . import data
from .paths import TABLE_PAGES, makes_pages, page
from .render import render

_WORDS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]

# Ids of the notes of origin have to differ within a page; a page is one kernel.
_serial = itertools.count(1)


@functools.lru_cache(10_000)
def slug(text: str) -> str:
    """Return a text as part of an HTML id: lower case, with single hyphens."""
    return re.sub(r"(?:[^\w+]|_)+", "-", text.lower()).strip("-").replace("+", "plus")


def cell_id(table: str, row: object = "", column: object = "") -> str:
    """Return the HTML id of a table, a row or a cell on the page of the table."""
    return ".".join(part for part in map(slug, (table, str(row), str(column))) if part)


def data_address(table: str, row: object = "", column: object = "") -> str:
    """Return the address, from a chapter, of a bundled table, its row or its cell."""
    return f"{page(f'{TABLE_PAGES}/{table}')}#{cell_id(table, row, column)}"


def cell_hash(source: str) -> str:
    """Return the name that a cell of code has by its source, the same wherever it runs."""
    lines = "\n".join(line.rstrip() for line in source.strip().split("\n"))
    return hashlib.sha256(lines.encode()).hexdigest()[:12]


def running_cell() -> str:
    """Return the source of the cell that runs now, "" where there is none."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    shell = get_shell()
    if get_parent := getattr(shell, "get_parent", None):  # a kernel: what it was asked to run
        request = get_parent().get("content", {})
        # What has no place in the history is no cell, but an expression in prose.
        return request.get("code", "") if request.get("store_history") else ""
    history = getattr(shell, "history_manager", None)
    return history.input_hist_raw[-1] if history else ""


def typeset(text: object) -> str:
    """Return a text as it is to be printed: dashes in ranges, minus signs, curly apostrophes.

    Only what can be told for sure is changed: "1970-74" and "200-499" are ranges, a
    hyphen before a digit at the beginning is a minus, an apostrophe after a letter is one.
    """
    text = re.sub(r"(?<![\w-])(\d[\d,]*)-(\d[\d,]*)(?![\w-])", "\\1\N{EN DASH}\\2", str(text))
    text = re.sub(r"^-(?=[\d.])", "\N{MINUS SIGN}", text)
    return re.sub(r"(?<=\w)'(?=\w|\s|$)", "\N{RIGHT SINGLE QUOTATION MARK}", text)


def rounded(value: float, decimals: int) -> Decimal:
    """Round half up, as printed tables do, on the shortest decimal form of the value."""
    result = Decimal(repr(float(value))).quantize(
        Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP
    )
    return abs(result) if result.is_zero() else result  # never -0


def formatted(value: float, decimals: int) -> str:
    """Return a value as it is printed everywhere: rounded, thousands apart, a true minus."""
    return f"{rounded(value, decimals):,}".replace("-", "\N{MINUS SIGN}")


@dataclass(frozen=True)
class Origin:
    """Where a number comes from.

    Attributes
    ----------
    text : str
        A phrase for readers: what was read, or how it was computed.
    target : str
        Address to which the number links, "" if there is none.
    place : str
        File, row and column, where there are any.
    """

    text: str
    target: str
    place: str = ""


@dataclass(frozen=True)
class Number:
    """A quantity together with its presentation and its origin.

    Attributes
    ----------
    value : int or float
        The exact value; rounding happens only in presentation.
    unit : str
        In the plural. "%" is printed with the number, any other unit only in its note.
    decimals : int
        Decimal places shown.
    origin : Origin
        A cell of a table, or the computation.
    words : bool
        Spell whole numbers up to twelve.
    """

    value: float
    unit: str
    decimals: int
    origin: Origin
    words: bool = False

    def __str__(self) -> str:
        if self.words and self.value == int(self.value) and 0 <= self.value < len(_WORDS):
            return _WORDS[int(self.value)]
        return formatted(self.value, self.decimals) + ("%" if self.unit == "%" else "")

    __repr__ = __str__

    def __format__(self, specification: str) -> str:
        return format(str(self), specification)

    def __float__(self) -> float:
        return float(self.value)

    def in_words(self) -> "Number":
        """Return the same number, spelled out where it is whole and at most twelve."""
        return replace(self, words=True)

    @property
    def with_unit(self) -> str:
        """The number in digits with its unit, which is singular for one."""
        digits = str(replace(self, words=False))
        unit = "" if self.unit == "%" else self.unit
        if digits == "1":
            unit = re.sub(r"(?<!s)s$", "", re.sub(r"ies$", "y", unit))
        return f"{digits} {unit}".rstrip()

    def _repr_html_(self) -> str:
        about = typeset(self.origin.text)
        # A phrase that names the unit itself, "employees of a small firm", needs no second one.
        lead, sign = self.with_unit, ": "
        if self.unit and self.unit in about:
            lead, sign = str(replace(self, words=False)), " "
        note = f"origin-{next(_serial)}" if makes_pages() else ""
        return render("number", number=self, lead=lead, sign=sign, about=about, note=note)


def from_cell(
    table: str, row: str, column: str, unit: str | None = None, decimals: int | None = None
) -> Number:
    """Return the number in one cell of a bundled table; it links to that cell.

    Parameters
    ----------
    table : str
        Name of the table.
    row : str
        Value of the table's first column.
    column : str
        Name of the column.
    unit : str, optional
        Unit; by default the one of the schema.
    decimals : int, optional
        Decimal places; by default those that the file prints.

    Raises
    ------
    KeyError
        If there is no such row or column.
    """
    described = data.resource(table)
    frame = data.load(table, as_text=True)
    record = frame.set_index(frame.columns[0]).loc[row]
    printed = record[column]
    if unit is None:
        fields = described["schema"]["fields"]
        unit = next((field.get("unit", "") for field in fields if field["name"] == column), "")
        unit = unit or record.get("unit", "")
        if match := re.fullmatch(r"(.*) \(row (.*): (.*)\)", unit):  # one row has its own unit
            unit = match[3] if row == match[2] else match[1]
    if decimals is None:
        decimals = len(printed.partition(".")[2])
    place = f"{_quoted(described.get('title', table))}, row {row}, column {column}"
    text = f"{record['subject']}; {place}." if "subject" in record else f"read from {place}."
    origin = Origin(text, data_address(table, row, column), f"data/{table}.csv")
    return Number(float(printed) if "." in printed else int(printed), unit, decimals, origin)


def computed(
    value: float,
    unit: str = "",
    decimals: int = 0,
    how: str = "",
    source: str = "",
    row: object = "",
    column: object = "",
) -> Number:
    """Return a number that was computed; it links to the cell of code that computes it.

    Parameters
    ----------
    value : float
        The exact result.
    unit : str
        In the plural, for example "percentage points"; "%" is printed with the number.
    decimals : int
        Decimal places shown.
    how : str
        The computation in one short phrase, without its unit.
    source : str, optional
        Name of the bundled table that is its input. Where no cell of code runs, as when
        prose evaluates an expression, the number links to it.
    row, column : object, optional
        The place in it, for that case.
    """
    text = how or "computed"
    if source:
        text += f"; from {_quoted(data.resource(source).get('title', source))}"
    if cell := running_cell():
        text += ". Computed in the code of this page"
        return Number(value, unit, decimals, Origin(f"{text}.", f"#cell-{cell_hash(cell)}"))
    target = data_address(source, row, column) if source else ""
    place = f"data/{source}.csv" if source else ""
    return Number(value, unit, decimals, Origin(f"{text}.", target, place))


def _quoted(title: str) -> str:
    return f"\N{LEFT DOUBLE QUOTATION MARK}{title}\N{RIGHT DOUBLE QUOTATION MARK}"


def count(rows: "pd.DataFrame | str", unit: str = "rows", how: str = "", **where: object) -> Number:
    """Return how many rows a table has, or how many of them have the values given.

    Parameters
    ----------
    rows : pandas.DataFrame, Table or str
        A frame or a table, or the name of a bundled one.
    unit : str
        What a row is, in the plural.
    how : str, optional
        What was counted; by default the condition.
    **where
        Values that columns must have.
    """
    source = rows if isinstance(rows, str) else ""
    frame = data.load(rows, as_text=True) if isinstance(rows, str) else getattr(rows, "frame", rows)
    for column, value in where.items():
        frame = frame[frame[column] == value]
    condition = " and ".join(f"{column} is {value}" for column, value in where.items())
    how = how or (f"those whose {condition}" if condition else "all of them, counted")
    return computed(len(frame), unit, 0, how, source)
