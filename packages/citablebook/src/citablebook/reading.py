"""The pages as readers use them: the view, remarks at the side, what a paragraph stands for.

A page has two views, reading and checking; which one is chosen before it is drawn, and is
remembered. Remarks of an edition stand beside the text as notes, where there is room. A
paragraph that stands for sentences of an original says for which, if a table of the data
package lists them.
"""

import re
import weakref
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from . import data
from .domain import text_of
from .paths import PACKAGE
from .project import project

_SENTENCES: weakref.WeakKeyDictionary[Sphinx, dict] = weakref.WeakKeyDictionary()
_NOT_AT_THE_SIDE = (nodes.table, nodes.figure, nodes.literal_block, nodes.bullet_list)


def use_own_page(app: Sphinx, config) -> None:
    """Have the theme's pages run scripts from files alone."""
    config.templates_path.append(str(PACKAGE / "theme"))


def tidy_head(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Take out of a page what it has twice or does not need."""
    if app.builder.name == "html":
        # docutils writes a viewport where the theme has one.
        tags = re.sub(r'<meta name="viewport"[^>]*>\n?', "", context.get("metatags", ""))
        context["metatags"] = tags
        # It marks the words of Sphinx' own search, by a link that runs a script.
        context["script_files"] = [
            script
            for script in context.get("script_files", [])
            if "sphinx_highlight.js" not in str(getattr(script, "filename", script))
        ]


def place_remarks(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Set remarks beside the paragraph that they are on, where the margin has room for them."""
    if app.builder.name != "html":
        return
    for remark in list(doctree.findall(nodes.admonition)):
        if "edition" not in remark["classes"]:
            continue
        around = remark.parent
        place = around.index(remark)
        start = place - 1
        while start > 0 and isinstance(around[start], nodes.target):  # identifiers, written before
            start -= 1
        before = around[start] if place else None
        if not any(isinstance(node, nodes.paragraph) for node in around.children[:place]):
            remark["classes"].append("digest")
        elif isinstance(before, nodes.paragraph) and fits(remark, before, around, place):
            remark["classes"].append("sidenote")
            together = around[start : place + 1]
            del around[start : place + 1]
            around.insert(start, nodes.container("", *together, classes=["with-note"]))


def fits(remark: nodes.Element, before: nodes.Element, around: nodes.Element, place: int) -> bool:
    """Tell whether a remark, set in the margin, ends before the next thing that is as wide.

    Heights are estimates: the text has some 70 characters a line, a note some 30.
    """
    if any(isinstance(node, _NOT_AT_THE_SIDE) for node in remark.findall()):
        return False
    room = _height(before)
    for node in _following(around, place):
        if isinstance(node, nodes.paragraph):
            room += _height(node)
        elif isinstance(node, nodes.title):
            room += 80
        elif not isinstance(node, (nodes.section, nodes.target, nodes.comment)):
            break
    return 0.72 * len(text_of(remark)) + 60 < room


def _following(around: nodes.Element, place: int) -> Iterator[nodes.Node]:
    """Yield what follows a place in a section, and in the sections after it, as it stands."""
    for node in around.children[place + 1 :]:
        yield node
        if isinstance(node, nodes.section):
            yield from _following(node, -1)
    if isinstance(around, nodes.section) and around.parent is not None:
        yield from _following(around.parent, around.parent.index(around))


def _height(paragraph: nodes.Element) -> float:
    return 0.4 * len(text_of(paragraph)) + 20


def sentences(table: str, folder: Path) -> dict[str, list[tuple[str, int]]]:
    """Return the sentences of the original for which each paragraph stands.

    Parameters
    ----------
    table : str
        Name of a bundled table with the columns `section`, `number` and `paragraphs`
        (separated by semicolons), a row for each sentence.
    folder : Path
        Folder of the data package.

    Returns
    -------
    dict of str to list of (str, int)
        Section and number of each sentence, by the identifier of the paragraph.
    """
    found: dict[str, list[tuple[str, int]]] = {}
    for row in data.load(table, folder).fillna("").itertuples():
        for paragraph in filter(None, row.paragraphs.split(";")):
            found.setdefault(paragraph.strip(), []).append((str(row.section), int(row.number)))
    return found


def listed(found: list[tuple[str, int]]) -> str:
    """Return sentences as ranges within their sections: "3.2: 1-4, 6" with true dashes."""
    parts = []
    for section in dict.fromkeys(section for section, _ in found):
        numbers = sorted({number for other, number in found if other == section})
        starts = [numbers[0], *(b for a, b in pairwise(numbers) if b > a + 1)]
        ends = [*(a for a, b in pairwise(numbers) if b > a + 1), numbers[-1]]
        ranges = (
            f"{a}" if a == b else f"{a}\N{EN DASH}{b}" for a, b in zip(starts, ends, strict=True)
        )
        parts.append(f"{section}: {', '.join(ranges)}")
    return "; ".join(parts)


def mark_attributes(app: Sphinx, identifier: str) -> str:
    """Return what the mark of a paragraph says of the sentences for which it stands."""
    if app not in _SENTENCES:
        table = app.config.citablebook_sentences
        _SENTENCES[app] = sentences(table, project(app).path("data")) if table else {}
    if identifier not in _SENTENCES[app]:
        return f'title="Paragraph {identifier}"'
    found = listed(_SENTENCES[app][identifier])
    return (
        f'data-sentences="{found}" '
        f'title="Paragraph {identifier}, for sentences {found} of the original"'
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the layout, the page's script, the view, remarks and sentences."""
    app.connect("config-inited", use_own_page)
    app.connect("html-page-context", tidy_head, priority=900)
    app.connect("doctree-resolved", place_remarks)
    app.add_css_file("layout.css")
    app.add_js_file("page.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
