"""Markup of pages: captioned tables, code within figures, regions and notes with names."""

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from .captions import captioned_table, exchange
from .domain import text_of

#: What begins the name of an output that is a table: MyST-NB makes a figure of every output
#: with a name and a caption, whatever it shows.
PREFIX = "table-"
#: Class of the sections and remarks that an edition adds to its original.
EDITION = "edition"


class SeparateTables(SphinxTransform):
    """Exchange the figures that hold tables."""

    default_priority = 500

    def apply(self, **kwargs) -> None:
        """Run over one document."""
        for figure in list(self.document.findall(nodes.figure)):
            names = figure["names"] + figure["ids"]
            if any(name.startswith(PREFIX) for name in names):
                exchange(figure, captioned_table)


class CodeInFigure(SphinxPostTransform):
    """Put the code of a figure or table into it, so that all of it stands in one place."""

    default_priority = 200  # after MyST-NB has folded the cells
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Run over one page."""
        if self.app.builder.name != "html":
            return
        for code in list(self.document.findall(HideCodeCellNode)):
            figure = next(code.parent.findall(nodes.figure), None)
            if figure is None:
                continue
            code.parent.remove(code)
            # docutils closes a figure's caption with the figure, so the code stands before it.
            caption = next(
                (i for i, child in enumerate(figure.children) if type(child) is nodes.caption),
                len(figure.children),
            )
            figure.insert(caption, code)


def visit_section(translator, node: nodes.section) -> None:
    """Open a section; one that an edition adds is a region with a name."""
    translator.section_level += 1
    attributes = {}
    if EDITION in node["classes"]:
        node["classes"].append("edition-section")
        attributes = {"aria-label": f"Added by this edition: {text_of(node[0])}"}
    translator.body.append(translator.starttag(node, "section", **attributes))


def visit_admonition(translator, node: nodes.admonition) -> None:
    """Open a remark; one of an edition stands beside the text of the original, with a name."""
    tag, label = "div", {}
    if EDITION in node["classes"]:
        # Two remarks of a page may have one title, and regions have to differ in name.
        named = ", ".join(filter(None, [text_of(node[0]), node.get("identifier", "")]))
        tag, label = "aside", {"aria-label": f"Remark of this edition: {named}"}
    translator.body.append(translator.starttag(node, tag, CLASS="admonition", **label))


def depart_admonition(translator, node: nodes.admonition) -> None:
    """Close a remark."""
    translator.body.append("</aside>\n" if EDITION in node["classes"] else "</div>\n")


def visit_entry(translator, node: nodes.citation) -> None:
    """Open an entry of the references, without the deprecated role that docutils gives it."""
    first, *others = node["ids"]
    anchors = "".join(f'<span id="{identifier}"></span>' for identifier in others)
    translator.body.append(f'<div class="citation" id="{first}">{anchors}')


def depart_entry(translator, node: nodes.citation) -> None:
    """Close the entry."""
    translator.body.append("</div>\n")


def drop_labels(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Take the labels from the entries of the references, in which author and year stand."""
    if app.builder.format == "html":
        for entry in doctree.findall(nodes.citation):
            for label in [child for child in entry.children if isinstance(child, nodes.label)]:
                entry.remove(label)


def setup(app: Sphinx) -> dict:
    """Register nodes and their transforms."""
    app.setup_extension("citablebook.captions")
    app.add_node(nodes.section, override=True, html=(visit_section, HTML5Translator.depart_section))
    app.add_node(nodes.admonition, override=True, html=(visit_admonition, depart_admonition))
    app.add_node(nodes.citation, override=True, html=(visit_entry, depart_entry))
    app.add_transform(SeparateTables)
    app.add_post_transform(CodeInFigure)
    app.connect("doctree-resolved", drop_labels)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
