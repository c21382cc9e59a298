"""A page shows the charts and cells of its chapter, and numbers lead to the cell that made them."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.testing.util import SphinxTestApp

pytestmark = pytest.mark.book  # each test builds

SETTINGS = """
extensions = ["myst_nb", "citablebook.cells", "citablebook.figures"]
nb_execution_mode = "inline"
exclude_patterns = ["_build", "jupyter_execute"]
numfig = True
html_theme = "basic"
"""
HEAD = """---
kernelspec: {name: python3, display_name: Python 3, language: python}
jupytext: {text_representation: {extension: .md, format_name: myst}}
---
# Sample

```{code-cell} ipython3
:tags: [%s]
import altair as alt
from citablebook import charts, computed
charts.enable()
rows = alt.Data(values=[{"size": "small", "share": 18.6}, {"size": "large", "share": 48.7}])
total = computed(18.6 + 48.7, "%%", 1, "both added")
```

They have {eval}`total`, see {numref}`fig-shares`.

```{code-cell} ipython3
---
mystnb: {figure: {name: fig-shares, caption: Shares by size.}}
---
alt.Chart(rows).mark_bar().encode(x="share:Q", y="size:N").properties(%s)
```
"""


def build(folder: Path, monkeypatch, tags: str, properties: str) -> tuple[SphinxTestApp, str]:
    """Build a book of one page; return the application and its warnings."""
    monkeypatch.setenv("CITABLEBOOK_PAGES", "set in a build")
    source = folder / "book"
    source.mkdir()
    (source / "conf.py").write_text(SETTINGS)
    (source / "index.md").write_text(HEAD % (tags, properties))
    app = SphinxTestApp("html", srcdir=source)
    app.build()
    warnings = app.warning.getvalue()
    app.cleanup()
    return app, warnings


@pytest.fixture
def good(tmp_path, monkeypatch):
    """The page and the output folder of a book without defects."""
    words = 'title="Large units lead", description="Two bars."'
    app, warnings = build(tmp_path, monkeypatch, "hide-input", words)
    assert not warnings
    out = Path(app.outdir)
    return BeautifulSoup((out / "index.html").read_text(encoding="utf-8"), "html.parser"), out


def test_a_page_shows_charts_with_caption_and_tools_and_leads_from_numbers_to_cells(good):
    page, out = good
    figure = page.find(id="fig-shares")
    parts = [node for node in figure.find_all(["p", "svg", "figcaption", "details"]) if node.parent]
    names = [part.name for part in parts if not part.find_parent(["figcaption", "details"])]
    assert names == ["figcaption", "p", "svg", "svg", "details"]
    assert figure.select_one(".chart-title").get_text() == "Large units lead"
    assert "Shares by size." in figure.figcaption.get_text()
    assert not figure.figcaption.find(["details", "button"])
    assert [svg["class"] for svg in figure.select("svg")] == [["wide"], ["narrow"]]
    assert page.find("a", string="Fig. 1")["href"] == "#fig-shares"
    number = page.select_one(".number > a")
    assert "computed(18.6 + 48.7" in page.find(id=number["href"][1:]).get_text()
    folder = out / "_static/charts"
    assert sorted(path.name for path in folder.iterdir()) == [
        "shares.csv",
        "shares.png",
        "shares.svg",
    ]
    assert (folder / "shares.csv").read_text() == "size,share\nsmall,18.6\nlarge,48.7\n"
    assert (folder / "shares.png").read_bytes().startswith(b"\x89PNG")


def test_a_result_that_cannot_show_itself_is_a_defect(tmp_path, monkeypatch):
    words = "title='t', description='d')\ntype('Odd', (), {'_repr_html_': lambda self: 1 / 0})("
    _, warnings = build(tmp_path, monkeypatch, "hide-input", words)
    assert "a cell shows an error: ZeroDivisionError: division by zero" in warnings


def test_what_readers_would_miss_is_a_defect_of_the_build(tmp_path, monkeypatch):
    _, warnings = build(tmp_path, monkeypatch, "remove-input", 'title="Large units lead"')
    assert "the chart 'shares' has no description, which is the text alternative" in warnings
    assert "a number is computed in a cell that the page does not show" in warnings
