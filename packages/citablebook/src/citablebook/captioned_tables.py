"""Tables with captions and numbers of their own.

A notebook cell that gives its output a name and a caption becomes a figure in
MyST-NB, whatever it shows. An output whose name begins with `table-` is a table:
it is numbered among the tables, and its caption stands above it.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

PREFIX = "table-"


class captioned_table(nodes.figure):
    """A table's output together with its caption."""


class table_caption(nodes.caption):
    """The caption of a table, which stands before its output."""


class NameTables(SphinxTransform):
    """Exchange the figures that hold tables."""

    default_priority = 500

    def apply(self, **kwargs) -> None:
        """Run over one document."""
        for figure in list(self.document.findall(nodes.figure)):
            if isinstance(figure, captioned_table) or not any(
                name.startswith(PREFIX) for name in figure["names"] + figure["ids"]
            ):
                continue
            table = captioned_table(
                figure.rawsource, **{key: figure[key] for key in ("ids", "names", "classes")}
            )
            table.source, table.line = figure.source, figure.line
            captions = [
                table_caption(child.rawsource, "", *child.children)
                for child in figure.children
                if isinstance(child, nodes.caption)
            ]
            others = [child for child in figure.children if not isinstance(child, nodes.caption)]
            table.extend(captions + others)
            figure.replace_self(table)
            self.document.ids.update({identifier: table for identifier in table["ids"]})


def visit_html(translator, node: captioned_table) -> None:
    """Open the table; its caption comes first."""
    translator.body.append(translator.starttag(node, "figure", CLASS="captioned-table"))


def depart_html(translator, node: captioned_table) -> None:
    """Close the table."""
    translator.body.append("</figure>\n")


def visit_caption_html(translator, node: table_caption) -> None:
    """Open the caption with the table's number."""
    translator.body.append("<figcaption>\n<p>")
    translator.add_fignumber(node.parent)
    translator.body.append('<span class="caption-text">')


def depart_caption_html(translator, node: table_caption) -> None:
    """Close the caption with the table's address."""
    translator.body.append("</span>")
    translator.add_permalink_ref(node.parent, "Link to this table")
    translator.body.append("</p>\n</figcaption>\n")


def visit_caption_latex(translator, node: table_caption) -> None:
    """Open the caption as LaTeX has it."""
    translator.visit_caption(node)


def depart_caption_latex(translator, node: table_caption) -> None:
    """Close it."""
    translator.depart_caption(node)


def visit_latex(translator, node: captioned_table) -> None:
    """Open a table environment."""
    translator.body.append("\n\\begin{table}[htbp]\n\\centering\n")


def depart_latex(translator, node: captioned_table) -> None:
    """Close it, with the label that references use."""
    translator.body.append("".join(translator.hypertarget_to(node)) + "\n\\end{table}\n")


def _nothing(translator, node) -> None:
    """Let plain-text builders walk through."""


def setup(app: Sphinx) -> dict:
    """Register the node, its numbers and its transform."""
    pass_through = (_nothing, _nothing)
    app.add_enumerable_node(
        captioned_table,
        "table",
        lambda node: next((c.astext() for c in node.findall(nodes.caption)), ""),
        html=(visit_html, depart_html),
        latex=(visit_latex, depart_latex),
        text=pass_through,
        man=pass_through,
        texinfo=pass_through,
    )
    app.add_node(
        table_caption,
        html=(visit_caption_html, depart_caption_html),
        latex=(visit_caption_latex, depart_caption_latex),
        text=pass_through,
        man=pass_through,
        texinfo=pass_through,
    )
    app.add_transform(NameTables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
