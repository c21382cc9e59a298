"""Draws the charts of a build, in the build's own processes, and writes their files.

Kernels hand out specifications (`charts`); here each becomes its drawings and the files
that readers download: `_static/charts/NAME.csv`, `.svg`, `.png`, and `.js` where a chart
can be explored. The name is that of the figure, without `fig-`.
"""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from . import charts

logger = logging.getLogger(__name__)
FOLDER = "_static/charts"


class captioned_chart(nodes.figure):
    """A chart with its caption, and after it the tools, which are no part of the caption."""


class chart_caption(nodes.caption):
    """The caption of a chart."""


class chart_tools(nodes.raw):
    """What stands under a caption: the way to the data, the files, the interactive form."""


def files_of(env) -> dict[str, dict[str, dict[str, bytes]]]:
    """Return the files of all charts, by document, by chart and by ending."""
    if not hasattr(env, "citable_charts"):
        env.citable_charts = {}
    return env.citable_charts


class DrawCharts(SphinxTransform):
    """Exchange the specifications among the outputs of a document for drawings."""

    default_priority = 400  # before tables and figures are told apart

    def apply(self, **kwargs) -> None:
        """Run over one document."""
        drawn = files_of(self.env).setdefault(self.env.docname, {})
        for bundle in list(self.document.findall(nodes.container)):
            if bundle.get("nb_element") != "mime_bundle":
                continue
            for raw in list(bundle.findall(nodes.raw)):
                if raw.astext().startswith(charts.MARK):
                    self.draw(raw, bundle, drawn)

    def draw(self, raw: nodes.raw, bundle: nodes.container, drawn: dict) -> None:
        """Draw one chart in the place of its specification."""
        spec = json.loads(raw.astext().removeprefix(charts.MARK).removesuffix("</script>"))
        figure = bundle.parent
        while figure is not None and not isinstance(figure, nodes.figure):
            figure = figure.parent
        names = figure["names"] + figure["ids"] if figure is not None else []
        name = names[0].removeprefix("fig-") if names else f"chart-{len(drawn) + 1}"
        for key, use in (("title", "the finding"), ("description", "the text alternative")):
            if not spec.get(key):
                logger.warning(
                    "the chart '%s' has no %s, which is %s: add it in .properties(%s=...)",
                    *(name, key, use, key),
                    location=bundle,
                )
                spec[key] = name
        try:
            drawings = {
                width: charts.svg(spec, width, name, kind)
                for width, kind in ((charts.WIDE, "wide"), (charts.NARROW, "narrow"))
            }
            alone = charts.svg(spec, charts.WIDE, name, titled=True)
            drawn[name] = {
                "csv": charts.csv_of(spec).encode(),
                "svg": alone.encode(),
                "png": charts.png(alone),
            }
            if charts.controls_of(spec):
                known = json.dumps(charts.interactive(spec), separators=(",", ":"))
                script = f'(window.bookCharts ??= {{}})["{name}"] = {known};\n'
                drawn[name]["js"] = script.encode()
        except ValueError as error:
            reason = (str(error).split("\n") + [""])[:2]  # without the converter's own trace
            logger.warning(
                "the chart '%s' cannot be drawn: %s", name, " ".join(reason), location=bundle
            )
            return
        up = "../" * self.env.docname.count("/")
        parts = charts.page_html(spec, name, drawings, up + FOLDER)
        shown, tools = (
            kind(part, part, format="html")
            for kind, part in zip((nodes.raw, chart_tools), parts, strict=True)
        )
        if figure is None:
            raw.replace_self([shown, tools])
            return
        raw.replace_self(shown)
        chart = captioned_chart(
            figure.rawsource, **{key: figure[key] for key in ("ids", "names", "classes")}
        )
        chart.source, chart.line = figure.source, figure.line
        # HTML allows a caption at either end alone; the style sheet shows it under the picture.
        for child in sorted(figure.children, key=lambda n: not isinstance(n, nodes.caption)):
            if isinstance(child, nodes.caption):
                child = chart_caption(child.rawsource, "", *child.children)
            chart += child
        chart += tools
        figure.replace_self(chart)
        self.document.ids.update({identifier: chart for identifier in chart["ids"]})


def _visit_chart(translator, node: captioned_chart) -> None:
    translator.body.append(translator.starttag(node, "figure", CLASS="captioned-chart"))


def _depart_chart(translator, node: captioned_chart) -> None:
    translator.body.append("</figure>\n")


def _visit_caption(translator, node: chart_caption) -> None:
    translator.body.append("<figcaption>\n<p>")
    translator.add_fignumber(node.parent)
    translator.body.append('<span class="caption-text">')


def _depart_caption(translator, node: chart_caption) -> None:
    translator.body.append("</span></p>\n</figcaption>\n")


def _visit_tools(translator, node: chart_tools) -> None:
    translator.visit_raw(node)


def _pass(translator, node: nodes.Node) -> None:
    """Let builders without pages walk through."""


def _skip(translator, node: nodes.Node) -> None:
    raise nodes.SkipNode


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write the files of all charts beside the pages."""
    if exception or app.builder.format != "html" or app.builder.name == "pdf":
        return
    folder = Path(app.outdir) / FOLDER
    for drawn in files_of(app.env).values():
        for name, files in drawn.items():
            folder.mkdir(parents=True, exist_ok=True)
            for ending, content in files.items():
                path = folder / f"{name}.{ending}"
                if not path.exists() or path.read_bytes() != content:
                    path.write_bytes(content)


def purge(app: Sphinx, env, docname: str) -> None:
    """Forget the charts of a document that is read again or gone."""
    files_of(env).pop(docname, None)


def merge(app: Sphinx, env, docnames: list[str], other) -> None:
    """Take the charts from a process that read some of the documents."""
    files_of(env).update({name: files_of(other).get(name, {}) for name in docnames})


def setup(app: Sphinx) -> dict:
    """Register the drawing."""
    others: dict[str, Any] = dict.fromkeys(("latex", "text", "man", "texinfo"), (_pass, _pass))
    skipped: dict[str, Any] = dict.fromkeys(others, (_skip, None))
    app.add_enumerable_node(captioned_chart, "figure", html=(_visit_chart, _depart_chart), **others)
    app.add_node(chart_caption, html=(_visit_caption, _depart_caption), **others)
    app.add_node(chart_tools, html=(_visit_tools, None), **skipped)
    app.add_transform(DrawCharts)
    app.add_css_file("charts.css", priority=600)  # after the design of the book
    app.add_js_file("explore.js", loading_method="defer")
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
