"""Draws the charts of a build, in the build's own processes, and writes their files.

Kernels hand out specifications (`charts`); here each becomes its drawings and the files
that readers download: `_static/charts/NAME.csv`, `.svg`, `.png`, and `.js` where a chart
can be explored. The name is that of the figure, without `fig-`.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from . import charts
from .captions import captioned_chart, exchange

logger = logging.getLogger(__name__)
FOLDER = "_static/charts"


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
        shown, tools = (nodes.raw(part, part, format="html") for part in parts)
        if figure is None:
            raw.replace_self([shown, tools])
            return
        raw.replace_self(shown)
        exchange(figure, captioned_chart).append(tools)  # which are no part of the caption


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write the files of all charts beside the pages."""
    if app.builder.name != "html" or exception:
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
    app.setup_extension("citablebook.captions")
    app.add_transform(DrawCharts)
    app.add_css_file("charts.css", priority=600)  # after the design of the book
    app.add_js_file("explore.js", loading_method="defer")
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
