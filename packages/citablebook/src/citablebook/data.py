"""Reading the bundled tables, none of them without validation.

The tables lie in `data/` under one Frictionless data package. `load` checks the
whole package against its schemas and keys before it hands out the first table,
so that a chapter re-run by a reader refuses a damaged file with the same words
as the build.
"""

import hashlib
import json
import os
from pathlib import Path

import pandas as pd

from .cache import while_unchanged
from .errors import DataError
from .paths import DATA

#: Holds the digest of the data that this build has validated already, so that
#: the kernels of the chapters need not repeat it.
VALIDATED = "CITABLEBOOK_VALIDATED_DATA"

#: Rows of the printed layout that are margins and not periods.
TOTAL, SHARE = "total", "share"

_SHOWN = 12  # problems listed before the rest is only counted


def package(folder: Path = DATA) -> dict:
    """Return the descriptor of the data package.

    Parameters
    ----------
    folder : Path
        Folder with `datapackage.json`.

    Returns
    -------
    dict
        The Frictionless descriptor.

    Raises
    ------
    DataError
        If the descriptor is missing or is not JSON.
    """
    path = folder / "datapackage.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"{_shown(path)} is missing: restore it, it describes every table of the book"
        ) from None
    except ValueError as error:
        raise DataError(
            f"{_shown(path)} is not valid JSON ({error}): mend it at that place"
        ) from None


def resource(name: str, folder: Path = DATA) -> dict:
    """Return the descriptor of one table, a `DataError` if there is none of that name."""
    for descriptor in package(folder)["resources"]:
        if descriptor["name"] == name:
            return descriptor
    raise DataError(f"data/datapackage.json describes no table named '{name}'")


def digest(folder: Path = DATA) -> str:
    """Return a digest of every file of the package: what validation depends on."""
    state = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            state.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()


