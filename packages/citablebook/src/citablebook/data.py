"""Reading the bundled tables, none of them without validation.

The tables lie in `data/` under one Frictionless data package. `load` checks the whole
package against its schemas and keys before it hands out the first table, so that a
chapter re-run by a reader refuses a damaged file with the same words as the build.
"""

import functools
import hashlib
import importlib
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from . import reads
from .cache import remembered, version, while_unchanged
from .errors import DataError
from .paths import DATA, find_root

#: Holds the digest of the data that this build has validated already, so that
#: the kernels of the chapters need not repeat it.
VALIDATED = "CITABLEBOOK_VALIDATED_DATA"
_TYPES = {"string": str, "number": float, "integer": "Int64"}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+|(?![a-z]+:)[\w./-]+")  # or a file of the book
_FORMULA = re.compile(r"[\t\r ]*[=+@-].")  # a sign alone is none
_SHOWN = 12  # problems listed before the rest is only counted

Rule = Callable[[dict[str, pd.DataFrame]], Iterator[str]]
_rules: list[Rule] = []


def rule(check: Rule) -> Rule:
    """Register a rule of a book's own that no schema can say; usable as a decorator.

    Parameters
    ----------
    check : callable
        Takes every table as text by its name, yields a line for each problem: file, row,
        column, what is wrong and what would be right.
    """
    _rules.append(check)
    return check


def package(folder: Path = DATA) -> dict:
    """Return the descriptor of the data package.

    Parameters
    ----------
    folder : Path
        Folder with `datapackage.json`.

    Returns
    -------
    dict
        The Frictionless descriptor; each resource has a name, a path and a schema.

    Raises
    ------
    DataError
        If the descriptor is missing, is not JSON or does not describe tables.
    """
    name = f"{folder.name}/datapackage.json"
    try:
        descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    except OSError:
        raise DataError(
            f"{name} is missing: restore it, it describes every table of the book"
        ) from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name} is not valid JSON ({error}): mend it at that place") from None
    entries = descriptor.get("resources") if isinstance(descriptor, dict) else None
    if not isinstance(entries, list) or not entries:
        raise DataError(f"{name} lists no tables: restore its list 'resources'")
    seen: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        problem = _entry_problem(entry, seen)
        if problem:
            raise DataError(f"{name}, entry {number} of 'resources': {problem}")
    return descriptor


def _entry_problem(entry: object, seen: set[str]) -> str:
    """Return what keeps an entry of the descriptor from being a table, "" if nothing does."""
    if not isinstance(entry, dict):
        return "is no object; write one with name, path and schema"
    for key in ("name", "path"):
        value = entry.get(key)
        if not isinstance(value, str) or not value:
            return f"has no {key}, which is to be a text: add it"
        if value in seen:
            return f"the {key} '{value}' stands there twice: take one out"
        seen.add(value)
    if ".." in Path(entry["path"]).parts or Path(entry["path"]).is_absolute():
        return f"the path '{entry['path']}' leads out of the folder: put the file into it"
    schema = entry.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(fields, list) or not fields:
        return f"'{entry['name']}' has no schema with fields: restore it"
    for field in fields:
        if not isinstance(field, dict) or not isinstance(field.get("name"), str):
            return f"a field of '{entry['name']}' has no name: add it"
        if field.get("type") not in _TYPES:
            known = ", ".join(_TYPES)
            return f"the field '{field['name']}' of '{entry['name']}' needs a type: {known}"
    return ""


def check_published(folder: Path = DATA) -> None:
    """Check that the package says of each table what its page shows.

    Raises
    ------
    DataError
        With a line for each table that lacks it, or names an address that is none.
    """
    problems = []
    for entry in package(folder)["resources"]:
        place = f"{folder.name}/datapackage.json, '{entry['name']}'"
        for key in ("title", "description", "mediatype"):
            if not isinstance(entry.get(key), str) or not entry[key]:
                problems.append(f"{place} has no {key}, which is to be a text: add it")
        for key, needed in (("licenses", ("name", "path")), ("sources", ("title",))):
            named = entry.get(key)
            if not isinstance(named, list) or not named:
                problems.append(f"{place} has no {key}: add a list with at least one")
                continue
            for one in named:
                lacks = [part for part in needed if not (isinstance(one, dict) and one.get(part))]
                if lacks:
                    problems.append(f"{place}: one of its {key} has no {lacks[0]}: add it")
                elif "path" in one and not _ADDRESS.fullmatch(str(one["path"])):
                    problems.append(
                        f"{place}: the path '{one['path']}' of its {key} is no address on the web: "
                        "begin it with https://"
                    )
    if problems:
        raise DataError("\n".join(problems))


