"""The pages as readers use them: the view, remarks at the side, what a paragraph stands for.

A page has two views, reading and checking; which one is chosen before it is drawn, and is
remembered. Short remarks of an edition stand beside the text as notes. A paragraph that
stands for sentences of an original says for which, if a table of the data package lists them.
"""

import re
import weakref
from itertools import pairwise
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from . import data
from .project import project

#: Run in the head, so that a page is drawn once, in the view that the reader last chose.
_VIEW = (Path(__file__).resolve().parent / "static" / "view.js").read_text(encoding="utf-8")
#: Remarks with more words than this stay in the column of the text.
WORDS_AT_THE_SIDE = 75
_SENTENCES: weakref.WeakKeyDictionary[Sphinx, dict] = weakref.WeakKeyDictionary()
_NOT_AT_THE_SIDE = (nodes.table, nodes.figure, nodes.literal_block, nodes.bullet_list)


def choose_view(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Put the script that chooses between reading and checking into the head of a page."""
    if app.builder.name == "html":
        # docutils writes a viewport where the theme has one.
        tags = re.sub(r'<meta name="viewport"[^>]*>\n?', "", context.get("metatags", ""))
        context["metatags"] = f"{tags}<script>{_VIEW}</script>\n"


def place_remarks(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Tell short remarks, which become notes at the side, from long ones and from digests."""
    for remark in doctree.findall(nodes.admonition):
        if "edition" not in remark["classes"]:
            continue
        before = remark.parent.children[: remark.parent.index(remark)]
        opens = not any(isinstance(node, nodes.paragraph) for node in before)
        if opens and isinstance(remark.parent.parent, nodes.document):
            remark["classes"].append("digest")
        elif len(remark.astext().split()) <= WORDS_AT_THE_SIDE and not any(
            isinstance(node, _NOT_AT_THE_SIDE) for node in remark.findall()
        ):
            remark["classes"].append("sidenote")


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
    app.connect("html-page-context", choose_view, priority=900)
    app.connect("doctree-resolved", place_remarks)
    app.add_css_file("layout.css")
    app.add_js_file("page.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
