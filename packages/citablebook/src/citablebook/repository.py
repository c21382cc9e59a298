"""`python -m citablebook metadata`: writes codemeta.json and .zenodo.json from CITATION.cff.

So the three cannot disagree.
"""

import json
from pathlib import Path

import yaml


def names_of(authors: list[dict]) -> list[str]:
    """Return the names of the authors of a citation file."""
    return [
        author.get("name") or f"{author['family-names']}, {author['given-names']}"
        for author in authors
    ]


def licences_of(record: dict) -> list[str]:
    """Return the licences of a citation file: that of the text, then that of the code."""
    named = record.get("license", [])
    return named if isinstance(named, list) else [named]


def original_of(record: dict) -> dict:
    """Return what the book is an edition of, if it is one of something."""
    references = record.get("references", [])
    if not references:
        return {}
    original = references[0]
    numbers = [identifier["value"] for identifier in original.get("identifiers", [])]
    archive = original.get("database", "")
    described = {
        "@type": "ScholarlyArticle",
        "name": original["title"],
        "datePublished": str(original["year"]),
    }
    if numbers:
        described["identifier"] = f"{archive} record {numbers[0]}".strip()
    return described


def codemeta(record: dict) -> dict:
    """Return the description of the repository in CodeMeta's terms."""
    original = original_of(record)
    return {
        "@context": "https://w3id.org/codemeta/3.0",
        "@type": "SoftwareSourceCode",
        "name": record["title"],
        "description": " ".join(record["abstract"].split()),
        "version": str(record["version"]),
        "author": [{"@type": "Organization", "name": name} for name in names_of(record["authors"])],
        "datePublished": str(record["date-released"]),
        "license": [f"https://spdx.org/licenses/{name}" for name in licences_of(record)],
        "keywords": record["keywords"],
        "programmingLanguage": "Python",
        "runtimePlatform": "Jupyter Book 1",
        **({"isBasedOn": original} if original else {}),
    }


def zenodo(record: dict) -> dict:
    """Return the description of the repository in Zenodo's terms."""
    text, *code = licences_of(record)
    return {
        "title": record["title"],
        "description": " ".join(record["abstract"].split()),
        "version": str(record["version"]),
        "creators": [{"name": name} for name in names_of(record["authors"])],
        "publication_date": str(record["date-released"]),
        "upload_type": "dataset",
        "access_right": "open",
        "license": text,
        "keywords": record["keywords"],
        **({"notes": f"Text and data: {text}; code: {', '.join(code)}."} if code else {}),
    }


FILES = {"codemeta.json": codemeta, ".zenodo.json": zenodo}


def main(root: Path) -> int:
    """Write both files."""
    record = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    for name, describe in FILES.items():
        text = json.dumps(describe(record), ensure_ascii=False, indent=2) + "\n"
        (root / name).write_text(text, encoding="utf-8")
        print(f"{name} written from CITATION.cff")
    return 0
