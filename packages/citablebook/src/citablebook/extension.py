"""The Sphinx extension: its configuration values, its parts, and what chapters depend on."""

import functools
import gc
import hashlib
import importlib
import json
import os
import sys
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Literal

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.parallel import ParallelTasks, SerialTasks, parallel_available

from . import __version__, cache, data, inputs, kernels, palette, reads
from .errors import BookError, DataError
from .paths import PAGES
from .project import project

#: Part: its module. Each can be left out; what it needs of the others, it sets up.
PARTS = {
    "data": "data",
    "report": "defects",
    "markup": "markup",
    "cells": "cells",
    "kernels": "kernels",
    "charts": "figures",
    "identifiers": "identifiers",
    "citations": "citations",
    "bibliography": "bibliography",
    "metadata": "metadata",
    "search": "search_text",
    "reading": "reading",
    "data_pages": "data_pages",
    "notebooks": "notebooks",
    "pdf": "pdf_book",
}

#: Configuration value, without its prefix: its default and what to do anew when it changes.
SETTINGS: dict[str, tuple[object, Literal["", "env", "html"]]] = {
    "parts": (list(PARTS), "env"),
    "name": ("book", "html"),  # begins the names of files and the keys of citations
    "paths": (["."], "env"),  # folders from which kernels import, as patterns
    "dependencies": ([], "env"),  # code of downloads and of what reads unseen, as patterns
    "citation": ("CITATION.cff", "env"),
    "registry": ("identifiers.csv", "env"),
    "data": ("", "env"),  # folder of a Frictionless data package
    "data_page": ("", "env"),  # document that lists the bundled tables
    "references_page": ("", "env"),  # document with the bibliography
    "sentences": ("", "html"),  # table: section and number of each sentence, its paragraphs
    "claims": ("", "env"),  # table of claims: id, claim and, if any, section and works
    "numbers": ({}, "env"),  # label of a table or figure: the number it has in the original
    "claims_page": ("", "env"),  # document and anchor of a claim: "ledger#ledger-{claim}"
    "citing_page": ("", "html"),  # document on how to cite
    "downloads": ({}, "html"),  # name: "module:function" that returns a frame to offer
    "pdf": ("", "html"),  # address of the PDF, seen from that of the book, once both are published
    "picture": ({}, "html"),  # path and alt of the picture that stands for the book elsewhere
    "notebook_sources": ([], ""),  # files and folders that notebooks need, for their archive
    "imprint": ([], ""),  # paragraphs behind the title page of the PDF, as HTML
    "attachments": ([], ""),  # files attached to the PDF beside data and citation
    "print_without": ([], ""),  # CSS selectors of what the PDF leaves out
    "print_attached": ([], ""),  # CSS selectors of figures whose tables it leaves to attachments
    "languages": ([], ""),  # languages of the text; the first is the configured one
}

#: With one thread for algebra, sums are the same whatever the number of cores, and two
#: kernels at a time do not crowd each other.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def bad_input(error: Exception) -> Exception:
    """Return an error that stops the build with its message alone."""
    wrapped = SphinxError(str(error))
    wrapped.category = "The book was not built"
    return wrapped


def tell_kernels(app: Sphinx, config) -> None:
    """Let chapters import what lies in the book's folder, and tell them its settings."""
    root = Path(app.srcdir)
    folders = [str(Path(__file__).resolve().parent.parent)]
    for pattern in config.citablebook_paths:
        found = [root] if pattern == "." else sorted(root.glob(pattern))
        folders += [str(folder) for folder in found if str(folder) not in folders]
    sys.path[:0] = [folder for folder in folders if folder not in sys.path]
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    others = [folder for folder in inherited if folder and folder not in folders]
    os.environ["PYTHONPATH"] = os.pathsep.join([*folders, *others])
    os.environ["CITABLEBOOK_ROOT"] = str(root)
    os.environ.update(ONE_THREAD)
    names = ("data", "citation", "data_page", "references_page")
    told = {name: config[f"citablebook_{name}"] for name in names}
    told["bibliography"] = next(iter(getattr(config, "bibtex_bibfiles", None) or []), "")
    os.environ["CITABLEBOOK_SETTINGS"] = json.dumps(told)


