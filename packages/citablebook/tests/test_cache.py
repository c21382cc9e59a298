"""What is kept is never stale and never damaged."""

from citablebook import cache
from citablebook.cache import kept, while_unchanged


def test_a_result_is_kept_until_what_it_depends_on_changes(tmp_path):
    source, calls = tmp_path / "source", []

    def compute():
        calls.append(source.read_text())
        return calls[-1]

    def result():
        return kept("sample", [source], compute, packages=["pandas"], folder=tmp_path / "kept")

    source.write_text("one")
    assert (result(), result()) == ("one", "one") and calls == ["one"]
    source.write_text("two")
    assert result() == "two"


def test_a_damaged_file_is_computed_anew(tmp_path):
    values = iter(range(1000))

    def result():
        return kept("n", [], lambda: next(values), packages=[], folder=tmp_path)

    assert result() == 0
    (file,) = tmp_path.glob("*.pickle")
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert result() == place + 1
    file.write_bytes(b"")
    assert result() == len(whole) + 1


def test_a_result_follows_the_file_that_it_is_asked_of(tmp_path):
    usual, other = tmp_path / "usual", tmp_path / "other"
    usual.write_text("usual")
    other.write_text("other")
    read = while_unchanged(usual)(lambda path=usual: path.read_text())
    assert (read(), read(other)) == ("usual", "other")
    other.write_text("another")
    assert (read(), read(other)) == ("usual", "another")


def test_only_what_has_changed_is_computed_again(tmp_path):
    place, computed = tmp_path / "results.pickle", []

    def build(state, **sources):
        computed.clear()
        with cache.remembered(place, state) as result:
            made = {
                name: result(name, source, lambda name=name: computed.append(name) or name.upper())
                for name, source in sources.items()
            }
        assert made == {name: name.upper() for name in sources}
        return list(computed)

    assert build("code", one=b"1", two=b"2") == ["one", "two"]
    assert build("code", one=b"1", two=b"3") == ["two"]
    assert build("other code", one=b"1", two=b"3") == ["one", "two"]
    assert build("other code", two=b"3") == []
    assert build("other code", one=b"1", two=b"3") == ["one"], "what was not asked for is forgotten"
    place.write_bytes(place.read_bytes()[:-1])
    assert build("other code", two=b"3") == ["two"]
