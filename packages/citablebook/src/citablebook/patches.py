"""Every place where a private name of a library is used or replaced, and nothing else.

Each entry names the version it was written for. `tests/test_patches.py` fails when a name
is gone or no longer does what the patch relies on; then look whether the library now does
it by itself, and delete the patch.
"""

import contextlib
import functools
import html
import importlib
import json
import multiprocessing
import os
import sys
from ast import literal_eval
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from .reads import Reads

#: Library: the version the patches below were written and tested for.
VERSIONS = {
    "furo": "2025.12",
    "jsonschema": "4",
    "jupyter-book": "1.0.4",
    "jupyter-client": "8",
    "myst-nb": "1.4",
    "pybtex": "0.26",
    "sphinx": "7.4",
    "sphinx-multitoc-numbering": "0.1",
    "sphinxcontrib-bibtex": "2.7",
    "weasyprint": "70",
}


def import_quickly(wanted: str) -> None:
    """Import a package that loads jsonschema without its grammar of web addresses.

    jsonschema 4 spends a second on the grammar of internationalised addresses wherever
    `rfc3987_syntax` is installed (it comes with JupyterLab); neither Altair nor Jupyter
    Book check any. The package can be imported afterwards as ever.
    """
    name = "rfc3987_syntax"
    if name in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment]  # as if it were not installed
    try:
        importlib.import_module(wanted)
    finally:
        del sys.modules[name]


# MyST-NB 1.4: the summary of a folded cell holds paragraphs and a label that hides its words.


def visit_folded_code(translator, node) -> None:
    """Open a folded cell with a summary that is text alone and names itself."""
    classes = " ".join(["hide", *node["classes"]])
    prompt = html.escape(node["prompt_show"])
    translator.body.append(f'<details class="{classes}">\n<summary>{prompt}</summary>\n')


def depart_folded_code(translator, node) -> None:
    """Close the folded cell."""
    translator.body.append("</details>\n")


def name_folded_code(app) -> None:
    """Exchange the markup of folded cells."""
    from myst_nb.sphinx_ import HideCodeCellNode

    app.add_node(HideCodeCellNode, override=True, html=(visit_folded_code, depart_folded_code))


# MyST-NB 1.4 writes its style sheet after the pages, which name each sheet with a mark of its
# content only where it is there before them: a first build would differ from a later one.


def place_style_sheet(app) -> None:
    """Write MyST-NB's style sheet before the pages."""
    from myst_nb.sphinx_ext import add_global_html_resources

    if app.builder.format == "html":
        (Path(app.outdir) / "_static").mkdir(parents=True, exist_ok=True)
        add_global_html_resources(app, None)


# Furo: the captions of its contents are headings without a level.


def level_headings(app, page: str, template: str, context: dict, doctree) -> None:
    """Give the captions of the contents, which are marked as headings, their level."""
    tree = context.get("furo_navigation_tree")
    if tree:
        context["furo_navigation_tree"] = tree.replace(
            'role="heading"', 'role="heading" aria-level="2"'
        )


# sphinx-multitoc-numbering 0.1 does not say that it is safe to read in parallel; it works on
# the finished contents alone.


def declare_parallel(app, env, docnames: list[str]) -> None:
    """Say of the extension that numbers chapters across parts what it does not say itself."""
    numbering = app.extensions.get("sphinx_multitoc_numbering")
    if numbering:
        numbering.parallel_read_safe = numbering.parallel_write_safe = True


# Jupyter Book 1.0.4 sets a value of an extension that the book may not load.


def accept_comments_config(app) -> None:
    """Register the value that Jupyter Book sets for sphinx-comments."""
    if "comments_config" not in app.config:
        app.add_config_value("comments_config", {}, "")


