"""The text of the book, in parts, for the search page: written as a script so that it loads from a file."""

import json
import re
from pathlib import Path

from bs4 import BeautifulSoup
from sphinx.application import Sphinx

_UNREAD = "script, style, svg, button, .note, .headerlink, details.hide, details.chart-data, .claim-sign, .address, .paragraph-mark, .works-here, .citing-whole, .identifiers, .ledger-filter"


def parts(page: Path, address: str) -> list[dict[str, str]]:
    """Return the parts of a page: a section without its subsections, or a row of a bundled table.

    Parameters
    ----------
    page : Path
        A built page.
    address : str
        Its address, as seen from the search page.
    """
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    article = soup.find("article") or soup.find(role="main") or soup.body
    chapter = _text(article.find("h1"))
    found = []
    for row in article.select("figure tr[id]"):
        found.append(
            {
                "href": f"{address}#{row['id']}",
                "title": f"{chapter}: {_text(row.th)}",
                "text": " \u00b7 ".join(_text(cell) for cell in row.find_all(["th", "td"])),
            }
        )
    for table in article.select("figure:has(tr[id])"):
        table.decompose()
    for unread in article.select(_UNREAD):
        unread.decompose()
    for entry in article.select("div.citation"):
        found.append({"href": f"{address}#{entry['id']}", "title": chapter, "text": _text(entry)})
        entry.decompose()
    for section in reversed(article.find_all("section")):  # inner sections first
        heading = section.find(re.compile("h[1-6]"))
        title = _text(heading)
        heading.decompose()
        found.append(
            {
                "href": f"{address}#{section['id']}",
                "title": title if title == chapter else f"{chapter}: {title}",
                "text": _text(section),
            }
        )
        section.decompose()
    return [part for part in found if part["text"]]


def _text(element) -> str:
    return (
        re.sub(
            r"\s+([.,;:)])",
            r"\1",
            re.sub(r"\s+", " ", element.get_text(" ")).strip().removesuffix("#").strip(),
        )
        if element
        else ""
    )


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the text of all chapters beside the search page."""
    if app.builder.name != "html" or exception:
        return
    out = Path(app.outdir)
    text = [
        part
        for name in sorted(app.env.found_docs)
        for part in parts(out / f"{name}.html", f"{name}.html")
    ]
    content = "window.bookText = " + json.dumps(text, ensure_ascii=False, separators=(",", ":"))
    (out / "_static" / "search-text.js").write_text(content + ";\n", encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Register the search."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
