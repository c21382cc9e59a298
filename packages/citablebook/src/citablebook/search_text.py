"""The text of the book for the search page and for previews: scripts, which load from a folder."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

from . import cache, previews
from .paths import TABLE_PAGES

#: What is not searched, beside what is no text of the page: elements, and classes of elements.
_UNREAD = {"form"}, {"hide", "chart-data", "works-here", "citing-whole", "identifiers"}
_BLOCKS = re.compile(r"^(p|li|dt|dd|div|section|aside|figcaption|caption|tr|td|th|br|h[1-6])$")
_IDENTIFIER = re.compile(r"^(S-E?\d[\d.]*|[TF]-E?\d+|P-\d+|C\d+)$")

#: What is taken out before a page is parsed, which takes longer than all else.
_UNPARSED = re.compile(rb"<(script|style|svg)\b.*?</\1>", re.S)
_ROWS = re.compile(rb"<tbody\b.*?</tbody>", re.S)

#: Rows of tables that are longer are not searched.
SEARCHED_ROWS = 75

#: The order in which places of equal fit are listed.
PROSE, LEDGER, WORKS, DATA = range(4)


def text_of(element: Tag | None) -> str:
    """Return what an element says: blocks parted by a space, inline text as it stands."""
    if element is None:
        return ""
    for block in element.find_all(_BLOCKS):
        block.append(" ")
    return re.sub(r"\s+", " ", element.get_text()).strip()


def take_out(article: Tag, names: set[str], classes: set[str]) -> None:
    """Take elements out of a page: faster by far than a selector that names as many kinds."""
    for tag in article.find_all(True):
        if tag.name in names or not classes.isdisjoint(tag.get("class", ())):
            tag.extract()


def parts(article: Tag, address: str) -> list[dict[str, object]]:
    """Return the parts of a page: sections without their subsections, entries, rows of tables.

    Parameters
    ----------
    article : bs4.Tag
        Content of a built page; what is not read is taken out of it.
    address : str
        Its address, as seen from the search page.

    Returns
    -------
    list of dict
        `href`, `title` of the part, `page` (title of the chapter), `text`, `kind` (the order of
        places that fit alike) and `ids` (the permanent identifiers in it).
    """
    marked = {tag["id"] for tag in article.find_all(id=_IDENTIFIER)}
    take_out(article, *_UNREAD)
    chapter = text_of(article.find("h1"))
    found: list[dict[str, object]] = []

    def add(element: Tag, target: str, title: str, kind: int) -> None:
        ids = [tag["id"] for tag in element.find_all(id=True) if tag["id"] in marked]
        ids += [target] if target in marked else []
        element.extract()
        if text := text_of(element):
            found.append(
                {
                    "href": f"{address}#{target}",
                    "title": title,
                    "page": chapter,
                    "text": text,
                    "kind": kind,
                    "ids": ids,
                }
            )

    for row in article.find_all("tr", id=True):
        kind = LEDGER if row["id"].startswith("ledger-") else DATA
        cells = " \u00b7 ".join(
            filter(None, (text_of(cell) for cell in row.find_all(["th", "td"])))
        )
        head, target = text_of(row.find("th")), row["id"]
        row.clear()
        row.append(cells)
        add(row, target, f"Claim {head}" if kind == LEDGER else head, kind)
        if kind == LEDGER and found:
            found[-1]["ids"] = [head]
    for entry in article.find_all("div", class_="citation"):
        add(entry, entry["id"], chapter, WORKS)
    for section in reversed(article.find_all("section")):  # inner sections first
        heading = section.find(re.compile("^h[1-6]$"))
        title = text_of(heading)
        if heading:
            heading.extract()
        add(section, section["id"], title, PROSE)
    return found


def read(markup: bytes, address: str, previewed: bool) -> tuple[list[dict], dict[str, dict]]:
    """Return the parts of a page and, where it is a chapter, the previews of its places."""
    markup = _UNPARSED.sub(b"", markup)
    if not previewed and markup.count(b"<tr") > SEARCHED_ROWS:  # these are for computing
        markup = _ROWS.sub(b"", markup)
    soup = BeautifulSoup(markup, "html.parser", from_encoding="utf-8")
    article = soup.find("article") or soup.find(role="main") or soup.body
    if not isinstance(article, Tag):
        return [], {}
    take_out(article, *previews.APPARATUS)
    shown = previews.entries(article, address) if previewed else {}
    return parts(article, address), shown


def write(app: Sphinx) -> None:
    """Write the text of all pages for the search page, and what previews show of them."""
    out = Path(app.outdir)
    tables = sorted(page.relative_to(out) for page in out.glob(f"{TABLE_PAGES}/*.html"))
    pages = [f"{name}.html" for name in sorted(app.env.found_docs)]
    text: list[dict] = []
    shown: dict[str, dict[str, str]] = {}
    state = f"{app.config.citablebook_code}{app.config.citablebook_design}"
    with cache.remembered(Path(app.doctreedir) / "search-text.pickle", state) as result:
        for address in [*pages, *(page.as_posix() for page in tables)]:
            markup = (out / address).read_bytes()
            compute = functools.partial(read, markup, address, address in pages)
            of_page, previewed = result(address, markup, compute)
            text += of_page
            shown |= previewed
    for name, variable, content in (
        ("search-text", "bookText", text),
        ("previews", "bookPreviews", shown),
    ):
        written = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        target = out / "_static" / f"{name}.js"
        target.write_text(f"window.{variable} = {written};\n", encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Register the search."""
    app.connect("citablebook-files", write, priority=100)  # first, as it takes longest
    return {"parallel_read_safe": True, "parallel_write_safe": True}
