"""How tables and figures show themselves: HTML for pages and notebooks, Markdown and PDF for LaTeX.

A `Table` is typeset here and not by pandas, whose own HTML has no row scopes and
random ids. A `Figure` holds two drawings of one chart, for a wide and for a narrow
column, so that its text is never scaled below reading size.
"""

import base64
import functools
import html
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import altair as alt
import pandas as pd

from . import references
from .numbers import Number, cell_id, slug
from .paths import CHART_FILES, REFERENCES_PAGE, makes_pages

#: Widths in pixels of the two drawings of a figure.
WIDE, NARROW = 680, 340


@dataclass(frozen=True)
class Works:
    """A table cell that names works cited, each linked to its entry in the references."""

    citekeys: tuple[str, ...]

    @classmethod
    def split(cls, text: str) -> "Works":
        """Return the works of a data cell, whose citekeys are separated by semicolons."""
        return cls(tuple(filter(None, text.split(";"))))

    def __str__(self) -> str:
        return "; ".join(references.works()[key].label for key in self.citekeys)

    def html(self) -> str:
        """Return the labels, linked on the book's pages."""
        if not makes_pages():
            return html.escape(str(self))
        links = (
            f'<a href="{REFERENCES_PAGE}#ref-{key}">{html.escape(references.works()[key].label)}</a>'
            for key in self.citekeys
        )
        return "; ".join(links)


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
        return self.text

    def html(self) -> str:
        """Return the text with its links, which only the book's pages have."""
        links = (
            ", ".join(
                f'<a href="{html.escape(address)}">{html.escape(name)}</a>'
                for address, name in self.links
            )
            if makes_pages()
            else ""
        )
        return html.escape(self.text) + (f" ({links})" if links else "")


