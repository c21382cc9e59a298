"""The Sphinx domain `citable`: claims, sections, tables, figures and paragraphs with identifiers.

An identifier is written once, in the source: before a section, a paragraph or a remark
as a target, `(P-12)=`, so that it stays whatever becomes of the wording, the order or
the file. Tables and figures are known by their labels, claims by their rows in a table
of the data package, marked in a chapter with the role `{claim}`. `{ref}`P-12`` within
the domain (`{citable:ref}`) refers to any of them.
"""

import copy
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from docutils import nodes
from docutils.utils import get_source_line
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains import Domain, ObjType
from sphinx.domains.std import StandardDomain
from sphinx.roles import XRefRole
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import make_refnode

from .project import Project, project
from .registry import CURRENT, KINDS, MOVED, PATTERN, WITHDRAWN, labels

logger = logging.getLogger(__name__)


class Thing(NamedTuple):
    """Something citable where it stands in a chapter.

    Attributes
    ----------
    identifier, kind, docname : str
        For example "P-12", "paragraph", "chapters/cases".
    title : str
        Title of a section, first sentence of a caption; empty for others.
    sections : tuple of str
        Identifiers of the sections around it, the innermost first.
    holds : str
        For a paragraph, the claims, works and labels in it, whatever its words.
    line : int
        Line of the source, 0 if it is not known.
    """

    identifier: str
    kind: str
    docname: str
    title: str = ""
    sections: tuple[str, ...] = ()
    holds: str = ""
    line: int = 0


class ClaimRole(SphinxRole):
    """Mark where a chapter makes a claim: a small sign that leads to the claim's entry."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the sign as a reference that the domain resolves."""
        sign = addnodes.pending_xref(
            "",
            nodes.inline("", self.text),
            refdomain="citable",
            reftype="claim",
            reftarget=self.text,
            refdoc=self.env.docname,
        )
        self.set_source_info(sign)
        return [nodes.superscript("", "", sign, classes=["claim-sign"])], []


