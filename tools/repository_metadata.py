"""`make metadata`: writes codemeta.json and .zenodo.json from CITATION.cff, so that the three cannot disagree."""

import json
import sys
from pathlib import Path

sys.path[:0] = [str(p) for p in (Path(__file__).resolve().parent.parent / "packages").glob("*/src")]

from citing import edition, paper_item
from citablebook.paths import ROOT


def codemeta() -> dict:
    """Return the description of the repository in CodeMeta's terms."""
    cff, paper = edition(), paper_item()
    record = {
        "@type": "ScholarlyArticle",
        "name": paper["title"],
        "datePublished": str(paper["issued"]["date-parts"][0][0]),
        "identifier": f"{paper['archive']} record {paper['archive_location']}",
    }
    return {
        "@context": "https://w3id.org/codemeta/3.0",
        "@type": "SoftwareSourceCode",
        "name": cff["title"],
        "description": " ".join(cff["abstract"].split()),
        "version": cff["version"],
        "author": [{"@type": "Organization", "name": author["name"]} for author in cff["authors"]],
        "datePublished": cff["date-released"],
        "license": [f"https://spdx.org/licenses/{name}" for name in cff["license"]],
        "keywords": cff["keywords"],
        "programmingLanguage": "Python",
        "runtimePlatform": "Jupyter Book 1",
        "isBasedOn": record,
    }


def zenodo() -> dict:
    """Return the description of the repository in Zenodo's terms."""
    cff = edition()
    return {
        "title": cff["title"],
        "description": " ".join(cff["abstract"].split()),
        "version": cff["version"],
        "creators": [{"name": author["name"]} for author in cff["authors"]],
        "publication_date": cff["date-released"],
        "upload_type": "dataset",
        "access_right": "open",
        "license": cff["license"][0],
        "keywords": cff["keywords"],
        "notes": f"Text and data: {cff['license'][0]}; code: {cff['license'][1]}.",
    }


FILES = {"codemeta.json": codemeta, ".zenodo.json": zenodo}

if __name__ == "__main__":
    for name, describe in FILES.items():
        (ROOT / name).write_text(
            json.dumps(describe(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        print(f"{name} written from CITATION.cff")
