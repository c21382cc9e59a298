"""Notebooks to download that can be read in any notebook program, without this one's markup.

Prose is given with the numbers that the build evaluated, cells with their outputs; the
first cell says in a line what the machine lacks to run the others.
"""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx

from . import charts, references
from .figures import files_of

_ROLE = re.compile(r"\{([\w:+-]+)\}`([^`]*)`")
#: What a chapter needs beside it, as the first cell of its notebook checks.
_NEEDS = """\
# What this notebook needs: the book's packages, and its folder of data.
import importlib.util
import pathlib

imported = {imported}
missing = [name for name in imported if importlib.util.find_spec(name) is None]
above = pathlib.Path("notebook").resolve().parents
if missing or not any((folder / "data/datapackage.json").exists() for folder in above):
    lacking = f"packages {{', '.join(missing)}}" if missing else "the folder data"
    raise SystemExit(f"Missing: {{lacking}}. {remedy}")
"""


def evaluated(doctree: nodes.document) -> list[str]:
    """Return the values that the prose of a document evaluates, in their order."""
    values = []
    for bundle in doctree.findall(nodes.container):
        if bundle.get("nb_element") != "mime_bundle":
            continue
        above: list[nodes.Element | None] = [bundle.parent]
        while above[-1] is not None:
            above.append(above[-1].parent)
        of_cell = (n is not None and n.get("nb_element") == "cell_code_output" for n in above[:-1])
        if any(of_cell) or any(isinstance(node, nodes.caption) for node in above):
            continue
        parts = (part for part in bundle.children if isinstance(part, nodes.Element))
        texts = {part.get("mime_type"): part.astext() for part in parts}
        values.append(texts.get("text/plain", ""))
    return values


def numbered(app: Sphinx, label: str) -> str:
    """Return what a reference by number says, "Figure 3.4"; the label where there is none."""
    docname, anchor = app.env.domaindata["std"]["anonlabels"].get(label, ("", ""))
    for kind, numbers in app.env.toc_fignumbers.get(docname, {}).items():
        if anchor in numbers:
            number = ".".join(map(str, numbers[anchor]))
            return app.config.numfig_format[kind].replace("%s", number)
    return label


def prose(text: str, values: Iterator[str], app: Sphinx) -> str:
    """Return a cell of MyST Markdown as plain Markdown."""

    def role(match: re.Match) -> str:
        kind, content = match.groups()
        if kind == "eval":
            return next(values)
        if kind.startswith("cite"):
            works = references.works()
            labels = [works[key.strip()].label for key in content.split(",")]
            return ", ".join(labels) if kind.endswith(":t") else f"({'; '.join(labels)})"
        if kind == "claim":
            return f"[{content}]"
        words = re.fullmatch(r"(.*?)\s*<(.+)>", content, re.S)
        return words[1] if words else numbered(app, content) if kind == "numref" else content

    def remark(match: re.Match) -> str:
        lines = [f"**{match[1].strip()}**", "", *match[2].strip().split("\n")]
        return "\n".join(f"> {line}".rstrip() for line in lines)

    text = _ROLE.sub(role, text)
    text = re.sub(r"^(\([\w.:-]+\)=|\{[.#][^}]*\})\n", "", text, flags=re.M)  # anchors, classes
    text = re.sub(r"^:::+\{[\w-]+\}(.*)\n(?::\w+:.*\n)*([\s\S]*?)^:::+$", remark, text, flags=re.M)
    return re.sub(r"\[([^]]+)\]\((?!https?:)[^)]*\)", r"\1", text)  # links into the book


def output(data: dict[str, str], pictures: Iterator[bytes]) -> dict[str, str]:
    """Return an output of a cell as it can stand without the pages of the book."""
    markup = data.get("text/html", "")
    kept = {"text/plain": data["text/plain"]} if "text/plain" in data else {}
    if markup.startswith(charts.MARK):
        return kept | {"image/png": base64.b64encode(next(pictures, b"")).decode()}
    if not markup:
        return {kind: content for kind, content in data.items() if kind != "application/pdf"}
    soup = BeautifulSoup(markup, "html.parser")
    for note in soup.select(".note"):
        note.parent["title"] = note.get_text()
        note.decompose()
    for link in soup.select("a[href]"):
        if not re.match(r"https?:", link["href"]):
            link.unwrap()
    return kept | {"text/html": str(soup)}


def fill(book: nbformat.NotebookNode, app: Sphinx, docname: str, remedy: str) -> None:
    """Give a notebook of a chapter readable prose, outputs and a first cell that checks.

    Parameters
    ----------
    book : notebook
        As its source has it, changed in place.
    app : sphinx.application.Sphinx
        After a build.
    docname : str
        Document of the chapter.
    remedy : str
        What to do where something is missing.
    """
    values = evaluated(app.env.get_doctree(docname))
    used = sum(kind == "eval" for cell in book.cells for kind, _ in _ROLE.findall(cell.source))
    remaining = iter(values) if used == len(values) else iter(())
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{docname}.ipynb"
    ran = nbformat.read(executed, 4).cells if executed.exists() else []
    outputs = iter([cell.outputs for cell in ran if cell.cell_type == "code"])
    drawn = files_of(app.env).get(docname, {})
    pictures = (charts.png(files["svg"].decode(), scale=1) for files in drawn.values())
    for cell in book.cells:
        if cell.cell_type == "markdown" and (used == len(values)):
            cell.source = prose(cell.source, remaining, app)
        elif cell.cell_type == "code":
            cell.outputs = [
                nbformat.v4.new_output("display_data", output(made.data, pictures))
                for made in next(outputs, [])
                if "data" in made
            ]
    code = "\n".join(cell.source for cell in book.cells if cell.cell_type == "code")
    imported = sorted(set(re.findall(r"^(?:from|import) (\w+)", code, flags=re.M)))
    check = nbformat.v4.new_code_cell(_NEEDS.format(imported=imported, remedy=remedy))
    if imported:
        book.cells.insert(0, check)
