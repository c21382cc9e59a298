"""Tables for readers, as HTML for pages and notebooks.

A `Table` is typeset here and not by pandas, whose own HTML has no row scopes and
random ids.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from .numbers import Number, cell_id, formatted, slug, typeset
from .paths import REFERENCES_PAGE, makes_pages

#: Numbers that are years, where a column has no others.
_YEARS = range(1500, 2101)
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


def shown(value: object, grouped: bool = True) -> str:
    """Return the text of a table's cell: numbers and dashes as everywhere, nothing for a gap.

    Parameters
    ----------
    value : object
        What the cell holds.
    grouped : bool
        Set the thousands of whole numbers apart, as is not done with years.
    """
    if isinstance(value, (Works, Evidence, Number)):
        return str(value)
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, float):
        return formatted(value, len(repr(value).partition(".")[2].removesuffix("0")))
    text = str(value)
    if grouped and re.fullmatch(r"-?[0-9]+", text):
        return formatted(int(text), 0)
    return typeset(text)


def _shown_column(values: Iterable[object], heads: bool) -> list[object]:
    """Return the cells of a column as texts, but for those that have links."""
    numbers = [text for text in map(str, values) if re.fullmatch(r"[0-9.]+", text)]
    years = all(text.isdecimal() and int(text) in _YEARS for text in numbers)
    linked = (Works, Evidence)
    return [v if isinstance(v, linked) else shown(v, not (heads or years)) for v in values]


def _cell_html(value: object) -> str:
    if isinstance(value, (Works, Evidence)):
        return value.html()
    text = str(value)
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
    versions : (str, str)
        Names of two versions of the table, between which a control on the pages chooses: the
        frame is the first. Charts of the page with a choice of the same names follow.
    other : mapping of (row header, column) to object
        What the second version has in other cells than the first.
    lit : sequence of str
        Row headers of rows that explain the second version, brought out with it.
    """

    frame: pd.DataFrame
    label: str
    margins: Sequence[str] = ()
    marks: Mapping[tuple[str, str], str] = field(default_factory=dict)
    source: str = ""
    stacked: bool = False
    short: Mapping[str, str] = field(default_factory=dict)
    versions: tuple[str, str] | tuple[()] = ()
    other: Mapping[tuple[str, str], object] = field(default_factory=dict)
    lit: Sequence[str] = ()

    def _id(self, row: object = "", column: object = "") -> str:
        return f' id="{cell_id(self.source, row, column)}"' if self.source else ""

    def _columns(self) -> list[list[object]]:
        """Return the columns as they are shown."""
        frame = self.frame
        return [_shown_column(list(frame.iloc[:, n]), n == 0) for n in range(frame.shape[1])]

    @staticmethod
    def _is_numeric(column: list[object]) -> bool:
        """Tell whether every filled cell of a column is a number."""
        filled = [cell for cell in column if isinstance(cell, str) and cell]
        return bool(filled) and all(_NUMBER.fullmatch(cell) for cell in filled)

    def _head_html(self, column: str, numeric: bool) -> str:
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
        differs = (str(head), str(column)) in self.other and makes_pages()
        if differs:
            second = _cell_html(shown(self.other[str(head), str(column)]))
            inner = f'<span class="first">{inner}</span><span class="second" hidden>{second}</span>'
        kinds = ["numeric" * numeric, "marked" * bool(reason), "differs" * differs]
        names = " ".join(filter(None, kinds))
        kind = f' class="{names}"' if names else ""
        label = html.escape(typeset(column))
        return f'<td role="cell"{kind} data-label="{label}"{self._id(head, column)}>{inner}</td>'

    def _switch_html(self) -> str:
        """Return the control that chooses between the versions, on pages alone."""
        if not self.versions or not makes_pages():
            return ""
        label, name = html.escape(typeset(self.label)), slug(self.label)
        choices = "".join(
            f'<label><input type="radio" name="{name}" value="{html.escape(version)}"'
            f"{' checked' * first}> {html.escape(version)}</label>"
            for version, first in zip(self.versions, (True, False), strict=True)
        )
        told = f"{len(self.other)} cells differ and are marked."
        return (
            f'<form class="table-versions" aria-label="Versions: {label}" hidden>'
            f"<fieldset><legend>Show it</legend>{choices}</fieldset>"
            f'<p role="status" data-told="{told}"></p></form>'
        )

    def _repr_html_(self) -> str:
        columns, names = self._columns(), list(self.frame.columns)
        numeric = [False, *map(self._is_numeric, columns[1:])]
        heads = "".join(map(self._head_html, names, numeric))
        rows = []
        for raw, (head, *values) in zip(
            self.frame.iloc[:, 0], zip(*columns, strict=True), strict=True
        ):
            cells = [
                self._cell(raw, name, value, is_number)
                for name, value, is_number in zip(names[1:], values, numeric[1:], strict=True)
            ]
            kind = "margin" if str(raw) in self.margins else "lit" * (str(raw) in self.lit)
            margin = f' class="{kind}"' if kind else ""
            rows.append(
                f'<tr role="row"{margin}{self._id(raw)}>'
                f'<th role="rowheader" scope="row">{_cell_html(head)}</th>{"".join(cells)}</tr>'
            )
        kinds = ["book-table"] + ["stacked"] * bool(self.stacked) + ["compact"] * bool(self.short)
        return (
            f"{self._switch_html()}"
            f'<div class="table-scroll" role="region" tabindex="0"'
            f' aria-label="{html.escape(typeset(self.label))}">'
            f'<table class="{" ".join(kinds)}" role="table"{self._id()}>'
            f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
            f'<tbody role="rowgroup">{"".join(rows)}</tbody></table></div>'
        )

    def _repr_markdown_(self) -> str:
        def line(cells: Iterable[object]) -> str:
            texts = (re.sub(r"([\\`*_{}\[\]<>|$])", r"\\\1", str(cell)) for cell in cells)
            return "| " + " | ".join(text.replace("\n", " ") for text in texts) + " |"

        columns = self._columns()
        rules = [" --- ", *(" ---: " if self._is_numeric(c) else " --- " for c in columns[1:])]
        head = line(typeset(name) for name in self.frame.columns)
        return "\n".join([head, f"|{'|'.join(rules)}|", *map(line, zip(*columns, strict=True))])

    def __repr__(self) -> str:
        shown = dict(zip(map(typeset, self.frame.columns), self._columns(), strict=True))
        return pd.DataFrame(shown).map(str).to_string(index=False)