def validate(folder: Path = DATA) -> None:
    """Check every table against its schema, its keys and the citekeys it names.

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
    descriptor = package(folder)
    problems = [
        problem
        for entry in descriptor["resources"]
        for problem in _file_problems(folder / entry["path"])
    ]
    if not problems:
        problems = _schema_problems(folder) or _content_problems(folder, descriptor)
    if problems:
        rest = len(problems) - _SHOWN
        listed = problems[:_SHOWN] + ([f"and {rest} more"] if rest > 0 else [])
        raise DataError("\n".join(listed))


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _file_problems(path: Path) -> list[str]:
    """Damage that stops a file from being read at all."""
    name = _shown(path)
    if not path.is_file():
        return [f"{name} is missing: restore the file or remove its entry from datapackage.json"]
    content = path.read_bytes()
    if not content.strip():
        return [f"{name} is empty: a header line and at least one row are needed"]
    if content.startswith(b"\xef\xbb\xbf"):
        return [f"{name}, row 1: begins with a byte-order mark; save it as UTF-8 without one"]
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        return [f"{name}, row {row}: is not UTF-8 (byte {error.start}); save the file as UTF-8"]
    if b"\r" in content:
        row = content[: content.index(b"\r")].count(b"\n") + 1
        return [
            f"{name}, row {row}: has a carriage return; save the file with plain line ends (LF)"
        ]
    return []


def _schema_problems(folder: Path) -> list[str]:
    from frictionless import Package  # costs a second, so only where it is needed

    problems = []
    report = Package(str(folder / "datapackage.json")).validate()
    for error in report.errors:
        problems.append(f"data/datapackage.json: {error.note}")
    for task in report.tasks:
        for error in task.errors:
            row, column = getattr(error, "row_number", None), getattr(error, "field_name", None)
            label = getattr(error, "label", None)
            place = [f"data/{Path(task.place).name}"]
            place += [f"row {row}"] if row else ["row 1"] if label else []
            place += [f"column {column or label}"] if column or label else []
            problems.append(f"{', '.join(place)}: {_mend(error)}")
    return problems


def _mend(error) -> str:
    cell = getattr(error, "cell", None)
    note = error.note.rstrip(".")
    match error.type:
        case "type-error":
            return f"'{cell}' does not fit: {note}"
        case "constraint-error":
            return (
                f"'{cell}' breaks the rule {note.replace('constraint ', '')}"
                if cell
                else f"must not be empty ({note})"
            )
        case "missing-label" | "incorrect-label" | "extra-label" | "duplicate-label":
            return f"the header line differs from the schema in datapackage.json ({error.message.rstrip('.')})"
        case "missing-cell":
            return "the row is too short: a cell is missing"
        case "extra-cell":
            return (
                f"the row is too long: '{cell}' stands in no column (quote a text that has a comma)"
            )
        case _:
            return error.message.rstrip(".")


def _content_problems(folder: Path, descriptor: dict) -> list[str]:
    """Rules that a table schema cannot say."""
    tables = {
        entry["name"]: pd.read_csv(folder / entry["path"], dtype=str, keep_default_na=False)
        for entry in descriptor["resources"]
    }
    problems = []
    known = set(tables["cited_works"]["citekey"]) if "cited_works" in tables else None
    for name, table in tables.items():
        for column in table.columns:
            for row, cell in enumerate(table[column], start=2):
                if cell.startswith(("=", "@", "\t")):
                    problems.append(
                        f"data/{name}.csv, row {row}, column {column}: '{cell}' begins with '{cell[0]}', and a spreadsheet would compute it: begin with a letter"
                    )
        for column in [c for c in table.columns if c == "works" or c.startswith("works_")]:
            for row, keys in enumerate(table[column], start=2):
                for key in filter(None, keys.split(";")):
                    if known is not None and key not in known:
                        problems.append(
                            f"data/{name}.csv, row {row}, column {column}: '{key}' is not a citekey of data/cited_works.csv"
                        )
    if "innovation_share_by_size" in tables:
        problems += _printed_table_problems(tables["innovation_share_by_size"])
    return problems


def _printed_table_problems(table: pd.DataFrame) -> list[str]:
    name, first = "data/innovation_share_by_size.csv", table.columns[0]
    problems = [
        f"{name}, column {first}: the row '{margin}' is missing; the printed layout ends with the rows '{TOTAL}' and '{SHARE}'"
        for margin in (TOTAL, SHARE)
        if margin not in set(table[first])
    ]
    for row, record in enumerate(table.to_dict("records"), start=2):
        if record[first] == TOTAL:
            continue
        for column in table.columns[1:-1]:
            if float(record[column]) > 100:
                problems.append(
                    f"{name}, row {row}, column {column}: {record[column]} is over 100 %; a share lies between 0 and 100"
                )
    return problems


@while_unchanged(DATA)
def _validated(folder: Path) -> Path:
    if os.environ.get(VALIDATED) != digest(folder):
        validate(folder)
    return folder


@while_unchanged(DATA)
def _read(name: str, folder: Path, as_text: bool) -> pd.DataFrame:
    descriptor = resource(name, _validated(folder))
    path = folder / descriptor["path"]
    if as_text:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    types = {"string": str, "number": float, "integer": "Int64"}
    dtypes = {field["name"]: types[field["type"]] for field in descriptor["schema"]["fields"]}
    frame = pd.read_csv(
        path,
        dtype=dtypes,
        keep_default_na=False,
        na_values={c: [""] for c, t in dtypes.items() if t is not str},
    )
    return frame


def load(name: str, folder: Path = DATA, as_text: bool = False) -> pd.DataFrame:
    """Return a bundled table, validated.

    Parameters
    ----------
    name : str
        Name of the table in `datapackage.json`, which is its file name without `.csv`.
    folder : Path
        Folder of the data package.
    as_text : bool
        Keep every cell as the text that the file has, so that "14.0" keeps its zero.

    Returns
    -------
    pandas.DataFrame
        A copy, one row per row of the file, columns as in the file.

    Raises
    ------
    DataError
        If the package does not validate or has no such table.
    """
    return _read(name, Path(folder), as_text).copy()
