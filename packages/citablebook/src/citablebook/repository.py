"""`python -m citablebook metadata`: writes codemeta.json and .zenodo.json from CITATION.cff.

So the three cannot disagree.
"""

import json
import tomllib
from pathlib import Path

import yaml


def names_of(authors: list[dict]) -> list[str]:
    """Return the names of the authors of a citation file."""
    return [
        author.get("name")
        or ", ".join(filter(None, [author["family-names"], author.get("given-names")]))
        for author in authors
    ]


def agent(author: dict) -> dict:
    """Return an author of a citation file for schema.org."""
    if "name" in author:
        return {"@type": "Organization", "name": author["name"]}
    given = author.get("given-names", "")
    return {"@type": "Person", "givenName": given, "familyName": author.get("family-names", "")}


def licences_of(record: dict) -> list[str]:
    """Return the licences of a citation file, of which one may choose any."""
    named = record.get("license", [])
    return named if isinstance(named, list) else [named]


def licence_of_code(root: Path) -> str:
    """Return the licence of the code, which is that of the package at the root, if there is one."""
    path = root / "pyproject.toml"
    if not path.exists():
        return ""
    project = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})
    named = project.get("license", "")
    return named if isinstance(named, str) else named.get("text", "")


def original_of(record: dict) -> dict:
    """Return what the book is an edition of for schema.org, if it is one of something."""
    references = record.get("references", [])
    if not references:
        return {}
    original = references[0]
    title, year = original["title"], str(original["year"])
    described = {"@type": "ScholarlyArticle", "name": title, "datePublished": year}
    archive, numbers = original.get("database"), original.get("identifiers", [])
    if archive and numbers:
        described["identifier"] = {
            "@type": "PropertyValue",
            "propertyID": f"{archive} record",
            "value": numbers[0]["value"],
        }
    return described


def codemeta(record: dict, code: str = "") -> dict:
    """Return the description of the repository in CodeMeta's terms."""
    original = original_of(record)
    return {
        "@context": "https://w3id.org/codemeta/3.0",
        "@type": "SoftwareSourceCode",
        "name": record["title"],
        "description": " ".join(record["abstract"].split()),
        "version": str(record["version"]),
        "author": [agent(author) for author in record["authors"]],
        "datePublished": str(record["date-released"]),
        "license": f"https://spdx.org/licenses/{licences_of(record)[0]}",
        "keywords": record["keywords"],
        "programmingLanguage": "Python",
        "runtimePlatform": "Jupyter Book 1",
        **({"isBasedOn": original} if original else {}),
    }


def zenodo(record: dict, code: str = "") -> dict:
    """Return the description of the repository in Zenodo's terms."""
    text = licences_of(record)[0]
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
    } | ({"notes": f"Text, data and figures: {text}. Code: {code}. See LICENSE."} if code else {})


def data_package(record: dict, package: dict, homepage: str = "") -> dict:
    """Return the descriptor of a data package with the version and the people of the book.

    Parameters
    ----------
    record : dict
        Content of the citation file.
    package : dict
        The descriptor.
    homepage : str
        Public address of the book, empty while it has none.
    """
    own = {
        "version": str(record["version"]),
        **({"homepage": homepage} if homepage else {}),
        "contributors": [{"title": name, "role": "author"} for name in names_of(record["authors"])],
    }
    before = {key: package[key] for key in ("name", "title", "description") if key in package}
    return {**before, **own, **{key: value for key, value in package.items() if key not in own}}


FILES = {"codemeta.json": codemeta, ".zenodo.json": zenodo}


def main(root: Path) -> int:
    """Write both files."""
    record = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    for name, describe in FILES.items():
        described = describe(record, licence_of_code(root))
        text = json.dumps(described, ensure_ascii=False, indent=2) + "\n"
        (root / name).write_text(text, encoding="utf-8")
        print(f"{name} written from CITATION.cff")
    path = root / "data" / "datapackage.json"
    if path.exists():
        package = data_package(record, json.loads(path.read_text(encoding="utf-8")))
        text = json.dumps(package, ensure_ascii=False, indent=1) + "\n"
        path.write_text(text, encoding="utf-8")
        print("version and contributors written into data/datapackage.json")
    return 0
