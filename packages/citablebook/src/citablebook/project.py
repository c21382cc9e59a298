"""What the files of a book say, read once for a build: citation, claims, works, registry."""

import datetime
import functools
import re
import weakref
from collections.abc import Callable
from pathlib import Path

import yaml
from sphinx.application import Sphinx

from . import data, references, registry
from .errors import CitationError, text_of, yaml_problem

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
            If the file is missing, is not YAML, lacks a field or has one of another kind.
        """
        path = self.path("citation")
        text = text_of(path, CitationError, "write one, it says how the book is cited")
        try:
            record = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise CitationError(
                f"{path.name}{yaml_problem(error)}; mend the indentation or the quotes there"
            ) from None
        problem = problem_of_citation(record)
        if problem:
            raise CitationError(f"{path.name}: {problem}")
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


def problem_of_citation(record: object) -> str:
    """Return what keeps the content of a citation file from being used, empty if nothing does."""
    if not isinstance(record, dict):
        return "is no list of names with values; restore it"
    for field in ("title", "authors", "version", "date-released"):
        if not record.get(field):
            return f"the field {field} is missing: add it"
    if not isinstance(record["title"], str):
        return f"the title '{record['title']}' is no text: put it in quotes"
    try:
        datetime.date.fromisoformat(str(record["date-released"]))
    except ValueError:
        return f"date-released '{record['date-released']}' is no day: write it as 2026-12-31"
    references = record.get("references") or []
    if not isinstance(references, list) or not all(isinstance(r, dict) for r in references):
        return "the references are no list of works with fields: write each as `- type: ...`"
    for place, work in [
        ("", record),
        *((f"reference {n}: ", r) for n, r in enumerate(references, 1)),
    ]:
        missing = (
            [] if work is record else [f for f in ("type", "title", "year") if not work.get(f)]
        )
        if missing:
            return f"{place}the field {missing[0]} is missing: add it"
        authors = work.get("authors")
        if not isinstance(authors, list) or not authors:
            return f"{place}the authors are no list: write each as `- name: ...`"
        for author in authors:
            if not isinstance(author, dict) or not (
                author.get("name") or author.get("family-names")
            ):
                return f"{place}an author has neither name nor family-names: add one"
        if work.get("doi") and not re.match(r"10\.\d{4,9}/", str(work["doi"])):
            return f"{place}the doi '{work['doi']}' is none: write it as 10.1234/..."
        if not str(work.get("year", 0)).isdigit():
            return f"{place}the year '{work['year']}' is no number"
    licences = record.get("license", [])
    if not all(
        isinstance(name, str) for name in ([licences] if isinstance(licences, str) else licences)
    ):
        return "the license is no identifier of SPDX, such as CC-BY-4.0: write one"
    return ""


def project(app: Sphinx) -> Project:
    """Return what the files of a book say, read once for each build."""
    if app not in _PROJECTS:
        _PROJECTS[app] = Project(app)
    return _PROJECTS[app]


def when_pages_are_written(app: Sphinx, write: Callable[[Sphinx], None]) -> None:
    """Have a function write files of its own once the pages of a good build are there."""

    def finish(app: Sphinx, exception: Exception | None) -> None:
        if app.builder.name == "html" and not exception:
            write(app)

    app.connect("build-finished", finish)