def resource(name: str, folder: Path = DATA) -> dict:
    """Return the descriptor of one table, a `DataError` if there is none of that name."""
    for descriptor in package(folder)["resources"]:
        if descriptor["name"] == name:
            return descriptor
    raise DataError(f"{folder.name}/datapackage.json describes no table named '{name}'")


def digest(folder: Path = DATA) -> str:
    """Return a digest of every file of the package: what validation depends on."""
    state = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        state.update(f"{path.relative_to(folder)}\0{content}\0".encode())
    return state.hexdigest()


def validate(folder: Path = DATA) -> None:
    """Check every table against its schema, its keys and the rules of the book.

    What schema and keys say of a table is remembered while neither it nor they change.

    Parameters
    ----------
    folder : Path
        Folder with `datapackage.json` and the CSV files.

    Raises
    ------
    DataError
        With one line for each problem: file, row (the line of the file), column,
        what is wrong and what would be right.
    """
    entries = package(folder)["resources"]
    problems = list(_file_problems(folder, entries))
    problems = problems or _schema_problems(folder)
    if not problems:
        tables = {
            entry["name"]: pd.read_csv(folder / entry["path"], dtype=str, keep_default_na=False)
            for entry in entries
        }
        for entry in entries:
            problems += _cell_problems(f"{folder.name}/{entry['path']}", entry, tables)
        problems = problems or [line for check in _rules for line in check(tables)]
    if problems:
        rest = len(problems) - _SHOWN
        listed = problems[:_SHOWN] + ([f"and {rest} more"] if rest > 0 else [])
        raise DataError("\n".join(listed))


def _file_problems(folder: Path, entries: list[dict]) -> Iterator[str]:
    """Yield damage that stops files from being read at all."""
    described = {entry["path"] for entry in entries}
    for path in sorted(folder.rglob("*.csv")):
        if path.relative_to(folder).as_posix() not in described:
            name = f"{folder.name}/{path.relative_to(folder)}"
            yield f"{name} is not described: add it to datapackage.json, or take it out"
    for path in sorted(described):
        problem = _damage(folder / path)
        if problem:
            yield f"{folder.name}/{path}{problem}"


def _damage(path: Path) -> str:
    """Return what is wrong with the bytes of a file, "" if nothing is."""
    if not path.is_file():
        return " is missing: restore the file or remove its entry from datapackage.json"
    content = path.read_bytes()
    if not content.strip():
        return " is empty: a header line and at least one row are needed"
    if content.startswith(b"\xef\xbb\xbf"):
        return ", row 1: begins with a byte-order mark; save it as UTF-8 without one"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        return f", row {row}: is not UTF-8 (byte {error.start}); save the file as UTF-8"
    for match in _CONTROL.finditer(content):
        row = content[: match.start()].count(b"\n") + 1
        if match[0] == b"\r":
            return f", row {row}: has a carriage return; save the file with plain line ends (LF)"
        return f", row {row}: has the control character {match[0][0]:#04x}; take it out"
    if content.rstrip(b"\n").count(b"\n") == 0:
        return " has a header line only: at least one row is needed"
    return ""


def _schema_problems(folder: Path) -> list[str]:
    """Return what schemas and keys find wrong; a table is asked with those its keys point to."""
    whole, problems = package(folder), []
    state = f"{reads.digest(Path(__file__))} {version('frictionless')}"
    place = find_root(folder.parent) / "_build" / "cache" / "valid-tables.pickle"
    with remembered(place, state) as result:
        for entry in whole["resources"]:
            keys = json.dumps(entry["schema"].get("foreignKeys"))
            linked = [
                other
                for other in whole["resources"]
                if other is not entry and json.dumps(other["name"]) in keys
            ]
            alone = whole | {"resources": [entry, *linked]}
            files = [(folder / one["path"]).read_bytes() for one in alone["resources"]]
            source = b"\0".join([folder.name.encode(), json.dumps(alone).encode(), *files])
            compute = functools.partial(_problems, folder, alone)
            problems += result(entry["name"], source, compute)
    return list(dict.fromkeys(problems))


