"""Repairs to the markup of theme and extensions that readers with assistive technology would trip over."""

import html

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


def level_headings(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Give the captions of the contents, which are marked as headings, their level."""
    tree = context.get("furo_navigation_tree")
    if tree:
        context["furo_navigation_tree"] = tree.replace(
            'role="heading"', 'role="heading" aria-level="2"'
        )


def visit_entry(translator, node: nodes.citation) -> None:
    """Open an entry of the references, without the deprecated role that docutils gives it."""
    first, *others = node["ids"]
    translator.body.append(
        f'<div class="citation" id="{first}">'
        + "".join(f'<span id="{identifier}"></span>' for identifier in others)
    )
    for label in [child for child in node.children if isinstance(child, nodes.label)]:
        node.remove(label)  # author and year are in the entry


def depart_entry(translator, node: nodes.citation) -> None:
    """Close the entry."""
    translator.body.append("</div>\n")


def visit_code(translator, node: HideCodeCellNode) -> None:
    """Open a folded cell with a summary that is text alone and names itself."""
    translator.body.append(
        f'<details class="hide {" ".join(node["classes"])}">\n<summary>{html.escape(node["prompt_show"])}</summary>\n'
    )


def depart_code(translator, node: HideCodeCellNode) -> None:
    """Close the folded cell."""
    translator.body.append("</details>\n")


class CodeInFigure(SphinxPostTransform):
    """Put the code of a figure or table into it, beside its data, so that all of it stands in one place."""

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


def setup(app: Sphinx) -> dict:
    """Register the repairs."""
    app.add_node(nodes.citation, override=True, html=(visit_entry, depart_entry))
    app.add_node(HideCodeCellNode, override=True, html=(visit_code, depart_code))
    app.add_post_transform(CodeInFigure)
    app.connect(
        "html-page-context", level_headings, priority=900
    )  # after the theme has made its tree
    return {"parallel_read_safe": True, "parallel_write_safe": True}
