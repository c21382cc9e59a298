"""Figures with two drawings, in the form that chapters had before `charts`; re-exports tables."""

import base64
import functools
import html
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import altair as alt
import pandas as pd

from .charts import NARROW, WIDE
from .numbers import slug
from .paths import CHART_FILES, makes_pages
from .tables import Evidence, Table, Works

__all__ = ["NARROW", "WIDE", "Evidence", "Figure", "Table", "Works"]


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