class CitableDomain(Domain):
    """Everything that has an identifier, checked against the registry."""

    name = "citable"
    label = "Citable"
    object_types = {kind: ObjType(kind, "ref", "claim") for kind in KINDS.values()}
    roles = {"claim": ClaimRole(), "ref": XRefRole(warn_dangling=True)}
    #: Identifier: every place where it stands, of which there should be one.
    initial_data: dict = {"places": {}}
    data_version = 2

    @property
    def project(self) -> Project:
        """What the files of the book say."""
        return project(self.env.app)

    @property
    def places(self) -> dict[str, list[Thing]]:
        """Every place of every identifier."""
        return self.data["places"]

    @property
    def things(self) -> dict[str, Thing]:
        """Everything citable, by identifier."""
        return {identifier: found[0] for identifier, found in self.places.items() if found}

    def thing(self, identifier: str) -> Thing | None:
        """Return what has an identifier, None if nothing has."""
        return next(iter(self.places.get(identifier, ())), None)

    @property
    def labels(self) -> dict[str, tuple[str, str]]:
        """Document and id of every label."""
        standard = self.env.domains["std"]
        assert isinstance(standard, StandardDomain)
        return standard.anonlabels

    def title(self, identifier: str) -> str:
        """Return the title of a thing: its own, what a claim says, or where a paragraph stands."""
        thing = self.thing(identifier)
        if thing is None:
            return ""
        if thing.kind == "claim":
            return self.project.claims.get(identifier, {}).get("claim", "").rstrip(".")
        if thing.kind == "paragraph":
            return self.locator(identifier)
        return thing.title

    def number(self, thing: Thing) -> str:
        """Return the number of a section, table or figure on its page, empty if it has none."""
        if thing.kind == "section":
            numbers = self.env.toc_secnumbers.get(thing.docname, {})
            found = numbers.get(f"#{thing.identifier}")
            if found is None and not thing.sections:  # the title of its chapter
                found = numbers.get("")
        else:
            entry = self.project.registry.get(thing.identifier)
            label = self.labels.get(entry.points_to if entry else "")
            kinds = self.env.toc_fignumbers.get(thing.docname, {})
            found = kinds.get(thing.kind, {}).get(label[1] if label else "")
        return ".".join(map(str, found or ()))

    def locator(self, identifier: str) -> str:
        """Return where a thing stands in the book, as a citation of the book names it.

        For example "section 3.2", "section 8.2, S-E47", "Table 3.3, T-1" or
        "section 3.2, paragraph P-57".
        """
        thing = self.places[identifier][0]
        if thing.kind in ("claim", "paragraph"):
            section = self.thing(thing.sections[0]) if thing.sections else None
            around = self._section(section) if section else ""
            return ", ".join(filter(None, [around, f"{thing.kind} {identifier}"]))
        if thing.kind == "section":
            named = self._section(thing)
            return named if named == f"section {identifier[2:]}" else f"{named}, {identifier}"
        number = self.number(thing)
        return f"{thing.kind.capitalize()} {number}, {identifier}" if number else identifier

    def _section(self, thing: Thing) -> str:
        number = self.number(thing)
        quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{thing.title}\N{RIGHT DOUBLE QUOTATION MARK}"
        return f"section {number or quoted}"

    def clear_doc(self, docname: str) -> None:
        """Forget a document."""
        self.data["places"] = {
            identifier: kept
            for identifier, found in self.places.items()
            if (kept := [thing for thing in found if thing.docname != docname])
        }

    def merge_domaindata(self, docnames: Iterable[str], otherdata: dict) -> None:
        """Take over what a parallel reader found, second places of an identifier included."""
        for identifier, found in otherdata["places"].items():
            self.places.setdefault(identifier, []).extend(
                thing for thing in found if thing.docname in docnames
            )

    def process_doc(self, env, docname: str, document: nodes.document) -> None:
        """Note everything citable in a document."""
        for node in document.findall(nodes.Element):
            identifier = node.get("identifier", "")
            if isinstance(node, addnodes.pending_xref) and node["reftype"] == "claim":
                identifier = node["reftarget"]
            if not identifier:
                continue
            kind = KINDS.get(identifier[0], "claim")
            self.places.setdefault(identifier, []).append(
                Thing(
                    identifier,
                    kind,
                    docname,
                    title_of(node),
                    tuple(_sections_around(node)),
                    " ".join(dict.fromkeys(_held(node))) if kind == "paragraph" else "",
                    get_source_line(node)[1] or 0,
                )
            )

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Yield every identifier for Sphinx's inventory."""
        for identifier, thing in sorted(self.things.items()):
            yield identifier, thing.title or identifier, thing.kind, thing.docname, identifier, 1

    def resolve_xref(self, env, fromdocname, builder, typ, target, node, contnode):
        """Lead a sign to the entry of its claim, and any other reference to its thing."""
        thing = self.thing(target)
        if typ != "claim":
            if thing is None:
                return None
            return make_refnode(builder, fromdocname, thing.docname, target, contnode, thing.title)
        claim = self.project.claims.get(target)
        if claim is None:
            return contnode  # of which the check of consistency complains
        page, _, anchor = env.config.citablebook_claims_page.partition("#")
        page, anchor = (page, anchor.format(claim=target)) if page else (fromdocname, target)
        sign = make_refnode(builder, fromdocname, page, anchor, contnode.children)
        sign["ids"], sign["classes"] = [target], ["claim", *sign["classes"]]
        sign["reftitle"] = f"Claim {target}: {claim['claim']}"
        return sign

    def resolve_any_xref(self, env, fromdocname, builder, target, node, contnode):
        """Resolve a Markdown link to an identifier, unless it is a label that Sphinx knows too."""
        if target.lower() in env.domains["std"].labels:
            return []
        found = self.resolve_xref(env, fromdocname, builder, "ref", target, node, contnode)
        return [("citable:ref", found)] if found is not None else []

    def check_consistency(self) -> None:
        """Warn of what is wrong between chapters, claims and registry."""
        for sentence, thing in self.problems():
            place = (thing.docname, thing.line or None) if thing else None
            logger.warning("%s", sentence, location=place, type="citable")

    def problems(self) -> Iterator[tuple[str, Thing | None]]:
        """Yield what is wrong in a sentence, each with its place if it has one."""
        claims, registered, things = self.project.claims, self.project.registry, self.things
        for identifier, (first, *others) in self.places.items():
            for other in others:
                place = f"{first.docname}, line {first.line}"
                yield f"{identifier} stands in {place}, already: remove it from one", other
        for identifier, thing in things.items():
            entry = registered.get(identifier)
            if thing.kind == "claim" and identifier not in claims:
                yield f"there is no claim '{identifier}' in the table of claims", thing
            elif entry is None:
                yield f"{identifier} is not in the registry: run `make identifiers`", thing
            elif entry.status != CURRENT:
                yield f"{identifier} is '{entry.status}' in the registry but stands here", thing
            elif (
                thing.kind == "paragraph"
                and entry.points_to
                and not set(entry.points_to.split()) & set(thing.holds.split())
            ):
                yield (
                    f"{identifier} held {entry.points_to} and holds {thing.holds or 'none of it'} "
                    "now: a paragraph with another meaning needs another identifier",
                    thing,
                )
        for identifier, entry in registered.items():
            if entry.status == CURRENT and identifier not in things:
                yield (
                    f"{identifier} has disappeared from the chapters: put it back, or set its "
                    f"status in the registry to '{MOVED}...' or '{WITHDRAWN}'",
                    None,
                )
        unmarked = [claim for claim in claims if claim not in things]
        if unmarked:
            yield (
                f"claims without a place in the chapters: {', '.join(unmarked)}; mark each with "
                "{claim}`...` after its sentence",
                None,
            )


