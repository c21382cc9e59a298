"""What reference managers, search engines and social networks read in a page; and the sitemap."""

import html
import json
import urllib.parse
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from . import data
from .project import Project, project
from .render import render
from .repository import agent, licences_of, names_of, original_of

#: Identifier of a licence in a citation file: its address.
LICENCES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}


def licence_of(book: Project) -> str:
    """Return the address of the licence of the text, empty if the citation file names none."""
    first = next(iter(licences_of(book.citation)), "")
    return LICENCES.get(first, f"https://spdx.org/licenses/{first}" if first else "")


def structured(app: Sphinx, page: str, title: str, description: str) -> dict:
    """Return the schema.org description of a page."""
    book = project(app)
    authors = [agent(author) for author in book.citation["authors"]]
    common = {"author": authors, "inLanguage": app.config.language} | (
        {"license": licence} if (licence := licence_of(book)) else {}
    )

    def located(name: str) -> dict:
        address = book.address + app.builder.get_target_uri(name)
        return {"@id": address, "url": address} if book.address else {}

    original = original_of(book.citation)
    whole = {
        "@type": "ScholarlyArticle",
        "name": book.citation["title"],
        "headline": book.citation["title"],
        **common,
        "datePublished": str(book.citation["date-released"]),
        "version": str(book.citation["version"]),
        "isAccessibleForFree": True,
        **({"isBasedOn": original} if original else {}),
        **located(app.config.root_doc),
    }
    context = {"@context": "https://schema.org"}
    if page == app.config.root_doc:
        chapters = [
            {"@type": "Chapter", "name": app.env.titles[name].astext(), **located(name)}
            for name in sorted(app.env.found_docs)
            if name != page
        ]
        return {**context, **whole, "hasPart": chapters, "abstract": description}
    part = {"@type": "Chapter", "name": title, "description": description, **common}
    if page == app.config.citablebook_data_page:
        part |= {"@type": "Dataset", "creator": authors, "hasPart": tables(book, authors)}
    return {**context, **part, "isPartOf": whole, **located(page)}


def tables(book: Project, creators: list[dict]) -> list[dict]:
    """Return the tables of the data package for schema.org."""
    return [
        {
            "@type": "Dataset",
            "name": entry["title"],
            "description": entry["description"],
            "license": entry["licenses"][0]["path"],
            "creator": creators,
            "variableMeasured": [
                field["description"]
                for field in entry["schema"]["fields"]
                if "description" in field
            ],
            "encodingFormat": entry["mediatype"],
        }
        for entry in data.package(book.path("data"))["resources"]
    ]


def tags(app: Sphinx, page: str, title: str, description: str) -> str:
    """Return the metadata of a page as HTML for its head."""
    book = project(app)
    whole, day = book.citation["title"], str(book.citation["date-released"])
    name = whole if page == app.config.root_doc else title
    address = book.address + app.builder.get_target_uri(page) if book.address else ""
    people, pdf = book.citation["authors"], app.config.citablebook_pdf
    authors = names_of(people)
    # Zotero takes what stands before a comma as a surname, and so an institution as a whole.
    for_zotero = [
        f"{name}," if "name" in person else name
        for name, person in zip(authors, people, strict=True)
    ]
    source, original = "", original_of(book.citation)
    if original:
        source = f"{original['name']} ({original['datePublished']})"
        if number := original.get("identifier"):
            source += f", {number['propertyID']} {number['value']}"
    values = [
        ("citation_title", name),
        *(("citation_author", author) for author in for_zotero),
        ("citation_publication_date", day.replace("-", "/")),
        ("citation_language", app.config.language),
        ("citation_public_url", address),
        ("citation_pdf_url", book.address + pdf if book.address and pdf else ""),
        ("citation_keywords", "; ".join(book.citation.get("keywords", []))),
        ("citation_inbook_title", whole if name != whole else ""),
        ("citation_book_title", whole if name != whole else ""),
        ("DC.title", name),
        *(("DC.creator", author) for author in authors),
        ("DC.date", day),
        ("DC.language", app.config.language),
        ("DC.type", "BookItem" if name != whole else "Book"),  # as Zotero knows them
        ("DC.rights", licence_of(book)),
        ("DC.identifier", address),
        ("DC.source", source),
        ("book-address", book.address),
    ]
    lines = [
        f'<meta name="{key}" content="{html.escape(value)}">' for key, value in values if value
    ]
    described = json.dumps(
        structured(app, page, name, description), ensure_ascii=False, separators=(",", ":")
    ).replace("</", "<\\/")
    return "\n".join([*lines, f'<script type="application/ld+json">{described}</script>\n'])


