"""The private names that patches rely on are there, and do what the patches expect."""

import contextlib
import inspect
import io
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes

from citablebook import patches

pytestmark = pytest.mark.book  # what the libraries do


@pytest.mark.parametrize("library", patches.VERSIONS)
def test_the_library_is_the_one_the_patch_was_written_for(library):
    installed = metadata.version(library)
    assert installed.startswith(patches.VERSIONS[library]), (
        f"{library} is {installed}: see whether its patches are still needed, then note it"
    )


def test_nothing_else_uses_private_names():
    folder = Path(patches.__file__).parent
    for path in folder.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name != "patches.py":
            for name in (
                "_build_box_tree",
                "_page_box",
                "WarningLogRecordTranslator",
                "add_global_html_resources",
                "sys.modules[",
            ):
                assert name not in text, (path.name, name)


def test_myst_nb_still_writes_its_style_sheet_after_the_pages():
    from myst_nb import sphinx_ext

    source = inspect.getsource(sphinx_ext.sphinx_setup)
    assert '"build-finished", add_global_html_resources' in source


def test_weasyprint_still_tags_without_language_scope_and_words():
    from weasyprint.pdf import tags

    plain = tags._build_box_tree
    source = inspect.getsource(plain)
    assert inspect.isgeneratorfunction(plain)
    assert '"Lang"' not in source and "'Lang'" not in source
    with patches.complete_tags():
        assert tags._build_box_tree is not plain
    assert tags._build_box_tree is plain


def test_weasyprint_still_makes_pages_and_lines_by_the_functions_that_are_replaced():
    from weasyprint.layout import inline, page

    assert list(inspect.signature(page.remake_page).parameters) == [
        "index",
        "context",
        "root_box",
        "html",
    ]
    wanted = ["context", "box", "available_width", "skip", "is_line_start"]
    assert list(inspect.signature(inline.split_text_box).parameters) == wanted
    assert "page_floats" not in inspect.getsource(page)


def test_weasyprint_still_does_not_know_a_target_that_is_an_attribute():
    from weasyprint.css import targets
    from weasyprint.formatting_structure import build

    assert targets.anchor_name_from_token(("attr()", ("href", "url", None))) is None
    assert "missing_counters = missing_target_counters.setdefault" in inspect.getsource(build)
    collector = targets.TargetCollector
    plain = collector.collect_missing_counters, collector.cache_target_page_counters
    assert list(inspect.signature(plain[0]).parameters)[4:] == [
        "missing_counters",
        "missing_target_counters",
    ]
    assert list(inspect.signature(plain[1]).parameters)[1:3] == [
        "anchor_name",
        "page_counter_values",
    ]
    with patches.references_by_their_targets():
        assert collector.collect_missing_counters is not plain[0]
    assert (collector.collect_missing_counters, collector.cache_target_page_counters) == plain


@pytest.mark.book  # it is set
def test_pages_with_references_are_made_twice(caplog):
    import weasyprint

    style = (
        "@page { size: 300px 100px } p { break-after: page }"
        "a::after { content: target-counter(attr(href url), page) }"
    )
    text = "".join(f'<p id="p{i}"><a href="#p{5 - i}">to </a>' for i in range(6))
    made = {}
    for name, patch in (
        ("plain", contextlib.nullcontext),
        ("patched", patches.references_by_their_targets),
    ):
        with patch(), caplog.at_level("INFO", "weasyprint.progress"):
            caplog.clear()
            document = weasyprint.HTML(string=f"<style>{style}</style>{text}").render()
        rounds = sum("Repagination" in record.message for record in caplog.records)
        boxes = [box for page in document.pages for box in patches.page_box(page).descendants()]
        made[name] = rounds, [box.text for box in boxes if hasattr(box, "text")]
    assert made["plain"][1] == made["patched"][1] and "6" in "".join(made["plain"][1])
    assert made["patched"][0] == 1 < made["plain"][0]


def test_identifiers_stand_in_the_outer_margin():
    import weasyprint

    style = (
        "@page{size:300px 200px;margin:50px}p{position:relative}"
        ".place{position:absolute;left:-40px}"
    )
    document = weasyprint.HTML(
        string=f"<style>{style}</style><p>word<span class=place>P-1</span></p>"
    ).render()

    def start():
        left = [patches.page_box(document.pages[0])]
        while left:
            box = left.pop()
            box = getattr(box, "_box", box)
            if getattr(box, "text", "") == "P-1":
                return box.position_x
            left += getattr(box, "children", [])
        return None

    patches.move_to_outer_margin(document.pages[0], "left", 5)
    assert start() < 50
    patches.move_to_outer_margin(document.pages[0], "right", 5)
    assert start() == 300 - 50 + 5


def test_weasyprint_has_boxes_and_metadata_where_they_are_looked_for():
    import weasyprint
    from weasyprint.formatting_structure import boxes

    document = weasyprint.HTML(string="<p>word <span class=place>beside</span></p>").render()
    page = patches.page_box(document.pages[0])
    texts = [box.text for box in patches.boxes_in_flow(page) if hasattr(box, "text")]
    assert [text.strip() for text in texts if text.strip()] == ["word"]
    assert boxes.MarginBox and boxes.FootnoteAreaBox
    assert "generate_rdf_metadata" in dir(document.metadata)
    patches.add_to_metadata(document.metadata, "<x/>")
    made = document.metadata.generate_rdf_metadata("ua", 1, None)
    assert made.count(b"</rdf:RDF>") == 1 and b"<x/></rdf:RDF>" in made