def build_jupyter_book(root, builder: str, place, jobs: int, settings: dict) -> int:
    """Run one Sphinx builder on a Jupyter Book as its own command does, warnings as errors.

    Its command takes no number of jobs and no folder for the products.

    Returns
    -------
    int
        0 if there was no warning.

    Raises
    ------
    Exception
        Whatever stopped it; its own command would print a traceback.
    """
    import_quickly("jupyter_book.sphinx")
    from jupyter_book import sphinx

    sphinx.handle_exception = lambda *arguments: None  # what it returns is raised below
    status = sphinx.build_sphinx(
        str(root),
        str(place),
        noconfig=True,
        path_config=str(root / "_config.yml"),
        confoverrides={
            "external_toc_path": str(root / "_toc.yml"),
            "latex_individualpages": False,  # which its own command always tells it
            **settings,
        },
        builder=builder,
        warningiserror=True,
        keep_going=True,
        jobs=jobs,
    )
    if isinstance(status, BaseException):
        raise status
    return status


# MyST-NB 1.4: a kernel that dies or does not start stops the whole build, what a cell prints
# has no limit, and what a chapter reads is not asked.

#: Characters that the outputs of one cell may have.
MOST_OUTPUT = 5_000_000


#: Has a kernel note what is read from here on, and say what was.
NOTE, NOTED = "__import__('citablebook.reads')", "__import__('citablebook.reads').reads.of_kernel()"


def watch_kernels() -> None:
    """Have what a chapter read kept with the data of its execution, as `reads`.

    Kernels that die or do not start, and endless outputs, are reported as failed cells are.
    """
    from myst_nb.core.execute import inline
    from myst_nb.core.execute.base import NotebookClientBase
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    client, runner = inline.NotebookClientInline, inline.ModifiedNotebookClient
    if hasattr(client, "plain_start"):
        return
    client.plain_start, client.plain_eval = client.start_client, client.eval_variable
    client.plain_close = client.close_client
    runner.plain_execute = runner.execute_cell

    def failure(cell, why: str) -> CellExecutionError:
        cell["outputs"] = []
        message = {"ename": "CellError", "evalue": why, "traceback": [f"CellError: {why}"]}
        return CellExecutionError.from_cell_and_msg(cell, message)

    def execute(self, cell, *arguments, **keywords):
        try:
            executed = self.plain_execute(cell, *arguments, **keywords)
        except DeadKernelError:
            why = "its kernel died: the cell ended it, or the memory was used up"
            raise failure(cell, why) from None
        size = sum(len(str(output)) for output in cell.get("outputs", []))
        if size > MOST_OUTPUT:
            raise failure(cell, f"it printed {size} characters, {MOST_OUTPUT} are allowed")
        return executed

    def start(self) -> None:
        try:
            self.plain_start()
            self._client.kc.execute(NOTE, silent=True)  # its answer is not waited for
        except Exception as error:
            self.logger.warning(f"its kernel did not start: {error}", subtype="exec")
            self.__class__ = NotebookClientBase  # which executes nothing

    def evaluate(self, name: str):
        if self._cell_error:
            raise ValueError("a cell above failed")
        return self.plain_eval(name)

    def close(self, *arguments) -> None:
        read = None
        if not (self._cell_error or any(arguments)):  # a kernel that is stopped would not answer
            with contextlib.suppress(Exception):  # no Python, for example
                said = self._client.eval_expression(NOTED)[0]["data"]["text/plain"]
                read = Reads(**json.loads(literal_eval(said)))
        self.plain_close(*arguments)
        self.exec_metadata["reads"] = read

    runner.execute_cell, client.start_client, client.eval_variable = execute, start, evaluate
    client.close_client = close


# jupyter_client 8: the function with which its provisioner of local kernels starts one.