def coins(app: Sphinx, page: str, title: str) -> str:
    """Return a page's reference as OpenURL in a span, which reference managers and libraries read.

    References
    ----------
    ANSI/NISO Z39.88-2004, key and value format for books
    """
    book, citation = project(app), project(app).citation
    part = page != app.config.root_doc
    address = book.address + app.builder.get_target_uri(page) if book.address else ""
    pairs = [
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", "info:ofi/fmt:kev:mtx:book"),
        ("rfr_id", f"info:sid/{app.config.citablebook_name}"),
        ("rft.genre", "bookitem" if part else "book"),
        ("rft.btitle", citation["title"]),
        ("rft.atitle", title if part else ""),
        *(
            ("rft.aucorp" if "name" in author else "rft.au", name)
            for author, name in zip(citation["authors"], names_of(citation["authors"]), strict=True)
        ),
        ("rft.date", str(citation["date-released"])),
        ("rft.language", app.config.language),
        ("rft_id", f"info:doi/{citation['doi']}" if citation.get("doi") and not part else ""),
        ("rft_id", address),
    ]
    text = urllib.parse.urlencode([(key, value) for key, value in pairs if value])
    return f'<span class="Z3988" title="{html.escape(text)}" hidden></span>'


def add_tags(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Add the metadata to the head of every chapter; Open Graph takes its words from here too."""
    if app.builder.name != "html" or doctree is None:
        return
    description = next(
        (
            node["content"]
            for node in doctree.findall(nodes.meta)
            if node.get("name") == "description"
        ),
        "",
    )
    title = app.env.titles[page].astext()
    context["metatags"] = context.get("metatags", "") + tags(app, page, title, description)
    context["body"] = context.get("body", "") + coins(app, page, title)
    if project(app).address:  # sphinxext-opengraph would shorten the first paragraph
        name = project(app).citation["title"] if page == app.config.root_doc else title
        context["meta"] = {
            **(context.get("meta") or {}),
            "og:title": html.escape(name),
            "og:description": html.escape(description),
        }


def configure_open_graph(app: Sphinx, config) -> None:
    """Tell sphinxext-opengraph what the citation file says."""
    config.ogp_site_url = config.ogp_site_url or project(app).address
    config.ogp_site_name = config.ogp_site_name or project(app).citation["title"]
    picture = config.citablebook_picture
    if picture:
        config.ogp_image = f"_static/{Path(picture['path']).name}"
        config.ogp_image_alt = picture["alt"]
    config.ogp_type = "article"
    config.ogp_social_cards = {"enable": False}  # they would need matplotlib
    config.ogp_enable_meta_description = False


def write_sitemap(app: Sphinx) -> None:
    """Write a sitemap of all pages, which are more than those that this build wrote anew."""
    if base := project(app).address:
        pages = [base + app.builder.get_target_uri(name) for name in sorted(app.env.found_docs)]
        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        sitemap = Path(app.outdir) / "sitemap.xml"
        sitemap.write_text(head + render("sitemap", pages=pages) + "\n", encoding="utf-8")
        robots = f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n"
        (Path(app.outdir) / "robots.txt").write_text(robots, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Register the metadata; Open Graph needs an address, for it may not be relative."""
    app.setup_extension("citablebook.citations")
    app.connect("html-page-context", add_tags)
    app.connect("citablebook-files", write_sitemap)
    if app.config.html_baseurl:
        app.setup_extension("sphinxext.opengraph")
        app.connect("config-inited", configure_open_graph)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
