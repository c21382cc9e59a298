"""Tables for readers, as HTML for pages and notebooks.

A `Table` is typeset here and not by pandas, whose own HTML has no row scopes and
random ids.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
from markupsafe import Markup, escape

from .numbers import Number, cell_id, formatted, slug, typeset
from .paths import REFERENCES_PAGE, makes_pages
from .render import render

_LINK = Markup('<a href="{}">{}</a>')
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

    def html(self) -> Markup:
        """Return the labels, linked on the book's pages."""
        if not makes_pages():
            return escape(self)
        return Markup("; ").join(
            _LINK.format(f"{REFERENCES_PAGE}#ref-{key}", label)
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

    def html(self) -> Markup:
        """Return the text with its links, which only the book's pages have."""
        if not self.links or not makes_pages():
            return escape(self)
        links = Markup(", ").join(_LINK.format(*link) for link in self.links)
        return Markup("{} ({})").format(self, links)


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


def _cell_html(value: object) -> Markup:
    if isinstance(value, (Works, Evidence)):
        return value.html()
    text = str(value)
    if ";" in text and " " not in text:  # a list of citekeys: let it break between them
        return Markup(";<wbr>").join(text.split(";"))
    return escape(text)


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
    language : str
        Language of the cells, such as "ko", if it is not the book's.
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
    language: str = ""

    def _id(self, row: object = "", column: object = "") -> str:
        return cell_id(self.source, row, column) if self.source else ""

    def _columns(self) -> list[list[object]]:
        """Return the columns as they are shown."""
        frame = self.frame
        return [_shown_column(list(frame.iloc[:, n]), n == 0) for n in range(frame.shape[1])]

    @staticmethod
    def _is_numeric(column: list[object]) -> bool:
        """Tell whether every filled cell of a column is a number."""
        filled = [cell for cell in column if isinstance(cell, str) and cell]
        return bool(filled) and all(_NUMBER.fullmatch(cell) for cell in filled)

    def _cell(self, row: object, head: tuple[object, str, bool], value: object) -> tuple:
        """Return of a cell its label, id, value, kinds, the reason of a mark, the second value."""
        name, label, numeric = head
        place = str(row), str(name)
        reason, second = self.marks.get(place, ""), None
        if place in self.other and makes_pages():
            second = shown(self.other[place])
        kinds = {"numeric": numeric, "marked": reason, "differs": second is not None}
        shown_as = " ".join(kind for kind, has in kinds.items() if has)
        return label, self._id(row, name), value, shown_as, reason, second

    def _repr_html_(self) -> str:
        columns, names = self._columns(), list(self.frame.columns)
        numeric = [False, *map(self._is_numeric, columns[1:])]
        heads = list(zip(names, map(typeset, names), numeric, strict=True))
        rows = [
            (raw, head, list(map(self._cell, [raw] * len(values), heads[1:], values)))
            for raw, (head, *values) in zip(
                self.frame.iloc[:, 0], zip(*columns, strict=True), strict=True
            )
        ]
        return render(
            "table",
            table=self,
            pages=makes_pages(),
            heads=heads,
            rows=rows,
            cell=_cell_html,
            slug=slug,
            typeset=typeset,
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
