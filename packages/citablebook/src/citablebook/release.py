"""`python -m citablebook release`: what is published with a version, in `_build/release`.

The book as an archive and as a PDF, its sources, the checksums of every file, and an
RO-Crate that describes them.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from . import data
from .identify import settings
from .notebooks import pack
from .repository import agent, licence_of_code, licences_of, original_of
from .reproduce import products

CRATE = "https://w3id.org/ro/crate/1.1"


def address_of(licence: str) -> str:
    """Return the address of a licence."""
    return f"https://spdx.org/licenses/{licence}"


def crate(root: Path, name: str, folder: Path) -> dict:
    """Return the description of a release as an RO-Crate 1.1.

    Parameters
    ----------
    root : Path
        Folder of the book, with CITATION.cff.
    name : str
        Begins the names of the archives.
    folder : Path
        Folder of the data package.

    References
    ----------
    https://w3id.org/ro/crate/1.1
    """
    record = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    package = data.package(folder)["resources"]
    people = [
        {"@id": f"#editor-{number}", **agent(author)}
        for number, author in enumerate(record["authors"], start=1)
    ]
    own = [licences_of(record)[0], *filter(None, [licence_of_code(root)])]
    named = {address_of(licence): licence for licence in own}
    named |= {entry["licenses"][0]["path"]: entry["licenses"][0]["name"] for entry in package}
    licences = [
        {"@id": address, "@type": "CreativeWork", "name": licence}
        for address, licence in named.items()
    ]
    text, *code = [{"@id": address_of(licence)} for licence in own]
    files = [
        _file(f"{name}-html.zip", "The book as HTML", "application/zip"),
        _file(f"{name}.pdf", "The book as PDF", "application/pdf"),
        _file(f"{name}-sources.zip", "Sources of the book", "application/zip")
        | {"@type": ["File", "SoftwareSourceCode"], "license": (code or [text])[0]},
        _file(f"{name}-data.zip", "The data package", "application/zip"),
        _file("SHA256SUMS", "Checksums of the files to download", "text/plain"),
        _file("CONTENTS.sha256", "Checksums of every file in the archive of HTML", "text/plain"),
    ]
    sources: dict[str, dict] = {}
    for source in (source for entry in package for source in entry["sources"]):
        address = {"url": source["path"]} if "path" in source else {}
        described = {"@id": f"#source-{len(sources) + 1}", "@type": "CreativeWork"}
        sources.setdefault(source["title"], described | {"name": source["title"]} | address)
    tables = [
        _file(f"data/{entry['path']}", entry["title"], entry["mediatype"])
        | {
            "@type": ["File", "Dataset"],
            "description": entry["description"],
            "license": {"@id": entry["licenses"][0]["path"]},
            "isBasedOn": [{"@id": sources[source["title"]]["@id"]} for source in entry["sources"]],
        }
        for entry in package
    ]
    original: list[dict] = [
        {"@id": "#original", **found} for found in [original_of(record)] if found
    ]
    for work in original:  # flat, as an RO-Crate is
        if number := work.get("identifier"):
            work["identifier"] = f"{number['propertyID']} {number['value']}"
    whole = {
        "@id": "./",
        "@type": "Dataset",
        "name": record["title"],
        "description": " ".join(record["abstract"].split()),
        "datePublished": str(record["date-released"]),
        "version": str(record["version"]),
        "author": [{"@id": person["@id"]} for person in people],
        "license": text,
        **({"isBasedOn": {"@id": "#original"}} if original else {}),
        "hasPart": [{"@id": part["@id"]} for part in (*files, *tables)],
    }
    descriptor = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": CRATE},
        "about": {"@id": "./"},
    }
    entities = [*people, *licences, *original, *sources.values(), *files, *tables]
    return {"@context": f"{CRATE}/context", "@graph": [descriptor, whole, *entities]}


def _file(name: str, title: str, kind: str) -> dict:
    return {"@id": name, "@type": "File", "name": title, "encodingFormat": kind}


def sums(files: dict[str, Path]) -> str:
    """Return the checksums of files, as `sha256sum` writes and checks them."""
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n"
        for name, path in sorted(files.items())
    )


def main(root: Path) -> int:
    """Build the last commit anew and write its release."""
    git = ["git", "-C", str(root)]
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True)
    if changed.returncode or changed.stdout:
        said = "There are changes that are not committed" if changed.stdout else "No repository"
        print(
            f"{said}, and a release holds a commit: commit first\n{changed.stdout}", file=sys.stderr
        )
        return 2
    command = [sys.executable, "-m", "citablebook", "build", "--fresh", "--builder", "pdf"]
    if status := subprocess.run(command, cwd=root).returncode:
        return status
    config = settings(root)
    name, folder = config["citablebook_name"], root / config["citablebook_data"]
    place, built = root / "_build" / "release", products(root / "_build")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    pages = {inside: path for inside, path in built.items() if inside.startswith("html/")}
    (place / f"{name}-html.zip").write_bytes(pack(pages))
    shutil.copyfile(root / "_build" / "pdf" / "book.pdf", place / f"{name}.pdf")
    listed = subprocess.run([*git, "ls-files", "-z"], capture_output=True, text=True, check=True)
    tracked = listed.stdout.split("\0")[:-1]
    sources = {f"{name}/{path}": root / path for path in tracked}
    (place / f"{name}-sources.zip").write_bytes(pack(sources))
    for entry in data.package(folder)["resources"]:
        copy = place / "data" / entry["path"]
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / entry["path"], copy)
    shutil.copyfile(folder / "datapackage.json", place / "data" / "datapackage.json")
    tables = {path.relative_to(place).as_posix(): path for path in (place / "data").rglob("*.*")}
    (place / f"{name}-data.zip").write_bytes(pack(tables))
    described = json.dumps(crate(root, name, folder), ensure_ascii=False, indent=1) + "\n"
    (place / "ro-crate-metadata.json").write_text(described, encoding="utf-8")
    # Two lists, each of which can be checked where it is: of what is downloaded, and of what is
    # in the archive of the book once that is unpacked.
    (place / "CONTENTS.sha256").write_text(sums(pages), encoding="utf-8")
    attached = {path.name: path for path in place.iterdir() if path.is_file()}
    (place / "SHA256SUMS").write_text(sums(attached), encoding="utf-8")
    print(f"The release is in {place.relative_to(root)}: {len(attached) + 1} files")
    return 0
