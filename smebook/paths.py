"""The one module that knows where things lie in the repository."""

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
