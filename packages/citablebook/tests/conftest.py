"""Small books for tests: bundled tables alone, or whole books written and built within the test."""

import io
import json
import os
import textwrap
from pathlib import Path
from unittest import mock

import pytest
from bs4 import BeautifulSoup
from sphinx.testing.util import SphinxTestApp

from citablebook import data, numbers

FIELDS = [
    {"name": "period", "type": "string"},
    {"name": "1-199", "type": "number", "unit": "% (row total: innovations)"},
    {"name": "n", "type": "integer", "unit": "innovations"},
]
STATED = [
    {"name": "id", "type": "string"},
    {"name": "subject", "type": "string"},
    {"name": "value", "type": "number"},
    {"name": "unit", "type": "string"},
]


@pytest.fixture
def bundled(tmp_path, monkeypatch):
    """Let `load`, `from_cell` and `computed` read the tables `sizes` and `stated`."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "sizes.csv").write_text("period,1-199,n\n1945-49,18.0,226\ntotal,1025,4387\n")
    (folder / "stated.csv").write_text(
        "id,subject,value,unit\nsmall,employees of a small firm,199,employees\n"
    )
    resources = [
        {"name": name, "path": f"{name}.csv", "title": title, "schema": {"fields": fields}}
        for name, title, fields in (
            ("sizes", "Firms by size", FIELDS),
            ("stated", "Numbers in the text", STATED),
        )
    ]
    content = json.dumps({"name": "sample", "resources": resources})
    (folder / "datapackage.json").write_text(content)
    load, resource = data.load, data.resource
    monkeypatch.setattr(data, "load", lambda name, **options: load(name, folder, **options))
    monkeypatch.setattr(data, "resource", lambda name, where=folder: resource(name, where))
    return folder


@pytest.fixture
def pages(monkeypatch):
    """Have numbers and tables write what the pages of a book show."""
    from citablebook import charts, tables

    for module in (numbers, tables, charts):
        monkeypatch.setattr(module, "makes_pages", lambda: True)


CITATION = """\
cff-version: 1.2.0
message: Cite it as below.
title: "A small book: about nothing"
abstract: It is small.
authors:
  - name: The editors
version: 1.0.0
date-released: "2026-01-02"
license: CC-BY-4.0
keywords: [nothing]
references:
  - type: article
    title: An Original Paper
    authors:
      - name: unknown
    year: 2019
    database: Archive
    identifiers:
      - type: other
        value: A-17
    notes: Its author is not established.
"""
CLAIMS = """\
id,section,claim,works
C1,3.2,Small firms innovate.,rothwell1989
C2,1,Large firms do too.,
"""
BIBLIOGRAPHY = """\
@article{rothwell1989,
  author = {Rothwell, Roy}, title = {Small Firms, Innovation and Industrial Change},
  journal = {Small Business Economics}, year = {1989}, volume = {1}, number = {1},
  pages = {51--64}, confidence = {known}, grounds = {Well known.}
}
"""
REGISTRY = """\
identifier,kind,points_to,status
S-E1,section,Small,current
S-3.2,section,section 3.2 of the paper,current
S-E2,section,Remark,current
P-1,paragraph,rothwell1989 C1,current
P-2,paragraph,,current
T-1,table,table-one,current
C1,claim,data/claims.csv,current
C2,claim,data/claims.csv,current
P-3,paragraph,C9,withdrawn
P-4,paragraph,,moved to P-2
"""
INDEX = """\
---
myst:
  html_meta:
    description: "A book."
---
(S-E1)=
# Small

```{toctree}
:numbered:
deep/size
claims
```

(P-2)=
Everyone innovates. {claim}`C2` See {citable:ref}`P-1`.

```{citations}
```

```{identifiers}
```
"""
SIZE = """\
(S-3.2)=
# Firm size

(P-1)=
The small do too {cite:p}`rothwell1989`. {claim}`C1`

(S-E2)=
{.edition}
## Remark

Added.

## Original's own

:::{admonition} Checked
:class: edition
It is so.
:::

:::{figure} one.png
:name: table-one
What is in it. And more.
:::
"""
LEDGER = """\
# Claims

<p id="claim-C1">C1</p><p id="claim-C2">C2</p>

```{bibliography}
```
"""
CONF = """\
extensions = ["myst_nb", "sphinxcontrib.bibtex", "citablebook"]
nb_execution_mode = "off"
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence"]
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year_round"
bibtex_default_style = "surname_first"
numfig = True
exclude_patterns = ["_build"]
language = "en"
citablebook_name = "small"
citablebook_parts = [
    "report", "markup", "identifiers", "citations", "bibliography", "metadata", "search"
]
citablebook_data = "data"
citablebook_claims = "claims"
citablebook_claims_page = "claims#claim-{claim}"
"""
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


class Book:
    """A book in a folder, and what its builds said."""

    def __init__(self, root: Path) -> None:
        self.root, self.out = root, root / "_build" / "html"
        self.warnings = ""
        descriptor = {
            "name": "small",
            "resources": [
                {
                    "name": "claims",
                    "path": "claims.csv",
                    "title": "Claims",
                    "description": "Claims.",
                    "mediatype": "text/csv",
                    "licenses": [{"name": "CC-BY-4.0", "path": "https://example.org/by"}],
                    "sources": [{"title": "The paper"}],
                    "schema": {
                        "fields": [
                            {"name": name, "type": "string"}
                            for name in ("id", "section", "claim", "works")
                        ]
                    },
                }
            ],
        }
        for name, text in {
            "conf.py": CONF,
            "CITATION.cff": CITATION,
            "identifiers.csv": REGISTRY,
            "references.bib": BIBLIOGRAPHY,
            "data/claims.csv": CLAIMS,
            "data/datapackage.json": json.dumps(descriptor),
            "index.md": INDEX,
            "deep/size.md": SIZE,
            "claims.md": LEDGER,
        }.items():
            self.write(name, text)
        (root / "deep" / "one.png").write_bytes(PICTURE)

    def write(self, name: str, text: str) -> None:
        """Write a file of the book."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(textwrap.dedent(text), encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the book."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        (self.root / name).write_text(text.replace(old, new), encoding="utf-8")

    def build(self, builder: str = "html", parallel: int = 0, **settings) -> SphinxTestApp:
        """Build it; `warnings` holds what Sphinx complained of.

        What a build tells its kernels by the environment is taken back, for the tests after it.
        """
        said = io.StringIO()
        if "citations" not in settings.get("citablebook_parts", ["citations"]):
            text = (self.root / "index.md").read_text(encoding="utf-8")
            self.write("index.md", text.replace("```{citations}\n```\n", ""))
        with mock.patch.dict(os.environ):
            app = SphinxTestApp(
                builder,
                srcdir=self.root,
                confoverrides=settings,
                warning=said,
                parallel=parallel,
            )
            try:
                app.build()
            finally:
                app.cleanup()
        self.warnings = said.getvalue()
        return app

    def page(self, name: str) -> BeautifulSoup:
        """Return a built page."""
        text = (self.out / f"{name}.html").read_text(encoding="utf-8")
        return BeautifulSoup(text, "html.parser")


@pytest.fixture
def book(tmp_path) -> Book:
    """A small book that builds without a warning."""
    return Book(tmp_path)


@pytest.fixture(scope="session")
def small_book() -> type[Book]:
    """The class of small books, for tests that write one of their own."""
    return Book


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Book:
    """The same, built once for tests that only look."""
    made = Book(tmp_path_factory.mktemp("book"))
    made.app = made.build()
    assert not made.warnings
    return made
