"""The press: what turns chapters and findings into a citable book.

Sets up the extensions beside it, validates the data before anything is read, and
makes every chapter depend on the data and the analysis, so that a change in either
is never answered from an old page.
"""

import hashlib
import os
import sys
from pathlib import Path

import vl_convert
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

from . import data, palette, paths, references
from .errors import BookError

EXTENSIONS = (
    "data",
    "mending",
    "cells",
    "figures",
    "captioned_tables",
    "claims",
    "citation_notes",
    "accessible_pages",
    "search_text",
    "reading",
    "identifiers",
    "citing",
    "page_metadata",
    "evidence_links",
    "notebooks",
    "pdf_book",
)


class BadInput(SphinxError):
    """Stops the build with the message alone."""

    category = "The book was not built"


def check_inputs(app: Sphinx, config) -> None:
    """Validate data and bibliography; tell the chapters' kernels that it is done."""
    try:
        data.validate()
        references.works()
    except BookError as error:
        raise BadInput(str(error)) from None
    os.environ[data.VALIDATED] = data.digest()


def place_charts(app: Sphinx) -> None:
    """Tell the chapters' kernels where the files of figures go."""
    if app.builder.format == "html":
        os.environ[paths.CHART_FILES] = str(Path(app.outdir) / "_static" / "charts")


def note_dependencies(app: Sphinx, docname: str, source: list[str]) -> None:
    """Make a chapter depend on the data, the analysis and the bibliography."""
    for pattern, folder in (
        ("*.csv", paths.DATA),
        ("datapackage.json", paths.DATA),
        ("**/*.py", paths.ROOT / "smebook"),
        ("references.bib", paths.ROOT),
        ("identifiers.csv", paths.ROOT),
    ):
        for path in folder.glob(pattern):
            app.env.note_dependency(str(path))


def declare_parallel(app: Sphinx, env, docnames: list[str]) -> None:
    """Say of the extension that numbers chapters across parts what it does not say itself.

    It works on the finished table of contents alone, after all chapters are read.
    """
    numbering = app.extensions.get("sphinx_multitoc_numbering")
    if numbering:
        numbering.parallel_read_safe = numbering.parallel_write_safe = True


def design_digest() -> str:
    """Return a digest of everything that shapes pages without being read by a chapter."""
    state = hashlib.sha256()
    for path in sorted(paths.EXTENSIONS.rglob("*.*")):
        if path.is_file() and "__pycache__" not in path.parts:
            state.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()


def write_assets(app: Sphinx, exception: Exception | None) -> None:
    """Write the palette's style sheet and the charts' library beside the other static files."""
    if app.builder.format == "html" and exception is None:
        static = Path(app.outdir) / "_static"
        (static / "palette.css").write_text(palette.style_rules(), encoding="utf-8")
        # The charts' library, loaded when a reader asks for an interactive chart.
        library = vl_convert.javascript_bundle("window.bookEmbed = vegaEmbed;")
        from smebook import ledger

        listed = ledger.frame()
        listed.to_csv(static / "ledger.csv", index=False, lineterminator="\n")
        listed.to_json(static / "ledger.json", orient="records", force_ascii=False, indent=1)
        (static / "vega.js").write_text(
            f"(() => {{{library}}})();\n", encoding="utf-8"
        )  # its names are its own


def open_kernels_path(app: Sphinx, config) -> None:
    """Let this process and the chapters' kernels import what lies in the book's folder."""
    folders = [str(paths.ROOT), *(str(path) for path in sorted(paths.ROOT.glob("packages/*/src")))]
    sys.path[:0] = [folder for folder in folders if folder not in sys.path]
    inherited = [
        folder
        for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep)
        if folder and folder not in folders
    ]
    os.environ["PYTHONPATH"] = os.pathsep.join([*folders, *inherited])


def setup(app: Sphinx) -> dict:
    """Register the press with Sphinx."""
    app.connect("config-inited", open_kernels_path, priority=100)
    for extension in EXTENSIONS:
        app.setup_extension(f"citablebook.{extension}")
    # A setting of the pages: when it changes, every page is written anew, though not read.
    app.add_config_value("book_design", "", "html")
    app.connect(
        "config-inited", lambda app, config: setattr(config, "book_design", design_digest())
    )
    app.add_config_value(
        "comments_config", {}, ""
    )  # Jupyter Book sets it for an extension that is not used
    app.connect(
        "config-inited",
        lambda app, config: (
            config.html_static_path.append(str(paths.EXTENSIONS / "static")),
            config.templates_path.append(str(paths.EXTENSIONS / "templates")),
        ),
    )
    app.connect("config-inited", check_inputs)
    app.connect("env-before-read-docs", declare_parallel)
    app.connect("source-read", note_dependencies)
    app.connect("builder-inited", place_charts)
    app.connect("build-finished", write_assets)
    app.add_css_file("palette.css")
    app.add_css_file("book.css")
    app.add_css_file("citing.css")
    app.add_js_file("book.js", loading_method="defer")
    app.add_js_file("citing.js", loading_method="defer")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
