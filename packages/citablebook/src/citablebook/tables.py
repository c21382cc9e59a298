"""Tables for readers, as HTML for pages and notebooks.

A `Table` is typeset here and not by pandas, whose own HTML has no row scopes and
random ids.
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from .numbers import Number, cell_id, formatted, typeset
from .paths import REFERENCES_PAGE, makes_pages

#: A number as text: with sign, thousands, decimals, per cent, or a range of two.
_NUMBER = re.compile(r"[\N{MINUS SIGN}\N{EN DASH}+<\d.,% ]*\d[%\d.,]*( ?to ?[\d.,%]+)?")


@dataclass(frozen=True)
class Works:
    """A table cell that names works cited, each linked to its entry in the references."""

    citekeys: tuple[str, ...]

    @classmethod
    def split(cls, text: str) -> "Works":
        """Return the works of a data cell, whose citekeys are separated by semicolons."""
        return cls(tuple(filter(None, text.split(";"))))

    def _labels(self) -> dict[str, str]:
        from . import references

        return {key: references.works()[key].label for key in self.citekeys}

    def __str__(self) -> str:
        return "; ".join(self._labels().values())

    def html(self) -> str:
        """Return the labels, linked on the book's pages."""
        if not makes_pages():
            return html.escape(str(self))
        return "; ".join(
            f'<a href="{REFERENCES_PAGE}#ref-{key}">{html.escape(label)}</a>'
            for key, label in self._labels().items()
        )


@dataclass(frozen=True)
class Evidence:
    """A table cell that says something and links to what it rests on.

    Attributes
    ----------
    text : str
        What it says.
    links : tuple of (str, str)
        Address from a chapter, and the words of the link.
    """

    text: str
    links: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return typeset(self.text)

    def html(self) -> str:
        """Return the text with its links, which only the book's pages have."""
        shown = html.escape(str(self))
        if not self.links or not makes_pages():
            return shown
        links = (
            f'<a href="{html.escape(address)}">{html.escape(name)}</a>'
            for address, name in self.links
        )
        return f"{shown} ({', '.join(links)})"


def shown(value: object) -> str:
    """Return the text of a table's cell: numbers and dashes as everywhere, nothing for a gap.

    Whole numbers get their thousands set apart; a year is therefore given as text.
    """
    if isinstance(value, (Works, Evidence, Number)):
        return str(value)
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, float):
        return formatted(value, len(repr(value).partition(".")[2].removesuffix("0")))
    if isinstance(value, int) or hasattr(value, "__index__") and not isinstance(value, bool):
        return formatted(int(value), 0)
    return typeset(value)


def _cell_html(value: object) -> str:
    if isinstance(value, (Works, Evidence)):
        return value.html()
    text = shown(value)
    if ";" in text and " " not in text:  # a list of citekeys: let it break between them
        return ";<wbr>".join(html.escape(part) for part in text.split(";"))
    return html.escape(text)


@dataclass
class Table:
    """A table for readers: first column as row headers, cells as text.

    Attributes
    ----------
    frame : pandas.DataFrame
        Cells as they are to be shown, one column per table column; the first names the rows.
    label : str
        What the table is, for screen readers that reach its scroll region.
    margins : sequence of str
        Row headers of rows that sum up others and are set apart.
    marks : mapping of (row header, column) to str
        Cells to mark, each with its reason.
    source : str
        Name of a bundled table: gives every cell the id to which numbers link.
    stacked : bool
        On narrow screens, set every row as a block: for tables of prose.
    short : mapping of column to str
        Shorter heads for narrow screens, so that a table of numbers stays whole there.
    """

    frame: pd.DataFrame
    label: str
    margins: Sequence[str] = ()
    marks: Mapping[tuple[str, str], str] = field(default_factory=dict)
    source: str = ""
    stacked: bool = False
    short: Mapping[str, str] = field(default_factory=dict)

    def _id(self, row: object = "", column: object = "") -> str:
        return f' id="{cell_id(self.source, row, column)}"' if self.source else ""

    def _numeric_columns(self) -> set[str]:
        """Return the columns, but for the row headers, in which every filled cell is a number."""

        def numeric(column: str) -> bool:
            values = list(self.frame[column])
            texts = ["" if isinstance(v, (Works, Evidence)) else shown(v) for v in values]
            filled = [text for text in texts if text]
            return bool(filled) and all(_NUMBER.fullmatch(text) for text in filled)

        return {column for column in self.frame.columns[1:] if numeric(column)}

    def _head_html(self, column: object, numeric: bool) -> str:
        text = html.escape(typeset(column))
        if column in self.short:
            short = html.escape(typeset(self.short[column]))
            text = f'<span class="full">{text}</span><span class="short">{short}</span>'
        kind = ' class="numeric"' if numeric else ""
        return f'<th role="columnheader" scope="col"{kind}{self._id("", column)}>{text}</th>'

    def _cell(self, head: object, column: object, value: object, numeric: bool) -> str:
        reason = self.marks.get((str(head), str(column)), "")
        inner = _cell_html(value)
        if reason and makes_pages():
            inner = (
                f'<span class="number"><mark tabindex="0">{inner}</mark>'
                f'<span class="note" role="tooltip">{html.escape(reason)}</span></span>'
            )
        elif reason:
            inner = f'<mark title="{html.escape(reason)}">{inner}</mark>'
        kinds = " ".join(filter(None, ["numeric" * numeric, "marked" * bool(reason)]))
        kind = f' class="{kinds}"' if kinds else ""
        label = html.escape(typeset(column))
        return f'<td role="cell"{kind} data-label="{label}"{self._id(head, column)}>{inner}</td>'

    def _row_html(self, record: Sequence[object], numeric: set[str]) -> str:
        head, *values = record
        cells = "".join(
            self._cell(head, column, value, column in numeric)
            for column, value in zip(self.frame.columns[1:], values, strict=True)
        )
        margin = ' class="margin"' if str(head) in self.margins else ""
        return (
            f'<tr role="row"{margin}{self._id(head)}>'
            f'<th role="rowheader" scope="row">{_cell_html(head)}</th>{cells}</tr>'
        )

    def _repr_html_(self) -> str:
        numeric = self._numeric_columns()
        heads = "".join(self._head_html(column, column in numeric) for column in self.frame.columns)
        rows = "".join(
            self._row_html(record, numeric)
            for record in self.frame.itertuples(index=False, name=None)
        )
        kind = "book-table stacked" if self.stacked else "book-table"
        return (
            f'<div class="table-scroll" role="region" tabindex="0"'
            f' aria-label="{html.escape(self.label)}">'
            f'<table class="{kind}" role="table"{self._id()}>'
            f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
            f'<tbody role="rowgroup">{rows}</tbody></table></div>'
        )

    def _repr_markdown_(self) -> str:
        def line(cells: Sequence[object]) -> str:
            texts = (re.sub(r"([\\`*_{}\[\]<>|$])", r"\\\1", shown(cell)) for cell in cells)
            return "| " + " | ".join(text.replace("\n", " ") for text in texts) + " |"

        numeric = self._numeric_columns()
        rules = [" ---: " if column in numeric else " --- " for column in self.frame.columns]
        records = self.frame.itertuples(index=False, name=None)
        return "\n".join([line(self.frame.columns), f"|{'|'.join(rules)}|", *map(line, records)])

    def __repr__(self) -> str:
        return self.frame.map(shown).to_string(index=False)