def launch_kernels_by(make: Callable) -> Callable[[], None]:
    """Start kernels in another way.

    Parameters
    ----------
    make : callable
        Takes command, folder and environment; returns what stands for a `Popen`, or None
        for a kernel that has to be started as ever.

    Returns
    -------
    callable
        Takes the change back.
    """
    from jupyter_client.launcher import launch_kernel
    from jupyter_client.provisioning import local_provisioner

    def launch(cmd, env=None, cwd=None, **others):
        return make(cmd, cwd, env) or launch_kernel(cmd, env=env, cwd=cwd, **others)

    local_provisioner.launch_kernel = launch  # type: ignore[assignment]
    return lambda: setattr(local_provisioner, "launch_kernel", launch_kernel)


# Sphinx 7.4: chapters are dealt out to processes ten at a time, and up to five to none. A process
# for each would load again what draws charts.


class Dealt(list):
    """Chapters of which each process takes the next one that no other has taken.

    Parameters
    ----------
    names : sequence of str
        All chapters.
    process : int
        Number of the process, from 1.
    taken : multiprocessing.Array
        By which process each was taken, 0 as long as it was not.
    status : file
        Where a reader is told what was read.
    """

    def __init__(self, names: Sequence[str], process: int, taken, status):
        super().__init__(names)
        self.process, self.taken, self.status = process, taken, status
        self.dealer = os.getpid()

    def __iter__(self) -> Iterator[str]:
        """Yield what is there to read; to the process that deals, what was read."""
        for place, name in enumerate(super().__iter__()):
            with self.taken:
                mine = self.taken[place] == self.process
                if free := not self.taken[place] and os.getpid() != self.dealer:
                    self.taken[place] = self.process
            if mine or free:
                yield name
            if free:
                print(f"read {name}", file=self.status, flush=True)


def read_in_parallel(app, env, docnames: list[str]) -> None:
    """Read chapters in as few processes as there may be.

    Those that took longest the last time are first, and among new ones those with most code.
    """
    import sphinx.builders

    def code(name: str) -> int:
        # What is no text is complained of where it is read.
        with open(env.doc2path(name), encoding="utf-8", errors="replace") as file:
            return sum(map(len, file.read().split("```{code-cell}")[1:]))

    def deal(names: Sequence[str], processes: int) -> list[list[str]]:
        taken = multiprocessing.Array("i", len(names))
        return [Dealt(names, process + 1, taken, app._status) for process in range(processes)]

    def seconds(name: str) -> float:
        return (
            getattr(env, "nb_metadata", {}).get(name, {}).get("exec_data", {}).get("runtime") or 0
        )

    docnames.sort(key=lambda name: (-seconds(name), -code(name), name))
    sphinx.builders.make_chunks = deal  # type: ignore[assignment]
    processes = min(app.parallel, len(docnames))
    safe = all(extension.parallel_read_safe for extension in app.extensions.values())
    if processes > 1 and safe and sphinx.builders.parallel_available:
        app.builder._read_serial = lambda names: app.builder._read_parallel(names, processes)


def write_one_by_one(app, env) -> None:
    """Deal out to processes one chapter at a time once all are read."""
    import sphinx.builders

    sphinx.builders.make_chunks = lambda names, *_: [[name] for name in names]


# Sphinx 7.4: a reference by number reads the whole chapter that it leads to from its file.


def read_once_for_numbers(app) -> None:
    """Have references by number share what they read of chapters while pages are written."""
    standard = app.env.get_domain("std")
    plain, read = standard._resolve_numref_xref, functools.cache(app.env.get_doctree)

    class Shared:
        """The environment, whose chapters are read once."""

        get_doctree = staticmethod(read)

        def __getattr__(self, name: str):
            return getattr(app.env, name)

    standard._resolve_numref_xref = lambda env, *others: plain(Shared(), *others)


# Sphinx 7.4: the contents beside a page are made anew for each page of a table.