def _cell_html(value: object) -> str:
    if isinstance(value, (Works, Evidence)):
        return value.html()
    if isinstance(value, float) and pd.isna(value) or value is pd.NA or value is None:
        return ""
    text = str(value)
    if ";" in text and " " not in text:  # a list of citekeys: let it break between them
        return ";<wbr>".join(html.escape(part) for part in text.split(";"))
    return html.escape(text)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Number)) or bool(
        re.fullmatch(r"[\u2212\u2013+<\d.,% ]*\d[%\d.,]*( ?to ?[\d.,%]+)?", str(value))
    )


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
    """

    frame: pd.DataFrame
    label: str
    margins: Sequence[str] = ()
    marks: Mapping[tuple[str, str], str] = field(default_factory=dict)
    source: str = ""
    stacked: bool = False

    def _id(self, row: object = "", column: object = "") -> str:
        return f' id="{cell_id(self.source, row, column)}"' if self.source else ""

    def _numeric_columns(self) -> set[str]:
        """Return the columns, but for the row headers, in which every filled cell is a number."""
        filled = {
            c: [
                v
                for v in self.frame[c]
                if not isinstance(v, (Works, Evidence))
                and str(v) not in ("", "<NA>", "nan", "None")
            ]
            for c in self.frame.columns[1:]
        }
        return {
            column
            for column, values in filled.items()
            if values and all(_is_number(value) for value in values)
        }

    def _row_html(self, record: Sequence[object], numeric: set[str]) -> str:
        head, columns = record[0], list(self.frame.columns)
        cells = []
        for column, value in list(zip(columns, record))[1:]:
            reason = self.marks.get((str(head), str(column)))
            classes = " ".join(
                filter(None, ["numeric" if column in numeric else "", "marked" if reason else ""])
            )
            inner = _cell_html(value)
            if reason:
                note = f'<span class="number"><mark tabindex="0">{inner}</mark><span class="note" role="tooltip">{html.escape(reason)}</span></span>'
                inner = (
                    note if makes_pages() else f'<mark title="{html.escape(reason)}">{inner}</mark>'
                )
            attributes = (
                (f' class="{classes}"' if classes else "")
                + f' data-label="{html.escape(str(column))}"'
                + self._id(head, column)
            )
            cells.append(f'<td role="cell"{attributes}>{inner}</td>')
        margin = ' class="margin"' if str(head) in self.margins else ""
        return f'<tr role="row"{margin}{self._id(head)}><th role="rowheader" scope="row">{_cell_html(head)}</th>{"".join(cells)}</tr>'

    def _repr_html_(self) -> str:
        numeric = self._numeric_columns()
        heads = "".join(
            f'<th role="columnheader" scope="col"{" class=numeric" if column in numeric else ""}{self._id("", column)}>{html.escape(str(column))}</th>'
            for column in self.frame.columns
        )
        rows = "".join(
            self._row_html(list(record), numeric)
            for record in self.frame.itertuples(index=False, name=None)
        )
        kind = "book-table stacked" if self.stacked else "book-table"
        return (
            f'<div class="table-scroll" role="region" tabindex="0" aria-label="{html.escape(self.label)}">'
            f'<table class="{kind}" role="table"{self._id()}><thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
            f'<tbody role="rowgroup">{rows}</tbody></table></div>'
        )

    def _repr_markdown_(self) -> str:
        def line(cells: Sequence[object]) -> str:
            texts = (
                ""
                if cell is None or cell is pd.NA or isinstance(cell, float) and pd.isna(cell)
                else str(cell)
                for cell in cells
            )
            return (
                "| "
                + " | ".join(
                    re.sub(r"([\\`*_{}\[\]<>|$])", r"\\\1", text).replace("\n", " ")
                    for text in texts
                )
                + " |"
            )

        numeric = self._numeric_columns()
        rule = (
            "|"
            + "|".join(" ---: " if column in numeric else " --- " for column in self.frame.columns)
            + "|"
        )
        return "\n".join(
            [
                line(self.frame.columns),
                rule,
                *(line(record) for record in self.frame.itertuples(index=False, name=None)),
            ]
        )

    def __repr__(self) -> str:
        return self.frame.to_string(index=False)


@dataclass
class Figure:
    """A chart for readers: a vector drawing with its words, its data beside it.

    Attributes
    ----------
    draw : callable
        Takes a width in pixels, returns the Altair chart for it.
    alt : str
        One or two sentences that say what the chart shows.
    data : pandas.DataFrame
        What is drawn, as rows for readers.
    name : str
        Name of the figure, for its files and ids.
    explore : callable, optional
        Takes a width in pixels, returns an interactive chart for it.
    question : str
        What the interactive chart lets a reader ask, as an imperative.
    """

    draw: Callable[[int], alt.TopLevelMixin]
    alt: str
    data: pd.DataFrame
    name: str
    explore: Callable[[int], alt.TopLevelMixin] | None = None
    question: str = ""

    @functools.cache
    def svg(self, width: int) -> str:
        """Return the drawing at a width in pixels, with ids that are unique on a page."""
        import vl_convert  # a large library, needed only when something is drawn

        drawing = vl_convert.vegalite_to_svg(self.draw(width).to_dict())
        prefix = f"{slug(self.name)}-{width}-"
        drawing = re.sub(r'\bid="', f'id="{prefix}', drawing).replace("url(#", f"url(#{prefix}")
        drawing = re.sub(
            r' (role|aria-roledescription|aria-label|aria-hidden)="[^"]*"', "", drawing
        )  # the drawing is one image, with one text
        return drawing.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")

    def __hash__(self) -> int:
        return id(self)

    def _inline(self, width: int, kind: str) -> str:
        label = f'<svg role="img" aria-label="{html.escape(self.alt)}" class="{kind}"'
        return self.svg(width).replace(' class="marks"', "", 1).replace("<svg", label, 1)

    def _files(self) -> dict[str, str]:
        """Write the figure's files where the press wants them; return their addresses by kind.

        Outside a build there is no such place, and the data alone are carried along.
        """
        csv = self.data.to_csv(index=False, lineterminator="\n")
        if not makes_pages():
            return {
                "CSV": f"data:text/csv;charset=utf-8;base64,{base64.b64encode(csv.encode()).decode()}"
            }
        import vl_convert

        folder = Path(os.environ[CHART_FILES])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.csv").write_text(csv, encoding="utf-8")
        (folder / f"{self.name}.svg").write_text(self.svg(WIDE), encoding="utf-8")
        (folder / f"{self.name}.png").write_bytes(vl_convert.svg_to_png(self.svg(WIDE), scale=2))
        for width in (WIDE, NARROW) if self.explore else ():
            specification = json.dumps(
                self.explore(width).to_dict(), sort_keys=True, separators=(",", ":")
            )
            (folder / f"{self.name}-{width}.js").write_text(
                f'(window.bookCharts ??= {{}})["{self.name}-{width}"] = {specification};\n',
                encoding="utf-8",
            )
        return {
            kind.upper(): f"../_static/charts/{self.name}.{kind}" for kind in ("csv", "svg", "png")
        }

    def _repr_html_(self) -> str:
        if not makes_pages():
            return f'{self._inline(WIDE, "wide")}<p><a download="{self.name}.csv" href="{self._files()["CSV"]}">Data of the chart (CSV)</a></p>'
        files = self._files()
        table = Table(self.data.astype(object), f"Data of the figure: {self.alt}")._repr_html_()
        links = ", ".join(
            f'<a download="{self.name}.{kind.lower()}" href="{address}">{kind}</a>'
            for kind, address in files.items()
        )
        button = (
            f'<button type="button" class="explore" data-chart="{self.name}" hidden>{html.escape(self.question)}</button>'
            if self.explore and "SVG" in files
            else ""
        )
        return (
            f'<div class="chart">{self._inline(WIDE, "wide")}{self._inline(NARROW, "narrow")}</div>'
            f'<div class="chart-bar">{button}<details class="chart-data"><summary>Data and picture</summary>'
            f"<p>{html.escape(self.alt)}</p>{table}<p>Download: {links}</p></details></div>"
        )

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        import vl_convert

        pdf = vl_convert.svg_to_pdf(self.svg(WIDE))
        return {
            "text/html": self._repr_html_(),
            "application/pdf": base64.b64encode(pdf).decode(),
            "text/plain": self.alt,
        }

    def __repr__(self) -> str:
        return self.alt
