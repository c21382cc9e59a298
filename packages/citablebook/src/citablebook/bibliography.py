"""Citations and references: full references as notes, confidence, and what a work is cited for."""

import html
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import pybtex.plugin
import pybtex.style.template
import sphinxcontrib.bibtex.plugin
from docutils import nodes
from pybtex.style.formatting.unsrt import Style as UnsrtStyle
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinxcontrib.bibtex.domain import BibtexDomain
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

from . import references
from .identifiers import domain_of
from .project import project
from .render import render

logger = logging.getLogger(__name__)
STYLE = "author_year_round"


class SurnameFirst(UnsrtStyle):
    """Entries sorted by author and year, surname first, titles as their works print them."""

    default_name_style = "lastfirst"
    default_sorting_style = "author_year_title"

    def format_names(self, role, as_sentence=True):
        """Return the names, and the short name by which citations call the author."""
        template = pybtex.style.template
        names = super().format_names(role, as_sentence=False)
        short = template.optional[template.join[" (", template.field("shortauthor"), ")"]]
        named = template.join[names, short] if role == "author" else names
        return template.sentence[named] if as_sentence else named

    def format_title(self, entry, which_field, as_sentence=True):
        """Return the title without changing its capitals."""
        title = pybtex.style.template.field(which_field)
        return pybtex.style.template.sentence[title] if as_sentence else title


def _round() -> BracketStyle:
    return BracketStyle(left="(", right=")", sep="; ")


class ShortNames(PersonStyle):
    """Names in citations, institutions by the field `shortauthor` where an entry has one."""

    def author_or_editor_or_title(self, full: bool):
        """Return a template of the short name, else of authors, editors or title."""
        names = super().author_or_editor_or_title(full)
        if full:
            return names
        short = pybtex.style.template.optional_field("shortauthor")
        return pybtex.style.template.first_of[short, names]


@dataclass
class RoundAuthorYear(AuthorYearReferenceStyle):
    """Author and year in round brackets, as the field writes them."""

    bracket_parenthetical: BracketStyle = field(default_factory=_round)
    bracket_textual: BracketStyle = field(default_factory=_round)
    bracket_author: BracketStyle = field(default_factory=_round)
    bracket_label: BracketStyle = field(default_factory=_round)
    bracket_year: BracketStyle = field(default_factory=_round)
    person: PersonStyle = field(default_factory=ShortNames)


def bibtex(app: Sphinx) -> BibtexDomain:
    """Return the domain of citations."""
    domain = app.env.domains["cite"]
    assert isinstance(domain, BibtexDomain)
    return domain


class Use(NamedTuple):
    """How the claims use a work.

    Attributes
    ----------
    claims : tuple of (str, str)
        Claims that cite it, each with its section of the original.
    companions : tuple of str
        Citekeys of the works cited with it, those most often first.
    """

    claims: tuple[tuple[str, str], ...]
    companions: tuple[str, ...]


def uses(claims: Iterable[dict]) -> dict[str, Use]:
    """Return how claims use each work that they cite, by citekey.

    Parameters
    ----------
    claims : iterable of dict
        Rows with `id`, `section` and `works` (citekeys, separated by semicolons).
    """
    cited = [
        (row["id"], row.get("section", ""), tuple(filter(None, row.get("works", "").split(";"))))
        for row in claims
    ]
    found = {}
    for work in sorted({key for _, _, works in cited for key in works}):
        own = [(claim, section, works) for claim, section, works in cited if work in works]
        others = [key for _, _, works in own for key in works if key != work]
        companions = sorted(set(others), key=lambda key: (-others.count(key), key))
        found[work] = Use(tuple((claim, section) for claim, section, _ in own), tuple(companions))
    return found


