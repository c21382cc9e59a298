"""What readers see of identifiers: addresses on pages and in print, redirects, the list of all."""

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .domain import CitableDomain, caption_of
from .paths import PACKAGE
from .project import project
from .reading import mark_attributes
from .registry import WITHDRAWN, Identifier
from .render import render


def domain_of(app: Sphinx) -> CitableDomain:
    """Return the domain with everything citable."""
    domain = app.env.domains["citable"]
    assert isinstance(domain, CitableDomain)
    return domain


def controls(identifier: str, up: str) -> str:
    """Return the address of a thing and the link to its citations, as a reader sees them."""
    return (
        f'<a class="identifier" href="{up}id/{identifier}.html" data-identifier="{identifier}" '
        f'aria-label="Address of {identifier}">{identifier}</a> '
        f'<a class="cite" href="{up}cite/{identifier}.html" data-cite="{identifier}" '
        f'aria-label="Cite {identifier}">Cite</a>'
    )


def _raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def add_controls(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put addresses at sections, tables, figures and paragraphs; in print, the identifiers."""
    if app.builder.format != "html":
        return
    place = print_identifier if app.builder.name == "pdf" else add_control
    up = "../" * docname.count("/")
    if app.builder.name == "pdf":
        up = project(app).address
    for node in list(doctree.findall(nodes.Element)):
        if "identifier" in node:
            place(app, node, node["identifier"], up)


def add_control(app: Sphinx, node: nodes.Element, identifier: str, up: str) -> None:
    """Put the address of a thing, and the link to its citations, where it stands on a page."""
    if isinstance(node, nodes.section):
        node.insert(1, _raw(f'<p class="address">{controls(identifier, up)}</p>'))
    elif isinstance(node, nodes.figure):
        # After the caption, which names the figure to those who hear it.
        node.append(_raw(f'<p class="address">{controls(identifier, up)}</p>'))
    else:
        _holder(node).append(
            _raw(
                f'\N{NO-BREAK SPACE}<a class="paragraph-mark" href="{up}id/{identifier}.html" '
                f'data-identifier="{identifier}" {mark_attributes(app, identifier)} '
                f'aria-label="Address of paragraph {identifier}">\N{PILCROW SIGN}</a>'
            )
        )


def print_identifier(app: Sphinx, node: nodes.Element, identifier: str, base: str) -> None:
    """Put an identifier beside what it names; it leads to the pages once they have an address."""
    name = f'<a href="{base}id/{identifier}.html">{identifier}</a>' if base else identifier
    place = f'<span class="place">{name}</span>'
    if isinstance(node, nodes.figure):
        caption_of(node).append(_raw(f" {place}"))
    elif isinstance(node, nodes.section):
        node.insert(1, _raw(f'<div class="place-of-section">{place}</div>'))
    else:  # first, or it would follow a broken paragraph to the next page
        _holder(node).insert(0, _raw(place))


def _holder(node: nodes.Element) -> nodes.Element:
    if isinstance(node, nodes.paragraph):
        return node
    return node.next_node(nodes.title) or node


def lead_on(app: Sphinx) -> list:
    """Have the address of every identifier lead to where its thing is now."""
    domain, redirects = domain_of(app), {}
    for identifier, entry in domain.project.registry.items():
        thing = domain.thing(entry.moved_to or identifier)
        if thing and app.builder.name == "html":
            page = app.builder.get_target_uri(thing.docname)
            redirects[f"id/{identifier}"] = f"../{page}#{thing.identifier}"
    app.config.redirects = {**app.config.redirects, **redirects}
    return []


def withdrawn_pages(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Yield a page for each identifier that was withdrawn, which stays and says so."""
    for identifier, entry in domain_of(app).project.registry.items():
        if entry.status == WITHDRAWN:
            title = f"{entry.kind.capitalize()} {identifier}, withdrawn"
            body = render("withdrawn", entry=entry)
            yield f"id/{identifier}", {"title": title, "body": body}, "page.html"


def listing(app: Sphinx) -> dict[str, dict[str, str]]:
    """Return every identifier ever published with its kind, title, status and address."""
    domain = domain_of(app)
    return {
        identifier: {
            "kind": entry.kind,
            "title": domain.title(identifier),
            "status": entry.status,
            "address": f"{domain.project.address}id/{identifier}.html",
        }
        for identifier, entry in domain.project.registry.items()
    }


def write_list(app: Sphinx) -> None:
    """Write the list of identifiers as JSON and CSV beside their addresses."""
    folder = Path(app.outdir) / "id"
    folder.mkdir(exist_ok=True)
    text = json.dumps(listing(app), ensure_ascii=False, indent=1) + "\n"
    (folder / "identifiers.json").write_text(text, encoding="utf-8")
    shutil.copyfile(project(app).path("registry"), folder / "identifiers.csv")


def use_own_template(app: Sphinx, config) -> None:
    """Have redirects say where they lead, for those whose browser does not follow."""
    if not config.redirect_html_template_file:
        config.redirect_html_template_file = str(PACKAGE / "templates" / "redirect.html")


class made_late(nodes.General, nodes.Element):
    """Stands for what is known only when all chapters have been read."""


def add_late_directive(app: Sphinx, name: str, make: Callable[[Sphinx, str], str]) -> None:
    """Add a directive whose HTML is made, for a document, when its page is written."""

    class Directive(SphinxDirective):
        def run(self) -> list[nodes.Node]:
            return [made_late(directive=name)]

    def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
        for place in list(doctree.findall(made_late)):
            if place["directive"] == name:
                place.replace_self(_raw(make(app, docname)))

    app.add_directive(name, Directive)
    app.connect("doctree-resolved", fill)


def list_of_identifiers(app: Sphinx, docname: str) -> str:
    """Return a list of everything citable: the directive `identifiers`."""
    kinds: dict[str, list[Identifier]] = {}
    for entry in project(app).registry.values():
        kinds.setdefault(entry.kind, []).append(entry)
    return render("identifiers", kinds=kinds, up="../" * docname.count("/"))


def setup(app: Sphinx) -> dict:
    """Register addresses, redirects and the list of identifiers."""
    app.setup_extension("citablebook.domain")
    app.setup_extension("sphinx_reredirects")
    app.connect("config-inited", use_own_template)
    # It tells of each redirect in a line of its own, which are hundreds.
    logging.getLogger("sphinx.sphinx_reredirects").setLevel(logging.WARNING)
    app.add_node(made_late)
    add_late_directive(app, "identifiers", list_of_identifiers)
    app.connect("doctree-resolved", add_controls)
    app.connect("html-collect-pages", lead_on, priority=400)  # before they are written
    app.connect("html-collect-pages", withdrawn_pages)
    app.connect("citablebook-files", write_list)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
