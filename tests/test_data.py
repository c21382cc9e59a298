"""The data package is valid, and every kind of damage is refused with its place."""

import json
import shutil

import pytest

from citablebook import data, references
from citablebook.errors import BibliographyError, DataError
from citablebook.paths import DATA, REFERENCES


@pytest.fixture
def copy(tmp_path):
    """A copy of the data folder that a test may damage."""
    target = tmp_path / "data"
    shutil.copytree(DATA, target)
    return target


def edit(folder, name, old, new):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} no longer has {old!r}: adapt the test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def rewrite(folder, name, change):
    path = folder / name
    path.write_bytes(change(path.read_bytes()))


def test_the_package_is_valid():
    data.validate()


def test_every_file_is_described_and_every_table_has_source_and_licence():
    described = {entry["path"] for entry in data.package()["resources"]}
    assert described == {path.name for path in DATA.glob("*.csv")}
    for entry in data.package()["resources"]:
        assert (
            entry["sources"][0]["title"]
            and entry["licenses"][0]["name"]
            and entry["schema"]["primaryKey"]
        ), entry["name"]
        assert all(field["description"] and field["type"] for field in entry["schema"]["fields"]), (
            entry["name"]
        )


TABLE = "innovation_share_by_size.csv"
DAMAGE = {
    "missing file": (lambda d: (d / "cases.csv").unlink(), ["cases.csv", "missing"]),
    "empty file": (lambda d: (d / "cases.csv").write_text(""), ["cases.csv", "empty"]),
    "missing row": (
        lambda d: edit(d, TABLE, "total,1025,605,480,1625,427,125,91,4387\n", ""),
        [TABLE, "column period", "'total' is missing"],
    ),
    "missing column": (
        lambda d: rewrite(
            d,
            "case_drivers.csv",
            lambda b: b"\n".join(line.rpartition(b",")[0] for line in b.splitlines()) + b"\n",
        ),
        ["case_drivers.csv", "claim"],
    ),
    "wrong header": (lambda d: edit(d, TABLE, "200-499", "200-500"), [TABLE, "row 1", "200-499"]),
    "duplicate header": (lambda d: edit(d, TABLE, "500-999", "200-499"), [TABLE, "row 1"]),
    "text in a number": (
        lambda d: edit(d, TABLE, "1965-69,21.4", "1965-69,about 21"),
        [TABLE, "row 6", "column 1-199", "about 21"],
    ),
    "decimal comma": (
        lambda d: edit(d, TABLE, "1965-69,21.4", '1965-69,"21,4"'),
        [TABLE, "row 6", "column 1-199", "21,4"],
    ),
    "percentage over 100": (
        lambda d: edit(d, TABLE, "1945-49,18.6", "1945-49,118.6"),
        [TABLE, "row 2", "column 1-199", "118.6"],
    ),
    "negative number": (
        lambda d: edit(d, TABLE, "1945-49,18.6", "1945-49,-18.6"),
        [TABLE, "row 2", "column 1-199", "-18.6"],
    ),
    "empty cell": (
        lambda d: edit(d, TABLE, "1945-49,18.6", "1945-49,"),
        [TABLE, "row 2", "column 1-199", "empty"],
    ),
    "row too long": (lambda d: edit(d, TABLE, "2.2,226", "2.2,226,7"), [TABLE, "row 2"]),
    "row too short": (lambda d: edit(d, TABLE, "2.2,226", "226"), [TABLE, "row 2"]),
    "duplicate key": (lambda d: edit(d, "claims.csv", "\nC2,", "\nC1,"), ["claims.csv", "row 3"]),
    "key without a partner": (
        lambda d: edit(d, "stated_numbers.csv", ",C53,", ",C999,"),
        ["stated_numbers.csv", "row 5", "C999"],
    ),
    "unknown citekey": (
        lambda d: edit(d, "claims.csv", "rothwell1989", "rothwel1989"),
        ["claims.csv", "row 9", "column works", "rothwel1989"],
    ),
    "value outside a list": (
        lambda d: edit(d, "claims.csv", ",premise,", ",guess,"),
        ["claims.csv", "row 2", "column kind", "guess"],
    ),
    "wrong encoding": (
        lambda d: rewrite(d, "paper_record.csv", lambda b: b.decode().encode("utf-16")),
        ["paper_record.csv", "row 1"],
    ),
    "latin-1 byte": (
        lambda d: rewrite(d, "claims.csv", lambda b: b.replace(b"Schumpeter", b"Sch\xfcmpeter", 1)),
        ["claims.csv", "row 14", "UTF-8"],
    ),
    "byte-order mark": (
        lambda d: rewrite(d, TABLE, lambda b: b"\xef\xbb\xbf" + b),
        [TABLE, "byte-order mark"],
    ),
    "carriage returns": (
        lambda d: rewrite(d, TABLE, lambda b: b.replace(b"\n", b"\r\n")),
        [TABLE, "row 1", "carriage return"],
    ),
    "spreadsheet formula": (
        lambda d: edit(d, "claims.csv", ",How competent", ",=1+1 How competent"),
        ["claims.csv", "row 2", "column claim", "spreadsheet"],
    ),
    "broken descriptor": (
        lambda d: rewrite(d, "datapackage.json", lambda b: b[:-20]),
        ["datapackage.json", "JSON"],
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_refused_with_its_place(kind, copy):
    damage, expected = DAMAGE[kind]
    damage(copy)
    with pytest.raises(DataError) as caught:
        data.load("claims", folder=copy)
    message = str(caught.value)
    for words in expected:
        assert words in message, message
    assert "Traceback" not in message


def test_an_unknown_table_is_named():
    with pytest.raises(DataError, match="'nothing'"):
        data.load("nothing")


def test_what_is_handed_out_is_a_copy():
    mine = data.load("claims")
    mine.iloc[0, 0] = "changed"
    assert data.load("claims").iloc[0, 0] == "C1"


def test_a_broken_bibliography_is_refused(tmp_path):
    broken = tmp_path / "references.bib"
    broken.write_text(
        REFERENCES.read_text(encoding="utf-8") + "\n@article{half,\n  author = {A, B",
        encoding="utf-8",
    )
    with pytest.raises(BibliographyError, match="references.bib"):
        references.works(broken)


def test_the_descriptor_is_strict_json():
    json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
