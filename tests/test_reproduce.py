"""The comparison of two builds finds what differs, and a release describes itself in a way that others can read."""

import hashlib
import json

import pytest

import release
import reproduce
from citablebook import data
from citablebook.paths import CITATION


@pytest.fixture
def two_builds(tmp_path):
    for name in ("one", "two"):
        for part, text in (
            ("html/index.html", "a page of the book"),
            ("html/deep/down.css", "p {}"),
            ("pdf/book.pdf", "pdf"),
        ):
            (tmp_path / name / part).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / part).write_text(text)
        (tmp_path / name / "stage").mkdir()
        (tmp_path / name / "stage" / "own.txt").write_text(name)  # not part of the book
    return tmp_path / "one", tmp_path / "two"


def test_equal_builds_are_equal(two_builds):
    one, two = map(reproduce.products, two_builds)
    assert (
        list(one) == ["html/deep/down.css", "html/index.html", "pdf/book.pdf"]
        and reproduce.first_difference(one, two) == ""
    )


@pytest.mark.parametrize(
    "change, words",
    [
        (
            lambda b: (b / "html/index.html").write_text("a page of the cook"),
            "html/index.html differs from byte 14 on",
        ),
        (
            lambda b: (b / "pdf/book.pdf").write_text("pdf and more"),
            "pdf/book.pdf differs from byte 3 on",
        ),
        (
            lambda b: (b / "html/deep/down.css").unlink(),
            "html/deep/down.css is only in the first build",
        ),
        (lambda b: (b / "html/new.js").write_text(""), "html/new.js is only in the second build"),
    ],
)
def test_the_first_difference_is_named(two_builds, change, words):
    one, two = two_builds
    change(two)
    assert reproduce.first_difference(reproduce.products(one), reproduce.products(two)).startswith(
        words
    )


def test_checksums_of_a_release_are_compared(two_builds):
    files = reproduce.products(two_builds[0])
    listed = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in files.items()
    )
    assert reproduce.against_checksums(files, listed) == ""
    assert (
        reproduce.against_checksums(files, listed.replace(listed[:8], "00000000", 1))
        == "html/deep/down.css differs from the release"
    )
    assert (
        reproduce.against_checksums(files, listed + f"{'0' * 64}  html/gone.html\n")
        == "html/gone.html of the release was not built"
    )


def test_an_archive_is_the_same_whenever_it_is_made(two_builds, tmp_path):
    for name, build in zip("ab", two_builds):
        release.pack(reproduce.products(build), tmp_path / f"{name}.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_the_crate_has_what_its_specification_asks_for():
    """RO-Crate 1.1: a descriptor about the root, the root's own fields, every part described, every reference resolved."""
    crate = release.crate()
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert (
        len(entities) == len(crate["@graph"])
        and crate["@context"] == "https://w3id.org/ro/crate/1.1/context"
    )
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert descriptor["about"] == {"@id": "./"} and descriptor["conformsTo"]["@id"].startswith(
        "https://w3id.org/ro/crate/"
    )
    assert root["@type"] == "Dataset" and all(
        root[field] for field in ("name", "description", "datePublished", "license")
    )
    assert all("@type" in entity for entity in crate["@graph"])

    def references(value):
        if isinstance(value, dict):
            yield from (
                [value["@id"]]
                if set(value) == {"@id"}
                else (found for inner in value.values() for found in references(inner))
            )
        elif isinstance(value, list):
            yield from (found for inner in value for found in references(inner))

    outside = {"https://w3id.org/ro/crate/1.1"}
    assert (
        not {found for entity in crate["@graph"] for found in references(entity)}
        - set(entities)
        - outside
    )
    assert {f"data/{entry['path']}" for entry in data.package()["resources"]} <= {
        part["@id"] for part in root["hasPart"]
    }
    assert (
        root["name"] in CITATION.read_text(encoding="utf-8")
        and json.loads(json.dumps(crate)) == crate
    )
