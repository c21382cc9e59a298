"""The one module that knows where things lie in the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
CHAPTERS = ROOT / "chapters"
REFERENCES = ROOT / "references.bib"
CITATION = ROOT / "CITATION.cff"
EXTENSIONS = ROOT / "_ext"
BUILD = ROOT / "_build"

#: The page that shows every bundled table; origins of numbers link to its cells.
DATA_PAGE = "data.html"
#: The page with the status of every claim.
LEDGER_PAGE = "ledger.html"
#: The page that lists the works cited.
REFERENCES_PAGE = "references.html"

#: Setting of the environment that names the folder for the files of figures, while the
#: book's pages are made. Elsewhere, as in a notebook, there are no styles of the book.
CHART_FILES = "SMEBOOK_CHART_FILES"


def makes_pages() -> bool:
    """Return whether the book's pages are being made."""
    return CHART_FILES in os.environ
