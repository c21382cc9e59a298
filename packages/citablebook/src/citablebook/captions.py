"""Charts and tables with their captions, as HTML allows: the caption first, then all else."""

import gettext
from pathlib import Path

import sphinx
from docutils import nodes
from sphinx.application import Sphinx


class captioned_chart(nodes.figure):
    """A chart with its caption, numbered among the figures."""


class captioned_table(nodes.figure):
    """A table's output with its caption, numbered among the tables."""


class own_caption(nodes.caption):
    """The caption of either; the style sheet shows a chart's under the picture."""


def exchange(figure: nodes.figure, kind: type[nodes.figure]) -> nodes.figure:
    """Put a figure of another kind in the place of one, and return it."""
    document = figure.document
    assert document
    kept = {key: figure[key] for key in ("ids", "names", "classes")}
    made = kind(figure.rawsource, **kept)
    made.source, made.line = figure.source, figure.line
    for child in sorted(figure.children, key=lambda node: not isinstance(node, nodes.caption)):
        if isinstance(child, nodes.caption):
            child = own_caption(child.rawsource, "", *child.children)
        made += child
    figure.replace_self(made)
    document.ids.update({identifier: made for identifier in made["ids"]})
    return made


def _visit(translator, node: nodes.figure) -> None:
    name = type(node).__name__.replace("_", "-")
    translator.body.append(translator.starttag(node, "figure", CLASS=name))


def _depart(translator, node: nodes.figure) -> None:
    translator.body.append("</figure>\n")


def _language(caption: own_caption) -> str:
    """Return the language in which a caption begins, "" if it is the book's."""
    said = (child for child in caption.children if child.astext().strip())  # no anchors
    classes = getattr(next(said, None), "attributes", {}).get("classes", [])
    return next((name[9:] for name in classes if name.startswith("language-")), "")


def _visit_caption(translator, node: own_caption) -> None:
    translator.body.append("<figcaption>\n<p>")
    language, plain = _language(node), translator.config.numfig_format
    if language:
        folder = Path(sphinx.__file__).parent / "locale"
        say = gettext.translation("sphinx", folder, [language], fallback=True).gettext
        own = {"figure": say("Fig. %s"), "table": say("Table %s")}
        translator.config.numfig_format = plain | own
        translator.body.append(f'<span lang="{language}">')
    translator.add_fignumber(node.parent)
    if language:
        translator.config.numfig_format = plain
        translator.body.append("</span>")
    translator.body.append('<span class="caption-text">')


def _depart_caption(translator, node: own_caption) -> None:
    translator.body.append("</span></p>\n</figcaption>\n")


def setup(app: Sphinx) -> dict:
    """Register the nodes and what they are numbered among."""
    app.add_enumerable_node(captioned_chart, "figure", html=(_visit, _depart))
    app.add_enumerable_node(captioned_table, "table", html=(_visit, _depart))
    app.add_node(own_caption, html=(_visit_caption, _depart_caption))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
