"""A page for each bundled table, made from the data package: description, columns, all rows.

Numbers in chapters link to the cells there. The role `{bundled}` leads from a chapter to
the page of a table, the directive `bundled-tables` lists them all.
"""

import functools
import html
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from . import cache, data
from .numbers import slug, typeset
from .paths import TABLE_PAGES
from .project import project
from .render import render
from .repository import data_package
from .tables import Table

#: A column whose longest cell has more letters holds prose: its table is stacked on phones.
PROSE = 60


def resources(app: Sphinx) -> list[dict]:
    """Return the entries of the data package, none if the book has none."""
    if not app.config.citablebook_data:
        return []
    return data.package(project(app).path("data"))["resources"]


def body(app: Sphinx, entry: dict) -> str:
    """Return the content of the page of a table."""
    name, above = entry["name"], app.config.citablebook_data_page
    frame = data.load(name, project(app).path("data"), as_text=True)
    if frame.iloc[:, 0].duplicated().any():  # a row needs a name of its own
        frame.insert(0, "row", range(1, len(frame) + 1))
        frame["row"] = frame["row"].astype(str)
    prose = any(frame[column].fillna("").str.len().max() > PROSE for column in frame)
    table = Table(frame, label=entry["title"], source=name, stacked=prose)
    return render(
        "data-page",
        entry=entry,
        rows=len(frame),
        above=above and app.builder.get_target_uri(above),
        table=Markup(table._repr_html_()),
        slug=slug,
        typeset=typeset,
    )


def pages(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Yield the page of each table."""
    if app.builder.name != "html":
        return
    folder, state = project(app).path("data"), app.config.citablebook_code
    with cache.remembered(Path(app.doctreedir) / "tables.pickle", state) as result:
        bodies = {}
        for entry in resources(app):
            source = json.dumps(entry).encode() + (folder / entry["path"]).read_bytes()
            compute = functools.partial(body, app, entry)
            bodies[entry["name"]] = result(entry["name"], source, compute)
    for entry in resources(app):
        description = html.escape(f"{entry['title']}: all rows, columns, source and licence.")
        yield (
            f"{TABLE_PAGES}/{entry['name']}",
            {
                "title": html.escape(typeset(entry["title"])),
                "body": bodies[entry["name"]],
                "metatags": f'<meta name="description" content="{description}">\n',
            },
            "page.html",
        )


def copy_files(app: Sphinx) -> None:
    """Put the file of each table beside its page, and the descriptor of them all."""
    if not resources(app):
        return
    book, folder = project(app), Path(app.outdir) / TABLE_PAGES
    for entry in resources(app):
        shutil.copyfile(book.path("data") / entry["path"], folder / f"{entry['name']}.csv")
    package = data_package(book.citation, data.package(book.path("data")), book.address)
    package["resources"] = [
        entry | {"path": f"{entry['name']}.csv"} for entry in package["resources"]
    ]
    text = json.dumps(package, ensure_ascii=False, indent=1) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8")


class BundledRole(SphinxRole):
    """Lead to the page of a bundled table."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link, or a complaint that there is no such table."""
        book = project(self.env.app)
        known = {entry["name"]: entry for entry in resources(self.env.app)}
        if self.text not in known:
            names = ", ".join(known)
            message = self.inliner.reporter.error(
                f"there is no bundled table '{self.text}': use one of {names}", line=self.lineno
            )
            return [], [message]
        self.env.note_dependency(str(book.path("data") / known[self.text]["path"]))
        rows = len(data.load(self.text, book.path("data")))
        up = "../" * self.env.docname.count("/")
        address = f"{up}{TABLE_PAGES}/{self.text}.html"
        link = nodes.reference("", f"All {rows} rows", refuri=address, internal=True)
        return [link], []


class BundledTables(SphinxDirective):
    """The directive `bundled-tables`: every table with its rows, its licence and its page."""

    def run(self) -> list[nodes.Node]:
        """Return the list as HTML."""
        folder, tables = project(self.env.app).path("data"), []
        for entry in resources(self.env.app):
            self.env.note_dependency(str(folder / entry["path"]))
            tables.append((entry, len(data.load(entry["name"], folder))))
        up = "../" * self.env.docname.count("/")
        content = render("data-tables", tables=tables, folder=f"{up}{TABLE_PAGES}", typeset=typeset)
        return [nodes.raw("", content, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the pages, the role and the directive."""
    app.add_role("bundled", BundledRole())
    app.add_directive("bundled-tables", BundledTables)
    app.connect("html-collect-pages", pages)
    app.connect("citablebook-files", copy_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
