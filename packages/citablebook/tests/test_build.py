"""The command `build`: nothing but a good book takes the place of a good book."""

import argparse
import errno
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import pytest
from sphinx.errors import ConfigError, ExtensionError, SphinxParallelError

from citablebook import build, patches
from citablebook.errors import DataError
from citablebook.paths import documents

TOC = """\
format: jb-book
root: chapters/index
# - file: chapters/not-yet
parts:
  - chapters:
      - {file: "chapters/one", sections: [{file: chapters/two}]}
"""


@pytest.fixture
def root(tmp_path):
    """A Jupyter Book of three chapters."""
    (tmp_path / "chapters").mkdir()
    for name in ("index", "one", "two"):
        (tmp_path / "chapters" / f"{name}.md").write_text(f"# {name}\n")
    (tmp_path / "_toc.yml").write_text(TOC)
    (tmp_path / "_config.yml").write_text("title: A book\n")
    return tmp_path


@pytest.fixture
def quick(monkeypatch):
    """Builds that take no time: each writes a page, or does what the test asks for."""
    asked = []

    def instead(root, builder, place, jobs, settings):
        asked.append(builder)
        place.mkdir(parents=True, exist_ok=True)
        (place / "index.html").write_text("new")
        (place / ".buildinfo").write_text("of this machine")
        return 0

    monkeypatch.setattr(patches, "build_jupyter_book", instead)
    return asked


def folder(place: Path, text: str) -> Path:
    place.mkdir(parents=True)
    (place / "index.html").write_text(text)
    return place


def text_of(place: Path) -> str:
    return (place / "index.html").read_text()


def test_contents_are_read_as_yaml():
    import yaml

    named = ["chapters/index", "chapters/one", "chapters/two"]
    assert documents(yaml.safe_load(TOC)) == named


def test_a_build_takes_its_place_without_what_is_of_this_machine(root, quick):
    made = build.make(root, "html", 1, False, {})
    assert made == root / "_build" / "html" / "index.html" and made.read_text() == "new"
    assert not (made.parent / ".buildinfo").exists()
    build.make(root, "pdf", 1, False, {})
    assert quick == ["html", "html"]  # the PDF in a process of its own
    assert (root / "_build" / "pdf" / "index.html").read_text() == "new"


def test_a_bad_build_leaves_the_last_good_book_and_forgets_itself(root, monkeypatch):
    folder(root / "_build" / "html", "good")
    (root / "_build" / "stage" / "html").mkdir(parents=True)
    monkeypatch.setattr(patches, "build_jupyter_book", lambda *arguments: 1)
    with pytest.raises(build.NotBuilt, match="the last good book in _build/html is untouched"):
        build.make(root, "html", 1, False, {})
    assert text_of(root / "_build" / "html") == "good"
    assert not (root / "_build" / "stage").exists()


