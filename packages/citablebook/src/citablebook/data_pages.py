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

import pandas as pd
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from . import cache, data
from .numbers import slug, typeset
from .paths import TABLE_PAGES
from .project import project
from .repository import data_package
from .tables import Table

#: A column whose longest cell has more letters holds prose: its table is stacked on phones.
PROSE = 60


def resources(app: Sphinx) -> list[dict]:
    """Return the entries of the data package, none if the book has none."""
    if not app.config.citablebook_data:
        return []
    return data.package(project(app).path("data"))["resources"]


def credit(entry: dict) -> str:
    """Return sources and licences of a table as HTML."""
    sources = "; ".join(html.escape(source["title"]) for source in entry.get("sources", []))
    licences = ", ".join(
        f'<a href="{html.escape(licence["path"])}">{html.escape(licence["name"])}</a>'
        for licence in entry.get("licenses", [])
    )
    return f"<p>Source: {sources}. Licence: {licences}.</p>"


def body(app: Sphinx, entry: dict) -> str:
    """Return the content of the page of a table."""
    name, title = entry["name"], html.escape(typeset(entry["title"]))
    frame = data.load(name, project(app).path("data"), as_text=True)
    if frame.iloc[:, 0].duplicated().any():  # a row needs a name of its own
        frame.insert(0, "row", range(1, len(frame) + 1))
        frame["row"] = frame["row"].astype(str)
    prose = any(frame[column].fillna("").str.len().max() > PROSE for column in frame)
    table = Table(frame, label=entry["title"], source=name, stacked=prose)
    columns = "".join(
        f"<dt><code>{html.escape(field['name'])}</code></dt>"
        f"<dd>{html.escape(typeset(field.get('description', '')))}</dd>"
        for field in entry["schema"]["fields"]
    )
    above = app.config.citablebook_data_page
    index = f'<a href="../{app.builder.get_target_uri(above)}">All tables</a>. ' if above else ""
    return (
        f'<section id="{slug(name)}-data"><h1>{title}</h1>'
        f"<p>{html.escape(typeset(entry['description']))}</p>{credit(entry)}"
        f'<p>{index}<a href="{name}.csv" download="{name}.csv">Download {name}.csv</a>'
        f" ({len(frame)} rows).</p>"
        f"<details><summary>What the columns mean</summary><dl>{columns}</dl></details>"
        f"{table._repr_html_()}</section>"
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
        app, up, rows = self.env.app, "../" * self.env.docname.count("/"), []
        for entry in resources(app):
            name = entry["name"]
            self.env.note_dependency(str(project(app).path("data") / entry["path"]))
            frame: pd.DataFrame = data.load(name, project(app).path("data"))
            licences = ", ".join(licence["name"] for licence in entry.get("licenses", []))
            rows.append(
                f'<tr><th scope="row"><a href="{up}{TABLE_PAGES}/{name}.html">'
                f"{html.escape(typeset(entry['title']))}</a></th>"
                f'<td class="numeric">{len(frame)}</td><td>{html.escape(licences)}</td>'
                f'<td><a href="{up}{TABLE_PAGES}/{name}.csv" download="{name}.csv">CSV'
                f'<span class="unseen"> of {html.escape(entry["title"])}</span></a></td></tr>'
            )
        heads = '<th scope="col">Table</th><th scope="col" class="numeric">Rows</th>'
        heads += '<th scope="col">Licence</th><th scope="col">File</th>'
        content = (
            '<div class="table-scroll" role="region" tabindex="0" aria-label="All bundled tables">'
            f'<table class="book-table index-of-tables"><thead><tr>{heads}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
        )
        return [nodes.raw("", content, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the pages, the role and the directive."""
    app.add_role("bundled", BundledRole())
    app.add_directive("bundled-tables", BundledTables)
    app.connect("html-collect-pages", pages)
    app.connect("citablebook-files", copy_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
