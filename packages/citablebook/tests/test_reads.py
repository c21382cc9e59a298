"""What a result was made from is noted, whoever reads it, and none of it is hidden."""

import json
import subprocess
import sys

import pytest

from citablebook import cache, reads


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A folder of two files that is taken for the book."""
    monkeypatch.setattr(reads, "ROOT", tmp_path)
    (tmp_path / "one.csv").write_text("1")
    (tmp_path / "two.csv").write_text("2")
    return tmp_path


def test_files_of_the_book_that_are_read_are_noted_and_no_others(book):
    for name in ("_build", ".hidden"):
        (book / name).mkdir()
        (book / name / "file").write_text("")
    with reads.recorded() as read:
        (book / "one.csv").read_text()
        (book / "_build" / "file").read_text()
        (book / ".hidden" / "file").read_text()
        (book / "written.csv").write_text("3")
        open(sys.modules[__name__].__file__).close()
    assert list(read.files) == ["one.csv"] and read.current(book)
    (book / "one.csv").write_text("changed")
    assert not read.current(book)


def test_a_remembered_result_hides_nothing(book):
    remembered = cache.while_unchanged(book)(lambda: (book / "one.csv").read_text())

    def result():
        return cache.kept("name", [], remembered, packages=[], folder=book / "_build")

    for _ in range(3):  # computed, remembered, kept on the disk
        with reads.recorded() as read:
            assert result() == "1"
        assert list(read.files) == ["one.csv"]
    (book / "two.csv").write_text("changed")
    assert read.current(book)


def test_what_was_kept_is_computed_again_only_if_what_it_read_has_changed(book):
    computed = []

    def compute():
        computed.append((book / "one.csv").read_text())
        return computed[-1]

    def result():
        return cache.kept("name", [book / "two.csv"], compute, packages=[], folder=book / "_build")

    assert (result(), result(), computed) == ("1", "1", ["1"])
    (book / "one.csv").write_text("changed")
    assert (result(), result(), computed) == ("changed", "changed", ["1", "changed"])
    (book / "two.csv").write_text("code")
    assert result() == "changed" and len(computed) == 3


def longest(*names):
    """Return the length of the longest file, which most changes do not change."""
    return max(len((reads.ROOT / name).read_text()) for name in names)


def test_who_uses_a_value_depends_on_the_value(book, monkeypatch):
    valued = reads.by_value(longest)
    monkeypatch.setattr(sys.modules[__name__], "longest", valued)
    with reads.recorded() as read:
        assert valued("one.csv", "two.csv") == 1
    assert not read.files and sorted(read.behind) == ["one.csv", "two.csv"]
    assert [json.loads(name) for name in read.values] == [
        [__name__, "longest", "one.csv", "two.csv"]
    ]
    (book / "one.csv").write_text("3")
    before = read.behind
    assert read.current(book) and read.behind != before
    (book / "two.csv").write_text("22")
    assert not read.current(book)
    (book / "two.csv").unlink()  # it can no longer be computed
    assert not read.current(book)


def test_what_another_program_reads_is_never_current(book):
    with reads.recorded() as read:
        subprocess.run(["true"], check=True)
    assert not read.current(book)