def check_inputs(app: Sphinx, config) -> None:
    """Validate data, bibliography, citation file and registry before anything is read."""
    book, parts, said = project(app), config.citablebook_parts, []

    def validate() -> None:
        kernels.start(app)  # what computes has changed, so that many chapters will be executed
        for name in getattr(config, "citablebook_rules", None) or []:
            importlib.import_module(name)  # it registers rules of the book's own
        data.validate(book.path("data"))

    def validate_data() -> None:
        if {"data_pages", "metadata"} & set(parts):
            data.check_published(book.path("data"))
        with cache.remembered(Path(app.doctreedir) / "valid.pickle", state_of(app)) as result:
            result("data", b"", validate)
        os.environ[data.VALIDATED] = data.digest(book.path("data"))
        for claim, row in book.claims.items():
            unknown = set(filter(None, row.get("works", "").split(";"))) - set(book.works)
            if unknown:
                named = ", ".join(sorted(unknown))
                raise DataError(
                    f"{config.citablebook_claims}, {claim}: the works name {named}, which the "
                    "bibliography has not: add it there, or correct the citekey"
                )

    checks: list[Callable[[], object]] = [validate_data] if config.citablebook_data else []
    checks.insert(0, lambda: book.works)
    if {"identifiers", "citations"} & set(parts):
        checks.append(lambda: book.registry)
    if {"citations", "metadata", "pdf"} & set(parts):
        checks.append(lambda: book.citation)
    for check in checks:
        try:
            check()
        except BookError as error:
            said += [line for line in str(error).split("\n") if line not in said]
    if said:
        raise bad_input(BookError("\n".join(said)))


def begin_pages(app: Sphinx) -> None:
    """Tell the chapters' kernels that pages are made, and write the palette's style sheet.

    It is there before the pages, which name each style sheet with a mark of its content.
    """
    if app.builder.name in ("html", "pdf"):
        os.environ[PAGES] = "made"
    if app.builder.name == "html":
        static = Path(app.outdir) / "_static"
        static.mkdir(parents=True, exist_ok=True)
        (static / "palette.css").write_text(palette.style_rules(), encoding="utf-8")


def dependencies(app: Sphinx) -> list[Path]:
    """Return the files that everything is computed and cited from."""
    book, config = project(app), app.config
    patterns = [*config.citablebook_dependencies]
    if config.citablebook_data:
        patterns += [f"{config.citablebook_data}/**/*"]
    files = [path for pattern in patterns for path in sorted(book.root.glob(pattern))]
    files += [book.path("registry"), book.path("citation")]
    files += [book.bibliography] if book.bibliography else []
    return [path for path in files if path.is_file() and "__pycache__" not in path.parts]


def state_of(app: Sphinx) -> str:
    """Return a digest of the dependencies and of this package's code."""
    state = hashlib.sha256(f"{app.config.citablebook_code}{sys.version}".encode())
    for path in dependencies(app):
        state.update(f"{path}\0".encode() + path.read_bytes())
    return state.hexdigest()


def note_common(app: Sphinx, config) -> None:
    """Read chapters anew when a file has changed that the press reads for all of them."""
    book, folder = project(app), config.citablebook_data and project(app).path("data")
    files = [book.path("registry"), book.path("citation"), book.bibliography]
    if folder:
        tables = filter(None, (config.citablebook_claims, config.citablebook_sentences))
        files += [folder / data.resource(name, folder)["path"] for name in tables]
        files += [folder / "datapackage.json"]
    config.citablebook_common = [reads.digest(path) for path in files if path]


