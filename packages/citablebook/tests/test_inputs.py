"""A build that would make what is there is left out, and no other."""

import shutil

import pytest

from citablebook import build, inputs


@pytest.fixture
def book(tmp_path):
    """A folder of a book with what a build reads and what it does not."""
    for name in (
        "_config.yml",
        "chapters/one.md",
        "data/table.csv",
        "tests/test_one.py",
        ".git/HEAD",
        "venv/pyvenv.cfg",
        "venv/module.py",
        "_build/html/index.html",
        "_build/html/chapters/one.html",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "_build" / "stage").mkdir()
    return tmp_path


@pytest.fixture
def places(book):
    """The finished folder, noted as made from what the book's folder holds."""
    made = [book / "_build" / "html"]
    build.note(inputs.state(book, {}), made, book / "_build" / "stage")
    return made


def test_nothing_changed(book, places):
    stage = book / "_build" / "stage"
    assert build.unchanged(inputs.state(book, {}), places, stage)
    shutil.rmtree(stage)
    assert not build.unchanged(inputs.state(book, {}), places, stage)


@pytest.mark.parametrize("name", ["tests/test_one.py", ".git/HEAD", "venv/module.py"])
def test_what_no_build_reads_does_not_count(name, book, places):
    (book / name).write_text("changed")
    assert build.unchanged(inputs.state(book, {}), places, book / "_build" / "stage")


@pytest.mark.parametrize("name", ["_config.yml", "chapters/one.md", "data/table.csv", "new.md"])
def test_what_a_build_reads_counts(name, book, places):
    (book / name).write_text("changed")
    assert not build.unchanged(inputs.state(book, {}), places, book / "_build" / "stage")


def test_a_file_that_is_gone_counts(book, places):
    (book / "chapters" / "one.md").unlink()
    assert not build.unchanged(inputs.state(book, {}), places, book / "_build" / "stage")


def test_settings_and_the_environment_count(book, places, monkeypatch):
    stage = book / "_build" / "stage"
    assert not build.unchanged(inputs.state(book, {"pdf_paper": "a4"}), places, stage)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert not build.unchanged(inputs.state(book, {}), places, stage)


@pytest.mark.parametrize("harm", [lambda page: page.unlink(), lambda page: page.write_text("")])
def test_a_book_that_was_damaged_is_built_again(harm, book, places):
    harm(book / "_build" / "html" / "chapters" / "one.html")
    assert not build.unchanged(inputs.state(book, {}), places, book / "_build" / "stage")


def test_another_builder_was_not_built(book, places):
    both = [*places, book / "_build" / "pdf"]
    assert not build.unchanged(inputs.state(book, {}), both, book / "_build" / "stage")
