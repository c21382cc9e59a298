"""Where a book lies, and what the build tells the kernels of its chapters.

A chapter runs in its own folder, in a build or in JupyterLab; the root of the book is
the nearest folder upwards that has a `_config.yml` or a `conf.py`.
"""

import json
import os
from pathlib import Path

#: Setting of the environment while the book's pages are made. Elsewhere, as in a notebook,
#: there are no styles of the book.
PAGES = "CITABLEBOOK_PAGES"
#: Setting of the environment with what kernels need of the book's configuration, as JSON.
SETTINGS = "CITABLEBOOK_SETTINGS"


def find_root(start: Path | None = None) -> Path:
    """Return the folder of the book: the nearest one upwards that has its settings."""
    here = Path(start or os.environ.get("CITABLEBOOK_ROOT") or Path.cwd()).resolve()
    return next(
        (
            folder
            for folder in (here, *here.parents)
            if (folder / "_config.yml").is_file() or (folder / "conf.py").is_file()
        ),
        here,
    )


def setting(name: str, default: str) -> str:
    """Return a setting of the book as the build tells it, else its default."""
    return json.loads(os.environ.get(SETTINGS, "{}")).get(name) or default


def page(docname: str) -> str:
    """Return the address of a page, seen from the folder that a chapter runs in."""
    return Path(os.path.relpath(ROOT / docname, Path.cwd())).as_posix() + ".html"


ROOT = find_root()
PACKAGE = Path(__file__).resolve().parent
DATA = ROOT / setting("data", "data")
CHAPTERS = ROOT / "chapters"
REFERENCES = ROOT / setting("bibliography", "references.bib")
CITATION = ROOT / setting("citation", "CITATION.cff")
BUILD = ROOT / "_build"

#: Folder of the pages of the bundled tables; origins of numbers link to the cells there.
TABLE_PAGES = "data"
#: The page that lists the works cited.
REFERENCES_PAGE = page(setting("references_page", "references"))


def makes_pages() -> bool:
    """Return whether the book's pages are being made."""
    return PAGES in os.environ


def documents(entry: object) -> list[str]:
    """Return the documents that a table of contents names, in their order, as often as it does.

    Parameters
    ----------
    entry : object
        Content of a `_toc.yml`, or a part of it.
    """
    found = []
    if isinstance(entry, dict):
        found += [str(entry[key]) for key in ("root", "file") if key in entry]
        entry = [value for value in entry.values() if isinstance(value, (dict, list))]
    if isinstance(entry, list):
        found += [name for part in entry for name in documents(part)]
    return found