def _sections_around(node: nodes.Node) -> Iterator[str]:
    while node := node.parent:
        if isinstance(node, nodes.section) and "identifier" in node:
            yield node["identifier"]


def _held(node: nodes.Element) -> Iterator[str]:
    """Yield the claims, works and labels to which a paragraph refers, in their order.

    What follows it for one medium alone, an `only` block, has no identifier and is part of it.
    """
    parts, following = [node], node.next_node(descend=False, siblings=True)
    while isinstance(following, addnodes.only):
        parts.append(following)
        following = following.next_node(descend=False, siblings=True)
    for reference in (found for part in parts for found in part.findall(addnodes.pending_xref)):
        kind = reference.get("reftype")
        if kind in ("claim", "numref") or reference.get("refdomain") == "cite":
            yield from re.split(r"\s*,\s*", reference["reftarget"])


def title_of(node: nodes.Element) -> str:
    """Return the title of a section or the first sentence of a caption, empty for anything else."""
    if isinstance(node, nodes.section) and (title := node.next_node(nodes.title)):
        return text_of(title)
    if isinstance(node, nodes.figure) and (caption := node.next_node(nodes.caption)):
        return re.split(r"(?<=[.?!])\s", text_of(caption))[0].rstrip(".")
    return ""


def text_of(node: nodes.Node) -> str:
    """Return the text of a node as a reader sees it, an evaluated result as plain text."""
    return re.sub(r"\s+", " ", "".join(_pieces(node))).strip()


def _pieces(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Text):
        yield node.astext()
    elif not isinstance(node, nodes.raw):
        children = [child for child in node.children if isinstance(child, nodes.Element)]
        forms = [child for child in children if "mime_type" in child]
        plain = [child for child in forms if child["mime_type"] == "text/plain"]
        for child in plain or forms[:1] or node.children:
            yield from _pieces(child)


class PlaceIdentifiers(SphinxTransform):
    """Make the identifiers that a chapter writes the ids of what they name."""

    default_priority = 700  # after targets have reached what follows them, and tables are tables

    def apply(self, **kwargs) -> None:
        """Run over one document."""
        by_label = labels(project(self.app).registry)
        for node in list(self.document.findall(nodes.Element)):
            names: list[str] = node.get("names", [])
            for name in names:
                identifier = name.upper()  # docutils keeps names in lower case
                old = self.document.nameids.get(name)
                if PATTERN.fullmatch(identifier) and not isinstance(node, nodes.target) and old:
                    node["ids"] = [identifier, *(i for i in node["ids"] if i != old)]
                    self.document.nameids[name] = identifier
                    self.document.ids[identifier] = node
                    node["identifier"] = identifier
                elif name in by_label and isinstance(node, nodes.figure):
                    node["identifier"] = by_label[name]
                    anchor = nodes.inline("", "", ids=[by_label[name]], classes=["anchor"])
                    caption_of(node).insert(0, anchor)
                    self.document.ids[by_label[name]] = anchor
        for target in self.document.findall(nodes.target):
            if PATTERN.fullmatch(target.get("refid", "").upper()):
                target["refid"] = target["refid"].upper()


