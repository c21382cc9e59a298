"""The Sphinx builder `pdf`: the whole book as one typeset, tagged PDF.

It collects the bodies of the web pages in the order of the contents and has
WeasyPrint set them with a style sheet of their own. `make pdf` uses it, and
`jupyter-book build . --builder custom --custom-builder pdf`.
"""

import html
import os
import posixpath
import re
import shutil
from pathlib import Path

import jupytext
import yaml
from bs4 import BeautifulSoup
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

from . import print_markup
from . import typesetting
from . import paths


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


def charts_of(app: Sphinx) -> Path:
    """Return the folder of the files of figures: that of the web pages, which share the evaluated chapters."""
    return Path(app.outdir).parent / "html" / "_static" / "charts"


def citation() -> dict:
    """Return the book's own metadata, with `editors` and `licences` as texts."""
    record = yaml.safe_load(paths.CITATION.read_text(encoding="utf-8"))
    people = [
        person.get("name")
        or f"{person.get('given-names', '')} {person.get('family-names', '')}".strip()
        for person in record["authors"]
    ]
    licence = record.get("license", [])
    return record | {
        "editors": people,
        "licences": " and ".join(licence) if isinstance(licence, list) else str(licence),
    }


def assemble(builder: PdfBuilder) -> tuple[str, dict, dict[str, bytes]]:
    """Return the book's markup, its metadata and the files to attach."""
    order = builder.contents()
    base = posixpath.dirname(builder.config.root_doc)
    slugs = {
        document: posixpath.relpath(document, base).replace("/", "-") for document, _, _ in order
    }
    chapters = [
        print_markup.prepare(
            builder.pages[document], document, depth, slugs, part, charts_of(builder.app)
        )
        for document, depth, part in order
    ]
    record, address = citation(), builder.config.html_baseurl.rstrip("/")
    for chapter in chapters:
        if address:
            heading = chapter.body.find(re.compile("^h[1-6]$"))
            heading.insert_after(
                BeautifulSoup(
                    f'<p class="address"><a href="{address}/{chapter.docname}.html">{address}/{chapter.docname}.html</a></p>',
                    "html.parser",
                )
            )
    files = {
        "CITATION.cff": paths.CITATION.read_bytes(),
        "datapackage.json": (paths.DATA / "datapackage.json").read_bytes(),
    }
    files |= {name: (paths.ROOT / name).read_bytes() for name in ("LICENSE", "identifiers.csv")}
    files |= {path.name: path.read_bytes() for path in sorted(paths.DATA.glob("*.csv"))}
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
    parts = [title_page(record, address), imprint(record, sorted(files))]
    for markup in parts:
        body.append(BeautifulSoup(markup, "html.parser"))
    if front:
        abstracts = book.new_tag("section", attrs={"class": "abstracts"})
        for section in front:
            section.find(re.compile("^h[1-6]$")).name = "h1"
            abstracts.append(section)
        body.append(abstracts)
    appendix = print_markup.Chapter(
        "code",
        1,
        BeautifulSoup(code_appendix(builder, chapters), "html.parser").section,
        "Appendix",
    )
    body.append(BeautifulSoup(table_of_contents([*chapters, appendix]), "html.parser"))
    for chapter in [*chapters, appendix]:
        body.append(chapter.body)
    print_markup.drop_unused_anchors(body)
    print_markup.mark_korean(body, book)
    return str(book), record, files


def title_page(record: dict, address: str) -> str:
    """Return the title page; nothing in it is written here that the metadata do not say."""
    title, _, subtitle = record["title"].partition(": ")
    lines = [
        f"Version {record['version']}, {record['date-released']}"
        if "date-released" in record
        else f"Version {record['version']}"
    ]
    lines += (
        [f'<a href="https://doi.org/{record["doi"]}">https://doi.org/{record["doi"]}</a>']
        if "doi" in record
        else []
    )
    lines += [f'<a href="{address}">{address}</a>'] if address else []
    return (
        f'<section class="title-page"><p class="book-title">{html.escape(title)}</p><p class="book-subtitle">{html.escape(subtitle)}</p>'
        f'<p class="editors">{html.escape(", ".join(record["editors"]))}</p>'
        + "".join(f"<p>{line}</p>" for line in lines)
        + "</section>"
    )


