"""A small book for the tests of what chapters call: two bundled tables and nothing else."""

import json

import pytest

from citablebook import data, numbers

FIELDS = [
    {"name": "period", "type": "string"},
    {"name": "1-199", "type": "number", "unit": "% (row total: innovations)"},
    {"name": "n", "type": "integer", "unit": "innovations"},
]
STATED = [
    {"name": "id", "type": "string"},
    {"name": "subject", "type": "string"},
    {"name": "value", "type": "number"},
    {"name": "unit", "type": "string"},
]


@pytest.fixture
def bundled(tmp_path, monkeypatch):
    """Let `load`, `from_cell` and `computed` read the tables `sizes` and `stated`."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "sizes.csv").write_text("period,1-199,n\n1945-49,18.0,226\ntotal,1025,4387\n")
    (folder / "stated.csv").write_text(
        "id,subject,value,unit\nsmall,employees of a small firm,199,employees\n"
    )
    resources = [
        {"name": name, "path": f"{name}.csv", "title": title, "schema": {"fields": fields}}
        for name, title, fields in (
            ("sizes", "Firms by size", FIELDS),
            ("stated", "Numbers in the text", STATED),
        )
    ]
    content = json.dumps({"name": "sample", "resources": resources})
    (folder / "datapackage.json").write_text(content)
    load, resource = data.load, data.resource
    monkeypatch.setattr(data, "load", lambda name, **options: load(name, folder, **options))
    monkeypatch.setattr(data, "resource", lambda name, where=folder: resource(name, where))
    return folder


@pytest.fixture
def pages(monkeypatch):
    """Have numbers and tables write what the pages of a book show."""
    from citablebook import charts, tables

    for module in (numbers, tables, charts):
        monkeypatch.setattr(module, "makes_pages", lambda: True)
