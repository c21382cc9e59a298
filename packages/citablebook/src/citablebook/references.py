"""The works in `references.bib`: how they are named in tables, and how sure each entry is."""

import re
from dataclasses import dataclass
from pathlib import Path

from pybtex.database import BibliographyData, parse_file
from pybtex.exceptions import PybtexError

from .cache import while_unchanged
from .errors import BibliographyError
from .numbers import Number, computed
from .paths import REFERENCES

#: How sure the match of an in-text citation with a work is, from surest to least.
CONFIDENCE = ("verified", "known", "inferred", "unresolved")


@dataclass(frozen=True)
class Work:
    """One entry of the bibliography.

    Attributes
    ----------
    citekey, label, year : str
        Key in `references.bib`, author and year as in the text, year of publication.
    title, confidence, grounds : str
        Title, one of `CONFIDENCE`, and what the confidence rests on.
    printed_as : str
        The spelling in the paper; empty for works that only this edition cites.
    """

    citekey: str
    label: str
    year: str
    title: str
    confidence: str
    grounds: str
    printed_as: str


@while_unchanged(REFERENCES)
def bibliography(path: Path = REFERENCES) -> BibliographyData:
    """Parse the bibliography.

    Raises
    ------
    BibliographyError
        If the file is missing or malformed; the message has file and line.
    """
    if not path.exists():
        raise BibliographyError(f"{path.name} is missing: restore it, every chapter cites from it")
    try:
        return parse_file(str(path), bib_format="bibtex")
    except PybtexError as error:
        raise BibliographyError(
            f"{path.name}: {error}; mend the entry, or take out the second of two with one citekey"
        ) from None


def plain(text: str) -> str:
    """Return a BibTeX field without braces and escapes."""
    return (
        re.sub(r"[{}]", "", text)
        .replace(r"\&", "&")
        .replace("--", "\N{EN DASH}")
        .replace("``", "\N{LEFT DOUBLE QUOTATION MARK}")
        .replace("''", "\N{RIGHT DOUBLE QUOTATION MARK}")
    )


def _label(entry) -> str:
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [plain(" ".join(person.prelast_names + person.last_names)) for person in people]
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)


@while_unchanged(REFERENCES)
def works(path: Path = REFERENCES) -> dict[str, Work]:
    """Return every work of the bibliography by citekey.

    Where any entry says how sure it is, all have to; a bibliography without such
    fields is taken as verified.

    Raises
    ------
    BibliographyError
        If an entry lacks a field; the message names entry and field.
    """
    found, entries = {}, bibliography(path).entries
    graded = any("confidence" in entry.fields for entry in entries.values())
    needed = ("title", "year", *(("confidence", "grounds") if graded else ()))
    for citekey, entry in entries.items():
        missing = [name for name in needed if not entry.fields.get(name)]
        if not entry.persons:
            missing.append("author or editor")
        if missing:
            raise BibliographyError(
                f"{path.name}, entry {citekey}: the field {' and the field '.join(missing)} is "
                "missing: add it"
            )
        confidence = entry.fields.get("confidence", CONFIDENCE[0])
        if confidence not in CONFIDENCE:
            raise BibliographyError(
                f"{path.name}, entry {citekey}: '{confidence}' is no degree of confidence: "
                f"use one of {', '.join(CONFIDENCE)}"
            )

        def field(name: str, entry=entry) -> str:
            return plain(entry.fields.get(name, ""))

        label = f"{_label(entry)} {field('year')}".strip()
        found[citekey] = Work(
            citekey,
            label,
            field("year"),
            field("title"),
            confidence,
            field("grounds"),
            field("printedas"),
        )
    return found


def count_works(confidence: str) -> Number:
    """Return how many of the works the original cites have a degree of confidence."""
    if confidence not in CONFIDENCE:
        raise BibliographyError(
            f"'{confidence}' is no degree of confidence: use one of {', '.join(CONFIDENCE)}"
        )
    found = sum(work.confidence == confidence for work in works().values() if work.printed_as)
    return computed(
        found,
        "works",
        0,
        f"entries of references.bib with confidence '{confidence}' among the works",
        "cited_works",
    )
