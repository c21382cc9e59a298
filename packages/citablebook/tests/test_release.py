"""Two builds compared, and a release that describes and checks itself."""

import hashlib
import json
import shutil
import subprocess
import sys
import time
import zipfile

import pytest

from citablebook import release, reproduce
from citablebook.repository import agent


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
    for name, build in zip("ab", two_builds, strict=True):
        (tmp_path / f"{name}.zip").write_bytes(release.pack(reproduce.products(build)))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_the_crate_has_what_its_specification_asks_for(book):
    """RO-Crate 1.1: a descriptor about the root, its own fields, every part, every reference."""
    crate = release.crate(book.root, "small", book.root / "data")
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    assert crate["@context"] == "https://w3id.org/ro/crate/1.1/context"
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"]["@id"].startswith("https://w3id.org/ro/crate/")
    assert root["@type"] == "Dataset" and root["name"] == "A small book: about nothing"
    assert all(root[field] for field in ("description", "datePublished", "license"))
    assert all("@type" in entity for entity in crate["@graph"])

    def references(value):
        if isinstance(value, dict) and set(value) == {"@id"}:
            yield value["@id"]
        elif isinstance(value, (dict, list)):
            for inner in value.values() if isinstance(value, dict) else value:
                yield from references(inner)

    outside = {"https://w3id.org/ro/crate/1.1"}
    named = {found for entity in crate["@graph"] for found in references(entity)}
    assert not named - set(entities) - outside
    assert {"data/claims.csv", "small-html.zip"} <= {part["@id"] for part in root["hasPart"]}
    assert entities["#original"]["identifier"] == "Archive record A-17"
    assert json.loads(json.dumps(crate)) == crate


@pytest.fixture
def repository(book, monkeypatch):
    """The small book under version control, built by a stand-in."""
    (book.root / "_config.yml").write_text(
        "sphinx: {config: {citablebook_name: small, citablebook_data: data}}\n"
    )
    (book.root / ".gitignore").write_text("_build\n")
    plain, asked = subprocess.run, []

    def run(command, *arguments, **keywords):
        if "citablebook" not in command:
            return plain(command, *arguments, **keywords)
        asked.append(command)
        for name in ("html/index.html", "pdf/book.pdf"):
            (book.root / "_build" / name).parent.mkdir(parents=True, exist_ok=True)
            (book.root / "_build" / name).write_text(name)
        return subprocess.CompletedProcess(command, 0)

    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Book"]):
        own = ["-c", "user.name=A", "-c", "user.email=a@b.example"]
        plain(["git", *own, *command], cwd=book.root, check=True)
    monkeypatch.setattr(release.subprocess, "run", run)
    return book.root, asked


def test_a_release_is_built_anew_and_its_checksums_can_be_checked(repository):
    root, asked = repository
    assert release.main(root) == 0
    assert asked == [[sys.executable, "-m", "citablebook", "build", "--fresh", "--builder", "pdf"]]
    place = root / "_build" / "release"
    names = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert names == {
        "small-html.zip",
        "small.pdf",
        "small-sources.zip",
        "small-data.zip",
        "data/claims.csv",
        "data/datapackage.json",
        "ro-crate-metadata.json",
        "CONTENTS.sha256",
        "SHA256SUMS",
    }
    listed = reproduce.checksums(place / "CONTENTS.sha256")
    assert "  pdf/book.pdf\n" in listed
    assert reproduce.against_checksums(reproduce.products(root / "_build"), listed) == ""
    (root / "_build" / "pdf" / "book.pdf").write_text("another")
    found = reproduce.against_checksums(reproduce.products(root / "_build"), listed)
    assert found == "pdf/book.pdf differs from the release"


def test_both_lists_of_checksums_can_be_checked_where_a_reader_has_them(repository, tmp_path):
    """All attachments lie in one folder, and the book is unpacked there."""
    root, _ = repository
    assert release.main(root) == 0
    for path in (root / "_build" / "release").iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path / path.name)
    for archive in ("small-html.zip", "small-data.zip"):
        zipfile.ZipFile(tmp_path / archive).extractall(tmp_path)
    for name in ("SHA256SUMS", "CONTENTS.sha256"):
        command = ["sha256sum", "--check", "--strict", "--quiet", name]
        assert subprocess.Popen(command, cwd=tmp_path).wait() == 0, name
    crate = json.loads((tmp_path / "ro-crate-metadata.json").read_text())
    parts = next(entity for entity in crate["@graph"] if entity["@id"] == "./")["hasPart"]
    assert all((tmp_path / part["@id"]).exists() for part in parts)


def test_a_release_of_what_is_not_committed_is_refused(repository, capsys):
    root, asked = repository
    (root / "index.md").write_text("# Changed\n")
    assert release.main(root) == 2
    assert "not committed" in capsys.readouterr().err and not asked


def test_the_conditions_reach_the_process_that_builds(tmp_path, monkeypatch):
    monkeypatch.setenv("CITABLEBOOK_ROOT", "/elsewhere")
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    one, other = reproduce.CONDITIONS
    assert not {key for key in ("TZ", "PYTHONHASHSEED", "LC_ALL") if one[key] == other[key]}
    settings = reproduce.environment(other, tmp_path, later=True)
    assert {key: settings[key] for key in other} == other
    assert "CITABLEBOOK_ROOT" not in settings
    code = "import os, time; print(os.environ['TZ'], hash('a'), int(time.time()))"
    run = subprocess.run(
        [sys.executable, "-c", code], env=settings, capture_output=True, text=True, check=True
    )
    zone, seeded, now = run.stdout.split()
    assert zone == "America/New_York" and int(now) > time.time() + 399 * 86400
    unseeded = subprocess.run(
        [sys.executable, "-c", code],
        env=settings | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert unseeded.stdout.split()[1] != seeded


def test_a_person_and_an_institution_are_told_apart():
    assert agent({"name": "The editors"})["@type"] == "Organization"
    person = agent({"family-names": "Kim", "given-names": "Ann"})
    assert (person["@type"], person["familyName"], person["givenName"]) == ("Person", "Kim", "Ann")
