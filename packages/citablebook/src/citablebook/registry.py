"""The registry: every identifier that was ever published, in `identifiers.csv`.

Nothing is ever taken out of it. What an identifier names may move or be withdrawn;
its row stays and says so.
"""

import csv
import io
import re
from pathlib import Path
from typing import NamedTuple

from .errors import IdentifierError, text_of

COLUMNS = ["identifier", "kind", "points_to", "status"]
PATTERN = re.compile(r"S-(?:E?[1-9]\d*(?:\.\d+)*)|[TF]-E?[1-9]\d*|P-[1-9]\d*|C[1-9]\d*")
KINDS = {"S": "section", "T": "table", "F": "figure", "P": "paragraph", "C": "claim"}
CURRENT, MOVED, WITHDRAWN = "current", "moved to ", "withdrawn"


class Identifier(NamedTuple):
    """One row of the registry.

    Attributes
    ----------
    identifier, kind : str
        For example "P-12" and "paragraph".
    points_to : str
        What it means, free of wording: a section's title when it was registered, the
        label of a table or figure, or the claims, works and labels that a paragraph holds.
    status : str
        "current", "moved to X" or "withdrawn".
    """

    identifier: str
    kind: str
    points_to: str
    status: str = CURRENT

    @property
    def moved_to(self) -> str:
        """The identifier that took its place, empty if none did."""
        return self.status.removeprefix(MOVED) if self.status.startswith(MOVED) else ""


def read(path: Path) -> dict[str, Identifier]:
    """Read the registry.

    Raises
    ------
    IdentifierError
        With the row, what is wrong in it, and how to mend it.
    """
    text = text_of(path, IdentifierError, "restore it, published addresses depend on it")
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise IdentifierError(f"{path.name} is no table: {error}; restore it") from None
    if not rows or rows[0] != COLUMNS:
        raise IdentifierError(f"{path.name}, row 1: the header line must be {','.join(COLUMNS)}")
    found: dict[str, Identifier] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(COLUMNS) or not PATTERN.fullmatch(row[0]) or KINDS[row[0][0]] != row[1]:
            shown = " ".join(",".join(row).split())[:80]
            raise IdentifierError(
                f"{path.name}, row {number}: '{shown}' is not an identifier of its kind "
                "with what it points to and its status"
            )
        if row[0] in found:
            raise IdentifierError(
                f"{path.name}, row {number}: {row[0]} is listed twice; give the new thing a new "
                "identifier with `make identifiers`"
            )
        found[row[0]] = Identifier(*row)
    for entry in found.values():
        new = found.get(entry.moved_to)
        if entry.status not in (CURRENT, WITHDRAWN) and (new is None or new.status != CURRENT):
            raise IdentifierError(
                f"{path.name}, {entry.identifier}: the status must be '{CURRENT}', "
                f"'{WITHDRAWN}' or '{MOVED}' and a current identifier, not '{entry.status}'"
            )
    return found


def labels(entries: dict[str, Identifier]) -> dict[str, str]:
    """Return the current identifiers of tables and figures by their labels."""
    return {
        entry.points_to: entry.identifier
        for entry in entries.values()
        if entry.kind in ("table", "figure") and entry.status == CURRENT
    }