def test_myst_nb_folds_cells_with_the_node_that_is_given_another_markup():
    from myst_nb import sphinx_

    node = sphinx_.HideCodeCellNode(prompt_show="Code <1>", classes=["above"])
    translator = type("Translator", (), {"body": []})()
    patches.visit_folded_code(translator, node)
    patches.depart_folded_code(translator, node)
    assert "".join(translator.body) == (
        '<details class="hide above">\n<summary>Code &lt;1&gt;</summary>\n</details>\n'
    )
    assert "admonition-title" in inspect.getsource(sphinx_.visit_HideCellInput)


def test_furo_still_marks_captions_as_headings_without_a_level():
    import furo

    assert "furo_navigation_tree" in inspect.getsource(furo)
    from furo import navigation

    source = inspect.getsource(navigation) + inspect.getsource(furo)
    assert "aria-level" not in source
    context = {"furo_navigation_tree": '<p class="caption" role="heading">Part</p>'}
    patches.level_headings(None, "", "", context, None)
    assert 'role="heading" aria-level="2"' in context["furo_navigation_tree"]


def test_numbering_across_parts_still_does_not_say_that_it_is_safe():
    import sphinx_multitoc_numbering

    assert "parallel_read_safe" not in inspect.getsource(sphinx_multitoc_numbering)


def test_jupyter_books_build_takes_what_it_is_given():
    from jupyter_book.sphinx import build_sphinx

    given = set(inspect.signature(build_sphinx).parameters)
    assert {"noconfig", "path_config", "confoverrides", "warningiserror", "jobs"} <= given


def test_sphinx_tells_the_place_of_a_warning(built):
    import logging

    record = logging.LogRecord("sphinx", logging.WARNING, "", 0, "text", (), None)
    record.location = ("deep/size", 7)
    assert patches.place_of(built.app, record).endswith("deep/size.md:7")
    record.location = nodes.paragraph()
    assert patches.place_of(built.app, record) == ""


def test_altair_is_imported_without_the_grammar_that_can_be_imported_later():
    code = (
        "from citablebook.patches import import_quickly, sys\n"
        "import_quickly('altair')\n"
        "assert 'altair' in sys.modules and 'rfc3987_syntax' not in sys.modules\n"
        "import rfc3987_syntax\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_chapters_go_to_the_process_that_is_free_the_longest_first(tmp_path):
    import sphinx.builders

    source = inspect.getsource(sphinx.builders.Builder._read_parallel)
    assert "make_chunks(docnames, nproc)" in source and callable(sphinx.builders.make_chunks)
    source = inspect.getsource(sphinx.builders.Builder.read)
    assert "len(docnames) > 5" in source and "self._read_serial(docnames)" in source
    cell = "```{code-cell} ipython3\n%s\n```\n"
    (tmp_path / "short.md").write_text("much prose " * 99 + cell % "1")
    (tmp_path / "long.md").write_text(cell % "1 + 1" + cell % "2 + 2")
    (tmp_path / "none.md").write_text("prose")
    environment = SimpleNamespace(doc2path=lambda name: str(tmp_path / f"{name}.md"))
    said = io.StringIO()
    app = SimpleNamespace(
        parallel=2,
        extensions={},
        builder=SimpleNamespace(_read_parallel=lambda names, processes: (names, processes)),
        _status=said,
    )
    names = ["none", "short", "long"]
    patches.read_in_parallel(app, environment, names)
    assert names == ["long", "short", "none"]
    assert app.builder._read_serial(names) == (names, 2)
    one, other = sphinx.builders.make_chunks(names, 2)
    for part in (one, other):
        part.dealer = 0  # as if this were another process
    taking, waiting = iter(one), iter(other)
    assert (next(taking), next(waiting), list(taking), list(waiting)) == (
        "long",
        "short",
        ["none"],
        [],
    )
    assert said.getvalue() == "read long\nread none\nread short\n"
    one.dealer = other.dealer = os.getpid()
    assert (list(one), list(other)) == (["long", "none"], ["short"])
    ran = {"short": {"exec_data": {"runtime": 2.5}}, "none": {"exec_data": {"runtime": None}}}
    environment.nb_metadata = ran
    patches.read_in_parallel(app, environment, names)
    assert names == ["short", "long", "none"]
    names.sort(key=["long", "short", "none"].index)
    patches.write_one_by_one(app, environment)
    assert sphinx.builders.make_chunks(names, 2) == [["long"], ["short"], ["none"]]


def test_a_reference_by_number_still_reads_a_whole_chapter():
    from sphinx.domains.std import StandardDomain

    source = inspect.getsource(StandardDomain._resolve_numref_xref)
    assert source.count("env.get_doctree(") == 1


def test_sphinx_still_makes_the_contents_beside_a_page_by_the_function_that_is_shared():
    from sphinx.builders.html import StandaloneHTMLBuilder

    source = inspect.getsource(StandaloneHTMLBuilder.handle_page)
    assert "self._get_local_toctree(pagename, **kwargs)" in source
    made = []
    builder = SimpleNamespace(
        format="html", _get_local_toctree=lambda page, **settings: made.append(page) or page
    )
    patches.share_contents(SimpleNamespace(builder=builder, env=SimpleNamespace(found_docs={"a"})))
    pages = ("data/one", "data/two", "a", "a", "top")
    found = [builder._get_local_toctree(page, collapse=False) for page in pages]
    assert found == ["data/one", "data/one", "a", "a", "top"]
    assert made == ["data/one", "a", "a", "top"]


def test_plugins_of_bibliographies_are_looked_for_once():
    import pybtex.plugin

    assert "entry_points(group=" in inspect.getsource(pybtex.plugin._load_entry_point)
    patches.find_plugins_once()
    found = [pybtex.plugin.find_plugin("pybtex.style.names", "plain") for _ in range(2)]
    assert found[0] is found[1] and pybtex.plugin.entry_points.cache_info().hits
