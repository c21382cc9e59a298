"""The works in `references.bib`: how they are named in tables, and how sure each entry is."""

import re
from dataclasses import dataclass
from pathlib import Path

from pybtex.database import BibliographyData, parse_string
from pybtex.exceptions import PybtexError

from .cache import while_unchanged
from .errors import BibliographyError, not_utf8
from .numbers import Number, computed
from .paths import REFERENCES

#: How sure the match of an in-text citation with a work is, from surest to least.
CONFIDENCE = ("verified", "known", "inferred", "unresolved")
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
    if not path.exists():
        raise BibliographyError(f"{path.name} is missing: restore it, every chapter cites from it")
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise BibliographyError(
            f"{path.name} cannot be read: {error.strerror}; mend that"
        ) from None
    except UnicodeDecodeError as error:
        raise BibliographyError(not_utf8(path, error)) from None
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
        url, doi = entry.fields.get("url", ""), entry.fields.get("doi", "")
        if url and not _ADDRESS.fullmatch(url):
            raise BibliographyError(
                f"{path.name}, entry {citekey}: the url '{url[:60]}'"
                " is no address on the web: begin "
                "it with https:// or http://"
            )
        if doi and not _DOI.fullmatch(doi):
            raise BibliographyError(
                f"{path.name}, entry {citekey}: the doi '{doi[:60]}' is none:"
                " write it as 10.1234/..."
            )
        for name, content in entry.fields.items():
            link = _LINK.search(content)
            if link and not _ADDRESS.fullmatch(link[1]):
                raise BibliographyError(
                    f"{path.name}, entry {citekey}: the link '{link[1][:60]}'"
                    f" in the field {name} is "
                    "no address on the web: begin it with https:// or http://"
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