def share_contents(app) -> None:
    """Have the pages of a folder that are no chapters share the contents beside them."""
    if app.builder.format != "html":
        return
    plain, known = app.builder._get_local_toctree, {}

    def contents(page: str, *arguments, **settings) -> str:
        if page in app.env.found_docs:
            return plain(page, *arguments, **settings)
        key = (page.rpartition("/")[0], arguments, tuple(sorted(settings.items())))
        if key not in known:
            known[key] = plain(page, *arguments, **settings)
        return known[key]

    app.builder._get_local_toctree = contents


# pybtex 0.26: looks through everything that is installed whenever it needs a style.


def find_plugins_once() -> None:
    """Have the styles of bibliographies found once."""
    import pybtex.plugin

    if not hasattr(pybtex.plugin.entry_points, "cache_info"):
        pybtex.plugin.entry_points = functools.cache(pybtex.plugin.entry_points)


# Sphinx 7.4: the place of a warning as text.


def place_of(app, record) -> str:
    """Return the place of a record of Sphinx's log as "file:line"."""
    from sphinx.util.logging import WarningLogRecordTranslator

    WarningLogRecordTranslator(app).filter(record)
    return str(getattr(record, "location", "") or "")


# WeasyPrint 70: boxes of a laid-out page.


def boxes_in_flow(box) -> Iterator:
    """Yield the boxes within a page's column, but not what stands in its margins."""
    from weasyprint.formatting_structure import boxes

    for child in getattr(box, "children", []):
        child = getattr(child, "_box", child)
        element = getattr(child, "element", None)
        beside = element is not None and element.get("class") == "place"
        if not beside and not isinstance(child, (boxes.MarginBox, boxes.FootnoteAreaBox)):
            yield child
            yield from boxes_in_flow(child)


def move_to_outer_margin(page, side: str, gap: float) -> None:
    """Set the identifiers of a page into the margin on its outer side.

    A style sheet cannot tell on which side of a spread an absolutely placed box comes to
    stand, and places them in the left margin.

    Parameters
    ----------
    page : weasyprint.Page
        A laid-out page.
    side : str
        "left" or "right": where the page lies in a spread.
    gap : float
        Space between column and identifier, in CSS pixels.
    """
    from weasyprint.formatting_structure import boxes

    frame = page_box(page)
    right = frame.content_box_x() + frame.width

    def walk(box):
        for child in getattr(box, "children", []):
            child = getattr(child, "_box", child)
            element = getattr(child, "element", None)
            if element is None or element.get("class") != "place" or child.is_in_normal_flow():
                walk(child)
            elif side == "right":
                words = [b for b in child.descendants() if isinstance(b, boxes.TextBox)]
                if words:
                    start = min(word.position_x for word in words)
                    child.translate(right + gap - start, 0)

    walk(frame)


def page_box(page):
    """Return the box of a laid-out page."""
    return page._page_box


# WeasyPrint 70: where lines end.

#: A line that ends before this part of its measure is suspected; a space is about so many ems.
SHORT, SPACE = 0.8, 0.35


@contextlib.contextmanager
def whole_lines() -> Iterator[None]:
    """Fill lines where Pango breaks after the first word.

    It does so where a text fits but for the space at its end, within the width of that space.
    """
    from weasyprint.layout import inline

    plain = inline.split_text_box

    def split(context, box, width, skip, **others):
        made = plain(context, box, width, skip, **others)
        line, resume_at, preserved = made
        if resume_at is None or preserved or line is None or line.width > SHORT * width:
            return made
        space = SPACE * box.style["font_size"]
        wider = plain(context, box, width + space, skip, **others)
        if wider[1] is None and box.text.endswith(" "):  # only that space reaches beyond
            return wider
        narrower = plain(context, box, width - space, skip, **others)
        better = narrower[0] is not None and line.width < narrower[0].width <= width
        return narrower if better else made

    inline.split_text_box = split
    try:
        yield
    finally:
        inline.split_text_box = plain


# WeasyPrint 70: how often pages are made.


