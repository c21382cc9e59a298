"""Ready citations: APA and Chicago as text, BibTeX, RIS and CSL-JSON, as files and pages.

The book and its original come from the citation file, works from the bibliography.
pandoc sets the texts by CSL styles, in one call for each style. A part of the book is
cited as the book with a locator, never as a work of its own; a claim of the original as
the original's first.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pypandoc
import rispy
from bs4 import BeautifulSoup
from docutils import nodes
from pybtex.database import BibliographyData, Entry, Person, parse_file
from sphinx.application import Sphinx

from . import cache
from .errors import CitationError
from .identifiers import add_late_directive, domain_of
from .paths import PACKAGE
from .project import Project, project
from .render import render

#: Names of the text formats and the CSL styles that set them.
STYLES = {"APA": "apa", "Chicago": "chicago-author-date"}
#: Fields of the bibliography that are the book's own and belong in no export.
OWN_FIELDS = ("confidence", "grounds", "printedas")
#: Items are set side by side as if each stood alone, so nothing may tell them apart.
_COMPARISONS = re.compile(r' (?:disambiguate-add|subsequent-author-substitute)[a-z-]*="[^"]*"')
_RIS_TYPES = {
    "article-journal": "JOUR",
    "book": "BOOK",
    "chapter": "CHAP",
    "paper-conference": "CPAPER",
    "report": "RPRT",
    "thesis": "THES",
}


class Reference(NamedTuple):
    """A work to cite: a CSL item and its BibTeX entry."""

    item: dict
    bibtex: str


class Text(NamedTuple):
    """A citation set as HTML: the entry of a list of references, and the sign in the text."""

    entry: str
    short: str


def _person(author: dict) -> dict:
    """Return an author of a citation file in CSL's terms."""
    if "name" in author:
        return {"literal": author["name"]}
    return {"family": author.get("family-names", ""), "given": author.get("given-names", "")}


def book_item(book: Project, name: str) -> dict:
    """Return the book as a CSL item."""
    record = book.citation
    year, month, day = (int(part) for part in str(record["date-released"]).split("-"))
    item = {
        "id": f"{name}-{year}",
        "type": "book",
        "title": record["title"],
        "author": [_person(author) for author in record["authors"]],
        "issued": {"date-parts": [[year, month, day]]},
        "version": str(record["version"]),
        "DOI": record.get("doi"),
        "URL": book.address,
    }
    return {key: value for key, value in item.items() if value}


def original_item(book: Project, name: str) -> dict | None:
    """Return what the book is an edition of, as a CSL item, if it is one of something.

    It is the first reference of the citation file. What that leaves unknown stays out.
    """
    references = book.citation.get("references", [])
    if not references:
        return None
    record = references[0]
    authors = [author for author in record["authors"] if author.get("name") != "unknown"]
    numbers = [identifier["value"] for identifier in record.get("identifiers", [])]
    fields = {
        "author": [_person(author) for author in authors],
        "container-title": record.get("journal"),
        "volume": record.get("volume"),
        "issue": record.get("issue"),
        "DOI": record.get("doi"),
        "archive": record.get("database"),
        "archive_location": next(iter(numbers), None),
    }
    return {
        "id": f"{name}-original-{record['year']}",
        "type": "article-journal" if record.get("journal") else "document",
        "title": record["title"],
        "issued": {"date-parts": [[int(record["year"])]]},
    } | {key: value for key, value in fields.items() if value}


def year_of(item: dict) -> str:
    """Return the year of a CSL item, or what stands in its place."""
    issued = item.get("issued", {})
    parts = [*filter(None, issued.get("date-parts", []))]  # empty where the year is no number
    return str(parts[0][0]) if parts else issued.get("literal", "")


def own_bibtex(item: dict) -> str:
    """Return the book or its original as BibTeX."""
    archive = f"{item['archive']} {item.get('archive_location', '')}" if "archive" in item else ""
    version = f"Version {item['version']}" if "version" in item else ""
    fields = {
        "title": f"{{{item['title']}}}",
        "journal": item.get("container-title"),
        "volume": item.get("volume"),
        "number": item.get("issue"),
        "year": year_of(item),
        "doi": item.get("DOI"),
        "url": item.get("URL"),
        "note": ", ".join(filter(None, [version, archive.strip()])),
    }
    people = [
        Person(last=f"{{{author['literal']}}}")
        if "literal" in author
        else Person(f"{author['family']}, {author['given']}")
        for author in item.get("author", [])
    ]
    kept = {key: str(value) for key, value in fields.items() if value}
    kind = {"book": "book", "article-journal": "article"}.get(item["type"], "misc")
    return _bibtex(item["id"], Entry(kind, kept, {"author": people}))