def caption_of(figure: nodes.figure) -> nodes.caption:
    """Return the caption of a figure or table."""
    return next(child for child in figure.children if isinstance(child, nodes.caption))


def note_own_sections(app: Sphinx, doctree: nodes.document) -> None:
    """Note sections that an edition adds to a chapter of its original; they get no number.

    In a chapter whose own identifier is a number of the original (`S-3.2`), sections
    with an identifier such as `S-E7` are not the original's, so counting them would
    number the original's wrongly.
    """
    top = doctree.next_node(nodes.section)
    if top is None or not re.match(r"S-\d", top.get("identifier", "")):
        return
    own = {
        f"#{section['ids'][0]}"
        for section in doctree.findall(nodes.section)
        if section.get("identifier", "").startswith("S-E")
    }
    for item in app.env.tocs[app.env.docname].findall(nodes.list_item):
        if _reference(item).get("anchorname") in own:
            item["own"] = True


def _reference(item: nodes.list_item) -> nodes.reference:
    """Return the reference of a line of the contents."""
    return next(iter(item.findall(nodes.reference)))


def own_lines(env) -> Iterator[tuple[str, nodes.list_item]]:
    """Yield the lines of the contents for own sections, each with its document."""
    for docname, contents in env.tocs.items():
        for item in contents.findall(nodes.list_item):
            if item.get("own"):
                yield docname, item


def hide_own_sections(app: Sphinx, env) -> list[str]:
    """Keep own sections from being numbered: Sphinx numbers compact paragraphs alone."""
    # What changed since then is written anew, which is not what was changed here afterwards.
    numbered = getattr(env, "citablebook_numbered", None)
    env.toc_secnumbers, env.toc_fignumbers = numbered or (env.toc_secnumbers, env.toc_fignumbers)
    for _, item in own_lines(env):
        item[0] = nodes.paragraph("", "", *item[0].children)
        _reference(item)["secnumber"] = None  # which the contents of Jupyter Book ask for
    return []


def show_own_sections(app: Sphinx, env) -> list[str]:
    """Have own sections stand in the contents again: Sphinx shows compact paragraphs alone."""
    env.citablebook_numbered = copy.deepcopy((env.toc_secnumbers, env.toc_fignumbers))
    for docname, item in own_lines(env):
        item[0] = addnodes.compact_paragraph("", "", *item[0].children)
        # Else its heading would take the number of the chapter.
        env.toc_secnumbers.get(docname, {})[_reference(item)["anchorname"]] = None
    return []


def number_as_the_original(app: Sphinx, env) -> list[str]:
    """Give tables and figures of the original the numbers that they have there.

    `citablebook_numbers` has them by label; those that follow in the chapter move up.
    """
    for label, number in app.config.citablebook_numbers.items():
        docname, anchor = env.domains["std"].anonlabels.get(label, ("", ""))
        for kind, found in env.toc_fignumbers.get(docname, {}).items():
            if anchor not in found or found[anchor] == (number,):
                continue
            chapter, place = found[anchor][:-1], found[anchor][-1]
            for kinds in env.toc_fignumbers.values():
                for other, known in kinds.get(kind, {}).items():
                    if known[:-1] == chapter and known[-1] > place:
                        kinds[kind][other] = (*chapter, known[-1] - 1)
            found[anchor] = (number,)
    return []


def setup(app: Sphinx) -> dict:
    """Register the domain, the short form of its role and its transform."""
    app.add_domain(CitableDomain)
    app.add_role("claim", ClaimRole())
    app.add_transform(PlaceIdentifiers)
    app.connect("doctree-read", note_own_sections, priority=600)  # the contents are collected
    app.connect("env-get-updated", hide_own_sections, priority=400)  # before they are numbered
    app.connect("env-get-updated", show_own_sections, priority=600)
    app.connect("env-get-updated", number_as_the_original, priority=700)
    return {"version": "2", "env_version": 2, "parallel_read_safe": True}