@contextlib.contextmanager
def references_by_their_targets() -> Iterator[None]:
    """Make a page with a reference to a page anew once, when the number of that one is known.

    Where `target-counter()` takes its target from an attribute, WeasyPrint does not know it
    when it looks for references to a page, and makes all pages with any of them twice more;
    so it does when the number of all pages is known, which no reference prints.
    """
    from weasyprint.css.targets import TargetCollector

    plain_collect = TargetCollector.collect_missing_counters
    plain_cache = TargetCollector.cache_target_page_counters

    def collect(self, box, token, parse_again, missing, targets):
        if None in targets:
            missing, targets = [], {unquote(box.element.get("href")[1:]): targets[None]}
        plain_collect(self, box, token, parse_again, missing, targets)

    def cache(self, anchor, counters, *arguments):
        counters = {name: values for name, values in counters.items() if name != "pages"}
        plain_cache(self, anchor, counters, *arguments)

    TargetCollector.collect_missing_counters = collect
    TargetCollector.cache_target_page_counters = cache
    try:
        yield
    finally:
        TargetCollector.collect_missing_counters = plain_collect
        TargetCollector.cache_target_page_counters = plain_cache


# WeasyPrint 70: where pages end.

#: Boxes with this class may stand after paragraphs that come after them.
MOVABLE = "float"
#: The part of a page that may stay empty at its foot, and how often one box may be put off.
EMPTY, TIMES = 0.1, 6


@contextlib.contextmanager
def text_before_figures() -> Iterator[None]:
    """Have the text that follows a figure fill the page on which the figure has no room.

    A printer does so; a style sheet cannot, as page floats are not in WeasyPrint 70. Where
    a page ends early and the next one would begin with a figure or table, the next
    paragraph is set before it and the page is made again.
    """
    from weasyprint.layout import page as pages

    plain = pages.remake_page

    def remake(index, context, root, html):
        while True:
            before = {
                name: getattr(context, name).copy()
                for name in ("footnotes", "reported_footnotes", "broken_out_of_flow")
            }
            made, resume_at = plain(index, context, root, html)
            if resume_at is None or _filled(made) > 1 - EMPTY or not put_off(root, resume_at):
                return made, resume_at
            for name, value in before.items():
                setattr(context, name, value)

    pages.remake_page = remake
    try:
        yield
    finally:
        pages.remake_page = plain


def _filled(page) -> float:
    """Return down to which part of its height a laid-out page is filled."""
    from weasyprint.formatting_structure import boxes

    ends, left = [0.0], list(page.children)
    while left:
        box = left.pop()
        box = getattr(box, "_box", box)
        if isinstance(box, (boxes.LineBox, boxes.TableRowBox, boxes.ReplacedBox)):
            ends.append(box.position_y + box.height)
        elif not isinstance(box, (boxes.MarginBox, boxes.FootnoteAreaBox)):
            left += getattr(box, "children", [])
    foot = page.content_box_y() + page.height
    notes = [box for box in page.children if isinstance(box, boxes.FootnoteAreaBox)]
    foot -= sum(box.margin_height() for box in notes if box.children)
    return (max(ends) - page.content_box_y()) / (foot - page.content_box_y())


def _is(box, kind: str) -> bool:
    """Return whether a box is of a kind: heading, section, text or movable."""
    element = box.element
    if element is None:
        return False
    classes = (element.get("class") or "").split()
    return {
        "heading": box.element_tag in ("h1", "h2", "h3", "h4") or "place-of-section" in classes,
        "section": box.element_tag == "section",
        "text": box.element_tag in ("p", "ul", "ol", "dl", "aside"),
        "movable": MOVABLE in classes,
    }[kind]