def _bibtex(key: str, entry: Entry) -> str:
    return BibliographyData({key: entry}).to_string("bibtex")


def pandoc(text: str, *arguments: str) -> str:
    """Run pandoc, in English wherever it runs: it reads titles by the rules of LANG.

    LC_ALL tells the encoding, of text and of the names of folders.
    """
    run = subprocess.run(
        [pypandoc.get_pandoc_path(), *arguments],
        input=text,
        env={**os.environ, "LANG": "en_US.UTF-8", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
    )
    if run.returncode:
        first, *_ = run.stderr.strip().split("\n")
        raise CitationError(f"{first}; mend the bibliography or the citation file")
    return run.stdout


def cited_works(path: Path | None) -> dict[str, Reference]:
    """Return the works of a bibliography, by citekey."""
    if path is None:
        return {}
    entries = parse_file(str(path), bib_format="bibtex").entries
    made = pandoc(path.read_text(encoding="utf-8"), "-f", "bibtex", "-t", "csljson")
    found = {}
    for item in json.loads(made):
        item["type"] = item["type"] or "document"
        entry = entries[item["id"]]
        for field in OWN_FIELDS:
            entry.fields.pop(field, None)
        found[item["id"]] = Reference(item, _bibtex(item["id"], entry))
    return found


def texts(
    items: list[dict], bibliography: Path | None, locators: dict[str, tuple[str, str]]
) -> dict[str, dict[str, Text]]:
    """Set citations as text, all of them in one call of pandoc for each style.

    Parameters
    ----------
    items : list of dict
        CSL items beside those of the bibliography.
    bibliography : Path, optional
        File of works, in BibTeX.
    locators : dict of str to (str, str)
        For each citation, its item and where in it, which may be empty.

    Returns
    -------
    dict
        Style: citation: its texts as HTML.
    """
    document = "\n\n".join(_cite(item, where) for item, where in locators.values())
    made: dict[str, dict[str, Text]] = {}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "items.json").write_text(json.dumps(items), encoding="utf-8")
        for label, style in STYLES.items():
            csl = (PACKAGE / "styles" / f"{style}.csl").read_text(encoding="utf-8")
            (Path(folder) / "style.csl").write_text(_COMPARISONS.sub("", csl), encoding="utf-8")
            sources = [Path(folder) / "items.json", *([bibliography] if bibliography else [])]
            page = pandoc(
                document,
                *("-f", "markdown", "-t", "html", "--citeproc", "--wrap=none"),
                f"--csl={folder}/style.csl",
                *(f"--bibliography={source}" for source in sources),
            )
            soup = BeautifulSoup(page, "html.parser")
            entries = {
                str(entry["id"]).removeprefix("ref-"): entry.decode_contents().strip()
                for entry in soup.select(".csl-entry")
            }
            shorts = [short.decode_contents() for short in soup.select("p > span.citation")]
            made[label] = {
                key: Text(entries[item], short)
                for (key, (item, _)), short in zip(locators.items(), shorts, strict=True)
            }
    return made


def _cite(item: str, where: str) -> str:
    """Return a citation for pandoc; the empty braces keep it from reading the locator."""
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", where)
    return f"[@{{{item}}}{{}}, {escaped}]" if where else f"[@{{{item}}}]"


class _Unnumbered(rispy.RisWriter):
    def set_header(self, count: int) -> str:
        """Write no number before an item."""
        return ""


def ris(item: dict) -> str:
    """Return a CSL item as RIS."""
    first, _, last = item.get("page", "").replace("\N{EN DASH}", "-").partition("-")

    def people(role: str) -> list[str]:
        return [
            person.get("literal")
            or ", ".join(filter(None, [person["family"], person.get("given")]))
            for person in item.get(role, [])
        ]

    notes = [item.get("note"), item.get("archive"), item.get("archive_location")]
    notes += [f"Version {item['version']}"] if "version" in item else []
    journal = item["type"] == "article-journal"
    reference = {
        "type_of_reference": _RIS_TYPES.get(item["type"], "GEN"),
        "id": item["id"],
        "title": item["title"],
        "journal_name" if journal else "secondary_title": item.get("container-title"),
        "authors": people("author"),
        "secondary_authors": people("editor"),
        "year": year_of(item),
        "volume": item.get("volume"),
        "number": item.get("issue"),
        "start_page": first,
        "end_page": last,
        "publisher": item.get("publisher"),
        "place_published": item.get("publisher-place"),
        "edition": item.get("edition"),
        "doi": item.get("DOI"),
        "urls": [item["URL"]] if "URL" in item else [],
        "notes": [", ".join(filter(None, notes))] if any(notes) else [],
    }
    kept = {key: value for key, value in reference.items() if value}
    return rispy.dumps([kept], implementation=_Unnumbered).lstrip()


