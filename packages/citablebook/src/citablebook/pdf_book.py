"""The Sphinx builder `pdf`: the whole book as one typeset, tagged PDF.

It collects the bodies of the web pages in the order of the contents and has
WeasyPrint set them with a style sheet of their own. Sphinx's `singlehtml` assembles one
doctree instead, whose ids collide and in which chapters cannot be told apart any more.
"""

import contextlib
import html
import os
import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup
from markupsafe import Markup
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

from . import data, figures, print_markup, typesetting
from .identifiers import domain_of
from .project import Project, project
from .render import render

#: Letters of a title in the lists of figures and tables beyond which it ends at a comma.
LONGEST_TITLE = 64


class PdfBuilder(StandaloneHTMLBuilder):
    """Builds `book.pdf`."""

    name = "pdf"
    epilog = "The PDF is in %(outdir)s."
    allow_parallel = False  # the pages are collected in one process
    copysource = search = False

    def init(self) -> None:
        """Begin with no pages."""
        super().init()
        self.pages: dict[str, str] = {}

    def get_outdated_docs(self):
        """Name every document: the PDF is one file."""
        return self.env.found_docs

    def handle_page(
        self, pagename, addctx, templatename="page.html", outfilename=None, event_arg=None
    ) -> None:
        """Keep the body of a page."""
        self.pages[pagename] = addctx["body"]

    def copy_assets(self) -> None:
        """Copy nothing: all is in one file."""

    def finish(self) -> None:
        """Set the book from the pages kept."""
        target = Path(self.outdir) / "book.pdf"
        (target.parent / "_static").mkdir(
            parents=True, exist_ok=True
        )  # MyST-NB writes into it whatever is built
        with typesetting.without_collecting():
            target.write_bytes(typesetting.pdf(*assemble(self), self.config.pdf_paper))

    def contents(self) -> list[tuple[str, int, str]]:
        """Return (document, depth, title of the part it begins) in reading order."""
        order = [(self.config.root_doc, 1, "")]

        def add(document: str, depth: int) -> None:
            for tree in self.env.get_doctree(document).findall(addnodes.toctree):
                part = tree.get("caption") or ""
                for _, child in tree["entries"]:
                    if child in self.env.found_docs:
                        order.append((child, depth, part))
                        part = ""
                        add(child, depth + 1)

        add(self.config.root_doc, 1)
        return order


def record_of(book: Project, languages: list[str]) -> dict:
    """Return the book's own metadata, with `editors`, `licences` and `languages` as texts."""
    record = book.citation
    people = [
        person.get("name")
        or f"{person.get('given-names', '')} {person.get('family-names', '')}".strip()
        for person in record["authors"]
    ]
    licence = record.get("license", [])
    licences = " and ".join(licence) if isinstance(licence, list) else str(licence)
    return record | {"editors": people, "licences": licences, "languages": languages}


def attachments(app: Sphinx) -> dict[str, bytes]:
    """Return the files that belong to the book: citation, identifiers, data, chapters with code."""
    book, config = project(app), app.config
    files = [book.path("citation"), book.path("registry")]
    files += [book.root / name for name in config.citablebook_attachments]
    if config.citablebook_data:
        folder = book.path("data")
        files.append(folder / "datapackage.json")
        files += [folder / entry["path"] for entry in data.package(folder)["resources"]]
    # The chapters' sources hold the code of their tables and figures.
    files += [Path(app.env.doc2path(name)) for name in sorted(app.env.found_docs)]
    found = {path.name: path.read_bytes() for path in files if path.exists()}
    static = Path(app.outdir).parent / "html" / "_static"
    for name, maker in config.citablebook_downloads.items():
        made = static / f"{name}.csv"  # with the pages, if they were built before
        found[made.name] = (
            made.read_bytes() if made.exists() else data.as_download(data.made_by(maker))
        )
    return found


def assemble(builder: PdfBuilder) -> tuple[str, dict, dict[str, bytes]]:
    """Return the book's markup, its metadata and the files to attach."""
    order = builder.contents()
    base = posixpath.dirname(builder.config.root_doc)
    slugs = {
        document: posixpath.relpath(document, base).replace("/", "-") for document, _, _ in order
    }
    drawn = {
        f"{name}.csv": parts["csv"]
        for made in figures.files_of(builder.env).values()
        for name, parts in made.items()
    }
    places = {i: thing.docname for i, thing in domain_of(builder.app).things.items()}
    book_of, config = project(builder.app), builder.config
    left_out = config.citablebook_print_without, config.citablebook_print_attached
    whole = print_markup.Book(slugs, drawn, places, *left_out)
    chapters = [
        print_markup.prepare(builder.pages.pop(document), document, depth, part, whole)
        for document, depth, part in order
    ]
    languages = config.citablebook_languages or [config.language]
    record, address = record_of(book_of, languages), book_of.address
    for chapter in chapters:
        if address:
            heading = chapter.body.find(re.compile("^h[1-6]$"))
            page = address + builder.app.builder.get_target_uri(chapter.docname)
            line = f'<p class="address"><a href="{page}">{page}</a></p>'
            heading.insert_after(BeautifulSoup(line, "html.parser"))
    files = attachments(builder.app)
    for chapter in chapters:
        files |= chapter.files
    front, root = [], chapters[0].body
    for mark in root.find_all(
        id=re.compile(rf"^{slugs[builder.config.root_doc]}\.abstract(-[a-z]{{2}})?$")
    ):
        front.append((mark if mark.name == "section" else mark.find_parent("section")).extract())
    root.find("h1").string = "Summary"
    book = BeautifulSoup('<div class="book"></div>', "html.parser")
    body = book.div
    title = title_page(record, address, config.citablebook_imprint, files)
    body.append(BeautifulSoup(title, "html.parser"))
    if front:
        abstracts = book.new_tag("section", attrs={"class": "abstracts"})
        for section in front:
            section.find(re.compile("^h[1-6]$")).name = "h1"
            abstracts.append(section)
        body.append(abstracts)
    contents = render("print-contents", headings=headings(chapters), floats=floats(chapters))
    body.append(BeautifulSoup(contents, "html.parser"))
    for chapter in chapters:
        body.append(chapter.body)
    for chapter in chapters:
        if chapter.part or chapter is chapters[0]:
            chapter.body["class"] = [*chapter.body["class"], "opens-part"]
    print_markup.drop_unused_anchors(body)
    print_markup.mark_korean(body, book)
    return str(book), record, files


