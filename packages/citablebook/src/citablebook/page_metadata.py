"""What reference managers and search engines read in a page: Highwire, Dublin Core, Open Graph, schema.org; and the sitemap."""

import html
import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.fileutil import copy_asset_file

from .citing import address_of_book, edition, edition_item, paper_item
from .identifiers import REGISTRY
from . import data
from .paths import DATA_PAGE, ROOT

PICTURE = "share-by-size-band.png"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def _paper() -> dict:
    """Return the paper for schema.org: what is verified, and nothing that is inferred."""
    item = paper_item()
    return {
        "@type": "ScholarlyArticle",
        "name": item["title"],
        "datePublished": str(item["issued"]["date-parts"][0][0]),
        "identifier": {
            "@type": "PropertyValue",
            "propertyID": f"{item['archive']} record",
            "value": item["archive_location"],
        },
    }


def _organisation() -> list[dict]:
    return [{"@type": "Organization", "name": author["name"]} for author in edition()["authors"]]


def _located(base: str, path: str) -> dict:
    """Return the address of a part, if the book has one."""
    return {"@id": base + path, "url": base + path} if base else {}


def structured(app: Sphinx, page: str, title: str, description: str) -> dict:
    """Return the schema.org description of a page."""
    base, cff = address_of_book(app), edition()
    book = {
        "@type": "ScholarlyArticle",
        "name": cff["title"],
        "headline": cff["title"],
        "author": _organisation(),
        "datePublished": str(cff["date-released"]),
        "version": cff["version"],
        "license": LICENCE,
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "isBasedOn": _paper(),
        **_located(base, f"{app.config.root_doc}.html"),
    }
    if page == app.config.root_doc:
        chapters = [name for name in sorted(app.env.found_docs) if name != page]
        book["hasPart"] = [
            {
                "@type": "Chapter",
                "name": app.env.titles[name].astext(),
                **_located(base, f"{name}.html"),
            }
            for name in chapters
        ]
        book["abstract"] = description
        return {"@context": "https://schema.org", **book}
    kind = "Dataset" if Path(page).name == DATA_PAGE.removesuffix(".html") else "Chapter"
    part = {
        "@context": "https://schema.org",
        "@type": kind,
        "name": title,
        "description": description,
        "author": _organisation(),
        "license": LICENCE,
        "inLanguage": "en",
        "isPartOf": book,
        **_located(base, f"{page}.html"),
    }
    if kind == "Dataset":
        part["creator"] = _organisation()
        part["hasPart"] = [
            {
                "@type": "Dataset",
                "name": entry["title"],
                "description": entry["description"],
                "license": entry["licenses"][0]["path"],
                "creator": _organisation(),
                "variableMeasured": [
                    field["description"]
                    for field in entry["schema"]["fields"]
                    if "description" in field
                ],
                "encodingFormat": entry["mediatype"],
            }
            for entry in data.package()["resources"]
        ]
    return part


def tags(app: Sphinx, page: str, title: str, description: str) -> str:
    """Return the metadata of a page as HTML for its head."""
    base, item = address_of_book(app), edition_item()
    whole, day = item["title"], "/".join(f"{part:02}" for part in item["issued"]["date-parts"][0])
    name = whole if page == app.config.root_doc else title
    address = f"{base}{page}.html" if base else ""
    source = paper_item()
    highwire = [
        ("citation_title", name),
        *((f"citation_author", author["literal"]) for author in item["author"]),
        ("citation_publication_date", day),
        ("citation_language", "en"),
        ("citation_public_url", address),
    ]
    highwire += [("citation_inbook_title", whole)] if name != whole else []
    core = [
        ("DC.title", name),
        *(("DC.creator", author["literal"]) for author in item["author"]),
        ("DC.date", day.replace("/", "-")),
        ("DC.language", "en"),
        ("DC.type", "Text"),
        ("DC.rights", LICENCE),
        ("DC.identifier", address),
        (
            "DC.source",
            f"{source['title']} ({source['issued']['date-parts'][0][0]}), {source['archive']} record {source['archive_location']}",
        ),
    ]
    graph = [
        ("og:type", "article"),
        ("og:title", name),
        ("og:site_name", whole),
        ("og:description", description),
        ("og:url", address),
        ("og:locale", "en"),
        ("og:image", (base or "../" * page.count("/")) + f"_static/{PICTURE}"),
        (
            "og:image:alt",
            "Share of UK innovations by size band, 1945 to 1983, from the paper's table",
        ),
    ]
    lines = [
        f'<meta name="{key}" content="{html.escape(value)}">'
        for key, value in [*highwire, *core, ("book-address", base)]
        if value
    ]
    lines += [
        f'<meta property="{key}" content="{html.escape(value)}">' for key, value in graph if value
    ]
    return (
        "\n".join(lines)
        + f'\n<script type="application/ld+json">{_json(structured(app, page, name, description))}</script>\n'
    )


def _json(value: dict) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def add_tags(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Add the metadata to the head of every chapter."""
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
    context["metatags"] = context.get("metatags", "") + tags(
        app, page, app.env.titles[page].astext(), description
    )


def write_sitemap(app: Sphinx, exception: Exception | None) -> None:
    """Write the picture that represents the book, and the sitemap if the book has an address."""
    if app.builder.name != "html" or exception:
        return
    out, base = Path(app.outdir), address_of_book(app)
    copy_asset_file(str(ROOT / "docs" / PICTURE), str(out / "_static"))
    copy_asset_file(str(REGISTRY), str(out / "id"))
    if base:
        addresses = "".join(
            f"<url><loc>{html.escape(base + name)}.html</loc></url>"
            for name in sorted(app.env.found_docs)
        )
        (out / "sitemap.xml").write_text(
            f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{addresses}</urlset>\n',
            encoding="utf-8",
        )
        (out / "robots.txt").write_text(
            f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n", encoding="utf-8"
        )


def setup(app: Sphinx) -> dict:
    """Register the metadata."""
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", write_sitemap, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
