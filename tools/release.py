"""`make release`: what is published with a version, in _build/release: the book as an archive and as a PDF,
its sources, the checksums of every file, and an RO-Crate that describes them.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

sys.path[:0] = [str(p) for p in (Path(__file__).resolve().parent.parent / "packages").glob("*/src")]

from citing import edition, paper_item
from reproduce import products
from citablebook import data
from citablebook.paths import BUILD, ROOT

PLACE = BUILD / "release"
HTML, PDF, SOURCES = "sme-innovation-html.zip", "sme-innovation.pdf", "sme-innovation-sources.zip"
_LICENCES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "MIT": "https://spdx.org/licenses/MIT",
}


def crate() -> dict:
    """Return the description of a release as an RO-Crate 1.1, from CITATION.cff and the data package.

    References
    ----------
    https://w3id.org/ro/crate/1.1
    """
    cff, paper = edition(), paper_item()
    people = [
        {"@id": f"#editor-{number}", "@type": "Organization", "name": author["name"]}
        for number, author in enumerate(cff["authors"], start=1)
    ]
    licences = [
        {"@id": address, "@type": "CreativeWork", "name": name}
        for name, address in _LICENCES.items()
    ]
    original = {
        "@id": "#paper",
        "@type": "ScholarlyArticle",
        "name": paper["title"],
        "datePublished": str(paper["issued"]["date-parts"][0][0]),
        "identifier": f"{paper['archive']} record {paper['archive_location']}",
    }
    files = [
        {
            "@id": HTML,
            "@type": "File",
            "name": "The book as HTML",
            "encodingFormat": "application/zip",
        },
        {
            "@id": PDF,
            "@type": "File",
            "name": "The book as PDF",
            "encodingFormat": "application/pdf",
        },
        {
            "@id": SOURCES,
            "@type": ["File", "SoftwareSourceCode"],
            "name": "Sources of the book",
            "encodingFormat": "application/zip",
            "license": {"@id": _LICENCES["MIT"]},
        },
        {
            "@id": "SHA256SUMS",
            "@type": "File",
            "name": "Checksums of all files",
            "encodingFormat": "text/plain",
        },
    ]
    package = data.package()["resources"]
    sources = {
        source["title"]: {
            "@id": f"#source-{number}",
            "@type": "CreativeWork",
            "name": source["title"],
            **({"url": source["path"]} if "path" in source else {}),
        }
        for number, source in enumerate(
            (source for entry in package for source in entry["sources"]), start=1
        )
    }
    tables = [
        {
            "@id": f"data/{entry['path']}",
            "@type": ["File", "Dataset"],
            "name": entry["title"],
            "description": entry["description"],
            "encodingFormat": entry["mediatype"],
            "license": {"@id": _LICENCES[entry["licenses"][0]["name"]]},
            "isBasedOn": [{"@id": sources[source["title"]]["@id"]} for source in entry["sources"]],
        }
        for entry in package
    ]
    parts = [*files, *tables]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": cff["title"],
        "description": " ".join(cff["abstract"].split()),
        "datePublished": str(cff["date-released"]),
        "version": cff["version"],
        "author": [{"@id": person["@id"]} for person in people],
        "license": {"@id": _LICENCES["CC-BY-4.0"]},
        "isBasedOn": {"@id": "#paper"},
        "hasPart": [{"@id": part["@id"]} for part in parts],
    }
    descriptor = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    return {
        "@context": "https://w3id.org/ro/crate/1.1/context",
        "@graph": [descriptor, root, *people, *licences, original, *sources.values(), *parts],
    }


def pack(files: dict[str, Path], archive: Path) -> None:
    """Write files into an archive that is the same whenever it is made."""
    with zipfile.ZipFile(archive, "w") as zipped:
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # the system with file modes, whatever this one is
            entry.external_attr = (0o755 if os.access(path, os.X_OK) else 0o644) << 16
            zipped.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def main() -> int:
    """Write the release from the book as built; refuse one that is not that of the last commit."""
    changed = subprocess.run(
        ["git", "-C", str(ROOT), "status", "--porcelain"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if changed:
        print(
            f"There are changes that are not committed, a release holds a commit: commit them or put them aside\n{changed}",
            file=sys.stderr,
        )
        return 2
    shutil.rmtree(PLACE, ignore_errors=True)
    (PLACE / "data").mkdir(parents=True)
    built = products(BUILD)
    pack({name: path for name, path in built.items() if name.startswith("html/")}, PLACE / HTML)
    shutil.copyfile(BUILD / "pdf" / "book.pdf", PLACE / PDF)
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True
    ).stdout.split("\0")[:-1]
    pack({f"sme-innovation/{name}": ROOT / name for name in tracked}, PLACE / SOURCES)
    for entry in data.package()["resources"]:
        shutil.copyfile(ROOT / "data" / entry["path"], PLACE / "data" / entry["path"])
    (PLACE / "ro-crate-metadata.json").write_text(
        json.dumps(crate(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    listed = built | {
        path.relative_to(PLACE).as_posix(): path
        for path in sorted(PLACE.rglob("*"))
        if path.is_file()
    }
    sums = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n"
        for name, path in sorted(listed.items())
    )
    (PLACE / "SHA256SUMS").write_text(sums, encoding="utf-8")
    print(f"{len(listed)} checksums, {PLACE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
