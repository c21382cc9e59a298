"""Citations in the text: author and year, with the full reference as a note; entries say how sure they are."""

import html
from dataclasses import dataclass, field

import pybtex.plugin
import pybtex.style.template
import sphinxcontrib.bibtex.plugin
from docutils import nodes
from pybtex.style.formatting.unsrt import Style as UnsrtStyle
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

from . import references

logger = logging.getLogger(__name__)
STYLE = "author_year_round"


class SurnameFirst(UnsrtStyle):
    """Entries sorted by author and year, surname first, titles as their works print them."""

    default_name_style = "lastfirst"
    default_sorting_style = "author_year_title"

    def format_title(self, entry, which_field, as_sentence=True):
        """Return the title without changing its capitals."""
        title = pybtex.style.template.field(which_field)
        return pybtex.style.template.sentence[title] if as_sentence else title


def _round() -> BracketStyle:
    return BracketStyle(left="(", right=")", sep="; ")


@dataclass
class RoundAuthorYear(AuthorYearReferenceStyle):
    """Author and year in round brackets, as the field writes them."""

    bracket_parenthetical: BracketStyle = field(default_factory=_round)
    bracket_textual: BracketStyle = field(default_factory=_round)
    bracket_author: BracketStyle = field(default_factory=_round)
    bracket_label: BracketStyle = field(default_factory=_round)
    bracket_year: BracketStyle = field(default_factory=_round)


def citekeys_by_id(app: Sphinx) -> dict[str, str]:
    """Return the citekey of each entry by its id on the references page."""
    return {citation.citation_id: citation.key for citation in app.env.get_domain("cite").citations}


def add_notes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give each citation its full reference as a note, and each entry its address and its confidence."""
    keys = citekeys_by_id(app)
    for entry in doctree.findall(nodes.citation):
        key = next((keys[i] for i in entry["ids"] if i in keys), None)
        if key:
            entry["ids"].insert(0, f"ref-{key}")
            _add_confidence(entry, references.works()[key])
    if app.builder.format == "html":
        for number, reference in enumerate(list(doctree.findall(_is_citation)), start=1):
            _add_note(reference, f"citation-{number}")


def _is_citation(node: nodes.Node) -> bool:
    return (
        isinstance(node, nodes.reference)
        and "reftitle" in node
        and "claim" not in node.get("classes", [])
        and node.get("internal", False)
    )


def _add_confidence(entry: nodes.citation, work: references.Work) -> None:
    if work.confidence == "verified":
        return
    paragraph = next(entry.findall(nodes.paragraph))
    printed = (
        f" In the paper: \N{LEFT DOUBLE QUOTATION MARK}{work.printed_as}\N{RIGHT DOUBLE QUOTATION MARK}."
        if work.confidence == "unresolved"
        else ""
    )
    status = nodes.inline("", f"{work.confidence}", classes=["confidence", work.confidence])
    paragraph += [
        nodes.Text(" "),
        status,
        nodes.inline("", f" {work.grounds}{printed}", classes=["grounds"]),
    ]


def _add_note(reference: nodes.reference, identifier: str) -> None:
    text = reference.attributes.pop("reftitle")
    opening = nodes.raw("", '<span class="number citation-link">', format="html")
    note = f'<span class="note" role="tooltip" id="{identifier}">{html.escape(text)}</span></span>'
    parent, place = reference.parent, reference.parent.index(reference)
    parent[place : place + 1] = [opening, reference, nodes.raw("", note, format="html")]


def check_cited(app: Sphinx, env) -> None:
    """Warn of entries of the bibliography that nothing cites."""
    cited = {
        key
        for reference in env.get_domain("cite").citation_refs
        for key in (target.key for target in reference.targets)
    }
    idle = sorted(set(references.works()) - cited)
    if idle:
        logger.warning(
            "references.bib: nothing cites %s; cite or remove them",
            ", ".join(idle),
            type="citation",
        )


def setup(app: Sphinx) -> dict:
    """Register the style, the notes and the checks."""
    sphinxcontrib.bibtex.plugin.register_plugin(
        "sphinxcontrib.bibtex.style.referencing", STYLE, RoundAuthorYear
    )
    pybtex.plugin.register_plugin("pybtex.style.formatting", "surname_first", SurnameFirst)
    app.connect("doctree-resolved", add_notes)
    app.connect("env-check-consistency", check_cited)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