def _problems(folder: Path, descriptor: dict) -> list[str]:
    """Return what is wrong with the first table of a package."""
    from frictionless import FrictionlessException, Package  # costs a second, so only here

    entry, problems = descriptor["resources"][0], []
    try:
        described = Package.from_descriptor(descriptor, basepath=str(folder))
        report = described.validate(name=entry["name"])
    except FrictionlessException as error:
        reasons = [reason.message for reason in error.reasons] or [error.error.message]
        return [f"{folder.name}/datapackage.json: {reason}" for reason in reasons]
    for wrong in report.errors:
        problems.append(f"{folder.name}/datapackage.json: {wrong.message}")
    for wrong in (wrong for task in report.tasks for wrong in task.errors):
        said = wrong.to_descriptor()
        row = said.get("rowNumber") or (1 if said.get("label") else "")
        column = said.get("fieldName") or said.get("label", "")
        place = f"{folder.name}/{entry['path']}"
        place += (f", row {row}" if row else "") + (f", column {column}" if column else "")
        problems.append(f"{place}: {_mend(said)}")
    return problems


def _mend(said: dict) -> str:
    """Return the words for an error of Frictionless, given as its descriptor."""
    cell, note, message = said.get("cell"), said["note"].rstrip("."), said["message"].rstrip(".")
    match said["type"]:
        case "type-error":
            return f"'{cell}' does not fit: {note}"
        case "constraint-error" if not cell:
            return f"must not be empty ({note})"
        case "constraint-error":
            return f"'{cell}' breaks the rule {note.replace('constraint ', '')}"
        case "missing-label" | "incorrect-label" | "extra-label" | "duplicate-label":
            return f"the header line differs from the schema in datapackage.json ({message})"
        case "missing-cell":
            return "the row is too short: a cell is missing"
        case "extra-cell":
            return (
                f"the row is too long: '{cell}' stands in no column (quote a text that has a comma)"
            )
    return message


def _cell_problems(name: str, entry: dict, tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Yield cells that a schema lets pass and that other programs would read otherwise."""
    table = tables[entry["name"]]
    for field in entry["schema"]["fields"]:
        numeric = field["type"] != "string"
        for row, cell in enumerate(table[field["name"]], start=2):
            plain = _NUMBER.fullmatch(cell)
            if numeric and cell and not plain:
                wrong = "is not written as a plain number: digits 0 to 9 and a decimal point"
            elif cell != cell.strip():
                wrong = "begins or ends with a space: take it out"
            elif _FORMULA.match(cell) and not plain:
                wrong = f"begins with '{cell[0]}', and a spreadsheet would compute it: reword it"
            else:
                continue
            yield f"{name}, row {row}, column {field['name']}: '{cell[:60]}' {wrong}"


def inert(cell: object) -> object:
    """Return a cell as it is exported: text that a spreadsheet would compute, behind an apostrophe.

    A number stays one, with its sign; so does all that is not text.

    References
    ----------
    https://owasp.org/www-community/attacks/CSV_Injection
    """
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell.lstrip("+")):
        return f"'{cell}"
    return cell


def made_by(maker: str) -> pd.DataFrame:
    """Return the frame that a function returns, named as in `module:function`."""
    module, _, function = maker.partition(":")
    return getattr(importlib.import_module(module), function)()


def as_download(frame: pd.DataFrame) -> bytes:
    """Return a frame as the CSV file that the book offers and attaches to the PDF."""
    return frame.map(inert).to_csv(index=False, lineterminator="\n").encode()


@functools.cache
def _validated(folder: Path, state: str) -> None:
    if os.environ.get(VALIDATED) != state:
        validate(folder)


def load(name: str, folder: Path = DATA, as_text: bool = False) -> pd.DataFrame:
    """Return a bundled table, validated.

    Parameters
    ----------
    name : str
        Name of the table in `datapackage.json`, as a rule its file name without `.csv`.
    folder : Path
        Folder of the data package.
    as_text : bool
        Keep every cell as the text that the file has, so that "14.0" keeps its zero.

    Returns
    -------
    pandas.DataFrame
        One row per row of the file, columns as in the file.

    Raises
    ------
    DataError
        If the package does not validate or has no such table.
    """
    return _table(Path(folder), name, as_text).copy()


@while_unchanged(DATA)
def _table(folder: Path, name: str, as_text: bool) -> pd.DataFrame:
    """Return a table as `load` does, read once while no file of its folder changes."""
    described = resource(name, folder)
    with reads.recorded():  # it looks at every table, but the result says nothing of the others
        _validated(folder, digest(folder))
    path, fields = folder / described["path"], described["schema"]["fields"]
    if as_text:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    types = {field["name"]: _TYPES[field["type"]] for field in fields}
    gaps = {column: [""] for column, kind in types.items() if kind is not str}
    return pd.read_csv(path, dtype=types, keep_default_na=False, na_values=gaps)


def setup(app) -> dict:
    """Register with Sphinx the configuration value `citablebook_rules`, a list of modules."""
    app.add_config_value("citablebook_rules", [], "", [list])
    return {"parallel_read_safe": True, "parallel_write_safe": True}
