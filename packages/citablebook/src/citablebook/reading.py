"""The pages as readers use them: the view, remarks at the side, what a paragraph stands for.

A page has two views, reading and checking; which one is chosen before it is drawn, and is
remembered. Remarks of an edition stand beside the text as notes, where there is room. A
paragraph that stands for sentences of an original says for which, if a table of the data
package lists them.
"""

import re
import weakref
from itertools import pairwise
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from . import data
from .domain import text_of
from .paths import PACKAGE
from .project import project

_SENTENCES: weakref.WeakKeyDictionary[Sphinx, dict] = weakref.WeakKeyDictionary()
#: Pixels by which a remark may be longer than the paragraphs it stands beside.
_OVER = 120
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
    """Set remarks beside the paragraphs that they are on, where the margin has room for them."""
    if app.builder.name != "html":
        return
    for remark in list(doctree.findall(nodes.admonition)):
        if "edition" not in remark["classes"]:
            continue
        around = remark.parent
        place = around.index(remark)
        before = [node for node in around.children[:place] if isinstance(node, nodes.Element)]
        if not any(isinstance(n, nodes.paragraph) or "noted" in n["classes"] for n in before):
            remark["classes"].append("digest")
            continue
        start = beside(remark, around, place)
        if start < place:
            remark["classes"].append("sidenote")
            text, note = around[start:place], around[place]
            del around[start : place + 1]
            column = nodes.container("", *text, classes=["with-note"])
            around.insert(start, nodes.container("", column, note, classes=["noted"]))


def beside(remark: nodes.Element, around: nodes.Element, place: int) -> int:
    """Where the paragraphs begin that a remark stands beside; its own place if there is no room.

    It begins beside the last paragraph before it, or as many before as it is long, and may end
    a few lines after them. Heights are estimates: the text has some 70 characters a line, a
    note some 30.
    """
    if any(isinstance(node, _NOT_AT_THE_SIDE) for node in remark.findall()):
        return place
    height = 0.68 * len(text_of(remark)) + 40
    room, start = 0.0, place
    for at in range(place - 1, -1, -1):
        node = around[at]
        if isinstance(node, nodes.paragraph):
            room += 0.4 * len(text_of(node)) + 20
            start = at
        elif not isinstance(node, nodes.target):  # identifiers, written before
            break
        if room >= height:
            break
    while start and isinstance(around[start - 1], nodes.target):
        start -= 1
    return start if height - room < _OVER else place


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
