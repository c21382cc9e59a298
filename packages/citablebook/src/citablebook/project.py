"""What the files of a book say, read once for a build: citation, claims, works, registry."""

import functools
import json
import weakref
from pathlib import Path

import yaml
from sphinx.application import Sphinx

from . import data, references, registry
from .errors import CitationError, text_of, yaml_problem
from .patches import import_quickly
from .paths import PACKAGE

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
    import_quickly("jsonschema")
    from jsonschema import Draft7Validator

    schema = json.loads((PACKAGE / "schemas" / "citation.json").read_text(encoding="utf-8"))
    validator = Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)
    text = json.dumps(record, default=str)  # YAML has days of its own kind

    def filled(pairs: list[tuple[str, object]]) -> dict:
        return {key: value for key, value in pairs if value not in (None, "")}

    error = next(validator.iter_errors(json.loads(text, object_pairs_hook=filled)), None)
    if error is None:
        return ""
    within = list(error.absolute_path)
    place = f"reference {within[1] + 1}: " if within[:1] == ["references"] and within[1:] else ""
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{place}the field {missing} is missing: add it"
    return place + error.schema["description"].format(error.instance)


def project(app: Sphinx) -> Project:
    """Return what the files of a book say, read once for each build."""
    if app not in _PROJECTS:
        _PROJECTS[app] = Project(app)
    return _PROJECTS[app]
