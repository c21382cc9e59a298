"""`make identifiers`: gives every citable thing that has none yet its permanent identifier."""

import csv
import re
import sys
from pathlib import Path


from . import identifiers
from . import data
from .errors import BookError

LETTERS = {"section": "S-E", "table": "T-E", "figure": "F-E", "paragraph": "P-"}


def next_identifier(kind: str, taken: set[str]) -> str:
    """Return the identifier after the highest ever given to a kind."""
    numbers = [
        int(i.removeprefix(LETTERS[kind]))
        for i in taken
        if re.fullmatch(re.escape(LETTERS[kind]) + r"\d+", i)
    ]
    return f"{LETTERS[kind]}{max(numbers, default=0) + 1}"


def main() -> int:
    """Write missing identifiers into the chapters and append them to the registry."""
    published = identifiers.registry()
    taken, new = set(published), []
    for path in identifiers.chapter_files():
        lines = path.read_text(encoding="utf-8").split("\n")
        insertions = []
        for place in identifiers.scan(path):
            identifier = place.identifier or next_identifier(place.kind, taken)
            if identifier in taken:
                continue
            if not place.identifier and place.kind in ("section", "paragraph"):
                insertions.append((place.line, f"({identifier})="))
            taken.add(identifier)
            new.append((identifier, place.kind, place.points_to, identifiers.CURRENT))
        for line, target in reversed(insertions):
            lines.insert(line, target)
        if insertions:
            path.write_text("\n".join(lines), encoding="utf-8")
    with identifiers.REGISTRY.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(new)
    print(f"{len(new)} new identifiers, {len(taken)} in all")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BookError as error:
        sys.exit(str(error))