def outdated(app: Sphinx, env, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Return the chapters that read what has changed since, or use a result that is another."""
    return [
        name
        for name, about in getattr(env, "nb_metadata", {}).items()
        if name in env.found_docs - added - changed
        and (read := about.get("exec_data", {}).get("reads"))
        and not read.current(Path(app.srcdir))
    ]


def spare(app: Sphinx, env, *_) -> None:
    """Spare what stays for the whole build from the searches for garbage that pages set off."""
    gc.freeze()


def write_titles(app: Sphinx, env) -> list[str]:
    """Return all chapters to be written if a title is another, which stands on every page."""
    titles = {name: title.astext() for name, title in env.titles.items()}
    before, env.citablebook_titles = getattr(env, "citablebook_titles", titles), titles
    return [] if before == titles else sorted(env.found_docs)


def note_unseen(app: Sphinx, doctree) -> None:
    """Make a chapter depend on all files if nobody knows which of them it read."""
    run = getattr(app.env, "nb_metadata", {}).get(app.env.docname, {}).get("exec_data")
    if run and (run.get("reads") is None or reads.UNSEEN in run["reads"].files):
        run["reads"] = None
        for path in dependencies(app):
            app.env.note_dependency(str(path))


def digest(patterns: tuple[str, ...]) -> str:
    """Return a digest of files of this package."""
    state, folder = hashlib.sha256(), Path(__file__).resolve().parent
    for path in sorted(path for pattern in patterns for path in folder.glob(pattern)):
        if path.is_file():
            state.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()


def note_own_state(app: Sphinx, config) -> None:
    """Read chapters anew when the package's code has changed, write them when its design has."""
    config.citablebook_code = digest(("*.py", "html/*", "schemas/*"))
    config.citablebook_design = digest(("static/*", "templates/*", "theme/*", "styles/*"))


def add_assets(app: Sphinx, config) -> None:
    """Add the package's files to those of the pages; look for chapters where some may be."""
    folder = Path(__file__).resolve().parent
    config.exclude_patterns = [*config.exclude_patterns, ".*", *sorted(inputs.UNREAD)]
    config.html_static_path.append(str(folder / "static"))
    if config.citablebook_picture:
        config.html_static_path.append(config.citablebook_picture["path"])
    if "search" in config.citablebook_parts:
        config.templates_path.append(str(folder / "templates"))


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Have the parts write what stands beside the pages, several at a time."""
    if app.builder.name != "html" or exception:
        return

    def attempt(handler: Callable) -> Exception | None:
        try:
            handler(app)
        except (BookError, OSError) as error:
            return error  # of which another process would tell the words alone
        return None

    errors: list[Exception | None] = []
    several = parallel_available and app.parallel > 1
    tasks = ParallelTasks(app.parallel) if several else SerialTasks()
    for listener in sorted(app.events.listeners["citablebook-files"], key=attrgetter("priority")):
        tasks.add_task(attempt, listener.handler, lambda *result: errors.append(result[-1]))
    tasks.join()
    for error in filter(None, errors):
        raise error


def write_assets(app: Sphinx) -> None:
    """Write the charts' library and the downloads of the book."""
    static = Path(app.outdir) / "_static"
    (static / "sphinx_highlight.js").unlink(missing_ok=True)  # no page uses it
    state = app.config.citablebook_code
    with cache.remembered(Path(app.doctreedir) / "assets.pickle", state) as result:
        if "charts" in app.config.citablebook_parts:
            version = cache.version("vl-convert-python").encode()
            library = result("vega", version, library_of_charts)
            cache.write_changed(static / "vega.js", library)
        for name, maker in app.config.citablebook_downloads.items():
            source = f"{maker} {state_of(app)}".encode()
            made = result(name, source, functools.partial(download, maker))
            for ending, text in made.items():
                cache.write_changed(static / f"{name}.{ending}", text)


def library_of_charts() -> str:
    """Return the script that a reader loads to explore a chart."""
    import vl_convert  # a large library

    bundle = vl_convert.javascript_bundle("window.bookEmbed = vegaEmbed;")
    return f"(() => {{{bundle}}})();\n"


def download(maker: str) -> dict[str, str]:
    """Return what a function, named as "module:function", offers, by the ending of its file."""
    frame = data.made_by(maker)
    return {
        "csv": data.as_download(frame).decode(),
        "json": frame.to_json(orient="records", force_ascii=False, indent=1),
    }


def setup(app: Sphinx) -> dict:
    """Register the parts that the configuration names."""
    for name, (default, rebuild) in SETTINGS.items():
        app.add_config_value(f"citablebook_{name}", default, rebuild)
    app.add_config_value("citablebook_code", "", "env")
    app.add_config_value("citablebook_common", [], "env")
    app.add_config_value("citablebook_design", "", "html")
    for part in app.config.citablebook_parts:
        if part not in PARTS:
            known = ", ".join(PARTS)
            raise bad_input(
                ValueError(f"citablebook_parts: there is no part '{part}': use {known}")
            )
    app.connect("config-inited", tell_kernels, priority=100)
    app.connect("config-inited", note_own_state)
    app.connect("config-inited", add_assets)
    app.connect("config-inited", check_inputs)
    app.connect("config-inited", note_common)
    app.connect("env-get-outdated", outdated)
    app.connect("doctree-read", note_unseen)
    app.connect("env-before-read-docs", spare)
    app.connect("env-updated", spare)
    app.connect("env-updated", write_titles)
    app.connect("builder-inited", begin_pages)
    app.connect("build-finished", write_files)
    app.add_event("citablebook-files")
    app.connect("citablebook-files", write_assets)
    app.setup_extension("citablebook.patches")
    for part in app.config.citablebook_parts:
        app.setup_extension(f"citablebook.{PARTS[part]}")
    for sheet in ("palette.css", "book.css", "citing.css"):
        app.add_css_file(sheet)
    for script in ("book.js", "citing.js"):
        app.add_js_file(script, loading_method="defer")
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