def title_page(record: dict, address: str, imprint: list[str], files: dict[str, bytes]) -> str:
    """Return the title page and the one behind it; the metadata say all that is in them."""
    title, _, subtitle = record["title"].partition(": ")
    original: dict = next(iter(record.get("references", [])), {})
    doi = f"https://doi.org/{record['doi']}" if "doi" in record else ""
    return render(
        "print-title",
        title=title,
        subtitle=subtitle,
        original=original if {"title", "year"} <= original.keys() else None,
        editors=", ".join(record["editors"]),
        year=str(record["date-released"])[:4],
        links=filter(None, (doi, address)),
        record={"abstract": "", "message": ""} | record,
        imprint=imprint,
        attached=Markup(said_of(files)),
    )


def said_of(files: dict[str, bytes]) -> str:
    """Return what is attached, in words: by kinds, the kind after what tells it apart."""
    data_files = [name for name in files if name.endswith(".csv")]
    kinds = [
        ("the chapters with the code of each table and figure", "*.md", ".md"),
        ("the data of the figures", "figure-*.csv", "figure-"),
        ("tables that are not printed here", "table-*.csv", "table-"),
    ]
    counted = [
        f"{what} (<code>{pattern}</code>, {count} files)"
        for what, pattern, part in kinds
        if (count := sum(name.endswith(part) or name.startswith(part) for name in files))
    ]
    own = [name for name in data_files if not name.startswith(("figure-", "table-"))]
    if own:
        counted.append(f"{len(own)} tables of data (<code>*.csv</code>)")
    rest = sorted(name for name in files if name not in data_files and not name.endswith(".md"))
    named = [f"<code>{html.escape(name)}</code>" for name in rest]
    *most, last = counted + named
    return ", ".join(most) + f" and {last}" if most else last


def headings(chapters: list[print_markup.Chapter]) -> Iterator[tuple[str, str, Markup | str]]:
    """Yield the lines of the contents, two levels deep: kind, id ("" of a part) and words."""
    for chapter in chapters:
        if chapter.part:
            yield "part", "", chapter.part
        for heading in chapter.body.find_all(["h1", "h2"]):
            title = BeautifulSoup(heading.decode_contents(), "html.parser")
            for anchor in title.find_all("span", id=True):
                anchor.unwrap()  # an empty box in a link is a link without words
            yield heading.name, heading["id"], Markup(title)


def floats(chapters: list[print_markup.Chapter]) -> dict[str, list[tuple[str, str, str]]]:
    """Return figures and tables by the name of their list: id, number and words of each."""
    found: dict[str, list[tuple[str, str, str]]] = {"Figures": [], "Tables": []}
    for chapter in chapters:
        for place in chapter.body.select(".float[id]:has(table, svg)"):
            if number := place.select_one(".caption-number"):
                said = place.select_one(".chart-title") or place.select_one(".caption-text")
                kind = "Tables" if "captioned-table" in place["class"] else "Figures"
                words = number.get_text().split()[1], short_title(said.get_text())
                found[kind].append((place["id"], *words))
    return found


def short_title(caption: str) -> str:
    """Return the beginning of a caption that names its figure or table."""
    words = re.split(r"(?<=[.?!:])\s| \(", caption.strip())[0].rstrip(".:")
    if len(words) > LONGEST_TITLE and (end := words.rfind(", ", 20, LONGEST_TITLE)) > 0:
        words = words[:end]
    return words


def show_html(app: Sphinx, config) -> None:
    """Have the builder choose outputs as the web pages do."""
    kinds = ("text/html", "image/svg+xml", "image/png", "text/markdown", "text/plain")
    config.nb_mime_priority_overrides = [
        *config.nb_mime_priority_overrides,
        *((PdfBuilder.name, kind, (place + 1) * 10) for place, kind in enumerate(kinds)),
    ]


def let_begin(app: Sphinx, env) -> None:
    """Let the PDF, which waits for the chapters, be set while pages are written."""
    if app.config.pdf_begin:
        with contextlib.suppress(BrokenPipeError):  # it has ended
            os.write(app.config.pdf_begin, b".")
        os.nice(5)  # the pages are ready sooner


def leave_one_file(app: Sphinx, exception: Exception | None) -> None:
    """Remove what Jupyter Book and MyST-NB add to every build in HTML."""
    if app.builder.name == PdfBuilder.name:
        shutil.rmtree(Path(app.outdir) / "_static", ignore_errors=True)
        (Path(app.outdir) / "index.html").unlink(missing_ok=True)


def setup(app: Sphinx) -> dict:
    """Register the builder."""
    app.setup_extension("citablebook.identifiers")
    app.add_builder(PdfBuilder)
    app.add_config_value("pdf_paper", "book", "", str)
    app.add_config_value("pdf_begin", 0, "", int)  # the end of a pipe that a build writes to
    app.connect("config-inited", show_html, priority=400)
    app.connect("env-check-consistency", let_begin, priority=900)
    app.connect("build-finished", leave_one_file, priority=900)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
