"""The definition of reusable: the demo builds with this package alone, pages and PDF."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import citablebook

#: A chapter that follows the steps of "Start your own paper" in CONTRIBUTING.md.
MORE = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3, language: python}
---

# My own chapter

```{code-cell} ipython3
:tags: [hide-input]
from citablebook import load, count

rivers = count(load("rivers"), "rivers")
```

It has {eval}`rivers` rivers.

```{code-cell} ipython3
import time

print("one")
time.sleep(0.6)
print("two")
```
"""
DEMO = Path(__file__).resolve().parent.parent / "demo"

#: Nothing but this package can be imported from the repository.
ALONE = """
import sys, importlib.abc
class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in ("smebook", "grimtable"):
            raise ImportError(f"{name} is not part of citablebook")
sys.meta_path.insert(0, Refuse())
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A copy of the demo, built to a PDF by the package's own command."""
    folder = tmp_path_factory.mktemp("demo")
    ignored = shutil.ignore_patterns("_build")
    shutil.copytree(DEMO, folder, dirs_exist_ok=True, ignore=ignored)
    start_own(folder)
    only = folder.parent / "only"
    only.mkdir()
    (only / "sitecustomize.py").write_text(ALONE)
    source = Path(citablebook.__file__).parent.parent
    environment = {key: value for key, value in os.environ.items() if "CITABLEBOOK" not in key}
    environment["PYTHONPATH"] = f"{only}{os.pathsep}{source}"
    for command in (["identify"], ["build", "--builder", "pdf", "--jobs", "1"]):
        run = subprocess.run(
            [sys.executable, "-m", "citablebook", *command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr[-3000:]
    return folder


def start_own(folder: Path) -> None:
    """Follow the steps of "Start your own paper" up to the commands."""
    for name in ("CITATION.cff", "_config.yml"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("A short book", "My own book"))
    (folder / "data" / "rivers.csv").write_text("river\nOne\nTwo\n")
    package = json.loads((folder / "data" / "datapackage.json").read_text())
    rivers = {**package["resources"][1], "name": "rivers", "path": "rivers.csv"}
    rivers["schema"] = {"fields": [{"name": "river", "type": "string"}]}
    package["resources"].append(rivers)
    (folder / "data" / "datapackage.json").write_text(json.dumps(package))
    (folder / "chapters" / "more.md").write_text(MORE)
    with (folder / "_toc.yml").open("a") as contents:
        contents.write("      - file: chapters/more\n")


def page(demo: Path, name: str) -> BeautifulSoup:
    path = demo / "_build" / "html" / f"{name}.html"
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.mark.book
def test_it_has_a_table_a_figure_a_claim_a_citation_and_numbers(demo):
    first, sources = page(demo, "chapters/index"), page(demo, "chapters/sources")
    assert first.select_one("figure svg[aria-label^='Ahn has 40']")
    assert first.select_one("sup.claim-sign a#C1")
    assert first.select_one(".citation-link .note").get_text().startswith("Schumpeter, Joseph")
    numbers = [
        n.find(["a", "span"]).get_text() for n in first.select("p .number:not(.citation-link)")
    ]
    assert numbers == ["48", "7.0"]
    link = first.select_one(".number > a")["href"]
    assert link == "../data/workshops.html#workshops.ahn.workshops"
    rows = page(demo, "data/workshops")
    assert rows.find(id="workshops.ahn.workshops").get_text() == "48"
    assert "Cited for C1" in sources.find(id="ref-schumpeter1934").get_text()
    assert "This book" in sources.find(class_="citing-whole").get_text()


@pytest.mark.book
def test_every_identifier_has_its_address(demo):
    for name in ("S-E1", "P-1", "C1", "F-E1", "T-E1"):
        assert page(demo, f"id/{name}").a["href"].endswith(f"#{name}")
    assert page(demo, "cite/C1").find("h2").get_text() == "This book"


@pytest.mark.book
def test_the_pdf_holds_the_same_and_its_data(demo):
    import pikepdf
    import pypdfium2

    path = demo / "_build" / "pdf" / "book.pdf"
    text = "".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(path))
    for words in ("My own book", "The smaller town has 48 workshops", "7.0 times", "Table 1.1"):
        assert words in text.replace("\r\n", " "), words
    with pikepdf.open(path) as pdf:
        assert {"CITATION.cff", "workshops.csv", "identifiers.csv"} <= set(pdf.attachments)


@pytest.mark.book
def test_what_a_cell_prints_is_one_text_whenever_it_came(demo):
    said = page(demo, "chapters/more").select(".output.stream")
    assert [one.get_text().strip() for one in said] == ["one\ntwo"]


@pytest.mark.book
def test_ones_own_chapter_has_identifiers_and_numbers(demo):
    text = (demo / "chapters" / "more.md").read_text()
    assert "(S-E5)=\n# My own chapter" in text and "(P-3)=\nIt has" in text
    own = page(demo, "chapters/more")
    assert "It has 2 rivers." in own.find(id="P-3").get_text().replace("\xb6", "").strip()[:40] or (
        own.find(id="P-3").select_one(".number > a").get_text() == "2"
    )
    assert page(demo, "id/P-3").a["href"].endswith("chapters/more.html#P-3")
