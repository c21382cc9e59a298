"""Numbers that know their value, their unit, how to round and where they come from.

Prose never holds a typed digit: it evaluates an expression, and what it gets is a
`Number`. In HTML a number shows its origin on hover, focus and tap and links to the
very cell on the data page; anywhere else it is plain text.
"""

import html
import itertools
import re
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from . import data
from .paths import DATA_PAGE, makes_pages

_WORDS = "no one two three four five six seven eight nine ten eleven twelve".split()

# Ids of the notes of origin have to differ within a page; a page is one kernel.
_serial = itertools.count(1)


def slug(text: object) -> str:
    """Return a text as part of an HTML id: lower case, with single hyphens."""
    return re.sub(r"[^a-z0-9+]+", "-", str(text).lower()).strip("-").replace("+", "plus")


def cell_id(table: str, row: object = "", column: object = "") -> str:
    """Return the HTML id of a table, a row or a cell on the data page."""
    return ".".join(part for part in (slug(table), slug(row), slug(column)) if part)


@dataclass(frozen=True)
class Origin:
    """Where a number comes from.

    Attributes
    ----------
    text : str
        A phrase for readers: file, row and column, or the computation and its input.
    target : str
        Id on the data page to which the number links.
    """

    text: str
    target: str


@dataclass(frozen=True)
class Number:
    """A quantity together with its presentation and its origin.

    Attributes
    ----------
    value : int or float
        The exact value; rounding happens only in presentation.
    unit : str
        "%" is printed with the number, any other unit only in the origin.
    decimals : int
        Decimal places shown.
    origin : Origin
        File, row and column, or the computation.
    words : bool
        Spell whole numbers up to twelve.
    capital : bool
        Begin the word with a capital letter.
    """

    value: float
    unit: str
    decimals: int
    origin: Origin
    words: bool = False
    capital: bool = False

    def __str__(self) -> str:
        if self.words and self.value == int(self.value) and 0 <= self.value < len(_WORDS):
            word = _WORDS[int(self.value)]
            return word.capitalize() if self.capital else word
        text = f"{rounded(self.value, self.decimals):,}".replace("-", "\N{MINUS SIGN}")
        return text + ("%" if self.unit == "%" else "")

    __repr__ = __str__

    def __float__(self) -> float:
        return float(self.value)

    def _repr_html_(self) -> str:
        if not makes_pages():
            return f'<span title="{html.escape(self.origin.text)}" style="border-bottom: 1px dotted">{html.escape(str(self))}</span>'
        note = f"origin-{next(_serial)}"
        unit = "" if self.unit in ("", "%") else f" {self.unit}"
        return (
            f'<span class="number"><a href="{DATA_PAGE}#{html.escape(self.origin.target)}" aria-describedby="{note}">'
            f"{html.escape(str(self))}</a>"
            f'<span class="note" role="tooltip" id="{note}"><b>{html.escape(str(replace(self, words=False)) + unit)}</b> '
            f"{html.escape(self.origin.text)}</span></span>"
        )

    def in_words(self) -> "Number":
        """Return the same number, spelled out where it is small and whole."""
        return replace(self, words=True)

    def sentence_start(self) -> "Number":
        """Return the same number as a capitalised word, to begin a sentence."""
        return replace(self, words=True, capital=True)


def rounded(value: float, decimals: int) -> Decimal:
    """Round half up, as printed tables do, on the shortest decimal form of the value."""
    return Decimal(repr(float(value))).quantize(
        Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP
    )


def from_cell(
    table: str, row: str, column: str, unit: str | None = None, decimals: int | None = None
) -> Number:
    """Return the number in one cell of a bundled table.

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
    frame = data.load(table, as_text=True)
    printed = frame.set_index(frame.columns[0]).at[row, column]
    if unit is None:
        fields = data.resource(table)["schema"]["fields"]
        unit = next((field.get("unit", "") for field in fields if field["name"] == column), "")
    if decimals is None:
        decimals = len(printed.partition(".")[2])
    value = float(printed) if "." in printed else int(printed)
    return Number(
        value,
        unit,
        decimals,
        Origin(f"data/{table}.csv, row {row}, column {column}", cell_id(table, row, column)),
    )


def computed(
    value: float, unit: str, decimals: int, how: str, table: str, row: str = "", column: str = ""
) -> Number:
    """Return a computed number, whose origin says how, and from which table (row, column).

    Parameters
    ----------
    value : float
        The exact result.
    unit, decimals
        As in `Number`.
    how : str
        The computation in a phrase, for readers.
    table, row, column : str
        The input, as precise as it can be said.
    """
    return Number(
        value, unit, decimals, Origin(f"{how}; from data/{table}.csv", cell_id(table, row, column))
    )


def stated(name: str) -> Number:
    """Return a number that the paper's text states, from `data/stated_numbers.csv`."""
    frame = data.load("stated_numbers").set_index("id")
    number = from_cell("stated_numbers", name, "value", unit=frame.at[name, "unit"])
    section, subject = frame.at[name, "section"], frame.at[name, "subject"]
    text = f"{subject}, as the paper states in section {section}; {number.origin.text}"
    return replace(number, origin=replace(number.origin, text=text))


def outside(name: str) -> Number:
    """Return a figure that a work beside the paper gives, from `data/outside_figures.csv`."""
    row = data.load("outside_figures").set_index("id").loc[name]
    number = from_cell("outside_figures", name, "value", unit=row["unit"])
    return replace(
        number,
        origin=replace(
            number.origin, text=f"{row['subject']}; {row['seen_where']}; {number.origin.text}"
        ),
    )


def count(table: str, **where: str) -> Number:
    """Return the number of rows of a table whose columns have the values given."""
    frame = data.load(table, as_text=True)
    for column, value in where.items():
        frame = frame[frame[column] == value]
    condition = " and ".join(f"{column} '{value}'" for column, value in where.items())
    return computed(
        len(frame), "rows", 0, f"rows{' with ' + condition if condition else ''} counted", table
    )
