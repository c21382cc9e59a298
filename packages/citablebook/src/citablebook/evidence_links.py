"""The evidence, navigable: from a work to the claims that cite it, from a chapter to its works."""

import html

from docutils import nodes
from sphinx.application import Sphinx

from .citation_notes import citekeys_by_id
from . import evidence, references
from .paths import REFERENCES_PAGE


def add_uses(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Say in each entry of the references where and for what it is cited, and with which other works."""
    if app.builder.format != "html":
        return
    keys = citekeys_by_id(app)
    marks = app.env.domaindata.get("claim-marks", {})
    for entry in doctree.findall(nodes.citation):
        use = evidence.uses().get(next((keys[i] for i in entry["ids"] if i in keys), ""))
        if use:
            link = lambda claim, section: (
                f'<a href="{app.builder.get_relative_uri(docname, marks[claim][0])}#{claim}">{claim}</a> ({section})'
            )
            text = "Cited for " + ", ".join(link(*claim) for claim in use.claims)
            if use.companions:
                text += "; with " + ", ".join(
                    f'<a href="#ref-{key}">{html.escape(references.works()[key].label)}</a>'
                    for key in use.companions
                )
            entry += nodes.raw("", f'<p class="cited-for">{text}.</p>', format="html")


def add_works(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """End each chapter with a list of the works it cites."""
    cited = {
        target.key
        for citation in app.env.get_domain("cite").citation_refs
        if citation.docname == docname
        for target in citation.targets
    }
    if app.builder.name != "html" or not cited:
        return
    works = sorted(
        (references.works()[key] for key in cited if key in references.works()),
        key=lambda work: work.label.lower(),
    )
    items = "".join(
        f'<li><a href="{REFERENCES_PAGE}#ref-{work.citekey}">{html.escape(work.label)}</a>. {html.escape(work.title)}</li>'
        for work in works
    )
    last = doctree.children[-1] if isinstance(doctree.children[-1], nodes.section) else doctree
    last += nodes.raw(
        "",
        f'<details class="works-here"><summary>Works cited in this chapter</summary><ul>{items}</ul></details>',
        format="html",
    )


def setup(app: Sphinx) -> dict:
    """Register the links."""
    app.connect(
        "doctree-resolved", add_uses, priority=600
    )  # after the entries have their ids and their confidence
    app.connect("doctree-resolved", add_works, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
