"""The book's own data are valid, described and refused when they break the paper's rules."""

import shutil

import pytest

import smebook.rules  # noqa: F401  # what the paper's tables have to fulfil
from citablebook import data, references
from citablebook.errors import BibliographyError, DataError
from citablebook.paths import DATA, REFERENCES

TABLE = "innovation_share_by_size.csv"


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


def test_the_package_is_valid():
    data.validate()


def test_every_file_is_described_and_every_table_has_source_and_licence():
    described = {entry["path"] for entry in data.package()["resources"]}
    assert described == {path.relative_to(DATA).as_posix() for path in DATA.rglob("*.csv")}
    for entry in data.package()["resources"]:
        told = entry["sources"][0]["title"] and entry["licenses"][0]["name"]
        assert told and entry["schema"]["primaryKey"], entry["name"]
        for field in entry["schema"]["fields"]:
            assert field["description"] and field["type"], (entry["name"], field["name"])


DAMAGE = {
    "a margin missing": (
        (TABLE, "total,1025,605,480,1625,427,125,91,4387\n", ""),
        [TABLE, "column period", "'total' is missing"],
    ),
    "a share over 100": (
        (TABLE, "1945-49,18.6", "1945-49,118.6"),
        [TABLE, "row 2", "column 1-199", "118.6"],
    ),
    "a negative share": (
        (TABLE, "1945-49,18.6", "1945-49,-18.6"),
        [TABLE, "row 2", "column 1-199", "-18.6"],
    ),
    "a key without a partner": (
        ("stated_numbers.csv", ",C53,", ",C999,"),
        ["stated_numbers.csv", "row 5", "C999"],
    ),
    "an unknown citekey": (
        ("claims.csv", "rothwell1989", "rothwel1989"),
        ["claims.csv", "row 9", "column works", "rothwel1989"],
    ),
    "a kind that does not exist": (
        ("claims.csv", ",premise,", ",guess,"),
        ["claims.csv", "row 2", "column kind", "guess"],
    ),
}


#: Kinds that are found at the same step, in different cells: one validation names them all.
TOGETHER = [
    ("a negative share", "a key without a partner", "a kind that does not exist"),
    ("a share over 100", "a margin missing", "an unknown citekey"),
]


def test_every_kind_of_damage_is_done():
    assert sorted(kind for kinds in TOGETHER for kind in kinds) == sorted(DAMAGE)


@pytest.mark.parametrize("kinds", TOGETHER, ids=", ".join)
def test_damage_is_refused_with_its_place(kinds, copy):
    for kind in kinds:
        edit(copy, *DAMAGE[kind][0])
    with pytest.raises(DataError) as caught:
        data.load("claims", folder=copy)
    lines = str(caught.value).split("\n")
    for kind in kinds:
        expected = DAMAGE[kind][1]
        assert any(all(words in line for words in expected) for line in lines), (kind, lines)


def test_a_broken_bibliography_is_refused(tmp_path):
    broken = tmp_path / "references.bib"
    broken.write_text(
        REFERENCES.read_text(encoding="utf-8") + "\n@article{half,\n  author = {A, B",
        encoding="utf-8",
    )
    with pytest.raises(BibliographyError, match="references.bib"):
        references.works(broken)