def imprint(record: dict, names: list[str]) -> str:
    """Return the page behind the title: how to cite, what is attached, under which licence."""
    year = str(record.get("date-released", typesetting.build_time().date()))[:4]
    return (
        '<section class="imprint">'
        f"<p>{html.escape(record.get('abstract', ''))}</p>"
        f"<p>{html.escape(record['message'])} {html.escape(', '.join(record['editors']))} ({year}). <em>{html.escape(record['title'])}</em>. Version {record['version']}.</p>"
        f"<p>Licence: {html.escape(record['licences'])}; the attached file LICENSE says what is under which.</p>"
        '<p>A sign such as <sup class="claim-sign"><a class="claim">C1</a></sup> marks a claim of the paper, numbered once and for all; in this file it leads to the claim\'s entry in the ledger. '
        "The small sign beside a section, a table, a figure or a paragraph is its permanent identifier: cite by it rather than by the page. "
        "Citations lead to the references, and page numbers stand behind references to sections, tables and figures.</p>"
        "<p>Every number in the text was computed or read from the data when this file was made, together with the pages of the web edition, "
        "where each shows its origin.</p>"
        f"<p>Attached to this file, to be opened from a viewer's list of attachments: {html.escape(', '.join(names))}.</p>"
        "<p>Set in Source Serif, Source Sans and Source Code; Korean in Noto Serif and Noto Sans, all under the SIL Open Font License.</p></section>"
    )


def table_of_contents(chapters: list[print_markup.Chapter]) -> str:
    """Return the contents with page numbers, two levels deep."""
    lines = []
    for chapter in chapters:
        if chapter.part:
            lines.append(f'<li class="part">{html.escape(chapter.part)}</li>')
        for heading in chapter.body.find_all(["h1"] if chapter.docname == "code" else ["h1", "h2"]):
            anchor = heading.find_parent("section")["id"]
            lines.append(
                f'<li class="{heading.name}"><a href="#{anchor}">{heading.decode_contents()}</a></li>'
            )
    return f'<section class="contents" id="contents"><h1>Contents</h1><ul>{"".join(lines)}</ul></section>'


def code_appendix(builder: PdfBuilder, chapters: list[print_markup.Chapter]) -> str:
    """Return the code of all chapters, as their sources hold it, each cell with what it makes."""
    blocks, labels = [], builder.env.get_domain("std").anonlabels
    for chapter in chapters:
        title = builder.env.titles[chapter.docname].astext()
        cells = [
            cell
            for cell in jupytext.read(builder.env.doc2path(chapter.docname)).cells
            if cell.cell_type == "code"
        ]
        numbers = {
            place: (kind, number)
            for kind, found in builder.env.toc_fignumbers.get(chapter.docname, {}).items()
            for place, number in found.items()
        }
        inner = []
        for cell in cells:
            name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name", "")
            kind, number = numbers.get(labels.get(name, ("", ""))[1], ("", ()))
            label = f"{kind.capitalize()} {'.'.join(map(str, number))}" if kind else "Set-up"
            code = builder.highlighter.highlight_block(cell.source, "python").replace(
                "<div", '<div class="code"', 1
            )
            inner.append(f'<p class="code-label">{label}</p>{code}')
        if inner:
            blocks.append(
                f'<section id="code.{chapter.docname.replace("/", "-")}"><h2>{html.escape(title)}</h2>{"".join(inner)}</section>'
            )
    return f'<section id="code" class="chapter depth-1"><h1>Code of the tables and figures</h1>{"".join(blocks)}</section>'


def setup(app: Sphinx) -> dict:
    """Register the builder."""
    app.add_builder(PdfBuilder)
    app.add_config_value("pdf_paper", "a4", "", str)
    app.connect("config-inited", _show_html, priority=400)
    app.connect("builder-inited", _place_charts, priority=900)
    app.connect(
        "build-finished", _leave_one_file, priority=900
    )  # after what Jupyter Book and MyST-NB add for web pages
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _show_html(app: Sphinx, config) -> None:
    """Have the builder choose outputs as the web pages do."""
    kinds = ("text/html", "image/svg+xml", "image/png", "text/markdown", "text/plain")
    config.nb_mime_priority_overrides = [
        *config.nb_mime_priority_overrides,
        *(("pdf", kind, (place + 1) * 10) for place, kind in enumerate(kinds)),
    ]


def _leave_one_file(app: Sphinx, exception: Exception | None) -> None:
    """Remove what other extensions add to every build in HTML."""
    if app.builder.name == PdfBuilder.name:
        shutil.rmtree(Path(app.outdir) / "_static", ignore_errors=True)
        (Path(app.outdir) / "index.html").unlink(missing_ok=True)


def _place_charts(app: Sphinx) -> None:
    """Tell the chapters' kernels to leave the files of figures where the web pages need them too."""
    if app.builder.name == PdfBuilder.name:
        os.environ[paths.CHART_FILES] = str(charts_of(app))