def plain(markup: str) -> str:
    """Return the text of HTML."""
    return BeautifulSoup(markup, "html.parser").get_text()


class Choice(NamedTuple):
    """One way to cite something: a heading, the files, the work and where in it, a remark."""

    heading: str
    file: str
    item: str
    where: str = ""
    remark: str = ""

    @property
    def key(self) -> str:
        """What tells its texts from those of others."""
        return f"{self.item} {self.where}"


class Library:
    """Everything that can be cited from a book."""

    def __init__(self, app: Sphinx) -> None:
        self.book = project(app)
        name = app.config.citablebook_name
        self.whole = book_item(self.book, name)
        self.original = original_item(self.book, name)
        self.own = {item["id"]: item for item in (self.whole, self.original) if item}

    def choices_of_whole(self) -> list[Choice]:
        """Return how the book and its original are cited as a whole."""
        mine = Choice(f"This {'edition' if self.original else 'book'}", "edition", self.whole["id"])
        return [mine, *self._original()]

    def _original(self, where: str = "") -> list[Choice]:
        if self.original is None:
            return []
        record = self.book.citation["references"][0]
        kind = {"article": "paper"}.get(record["type"], record["type"])
        heading = f"The original {kind}" + (f", {where}" if where else "")
        remark = record.get("notes", "") if where else ""
        return [Choice(heading, "original", self.original["id"], where, remark)]

    def choices(self, app: Sphinx, identifier: str) -> list[Choice]:
        """Return how a part of the book is cited: what it belongs to, and the works behind it."""
        domain = domain_of(app)
        thing, claim = domain.places[identifier][0], self.book.claims.get(identifier, {})
        mine, *_ = self.choices_of_whole()
        own = [mine._replace(where=domain.locator(identifier))]
        section = claim.get("section") or next(
            (
                number[1]
                for name in (identifier, *thing.sections)
                if (number := re.fullmatch(r"S-(\d.*)", name))
            ),
            "",
        )
        theirs = []
        if section:
            theirs = self._original(f"section {section}" if section[0].isdigit() else section)
        works = [
            Choice(
                f"The cited work, {work.label}",
                f"work-{key}",
                key,
                remark=""
                if work.confidence == "verified"
                else f"How sure this entry is: {work.confidence}. {work.grounds}",
            )
            for key in filter(None, claim.get("works", "").split(";"))
            if (work := self.book.works.get(key))
        ]
        return [*theirs, *own, *works] if claim else [*own, *theirs, *works]

    def texts(self, choices: list[Choice]) -> dict[str, dict[str, Text]]:
        """Set the texts of choices."""
        wanted = {choice.key: (choice.item, choice.where) for choice in choices}
        ours = all(choice.item in self.own for choice in choices)
        bibliography = None if ours else self.book.bibliography
        return texts(list(self.own.values()), bibliography, wanted)


def panel(choice: Choice, made: dict[str, dict[str, Text]], reference: Reference) -> str:
    """Return a choice as a reader sees it, with links to the files of its work."""
    shown = list(formats(choice.key, made, reference))
    return render("citation", choice=choice, formats=shown)


def formats(
    key: str, made: dict[str, dict[str, Text]], reference: Reference
) -> Iterator[tuple[str, str, str]]:
    """Yield name, ending and content of each format; the two texts are HTML in two lines."""
    for label in STYLES:
        text = made[label][key]
        yield label, f"{label.lower()}.txt", f"{text.entry}\nIn the text: {text.short}"
    yield "BibTeX", "bib", reference.bibtex
    yield "RIS", "ris", ris(reference.item)
    json_text = json.dumps([reference.item], ensure_ascii=False, indent=1)
    yield "CSL-JSON", "json", json_text