def put_off(root, resume_at: dict) -> bool:
    """Set the text after a figure before it, if the next page would begin with the figure.

    Parameters
    ----------
    root : Box
        Root of the tree of boxes, which is changed.
    resume_at : dict
        Where the next page begins: index of a child, and where in it.

    Returns
    -------
    bool
        Whether anything was moved.
    """
    path, box = [], root  # boxes around the place, each with the index of the next one in it
    while resume_at:
        ((index, resume_at),) = resume_at.items()
        if _is(box, "movable") or not hasattr(box, "children"):
            return False
        path.append((box, index))
        box = box.children[index]
    while _is(box, "section") or _is(box, "heading"):
        if _is(box, "section"):
            path.append((box, 0))
        else:
            parent, place = path.pop()
            path.append((parent, place + 1))
        parent, place = path[-1]
        if place >= len(parent.children):
            return False
        box = parent.children[place]
    if not _is(box, "movable") or getattr(box, "put_off", 0) >= TIMES:
        return False
    parent, place = path.pop()
    after = place
    while after < len(parent.children) and _is(parent.children[after], "movable"):
        after += 1
    moved = list(parent.children[place:after])
    holder, index = parent, after
    while index == len(holder.children) and path and _is(holder, "section"):
        holder, index = path.pop()
        index += 1
    if index == len(holder.children):
        return False
    follower = holder.children[index]
    # Into the next section, but not into the next chapter.
    while _is(follower, "section") and "chapter" not in (follower.element.get("class") or ""):
        holder, index = follower, 0
        while index < len(holder.children) and _is(holder.children[index], "heading"):
            index += 1
        if index == len(holder.children):
            return False
        follower = holder.children[index]
    if not _is(follower, "text"):
        return False
    holder.children = [
        *holder.children[: index + 1],
        *moved,
        *holder.children[index + 1 :],
    ]
    parent.children = [child for i, child in enumerate(parent.children) if not place <= i < after]
    box.put_off = getattr(box, "put_off", 0) + 1
    return True


# WeasyPrint 70: tags of PDF/UA.


@contextlib.contextmanager
def complete_tags() -> Iterator[None]:
    """Have tags tell passages in another language, the scope of headers and the words of links.

    WeasyPrint 70 writes none of these; all are attributes of tags that it makes anyway.
    """
    import pydyf
    from weasyprint.pdf import tags

    plain = tags._build_box_tree

    def build(box, *arguments):
        box = getattr(box, "_box", box)
        element = getattr(box, "element", None)
        language = element.get("lang") if element is not None else None
        for tag in plain(box, *arguments):
            if language and element.tag not in ("html", "body"):
                tag["Lang"] = pydyf.String(language)
            if tag["S"] == "/TH" and element is not None:
                tag["A"]["Scope"] = "/Row" if element.get("scope") == "row" else "/Column"
            yield tag
        if element is not None and getattr(box, "link_annotation", None):
            words = " ".join("".join(element.itertext()).split())
            box.link_annotation["Contents"] = pydyf.String(words)

    tags._build_box_tree = build
    try:
        yield
    finally:
        tags._build_box_tree = plain


def add_to_metadata(metadata, description: str) -> None:
    """Put a description into the XMP of a document, within the one `rdf:RDF` that it may have.

    WeasyPrint's own `xmp_metadata` adds a second one.
    """
    plain = metadata.generate_rdf_metadata
    metadata.generate_rdf_metadata = lambda *arguments: plain(*arguments).replace(
        b"</rdf:RDF>", description.encode() + b"</rdf:RDF>"
    )


def setup(app) -> dict:
    """Register the patches of pages."""
    accept_comments_config(app)
    name_folded_code(app)
    watch_kernels()
    find_plugins_once()
    app.connect("builder-inited", place_style_sheet)
    app.connect("builder-inited", read_once_for_numbers)
    app.connect("builder-inited", share_contents)
    app.connect("html-page-context", level_headings, priority=900)  # after the theme
    app.connect("env-before-read-docs", declare_parallel)
    app.connect("env-before-read-docs", read_in_parallel)
    app.connect("env-updated", write_one_by_one)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
