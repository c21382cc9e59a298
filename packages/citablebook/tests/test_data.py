"""A data package is read as it stands, and every kind of damage is refused with its place."""

import json
from pathlib import Path

import pytest

from citablebook import data
from citablebook.errors import DataError

FIRMS = 'id,size,share,note\na,1-9,18.6,"small, and few"\nb,10+,-2.0,\n'
PLACES = "id,firm,count\n1,a,12\n2,b,\n"


def field(name: str, kind: str = "string", **constraints) -> dict:
    return {"name": name, "type": kind, "constraints": constraints}


def descriptor() -> dict:
    firms = [field("id", unique=True, required=True), field("size"), field("share", "number")]
    return {
        "name": "sample",
        "resources": [
            {
                "name": "firms",
                "path": "firms.csv",
                "title": "Firms",
                "schema": {"fields": [*firms, field("note")], "primaryKey": ["id"]},
            },
            {
                "name": "places",
                "path": "more/places.csv",
                "schema": {
                    "fields": [
                        field("id", required=True),
                        field("firm", enum=["a", "b", "c"]),
                        field("count", "integer", minimum=0),
                    ],
                    "foreignKeys": [
                        {"fields": "firm", "reference": {"resource": "firms", "fields": "id"}}
                    ],
                },
            },
        ],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small data package of two tables, one of them in a folder of its own."""
    (tmp_path / "data/more").mkdir(parents=True)
    (tmp_path / "data/firms.csv").write_text(FIRMS, encoding="utf-8")
    (tmp_path / "data/more/places.csv").write_text(PLACES, encoding="utf-8")
    describe(tmp_path / "data", descriptor())
    return tmp_path / "data"


def test_a_table_is_asked_again_if_it_or_one_that_its_keys_point_to_has_changed(
    folder, monkeypatch
):
    asked, ask = [], data._problems

    def count(folder, descriptor):
        asked.append(descriptor["resources"][0]["name"])
        return ask(folder, descriptor)

    monkeypatch.setattr(data, "_problems", count)
    for change, expected in (
        (("firms.csv", "18.6", "18.6"), ["firms", "places"]),
        (("firms.csv", "18.6", "18.6"), []),
        (("more/places.csv", "12", "13"), ["places"]),
        (("firms.csv", "18.6", "18.7"), ["firms", "places"]),
        (("datapackage.json", '"Firms"', '"All firms"'), ["firms", "places"]),
    ):
        name, old, new = change
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
        asked.clear()
        data.validate(folder)
        assert asked == expected, change
    text = (folder / "firms.csv").read_text(encoding="utf-8")
    (folder / "firms.csv").write_text(text.replace("a,1-9", "d,1-9"), encoding="utf-8")
    for _ in range(2):  # computed, then remembered
        with pytest.raises(DataError, match="more/places.csv, row 2"):
            data.validate(folder)


def describe(folder: Path, content: object) -> None:
    (folder / "datapackage.json").write_text(json.dumps(content), encoding="utf-8")


def test_a_table_is_read_with_the_types_of_its_schema(folder):
    firms = data.load("firms", folder)
    assert list(firms["share"]) == [18.6, -2.0] and list(firms["note"]) == ["small, and few", ""]
    places = data.load("places", folder)
    assert places["count"][0] == 12 and places["count"].isna().tolist() == [False, True]
    assert list(data.load("firms", folder, as_text=True)["share"]) == ["18.6", "-2.0"]


def test_an_edited_file_is_read_anew_wherever_it_lies(folder):
    assert data.load("firms", folder)["share"][0] == 18.6
    (folder / "firms.csv").write_text(FIRMS.replace("18.6", "19.0"), encoding="utf-8")
    assert data.load("firms", folder)["share"][0] == 19.0
    (folder / "firms.csv").write_text(FIRMS.replace("18.6", "many"), encoding="utf-8")
    with pytest.raises(DataError, match="many"):
        data.load("firms", folder)


def test_a_frame_may_be_changed_without_changing_the_next(folder):
    mine = data.load("firms", folder)
    mine.loc[0, "id"] = "changed"
    assert data.load("firms", folder).iloc[0, 0] == "a"


def in_firms(old: str, new: str):
    def damage(folder: Path) -> None:
        assert old in FIRMS
        (folder / "firms.csv").write_bytes(FIRMS.replace(old, new, 1).encode())

    return damage


def in_places(old: str, new: str):
    def damage(folder: Path) -> None:
        assert old in PLACES
        (folder / "more/places.csv").write_bytes(PLACES.replace(old, new, 1).encode())

    return damage


def with_bytes(content: bytes):
    return lambda folder: (folder / "firms.csv").write_bytes(content)


FIRST = "data/firms.csv, row 2, column share"
NOTE = "data/firms.csv, row 2, column note"
PLAIN = "plain number"
DAMAGE = {
    "a file missing": (lambda f: (f / "firms.csv").unlink(), "data/firms.csv is missing"),
    "a file empty": (with_bytes(b""), "data/firms.csv is empty"),
    "a header alone": (with_bytes(FIRMS.split("\n")[0].encode() + b"\n"), "at least one row"),
    "a byte-order mark": (with_bytes(b"\xef\xbb\xbf" + FIRMS.encode()), "byte-order mark"),
    "another encoding": (with_bytes(FIRMS.encode("utf-16")), "is not UTF-8"),
    "carriage returns": (with_bytes(FIRMS.replace("\n", "\r\n").encode()), "carriage return"),
    "a NUL": (
        in_firms("small", "sm\0all"),
        "data/firms.csv, row 2: has the control character 0x00",
    ),
    "a backspace": (in_firms("small", "sm\x08all"), "row 2: has the control character 0x08"),
    "a wrong head": (
        in_firms("size", "sizes"),
        "data/firms.csv, row 1, column size: the header line",
    ),
    "a head twice": (in_firms("size", "id"), "data/firms.csv, row 1"),
    "a row too long": (in_firms("-2.0,", "-2.0,,7"), "data/firms.csv, row 3: the row is too long"),
    "a row too short": (in_firms(",-2.0,", ""), "data/firms.csv, row 3"),
    "a key twice": (in_firms("\nb,", "\na,"), "data/firms.csv, row 3"),
    "a key of nothing": (in_places(",b,", ",c,"), "data/more/places.csv, row 3"),
    "a value not listed": (in_places(",b,", ",d,"), "data/more/places.csv, row 3, column firm"),
    "a value too small": (in_places("12", "-12"), "data/more/places.csv, row 2, column count"),
    "words for a number": (in_firms("18.6", "many"), f"{FIRST}: 'many' does not fit"),
    "a decimal comma": (in_firms("18.6", '"18,6"'), f"{FIRST}: '18,6'"),
    "infinity": (in_firms("18.6", "INF"), f"{FIRST}: 'INF' is not written as a {PLAIN}"),
    "not a number": (in_firms("18.6", "NaN"), f"{FIRST}: 'NaN' is not written as a {PLAIN}"),
    "many digits": (in_firms("18.6", "9" * 400), f"{FIRST}: '999"),
    "an exponent": (in_firms("18.6", "1e5"), f"{FIRST}: '1e5' is not written as a {PLAIN}"),
    "wide digits": (in_firms("18.6", "\uff11\uff18.\uff16"), FIRST),
    "Arabic digits": (in_places("12", "\u0662\u0662\u0666"), "row 2, column count"),
    "an underscore": (in_places("12", "2_26"), "data/more/places.csv, row 2, column count: '2_26'"),
    "a plus and zeros": (in_firms("18.6", "+018.60"), f"{FIRST}: '+018.60'"),
    "a space behind": (in_firms("18.6", "18.6 "), FIRST),
    "a formula": (in_firms("small,", "=1+1,"), f"{NOTE}: '=1+1, and few' begins with '='"),
    "a formula of plus": (in_firms("small,", "+1+1,"), f"{NOTE}: '+1+1, and few' begins with '+'"),
    "a formula of minus": (in_firms("small,", "-2+3+cmd|,"), f"{NOTE}: '-2+3+cmd|, and few'"),
    "a formula indented": (in_firms("small,", " =1+1,"), f"{NOTE}: ' =1+1, and few' begins or"),
    "a file not described": (
        lambda f: (f / "new.csv").write_text("a\n1\n"),
        "data/new.csv is not described",
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_refused_with_its_place(kind, folder):
    damage, expected = DAMAGE[kind]
    damage(folder)
    with pytest.raises(DataError) as caught:
        data.load("places", folder)
    assert expected in str(caught.value)


def test_many_problems_are_counted(folder):
    rows = "".join(f"x{n},s,many,\n" for n in range(40))
    (folder / "firms.csv").write_text(FIRMS + rows, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        data.load("firms", folder)
    assert len(str(caught.value).split("\n")) == 13 and "and 28 more" in str(caught.value)


def changed(change):
    def damage(folder: Path) -> None:
        content = descriptor()
        describe(folder, change(content) or content)

    return damage


def entry(**values):
    return changed(lambda content: content["resources"][0].update(values))


DESCRIPTORS = {
    "missing": lambda f: (f / "datapackage.json").unlink(),
    "a folder": lambda f: (
        (f / "datapackage.json").unlink(),
        (f / "datapackage.json").mkdir(),
    ),
    "half": lambda f: (f / "datapackage.json").write_text('{"resources": ['),
    "latin-1": lambda f: (f / "datapackage.json").write_bytes(b'{"title": "\xfc"}'),
    "nested deeply": lambda f: (f / "datapackage.json").write_text("[" * 100_000),
    "a list": changed(lambda content: [1]),
    "a text": changed(lambda content: "tables"),
    "no resources": changed(lambda content: content.pop("resources") and None),
    "resources dropped": changed(lambda content: content.update(resources=[])),
    "resources an object": changed(lambda content: content.update(resources={"a": 1})),
    "an entry of text": changed(lambda content: content["resources"].append("firms")),
    "an entry dropped": changed(lambda content: content["resources"].pop() and None),
    "an entry twice": changed(lambda content: content["resources"].append(content["resources"][0])),
    "no name": entry(name=None),
    "no path": entry(path=""),
    "a list of paths": entry(path=["firms.csv"]),
    "a path out of the folder": entry(path="../secret.csv"),
    "no schema": entry(schema=None),
    "no fields": entry(schema={"fields": []}),
    "a field of text": entry(schema={"fields": ["id"]}),
    "a type unknown": entry(schema={"fields": [{"name": "id", "type": "quaternion"}]}),
    "constraints of text": entry(
        schema={"fields": [{"name": "id", "type": "string", "constraints": "many"}]}
    ),
    "a key of a column that is not there": entry(
        schema={"fields": [field("id")], "primaryKey": ["nothing"]}
    ),
}


@pytest.mark.parametrize("kind", DESCRIPTORS)
def test_a_damaged_descriptor_is_refused_in_words(kind, folder):
    DESCRIPTORS[kind](folder)
    with pytest.raises(DataError, match=r"data/(datapackage\.json|more/places\.csv|firms\.csv)"):
        data.load("firms", folder)


def test_an_unknown_table_is_named(folder):
    with pytest.raises(DataError, match="'nothing'"):
        data.load("nothing", folder)


def test_a_rule_of_the_book_is_asked_after_the_schemas(folder, monkeypatch):
    monkeypatch.setattr(data, "_rules", [])

    @data.rule
    def no_small(tables):
        yield from (f"{row} is small" for row in tables["firms"]["id"] if row == "a")

    with pytest.raises(DataError, match="^a is small$"):
        data.validate(folder)
    in_firms("18.6", "many")(folder)
    with pytest.raises(DataError, match="many"):
        data.validate(folder)


@pytest.mark.parametrize(
    "cell, exported",
    [
        ("=1+1", "'=1+1"),
        ("+ holds", "'+ holds"),
        ("-2+3+cmd|", "'-2+3+cmd|"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1+1", "' =1+1"),
        ("\t=1+1", "'\t=1+1"),
        ("-", "-"),
        ("-18.6", "-18.6"),
        ("+13.6", "+13.6"),
        ("in 1945-49", "in 1945-49"),
        (-18.6, -18.6),
        (None, None),
    ],
)
def test_no_exported_cell_is_a_formula(cell, exported):
    assert data.inert(cell) == exported
