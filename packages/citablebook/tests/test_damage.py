"""Damage beside that of the data (test_data.py) and of a build as a whole (test_build.py).

Each kind of damage to bibliography, citation file, registry, settings, contents and chapters
gets one message that names the file, the place and the remedy.
"""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

from citablebook import extension


def swap(name: str, old: str, new: str):
    """Return a damage that exchanges some text of a file."""

    def damage(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return damage


def whole(name: str, content: str | bytes):
    """Return a damage that gives a file another content."""
    raw = content if isinstance(content, bytes) else content.encode()
    return lambda root: (root / name).write_bytes(raw)


def more(name: str, content: str | bytes):
    """Return a damage that adds to a file."""
    raw = content if isinstance(content, bytes) else content.encode()
    return lambda root: (root / name).write_bytes((root / name).read_bytes() + raw)


def gone(name: str):
    return lambda root: (root / name).unlink()


BIB, CFF, IDS = "references.bib", "CITATION.cff", "identifiers.csv"
PACKAGE = "data/datapackage.json"


def bib(old: str, new: str):
    return swap(BIB, old, new)


def cff(old: str, new: str):
    return swap(CFF, old, new)


def described(**values):
    """Return a damage to the description of the table of claims."""

    def damage(root: Path) -> None:
        package = json.loads((root / PACKAGE).read_text())
        package["resources"][0].update(values)
        (root / PACKAGE).write_text(json.dumps(package))

    return damage


ENTRY = r"references\.bib, entry rothwell1989: "
INPUTS = {
    # The bibliography
    "bib missing": (gone(BIB), r"references\.bib is missing: restore it"),
    "bib latin-1": (
        more(BIB, b"@misc{m\xfcller}"),
        r"references\.bib, line 6: is not UTF-8 .*save",
    ),
    "bib with a NUL": (
        bib("Small Firms", "Small\0Firms"),
        r"line 2: has the control character 0x00",
    ),
    "bib with a backspace": (
        bib("Small Firms", "Small\x08"),
        r"control character 0x08; take it out",
    ),
    "bib entry half": (
        more(BIB, "@article{half,\n author = {A, B"),
        r"references\.bib: .*mend the entry",
    ),
    "bib quote open": (
        more(BIB, '@article{half,\n title = "A\n}\n@misc{b, title={C}}'),
        r"references\.bib: .*mend",
    ),
    "bib key twice": (
        more(BIB, "@misc{rothwell1989, title={A}}"),
        r"rothwell1989.*take out the second",
    ),
    "bib without commas": (bib("},", "}"), r"references\.bib: .*mend the entry"),
    "bib no title": (bib("title =", "titel ="), ENTRY + "the field title is missing: add it"),
    "bib no year": (bib("year =", "jahr ="), ENTRY + "the field year is missing: add it"),
    "bib no author": (bib("author =", "autor ="), ENTRY + "the field author or editor is missing"),
    "bib empty title": (
        bib("{Small Firms, Innovation and Industrial Change}", "{}"),
        ENTRY + "the field title",
    ),
    "bib no grounds": (
        bib("grounds =", "ground ="),
        ENTRY + "the field grounds is missing: add it",
    ),
    "bib unknown confidence": (
        bib("{known}", "{sure}"),
        ENTRY + "'sure' is no degree.*: use one of",
    ),
    "bib javascript": (
        bib("volume =", "url = {javascript:alert(1)}, volume ="),
        ENTRY + "the url 'javascript:.*https://",
    ),
    "bib javascript disguised": (
        bib("volume =", "url = {JavaScript:alert(1)//https://a.b}, volume ="),
        ENTRY + "the url",
    ),
    "bib data address": (
        bib("volume =", "url = {data:text/html,x}, volume ="),
        ENTRY + "the url 'data:",
    ),
    "bib file address": (
        bib("volume =", "url = {file:///etc/passwd}, volume ="),
        ENTRY + "the url 'file:",
    ),
    "bib address with a quote": (
        bib("volume =", "url = {https://a.b/'onx=1}, volume ="),
        ENTRY + "the url",
    ),
    "bib address of words": (
        bib("volume =", "url = {see there}, volume ="),
        ENTRY + "the url 'see there'",
    ),
    "bib doi of words": (
        bib("volume =", "doi = {javascript:alert(1)}, volume ="),
        ENTRY + "the doi.*10.1234/",
    ),
    "bib doi as address": (
        bib("volume =", "doi = {https://doi.org/10.1/a}, volume ="),
        ENTRY + "the doi",
    ),
    "bib link in a note": (
        bib("volume =", "note = {\\href{javascript:alert(1)}{a}}, volume ="),
        ENTRY + "the link 'javascript:.* field note",
    ),
    "bib work that a claim cites": (
        bib("{rothwell1989", "{rothwell1990"),
        "claims, C1: the works name rothwell1989, which.*: add it",
    ),
    # The citation file
    "cff missing": (gone(CFF), r"CITATION\.cff is missing: write one"),
    "cff latin-1": (more(CFF, b"notes: M\xfcller\n"), r"CITATION\.cff, line \d+: is not UTF-8"),
    "cff broken": (
        more(CFF, "a: [b\n"),
        r"CITATION\.cff, line \d+: .*mend the indentation or the quotes",
    ),
    "cff a tab": (more(CFF, "\tb: c\n"), r"CITATION\.cff, line \d+"),
    "cff empty": (whole(CFF, ""), r"CITATION\.cff: is no list of names with values"),
    "cff a list": (whole(CFF, "- a\n"), r"CITATION\.cff: is no list of names with values"),
    "cff a text": (whole(CFF, "cite me\n"), r"CITATION\.cff: is no list"),
    "cff no title": (
        cff('title: "A', 'titel: "A'),
        r"CITATION\.cff: the field title is missing: add it",
    ),
    "cff title unquoted": (
        cff('"A small book: about nothing"', "1999"),
        "the title '1999' is no text: put it in quotes",
    ),
    "cff no authors": (
        cff("authors:\n  - name: The", "author:\n  - name: The"),
        "the field authors is missing",
    ),
    "cff authors a text": (
        cff("authors:\n  - name: The editors", "authors: The editors"),
        "the authors are no list",
    ),
    "cff author of text": (
        cff("- name: The editors", "- The editors"),
        "an author has neither name",
    ),
    "cff author without a name": (
        cff("- name: The editors", "- orcid: x"),
        "an author has neither name",
    ),
    "cff no version": (cff("version: 1.0.0", ""), "the field version is missing: add it"),
    "cff no day": (
        cff('"2026-01-02"', '"in spring"'),
        "date-released 'in spring' is no day: write it as",
    ),
    "cff a day that is none": (cff('"2026-01-02"', '"2026-02-31"'), "'2026-02-31' is no day"),
    "cff a year alone": (cff('"2026-01-02"', "2026"), "date-released '2026' is no day"),
    "cff references a text": (
        cff("references:\n  - type: article", "references: one\nmore:\n  - type: article"),
        "the references are no list",
    ),
    "cff reference without year": (
        cff("    year: 2019\n", ""),
        "reference 1: the field year is missing",
    ),
    "cff reference without title": (
        cff("    title: An Original Paper\n", ""),
        "reference 1: the field title",
    ),
    "cff reference without authors": (
        cff("    authors:\n      - name: unknown\n", ""),
        "reference 1: the field authors is missing: add it",
    ),
    "cff reference in a year of words": (
        cff("2019", "recently"),
        "reference 1: the year 'recently' is no number",
    ),
    "cff doi": (more(CFF, "doi: none yet\n"), "the doi 'none yet' is none: write it as"),
    # The registry
    "ids missing": (gone(IDS), r"identifiers\.csv is missing: restore it"),
    "ids latin-1": (
        more(IDS, b"P-9,paragraph,\xe9,current\n"),
        r"identifiers\.csv, line 12: is not UTF-8",
    ),
    "ids empty": (whole(IDS, ""), r"identifiers\.csv, row 1: the header line must be"),
    "ids another head": (swap(IDS, "points_to", "points"), r"identifiers\.csv, row 1: the header"),
    "ids too short": (more(IDS, "P-9,paragraph\n"), r"identifiers\.csv, row 12: 'P-9,paragraph'"),
    "ids too long": (more(IDS, "P-9,paragraph,,current,x\n"), r"identifiers\.csv, row 12"),
    "ids of another kind": (
        more(IDS, "P-9,table,,current\n"),
        r"row 12: .*is not an identifier of its kind",
    ),
    "ids of no form": (more(IDS, "P9,paragraph,,current\n"), "row 12: 'P9,"),
    "ids twice": (
        more(IDS, "P-1,paragraph,,current\n"),
        "row 12: P-1 is listed twice; give the new",
    ),
    "ids a status unknown": (more(IDS, "P-9,paragraph,,lost\n"), "P-9: the status must be"),
    "ids moved to nothing": (
        more(IDS, "P-9,paragraph,,moved to P-77\n"),
        "P-9: the status must be",
    ),
    "ids moved to itself": (more(IDS, "P-9,paragraph,,moved to P-9\n"), "P-9: the status must be"),
    "ids moved to a withdrawn one": (more(IDS, "P-9,paragraph,,moved to P-3\n"), "P-9: the status"),
    "ids an open quote": (more(IDS, '"P-9,paragraph,,current\n'), r"identifiers\.csv, row 12"),
    # What the pages of tables need of the data package
    "package no title": (described(title=""), r"data/datapackage\.json, 'claims' has no title"),
    "package title a list": (
        described(title=["a"]),
        "'claims' has no title, which is to be a text",
    ),
    "package no description": (described(description=None), "'claims' has no description"),
    "package no licence": (described(licenses=[]), "'claims' has no licenses: add a list"),
    "package licence of text": (described(licenses=["MIT"]), "one of its licenses has no name"),
    "package no sources": (described(sources=None), "'claims' has no sources: add a list"),
    "package source without title": (
        described(sources=[{"path": "https://a.b"}]),
        "sources has no title",
    ),
    "package javascript": (
        described(licenses=[{"name": "A", "path": "javascript:alert(1)"}]),
        "the path 'javascript:alert",
    ),
    "package javascript as a source": (
        described(sources=[{"title": "A", "path": "javascript:x"}]),
        "no address on the web",
    ),
}


class Config(dict):
    __getattr__ = dict.get


class App:
    """As much of Sphinx as the check of the inputs asks for."""

    def __init__(self, root: Path) -> None:
        settings = {
            f"citablebook_{name}": default for name, (default, _) in extension.SETTINGS.items()
        }
        settings |= {"citablebook_data": "data", "citablebook_claims": "claims"}
        self.srcdir, self.doctreedir = root, root / "_build" / "doctrees"
        settings["citablebook_code"] = ""
        self.config = Config(settings, bibtex_bibfiles=["references.bib"], html_baseurl="")


def refusal(root: Path) -> str:
    """Return what is said of a book's files before its chapters are read, empty if nothing is."""
    app = App(root)
    try:
        extension.check_inputs(app, app.config)
    except Exception as error:  # a bare one would not be of Sphinx' kind
        assert error.category == "The book was not built"
        return str(error)
    return ""


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    monkeypatch.setenv(extension.data.VALIDATED, "")


def test_the_sound_book_is_not_refused(book):
    assert refusal(book.root) == ""


@pytest.mark.parametrize("kind", INPUTS)
def test_damage_to_an_input_is_refused_in_one_line(kind, book):
    damage, expected = INPUTS[kind]
    damage(book.root)
    said = refusal(book.root)
    assert re.search(expected, said), said
    assert "\n" not in said and len(said) < 400


def test_all_damaged_inputs_are_named_at_once(book):
    for kind in ("bib javascript", "cff no version", "ids twice", "package no title"):
        INPUTS[kind][0](book.root)
    said = refusal(book.root).split("\n")
    assert len(said) == 4
    assert [any(name in line for line in said) for name in (BIB, CFF, IDS, PACKAGE)] == [True] * 4


# Chapters: each kind stands in a chapter of its own, and one build names them all.

HEAD = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3, language: python}
---
"""
OTHER = HEAD.replace("python3", "julia-9")


def cell(code: str, after: str = "") -> str:
    return f"{HEAD}\n# Chapter\n\n```{{code-cell}} ipython3\n{code}\n```\n\n{after}\n"


def prose(text: str) -> str:
    return f"# Chapter\n\n{text}\n"


FAILED = r"cell 1 \(`.*`\) "
CHAPTERS: dict[str, tuple[str | bytes, str]] = {
    "cell that fails": (
        cell("1 / 0", "{eval}`gone`"),
        FAILED + "failed: ZeroDivisionError.*; mend: run",
    ),
    "cell that kills its kernel": (
        cell("import os\nos.kill(os.getpid(), 9)", "{eval}`gone`"),
        FAILED + r"failed: .*its kernel died: .*; mend: run",
    ),
    "cell without end": (
        cell("while True: pass"),
        FAILED + "ran longer than 3 seconds; mend: make it end",
    ),
    "cell that prints without measure": (
        cell("print('x' * 6_000_000)"),
        FAILED + "failed: .*it printed 6000",
    ),
    "cell that asks": (cell("input('?')"), FAILED + "failed: StdinNotImplementedError"),
    "cell that warns": (
        cell("import sys\nsys.stderr.write('careful')"),
        r"line \d+: stderr was found .*mend: have",
    ),
    "cell with bad syntax": (cell("x = = 1"), FAILED + "failed: SyntaxError"),
    "number that is none": (
        cell("x = 1", "{eval}`y`"),
        "line 13: NameError.*; mend: correct the expression",
    ),
    "number without end": (
        cell("def f():\n    while True: pass", "{eval}`f()`"),
        "line 14: .*timed out.*; mend",
    ),
    "kernel unknown": (
        OTHER + "\n# Chapter\n\n```{code-cell}\n1\n```\n",
        "kernel did not start: .*julia-9; mend",
    ),
    "header broken": (HEAD.replace("}", "", 1) + "\n# Chapter\n", "line 1: Malformed YAML; mend"),
    "header lost": (
        "# Chapter\n\n```{code-cell} ipython3\n1\n```\n",
        "line 3: .*unexpected `code-cell`.*; mend: give",
    ),
    "binary": (
        prose("Some").encode() + b"\x00\xff\xfe\x01\n",
        "line 4: undecodable .*; mend: save",
    ),
    "latin-1": (
        prose("Some").encode() + b"caf\xe9\n",
        "undecodable source characters; mend: save the file",
    ),
    "NUL": (prose("Some\0thing"), "line 3: the control character 0x00; mend: take it out"),
    "directive unknown": (
        prose("```{tabel}\nx\n```"),
        "line 3: Unknown directive type: 'tabel'; mend",
    ),
    "role unknown": (prose("{tabel}`x`"), "line 3: Unknown interpreted text role.*; mend"),
    "picture missing": (
        prose("```{image} none.png\n:alt: A\n```"),
        "line 3: image file not readable.*; mend: put",
    ),
    "page missing": (prose("[there](none.md)"), "line 3: .*'none.md'.*; mend: correct the label"),
    "label missing": (
        prose("{numref}`fig-none`"),
        "line 3: undefined label: 'fig-none'.*; mend: correct",
    ),
    "citekey missing": (
        prose("{cite:t}`nobody2000`"),
        'line 3: could not find bibtex key "nobody2000"; mend',
    ),
    "claim missing": (prose("{claim}`C99`"), "line 3: there is no claim 'C99'"),
    "identifier missing": (prose("{citable:ref}`P-99`"), "line 3: .*P-99"),
}


@pytest.fixture(scope="module")
def listed(tmp_path_factory, small_book):
    """What one build of a book with all of them lists."""
    book = small_book(tmp_path_factory.mktemp("chapters"))
    names = []
    for number, (content, _) in enumerate(CHAPTERS.values()):
        names.append(f"kind{number}")
        raw = content if isinstance(content, bytes) else content.encode()
        (book.root / f"kind{number}.md").write_bytes(raw)
    book.edit("index.md", "claims\n", "claims\n" + "\n".join(names) + "\n")
    said = io.StringIO()
    parts = ["report", "markup", "cells", "identifiers", "citations", "bibliography"]
    with contextlib.redirect_stderr(said):
        book.build(
            parallel=2,
            nb_execution_mode="inline",
            nb_execution_timeout=3,
            nb_output_stderr="error",
            nb_eval_name_regex=".*",
            citablebook_parts=parts,
        )
    found = said.getvalue().partition("To mend:\n")[2].strip().split("\n")
    return {
        kind: [line for line in found if line.startswith((f"- {name}.md,", f"- {name}.md:"))]
        for kind, name in zip(CHAPTERS, names, strict=True)
    }


@pytest.mark.parametrize("kind", CHAPTERS)
def test_damage_to_a_chapter_is_named_with_its_place_and_remedy(kind, listed):
    found = [line for line in listed[kind] if re.search(CHAPTERS[kind][1], line)]
    assert len(found) == 1, listed[kind]
