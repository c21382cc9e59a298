"""The one module that knows where things lie in the repository."""

import os
from pathlib import Path


def find_root(start: Path | None = None) -> Path:
    """Return the folder of the book: the nearest one upwards that has a `_config.yml`."""
    here = Path(start or os.environ.get("CITABLEBOOK_ROOT") or Path.cwd()).resolve()
    return next(
        (folder for folder in (here, *here.parents) if (folder / "_config.yml").is_file()), here
    )


ROOT = find_root()
PACKAGE = Path(__file__).resolve().parent
DATA = ROOT / "data"
CHAPTERS = ROOT / "chapters"
REFERENCES = ROOT / "references.bib"
CITATION = ROOT / "CITATION.cff"
EXTENSIONS = PACKAGE
BUILD = ROOT / "_build"

#: The page that shows every bundled table; origins of numbers link to its cells.
DATA_PAGE = "data.html"
#: The page with the status of every claim.
LEDGER_PAGE = "ledger.html"
#: The page that lists the works cited.
REFERENCES_PAGE = "references.html"

#: Setting of the environment that names the folder for the files of figures, while the
#: book's pages are made. Elsewhere, as in a notebook, there are no styles of the book.
CHART_FILES = "CITABLEBOOK_CHART_FILES"


def makes_pages() -> bool:
    """Return whether the book's pages are being made."""
    return CHART_FILES in os.environ
