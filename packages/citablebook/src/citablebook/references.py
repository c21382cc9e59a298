"""The works in `references.bib`: how they are named in tables, and how sure each entry is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pybtex.database import BibliographyData, Entry, parse_string
from pybtex.exceptions import PybtexError

from .cache import while_unchanged
from .errors import BibliographyError, text_of
from .numbers import Number, computed
from .paths import REFERENCES

#: How sure the match of an in-text citation with a work is, from surest to least.
CONFIDENCE = ("verified", "known", "inferred", "unresolved")
_NO_DEGREE = f"'{{}}' is no degree of confidence: use one of {', '.join(CONFIDENCE)}"
#: What may stand in an address, so that no page runs it and no attribute ends at it.
_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+")
_DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"'`]+")
_LINK = re.compile(r"\\(?:href|url)\s*\{([^}]*)\}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


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
    text = text_of(path, BibliographyError, "restore it, every chapter cites from it")
    if control := _CONTROL.search(text):
        line = text[: control.start()].count("\n") + 1
        raise BibliographyError(
            f"{path.name}, line {line}: has the control character"
            f" {ord(control[0]):#04x}; take it out"
        )
    try:
        return parse_string(text, bib_format="bibtex")
    except (PybtexError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise BibliographyError(
            f"{path.name}: {said[:200]}; mend the entry (braces and quotes have to be closed), or "
            "take out the second of two with one citekey"
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
    if short := entry.fields.get("shortauthor"):
        return plain(short)
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [plain(" ".join(person.prelast_names + person.last_names)) for person in people]
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)


def _problem(entry: Entry, needed: Iterable[str]) -> str:
    """Return what is wrong with an entry, empty if nothing is."""
    fields = entry.fields
    missing = [name for name in needed if not fields.get(name)]
    missing += [] if entry.persons else ["author or editor"]
    if missing:
        return f"the field {' and the field '.join(missing)} is missing: add it"
    url = fields.get("url", "")
    addresses = {f"the url '{url[:60]}'": url} if url else {}
    for name, content in fields.items():
        if link := _LINK.search(content):
            addresses[f"the link '{link[1][:60]}' in the field {name}"] = link[1]
    for what, address in addresses.items():
        if not _ADDRESS.fullmatch(address):
            return f"{what} is no address on the web: begin it with https:// or http://"
    doi = fields.get("doi", "")
    if doi and not _DOI.fullmatch(doi):
        return f"the doi '{doi[:60]}' is none: write it as 10.1234/..."
    confidence = fields.get("confidence", CONFIDENCE[0])
    return "" if confidence in CONFIDENCE else _NO_DEGREE.format(confidence)


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
        if problem := _problem(entry, needed):
            raise BibliographyError(f"{path.name}, entry {citekey}: {problem}")
        year, title, grounds, printed_as = (
            plain(entry.fields.get(name, "")) for name in ("year", "title", "grounds", "printedas")
        )
        label = f"{_label(entry)} {year}".strip()
        confidence = entry.fields.get("confidence", CONFIDENCE[0])
        found[citekey] = Work(citekey, label, year, title, confidence, grounds, printed_as)
    return found


def count_works(confidence: str) -> Number:
    """Return how many of the works the original cites have a degree of confidence."""
    if confidence not in CONFIDENCE:
        raise BibliographyError(_NO_DEGREE.format(confidence))
    found = sum(work.confidence == confidence for work in works().values() if work.printed_as)
    return computed(
        found,
        "works",
        0,
        f"entries of references.bib with confidence '{confidence}' among the works",
        "cited_works",
    )