def add_notes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give each citation its full reference as a note, and each entry its address and more."""
    works = project(app).works
    keys = {found.citation_id: found.key for found in bibtex(app).citations}
    used = uses(project(app).claims.values()) if app.builder.format == "html" else {}
    for entry in doctree.findall(nodes.citation):
        key = next((keys[i] for i in entry["ids"] if i in keys), None)
        if key:
            entry["ids"].insert(0, f"ref-{key}")
            add_confidence(entry, works[key])
            if key in used:
                entry += nodes.raw("", cited_for(app, docname, used[key]), format="html")
    if app.builder.format == "html":
        citations = [
            reference
            for group in doctree.findall(nodes.inline)
            if "bibtex-citation" in group["classes"]
            for reference in group.findall(nodes.reference)
            if "reftitle" in reference
        ]
        for number, reference in enumerate(citations, start=1):
            add_note(reference, f"citation-{number}")


def add_confidence(entry: nodes.citation, work: references.Work) -> None:
    """Say how sure an entry is, where it is not verified, and what that rests on."""
    if work.confidence == "verified":
        return
    printed = ""
    if work.confidence == "unresolved" and work.printed_as:
        quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{work.printed_as}\N{RIGHT DOUBLE QUOTATION MARK}"
        printed = f" In the paper: {quoted}."
    next(entry.findall(nodes.paragraph)).extend(
        [
            nodes.Text(" "),
            nodes.inline("", work.confidence, classes=["confidence", work.confidence]),
            nodes.inline("", f" {work.grounds}{printed}", classes=["grounds"]),
        ]
    )


def add_note(reference: nodes.reference, identifier: str) -> None:
    """Put the full reference of a citation beside it, to be shown when a reader asks."""
    text = reference.attributes.pop("reftitle")
    opening = nodes.raw("", '<span class="number citation-link">', format="html")
    note = f'<span class="note" role="tooltip" id="{identifier}">{html.escape(text)}</span></span>'
    parent, place = reference.parent, reference.parent.index(reference)
    parent[place : place + 1] = [opening, reference, nodes.raw("", note, format="html")]


def cited_for(app: Sphinx, docname: str, use: Use) -> str:
    """Return for which claims a work is cited and with which others, as HTML."""
    works = project(app).works
    places = domain_of(app).things if "citable" in app.env.domains else {}
    addresses = {
        claim: f"{app.builder.get_relative_uri(docname, places[claim].docname)}#{claim}"
        for claim, _ in use.claims
        if claim in places  # else a warning says that it has no place
    }
    companions = [works[key] for key in use.companions]
    return render("cited-for", use=use, addresses=addresses, companions=companions)


def add_works(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """End each chapter with a list of the works it cites."""
    works, page = project(app).works, project(app).page_of_references(app.env)
    cited = {
        target.key
        for citation in bibtex(app).citation_refs
        if citation.docname == docname
        for target in citation.targets
        if target.key in works
    }
    if app.builder.name != "html" or not cited or not page:
        return
    address = app.builder.get_relative_uri(docname, page)
    listed = sorted((works[key] for key in cited), key=lambda w: (w.label.lower(), w.citekey))
    last = doctree.children[-1] if isinstance(doctree.children[-1], nodes.section) else doctree
    text = render("works-here", works=listed, address=address)
    last.append(nodes.raw("", text, format="html"))


def check_cited(app: Sphinx, env) -> None:
    """Warn of entries of the bibliography that nothing cites."""
    book = project(app)
    cited = {target.key for reference in bibtex(app).citation_refs for target in reference.targets}
    idle = sorted(set(book.works) - cited)
    if idle and book.bibliography:
        logger.warning(
            "%s: nothing cites %s; cite or remove them",
            book.bibliography.name,
            ", ".join(idle),
            type="citation",
        )


def setup(app: Sphinx) -> dict:
    """Register the style, the notes, the lists and the check."""
    app.setup_extension("sphinxcontrib.bibtex")
    sphinxcontrib.bibtex.plugin.register_plugin(
        "sphinxcontrib.bibtex.style.referencing", STYLE, RoundAuthorYear
    )
    pybtex.plugin.register_plugin("pybtex.style.formatting", "surname_first", SurnameFirst)
    app.connect("doctree-resolved", add_notes)
    app.connect("doctree-resolved", add_works, priority=600)
    app.connect("env-check-consistency", check_cited)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