@pytest.mark.parametrize("step", range(7))
def test_killed_at_any_moment_of_the_exchange_a_good_book_is_there_at_the_next_start(
    step, tmp_path, monkeypatch
):
    """Every call that changes the disk is the last one in turn."""
    fresh, place = folder(tmp_path / "stage", "new"), folder(tmp_path / "html", "old")
    folder(tmp_path / "html.new", "half")
    left = [step]

    def until_killed(call):
        def wrapped(*arguments, **keywords):
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            return call(*arguments, **keywords)

        return wrapped

    monkeypatch.setattr(build.shutil, "rmtree", until_killed(shutil.rmtree))
    monkeypatch.setattr(build.shutil, "copytree", until_killed(shutil.copytree))
    monkeypatch.setattr(Path, "rename", until_killed(Path.rename))
    try:
        build.exchange(fresh, place)
        killed = False
    except KeyboardInterrupt:
        killed = True
    assert killed == (step < 6)
    monkeypatch.undo()
    build.restore(place)
    assert text_of(place) in ("old", "new") and (step < 5 or text_of(place) == "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["html", "stage"]


def test_a_disk_that_fills_up_leaves_the_last_good_book(root, quick, monkeypatch):
    folder(root / "_build" / "html", "good")

    def full(*arguments, **keywords):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(build.shutil, "copyfile", full)
    with pytest.raises(build.NotBuilt, match="untouched"):
        build.make(root, "html", 1, False, {})
    assert text_of(root / "_build" / "html") == "good"


def _hold(folder: Path, held, release) -> None:
    with build.alone(folder):
        held.set()
        release.wait(20)


@pytest.mark.book
def test_a_second_build_of_the_same_book_is_refused_and_a_killed_one_leaves_no_lock(root, quick):
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    (root / "_build").mkdir()
    other = context.Process(target=_hold, args=(root / "_build", held, release))
    other.start()
    try:
        assert held.wait(20)
        with pytest.raises(build.NotBuilt, match="another build of it is running"):
            build.make(root, "html", 1, False, {})
    finally:
        other.kill()
        other.join()
    assert build.make(root, "html", 1, False, {})


def test_a_chapter_that_left_the_contents_leaves_the_book(root, quick):
    build.make(root, "html", 1, False, {})
    (root / "_build" / "stage" / "html" / "two.html").write_text("a page of two")
    (root / "chapters" / "two.md").write_text("# Two, with a word more")
    build.make(root, "html", 1, False, {})
    assert (root / "_build" / "html" / "two.html").exists()
    (root / "_toc.yml").write_text(TOC.replace(", sections: [{file: chapters/two}]", ""))
    (root / "chapters" / "two.md").unlink()
    build.make(root, "html", 1, False, {})
    assert not (root / "_build" / "html" / "two.html").exists()


PROBLEMS = {
    "broken settings": (
        lambda r: (r / "_config.yml").write_text("title: [A"),
        r"_config\.yml, line \d+: .*mend the indentation or the quotes",
    ),
    "missing settings": (lambda r: (r / "_config.yml").unlink(), r"_config\.yml is missing"),
    "broken contents": (lambda r: (r / "_toc.yml").write_text("root: {"), r"_toc\.yml, line 1: "),
    "no such file": (
        lambda r: (r / "chapters" / "one.md").unlink(),
        r"_toc\.yml names chapters/one, but there is no chapters/one\.md",
    ),
    "not in the contents": (
        lambda r: (r / "chapters" / "more.md").write_text("# More\n"),
        r"chapters/more\.md is not in _toc\.yml: add it",
    ),
    "settings of latin-1": (
        lambda r: (r / "_config.yml").write_bytes(b"title: M\xfcller"),
        r"_config\.yml is not UTF-8 \(byte 8\): save it as UTF-8",
    ),
    "settings empty": (lambda r: (r / "_config.yml").write_text(""), r"_config\.yml is empty"),
    "settings a list": (
        lambda r: (r / "_config.yml").write_text("- title"),
        r"_config\.yml is no list of names with values",
    ),
    "settings a folder": (
        lambda r: ((r / "_config.yml").unlink(), (r / "_config.yml").mkdir()),
        r"_config\.yml cannot be read: Is a directory",
    ),
    "settings with a NUL": (
        lambda r: (r / "_config.yml").write_text("title: A\0B"),
        r"_config\.yml.*; mend the indentation or the quotes",
    ),
    "settings of a wrong kind": (
        lambda r: (r / "_config.yml").write_text("execute: {timeout: soon}"),
        r"_config\.yml, execute\.timeout: 'soon' is not of type 'number'.*; correct the value",
    ),
    "extensions of a wrong kind": (
        lambda r: (r / "_config.yml").write_text("sphinx: {local_extensions: [a]}"),
        r"_config\.yml, sphinx\.local_extensions: .*; correct the value",
    ),
    "contents of latin-1": (
        lambda r: (r / "_toc.yml").write_bytes(b"root: M\xfcller"),
        r"_toc\.yml is not UTF-8",
    ),
    "contents empty": (lambda r: (r / "_toc.yml").write_text(""), r"_toc\.yml is empty"),
    "contents missing": (lambda r: (r / "_toc.yml").unlink(), r"_toc\.yml is missing: restore"),
    "contents a text": (
        lambda r: (r / "_toc.yml").write_text("chapters"),
        r"_toc\.yml is no list of names with values",
    ),
    "contents of another format": (
        lambda r: (r / "_toc.yml").write_text(TOC.replace("jb-book", "jb-novel")),
        r"_toc\.yml: 'format' key value not recognised: 'jb-novel'; correct that entry",
    ),
    "contents nested wrongly": (
        lambda r: (r / "_toc.yml").write_text(TOC.replace("sections:", "section:")),
        r"_toc\.yml: Unknown keys found.*; correct that entry",
    ),
    "twice in the contents": (
        lambda r: (r / "_toc.yml").write_text(TOC + "      - file: chapters/two\n"),
        r"_toc\.yml names chapters/two twice",
    ),
}


@pytest.mark.parametrize("kind", PROBLEMS)
def test_what_would_stop_a_build_is_named_before_it_begins(kind, root):
    assert not build.preflight(root)
    damage, expected = PROBLEMS[kind]
    damage(root)
    with pytest.raises(build.NotBuilt, match=expected) as caught:
        build.make(root, "html", 1, False, {})
    assert "\n" not in str(caught.value)


ENDS = {
    "a full disk": (
        OSError(errno.ENOSPC, "No space left", "/a/b"),
        "/a/b: No space left; make room",
    ),
    "a folder for reading alone": (
        OSError(errno.EROFS, "Read-only", "/a"),
        "copy the book to where",
    ),
    "an input": (DataError("data/a.csv, row 2: is wrong"), "data/a.csv, row 2: is wrong"),
    "an input within an extension": (
        ExtensionError("Handler threw", DataError("data/a.csv is missing"), "data"),
        "^data/a.csv is missing",
    ),
    "an extension unknown": (
        ExtensionError("Could not import extension a.b (exception: No module named 'a')"),
        r"^_config\.yml names the extension a\.b: No module named 'a'; correct or install it",
    ),
    "a setting": (ConfigError("numfig: wrong"), "^numfig: wrong; mend that"),
    "what nobody foresaw": (KeyError("resources"), r"not foreseen: KeyError: .*error\.log"),
    "the same in another process": (
        SphinxParallelError("KeyError: 'a'", "Traceback of the process"),
        r"not foreseen: KeyError: 'a'; report it with .*error\.log",
    ),
}


@pytest.mark.parametrize("kind", ENDS)
def test_whatever_ends_a_build_is_told_in_one_line(kind, root, monkeypatch):
    error, expected = ENDS[kind]

    def end(*arguments):
        raise error

    monkeypatch.setattr(patches, "build_jupyter_book", end)
    folder(root / "_build" / "html", "good")
    with pytest.raises(build.NotBuilt, match=expected) as caught:
        build.make(root, "html", 1, False, {})
    said = str(caught.value)
    assert "\n" not in said and "untouched" in said and "Traceback" not in said
    if "error.log" in said:
        report = (root / "_build" / "error.log").read_text()
        assert "Traceback of the process" in report or "KeyError" in report


def test_a_machine_that_cannot_reach_itself_is_named(root, monkeypatch):
    def refuse(*arguments, **keywords):
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(build.socket, "create_connection", refuse)
    [problem] = build.preflight(root)
    assert "127.0.0.1" in problem and "ip link set lo up" in problem


def test_a_folder_that_cannot_be_written_is_named(monkeypatch, root):
    monkeypatch.setattr(build.os, "access", lambda place, mode: False)  # root may write anywhere
    [problem] = build.preflight(root)
    assert "cannot be written to: change its permissions" in problem


def test_a_full_disk_is_named(monkeypatch, root):
    usage = namedtuple("Usage", "total used free")(10**9, 10**9, 5 * 2**20)
    monkeypatch.setattr(build.shutil, "disk_usage", lambda place: usage)
    [problem] = build.preflight(root)
    assert "only 5 MB are free" in problem and "make room" in problem


def by_builder(monkeypatch, **does):
    """Have each builder do something of its own."""

    def instead(root, builder, place, jobs, settings):
        place.mkdir(parents=True, exist_ok=True)
        return does[builder](settings)

    monkeypatch.setattr(patches, "build_jupyter_book", instead)


def test_the_pdf_begins_when_chapters_are_read_and_its_words_come_last(root, monkeypatch, capfd):
    started = root / "started"

    def pages(settings):
        os.write(settings["pdf_begin"], b".")
        for _ in range(500):
            if started.exists():
                break
            time.sleep(0.01)
        print("pages are written")
        return 0

    def pdf(settings):
        started.touch()
        os.write(1, b"the PDF is set\n")
        return 0

    by_builder(monkeypatch, html=pages, pdf=pdf)
    build.make(root, "pdf", 1, False, {})
    assert started.exists()
    assert capfd.readouterr().out.split("\n")[:2] == ["pages are written", "the PDF is set"]


PDF_ENDS = {
    "a sentence": (lambda _: fail(DataError("a.csv is missing: restore it")), "^a.csv is missing"),
    "a warning": (lambda _: 1, "mend what is reported above"),
    "a death": (lambda _: os._exit(9), "the process that set the PDF has died"),
}


def fail(error):
    raise error


@pytest.mark.parametrize("kind", PDF_ENDS)
def test_what_ends_the_pdf_ends_the_build(kind, root, monkeypatch):
    does, expected = PDF_ENDS[kind]
    by_builder(monkeypatch, html=lambda _: 0, pdf=does)
    folder(root / "_build" / "pdf", "good")
    with pytest.raises(build.NotBuilt, match=expected):
        build.make(root, "pdf", 1, False, {})
    assert text_of(root / "_build" / "pdf") == "good"


def test_a_pdf_that_is_ready_first_is_waited_for(root, monkeypatch):
    def pages(settings):
        os.write(settings["pdf_begin"], b".")
        [process] = multiprocessing.active_children()
        process.join(10)
        return 0

    by_builder(monkeypatch, html=pages, pdf=lambda _: 0)
    build.make(root, "pdf", 1, False, {})
    assert (root / "_build" / "pdf").exists()


def test_without_pages_no_pdf_is_begun(root, monkeypatch):
    by_builder(monkeypatch, html=lambda _: 1, pdf=lambda _: (root / "begun").touch())
    with pytest.raises(build.NotBuilt, match="mend what is reported above"):
        build.make(root, "pdf", 1, False, {})
    assert not (root / "begun").exists() and not multiprocessing.active_children()


SLOW = """
import sys, time
from pathlib import Path
from citablebook import patches
from citablebook.__main__ import main
def slow(*arguments):
    print("reading", flush=True)
    time.sleep(20)
patches.build_jupyter_book = slow
sys.exit(main(["build"]))
"""


@pytest.mark.book
def test_an_interruption_is_told_in_one_line(root):
    environment = {**os.environ, "PYTHONHASHSEED": "0", "CITABLEBOOK_ROOT": str(root)}
    source = str(Path(build.__file__).parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join([source, environment.get("PYTHONPATH", "")])
    running = subprocess.Popen(
        [sys.executable, "-c", SLOW],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout.readline() == "reading\n"
    running.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, said = running.communicate(timeout=10)
    assert time.monotonic() - started < 5
    assert running.returncode == 2
    assert said.strip() == "The book was not built: interrupted (there is no earlier book)."


def test_a_build_as_it_is_keeps_time_zone_locale_and_hash_seed(root, monkeypatch, capsys):
    seen = {}

    def look(*arguments):
        seen.update(os.environ)
        (arguments[2]).mkdir(parents=True, exist_ok=True)
        return 0

    monkeypatch.setattr(patches, "build_jupyter_book", look)
    given = {"TZ": "Asia/Seoul", "LC_ALL": "POSIX", "PYTHONHASHSEED": "4711"}
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    before = signal.getsignal(signal.SIGINT)
    options = argparse.Namespace(builder="html", paper=None, fresh=False, jobs=1, as_is=True)
    try:
        assert build.main(root, options, ["build"]) == 0
    finally:
        signal.signal(signal.SIGINT, before)
        os.environ.pop("SOURCE_DATE_EPOCH", None)
    assert {key: seen[key] for key in given} == given and seen["SOURCE_DATE_EPOCH"]
    assert "The book is ready" in capsys.readouterr().out


def test_what_is_alike_is_linked_to_and_no_later_change_reaches_the_good_book(tmp_path):
    fresh, place = tmp_path / "stage", tmp_path / "html"
    fresh.mkdir()
    for name in ("same", "other"):
        (fresh / name).write_text("one")
    build.exchange(fresh, place)
    first = (place / "same").stat().st_ino
    (fresh / "other").write_text("two")  # as long as before
    build.exchange(fresh, place)
    assert (place / "same").stat().st_ino == first != (fresh / "same").stat().st_ino
    assert (place / "other").read_text() == "two"
    (fresh / "same").write_text("not")
    assert (place / "same").read_text() == "one"