def write(app: Sphinx) -> None:
    """Write the files of the works, and page and script of each citable thing."""
    library, domain, folder = Library(app), domain_of(app), Path(app.outdir) / "cite"
    folder.mkdir(exist_ok=True)
    cited = {
        identifier: (domain.title(identifier), library.choices(app, identifier))
        for identifier, thing in sorted(domain.things.items())
        if thing.kind != "paragraph" and identifier in domain.project.registry
    }
    more = app.config.citablebook_citing_page
    more = f"../{app.builder.get_target_uri(more)}" if more else ""
    about = [library.own, cited, library.book.address, more]
    bibliography = library.book.bibliography
    source = json.dumps(about).encode() + (bibliography.read_bytes() if bibliography else b"")
    state = f"{app.config.citablebook_code}{app.config.citablebook_design}"
    with cache.remembered(Path(app.doctreedir) / "citations.pickle", state) as result:
        made = result("files", source, lambda: dict(files(library, cited, more)))
        for name, content in made.items():
            cache.write_changed(folder / name, content)
    if bibliography and library.book.works:
        shutil.copyfile(bibliography, folder / bibliography.name)


def files(
    library: Library, cited: dict[str, tuple[str, list[Choice]]], more: str
) -> Iterator[tuple[str, str]]:
    """Yield name and content of the files of works and of the pages of what can be cited.

    Parameters
    ----------
    library : Library
        Everything that can be cited.
    cited : dict
        Title and choices of each thing, by its identifier.
    more : str
        Address of the page on how to cite, if there is one.
    """
    whole = library.choices_of_whole()
    references = cited_works(library.book.bibliography)
    references |= {key: Reference(item, own_bibtex(item)) for key, item in library.own.items()}
    works = [Choice("", f"work-{key}", key) for key in library.book.works]
    made = library.texts(
        [*whole, *works, *(choice for _, found in cited.values() for choice in found)]
    )
    for choice in [*whole, *works]:
        for label, ending, content in formats(choice.key, made, references[choice.item]):
            text = plain(content) if label in STYLES else content
            yield f"{choice.file}.{ending}", f"{text.strip()}\n"
    yield from at_once([references[choice.item] for choice in works])
    for identifier, (title, choices) in cited.items():
        shown = "".join(panel(choice, made, references[choice.item]) for choice in choices)
        content = json.dumps({"title": title, "panel": shown}, ensure_ascii=False)
        script = f'(window.bookCitations ??= {{}})["{identifier}"] = {content};\n'
        yield f"{identifier}.js", script
        address = f"{library.book.address}id/{identifier}.html"
        values = {"identifier": identifier, "title": title, "address": address, "more": more}
        yield f"{identifier}.html", render("cite", choices=shown, **values)


#: Ending: the name of a format in which all works can be had at once.
AT_ONCE = {"bib": "BibTeX", "ris": "RIS", "json": "CSL-JSON"}


def at_once(works: list[Reference]) -> Iterator[tuple[str, str]]:
    """Yield name and content of the files that have all works cited, one for each format."""
    if works:
        yield "works.bib", "\n".join(work.bibtex.strip() + "\n" for work in works)
        yield "works.ris", "\n".join(ris(work.item).strip() + "\n" for work in works)
        items = json.dumps([work.item for work in works], ensure_ascii=False, indent=1)
        yield "works.json", f"{items}\n"


def offer_all(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Offer all works cited in one file, above the list of them."""
    book = project(app)
    if app.builder.name != "html" or docname != book.page_of_references(app.env):
        return
    first = next(iter(doctree.findall(nodes.citation)), None)
    if first is None or not book.bibliography:
        return
    up, name = "../" * docname.count("/"), book.bibliography.name
    text = render("all-works", up=up, name=name, count=len(book.works), formats=AT_ONCE)
    first.parent.insert(first.parent.index(first), nodes.raw("", text, format="html"))


def citations_of_whole(app: Sphinx, docname: str) -> str:
    """Return how the book, and what it is an edition of, are cited: the directive `citations`."""
    library = Library(app)
    choices = library.choices_of_whole()
    made = library.texts(choices)
    shown = "".join(
        panel(choice, made, Reference(item, own_bibtex(item)))
        for choice, item in zip(choices, library.own.values(), strict=True)
    )
    soup = BeautifulSoup(shown, "html.parser")
    for element in soup.find_all(["h2", "h3", "section"]):  # they stand within a section here
        element.name = {"h2": "h3", "h3": "h4", "section": "div"}[element.name]
    for link in soup.select(".citation-actions a"):
        link["href"] = f"{'../' * docname.count('/')}cite/{link['href']}"
    return f'<div class="citing-whole">{soup}</div>'


def setup(app: Sphinx) -> dict:
    """Register the directive and the writing of citations."""
    app.setup_extension("citablebook.identifiers")
    add_late_directive(app, "citations", citations_of_whole)
    app.connect("doctree-resolved", offer_all, priority=700)
    app.connect("citablebook-files", write)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
