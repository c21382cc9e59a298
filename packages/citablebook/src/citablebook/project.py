"""What the files of a book say, read once for a build: citation, claims, works, registry."""

import functools
import weakref
from pathlib import Path

import yaml
from sphinx.application import Sphinx

from . import data, references, registry
from .errors import CitationError, yaml_problem

_PROJECTS: weakref.WeakKeyDictionary[Sphinx, "Project"] = weakref.WeakKeyDictionary()


class Project:
    """The files of a book, as its configuration names them.

    Attributes
    ----------
    root : Path
        Folder of the book.
    """

    def __init__(self, app: Sphinx) -> None:
        self.root = Path(app.srcdir)
        self._config = app.config

    def path(self, name: str) -> Path:
        """Return the file or folder that a configuration value names."""
        return self.root / self._config[f"citablebook_{name}"]

    @property
    def address(self) -> str:
        """The public address of the book with a slash at its end, empty while it has none."""
        base = self._config.html_baseurl or ""
        return f"{base.rstrip('/')}/" if base else ""

    @functools.cached_property
    def citation(self) -> dict:
        """The citation file of the book.

        Raises
        ------
        CitationError
            If the file is missing, is not YAML or lacks a field.
        """
        path = self.path("citation")
        try:
            record = yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError:
            raise CitationError(
                f"{path.name} is missing: write one, it says how the book is cited"
            ) from None
        except yaml.YAMLError as error:
            raise CitationError(
                f"{path.name}{yaml_problem(error)}; mend the indentation or the quotes there"
            ) from None
        missing = [
            field
            for field in ("title", "authors", "version", "date-released")
            if not (isinstance(record, dict) and record.get(field))
        ]
        if missing:
            raise CitationError(f"{path.name}: the field {missing[0]} is missing: add it")
        return record

    @functools.cached_property
    def bibliography(self) -> Path | None:
        """The file of works cited, if there is one."""
        files = getattr(self._config, "bibtex_bibfiles", None)
        return self.root / files[0] if files else None

    @functools.cached_property
    def works(self) -> dict[str, references.Work]:
        """The works cited, by citekey."""
        return references.works(self.bibliography) if self.bibliography else {}

    @functools.cached_property
    def claims(self) -> dict[str, dict]:
        """The rows of the table of claims, by identifier."""
        table = self._config.citablebook_claims
        if not table:
            return {}
        frame = data.load(table, self.path("data"))
        return {row["id"]: row for row in frame.fillna("").to_dict("records")}

    @functools.cached_property
    def registry(self) -> dict[str, registry.Identifier]:
        """The registry of identifiers."""
        return registry.read(self.path("registry"))

    def page_of_references(self, env) -> str:
        """Return the document with the bibliography, empty if there is none."""
        if "cite" not in env.domains:
            return ""
        return next((key.docname for key in env.domains["cite"].bibliographies), "")


def project(app: Sphinx) -> Project:
    """Return what the files of a book say, read once for each build."""
    if app not in _PROJECTS:
        _PROJECTS[app] = Project(app)
    return _PROJECTS[app]
