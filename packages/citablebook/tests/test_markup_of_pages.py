"""Metadata and addresses of every kind of page, the parts, and what makes a page anew."""

import json

import pytest
from bs4 import BeautifulSoup
from sphinx.errors import SphinxError

from citablebook import bibliography, previews

PARTS = ["report", "markup", "identifiers", "citations", "bibliography", "metadata", "search"]
KINDS = ["index", "deep/size", "claims"]


def content(page: BeautifulSoup, key: str) -> list[str]:
    found = page.find_all("meta", attrs={"name": key}) + page.find_all(
        "meta", attrs={"property": key}
    )
    return [tag["content"] for tag in found]


@pytest.fixture(scope="module")
def published(tmp_path_factory, small_book):
    """The small book with the two public addresses set."""
    made = small_book(tmp_path_factory.mktemp("published"))
    made.write("picture.png", "")
    made.build(
        html_baseurl="https://book.example/nothing",
        citablebook_pdf="book.pdf",
        citablebook_parts=[*PARTS, "data_pages"],
        citablebook_picture={"path": "picture.png", "alt": "A picture"},
    )
    assert not made.warnings
    return made


@pytest.mark.parametrize("name", KINDS)
def test_every_page_has_what_reference_managers_read(name, built):
    page = built.page(name)
    for key in ("citation_title", "citation_author", "DC.title", "DC.date", "DC.rights"):
        assert all(content(page, key)) and content(page, key), key
    assert content(page, "DC.source") == ["An Original Paper (2019), Archive record A-17"]
    described = json.loads(page.find("script", type="application/ld+json").string)
    whole = described if name == "index" else described["isPartOf"]
    assert whole["isBasedOn"]["identifier"]["value"] == "A-17"
    assert "author" not in whole["isBasedOn"]


@pytest.mark.parametrize("name", KINDS)
def test_without_an_address_no_page_pretends_to_have_one(name, built):
    page = built.page(name)
    assert not page.find("link", rel="canonical")
    for key in ("og:url", "og:title", "DC.identifier", "citation_public_url", "book-address"):
        assert not content(page, key)
    assert not (built.out / "sitemap.xml").exists()


@pytest.mark.parametrize("name", KINDS)
def test_with_an_address_every_page_says_its_own(name, published):
    page, address = published.page(name), f"https://book.example/nothing/{name}.html"
    assert page.find("link", rel="canonical")["href"] == address
    for key in ("og:url", "DC.identifier", "citation_public_url"):
        assert content(page, key) == [address], key
    assert content(page, "book-address") == ["https://book.example/nothing/"]
    assert content(page, "og:image") == ["https://book.example/nothing/_static/picture.png"]
    assert content(page, "og:image:alt") == ["A picture"]
    assert content(page, "og:site_name") == ["A small book: about nothing"]
    title = {"index": "A small book: about nothing", "deep/size": "Firm size"}.get(name, "Claims")
    assert content(page, "og:title") == [title]
    described = json.loads(page.find("script", type="application/ld+json").string)
    assert described["@id"] == address
    if name == "index":
        assert content(page, "og:description") == ["A book."]


def test_with_an_address_citations_identifiers_and_sitemap_have_it(published):
    page = published.page("cite/C1")
    permanent = "https://book.example/nothing/id/C1.html"
    assert permanent in page.get_text()
    apa = page.select('[data-format="APA"] .citation-text')[1].get_text()
    assert "https://book.example/nothing/" in apa
    listed = json.loads((published.out / "id" / "identifiers.json").read_text())
    assert listed["C1"]["address"] == permanent
    assert listed["P-1"]["title"] == "section 1, paragraph P-1"
    sitemap = (published.out / "sitemap.xml").read_text()
    assert [f"https://book.example/nothing/{name}.html" in sitemap for name in KINDS] == [True] * 3
    assert "id/" not in sitemap
    robots = (published.out / "robots.txt").read_text()
    assert robots.endswith("Sitemap: https://book.example/nothing/sitemap.xml\n")


def test_a_change_of_one_page_leaves_the_sitemap_whole(published):
    published.edit("claims.md", "# Claims", "# All claims")
    published.build(
        html_baseurl="https://book.example/nothing",
        citablebook_pdf="book.pdf",
        citablebook_parts=[*PARTS, "data_pages"],
        citablebook_picture={"path": "picture.png", "alt": "A picture"},
    )
    sitemap = (published.out / "sitemap.xml").read_text()
    assert sitemap.count("<loc>") == 3
    published.edit("claims.md", "# All claims", "# Claims")


def test_a_new_version_or_address_reaches_every_citation(book):
    parts = ["markup", "identifiers", "citations", "bibliography", "metadata"]
    book.build(citablebook_parts=parts)
    before = book.page("index").find(class_="citing-whole").get_text()
    assert "Version 1.0.0" in before and "https" not in before
    book.edit("CITATION.cff", "version: 1.0.0", "version: 2.0.0")
    book.build(citablebook_parts=parts, html_baseurl="https://book.example")
    assert not book.warnings
    after = book.page("index").find(class_="citing-whole").get_text()
    assert "Version 2.0.0" in after and "1.0.0" not in after and "https://book.example/" in after
    assert "Version 2.0.0" in (book.out / "cite" / "edition.apa.txt").read_text()
    assert '"version":"2.0.0"' in str(book.page("deep/size"))


def test_an_edit_of_the_extension_reads_chapters_again(book, monkeypatch):
    from citablebook import extension

    few = ["markup", "identifiers", "bibliography"]
    book.build(citablebook_parts=few)
    read = []
    monkeypatch.setattr(extension, "digest", lambda patterns: f"changed {patterns}")
    monkeypatch.setattr(extension, "note_unseen", lambda app, tree: read.append(app.env.docname))
    book.build(citablebook_parts=few)
    assert sorted(read) == ["claims", "deep/size", "index"]


def test_parts_can_be_left_out(book):
    book.write("index.md", "# Small\n\n```{toctree}\ndeep/size\nclaims\n```\n")
    book.edit("deep/size.md", "{claim}`C1`", "")
    book.build(citablebook_parts=["bibliography"])
    assert not book.warnings
    assert not (book.out / "cite").exists() and not (book.out / "id").exists()
    assert book.page("deep/size").find(class_="citation-link")


def test_an_unknown_part_is_named(book):
    with pytest.raises(SphinxError, match="there is no part 'pages': use data, report, markup"):
        book.build(citablebook_parts=["pages"])


@pytest.mark.parametrize(
    "name, old, new, message",
    [
        ("CITATION.cff", "version: 1.0.0\n", "", "CITATION.cff: the field version is missing"),
        ("CITATION.cff", "authors:", "authors: [", r"CITATION.cff, line 6: .*mend the indentation"),
        ("references.bib", "title = ", "name = ", "rothwell1989: the field title is missing"),
        ("data/claims.csv", "C2,1,", "C2,1,,", "claims.csv, row 3"),
    ],
)
def test_bad_input_stops_the_build_with_its_message(name, old, new, message, book):
    book.edit(name, old, new)
    with pytest.raises(SphinxError, match=message) as caught:
        book.build()
    assert caught.value.category == "The book was not built"


def test_an_entry_says_what_it_is_cited_for_and_how_sure_it_is(built):
    entry = built.page("claims").find(id="ref-rothwell1989")
    assert "known Well known." in entry.get_text()
    assert entry.find(class_="cited-for").get_text() == "Cited for C1 (3.2)."
    assert entry.find(class_="cited-for").a["href"] == "deep/size.html#C1"


def test_a_citation_has_its_reference_and_a_chapter_its_works(built):
    page = built.page("deep/size")
    note = page.find(class_="citation-link").find(class_="note").get_text()
    assert note.startswith("Rothwell, Roy. Small Firms")
    assert page.find(class_="works-here").a["href"] == "../claims.html#ref-rothwell1989"


def test_a_claim_that_is_not_marked_yet_is_named_and_no_link(book):
    book.edit(
        "data/claims.csv", "C2,1,Large firms do too.,", "C2,1,They do.,\nC3,1,So.,rothwell1989"
    )
    book.build(citablebook_parts=["markup", "identifiers", "bibliography"])
    assert "claims without a place in the chapters: C3" in book.warnings
    cited = book.page("claims").find(class_="cited-for")
    assert cited.get_text() == "Cited for C1 (3.2), C3 (1)." and len(cited.find_all("a")) == 1


def test_uses_are_counted_and_companions_ranked():
    claims = [
        {"id": "C1", "section": "1", "works": "a;b"},
        {"id": "C2", "section": "2", "works": "a;c"},
        {"id": "C3", "section": "2", "works": "c;a"},
    ]
    use = bibliography.uses(claims)["a"]
    assert use.claims == (("C1", "1"), ("C2", "2"), ("C3", "2"))
    assert use.companions == ("c", "b")


def test_what_a_reader_searches_is_written(built):
    text = (built.out / "_static" / "search-text.js").read_text(encoding="utf-8")
    parts = json.loads(text.removeprefix("window.bookText = ").rstrip(";\n"))
    assert any("The small do too" in part["text"] for part in parts)


def zotero(page: BeautifulSoup) -> dict:
    """Return the item that Zotero's translator "Embedded Metadata" makes of a page, by its rules.

    A type of Dublin Core that Zotero knows decides, then the title of a book; a name is split at
    a comma, which need not have anything behind it, else at its last space; the first PDF counts.
    """
    types = {"book": "book", "bookitem": "bookSection", "text": "journalArticle"}
    named = [types.get(kind.lower()) for kind in content(page, "DC.type")]
    guess = "bookSection" if content(page, "citation_book_title") else "journalArticle"
    creators = []
    for name in content(page, "citation_author"):
        parts = (
            name.split(",")
            if "," in name
            else [name[name.rfind(" ") + 1 :], name[: name.rfind(" ")]]
        )
        creators.append((parts[0].strip(), parts[1].strip()))
    return {
        "itemType": next(filter(None, named), guess),
        "title": content(page, "citation_title")[0],
        "bookTitle": next(iter(content(page, "citation_book_title")), ""),
        "creators": creators,
        "pdf": next(iter(content(page, "citation_pdf_url")), ""),
    }


@pytest.mark.parametrize("name", KINDS)
def test_zotero_saves_the_right_type_author_and_pdf(name, published):
    item = zotero(published.page(name))
    whole, part = "A small book: about nothing", name != "index"
    assert item["itemType"] == ("bookSection" if part else "book")
    assert item["bookTitle"] == (whole if part else "") and (item["title"] == whole) != part
    assert item["creators"] == [("The editors", "")], "an institution has no first name"
    assert item["pdf"] == "https://book.example/nothing/book.pdf"


def test_a_person_stays_one_with_two_names():
    page = BeautifulSoup(
        '<meta name="citation_author" content="Rothwell, Roy">'
        '<meta name="citation_title" content="A">',
        "html.parser",
    )
    assert zotero(page)["creators"] == [("Rothwell", "Roy")]


@pytest.mark.parametrize("name", KINDS)
def test_every_page_has_its_reference_as_coins(name, published):
    from urllib.parse import parse_qs

    [span] = published.page(name).select("span.Z3988")
    found = {key: values[0] for key, values in parse_qs(span["title"]).items()}
    assert found["ctx_ver"] == "Z39.88-2004" and found["rft_val_fmt"] == "info:ofi/fmt:kev:mtx:book"
    assert found["rft.aucorp"] == "The editors" and found["rft.date"] == "2026-01-02"
    assert found["rft.genre"] == ("book" if name == "index" else "bookitem")
    assert ("rft.atitle" in found) == (name != "index")
    assert found["rft_id"] == f"https://book.example/nothing/{name}.html"


def test_the_picture_of_a_page_has_a_full_address(published):
    assert content(published.page("index"), "og:image") == [
        "https://book.example/nothing/_static/picture.png"
    ]


def test_the_published_data_package_says_version_homepage_and_people(published, built):
    package = json.loads((published.out / "data" / "datapackage.json").read_text())
    assert package["version"] == "1.0.0" and package["homepage"] == "https://book.example/nothing/"
    assert package["contributors"] == [{"title": "The editors", "role": "author"}]
    for entry in package["resources"]:
        assert (published.out / "data" / entry["path"]).exists()


def test_all_works_can_be_had_in_one_file(built):
    import rispy
    from pybtex.database import parse_string

    page, folder = built.page("claims"), built.out / "cite"
    links = [link["href"] for link in page.select(".all-works a")]
    assert links == [
        f"cite/{name}" for name in ("works.bib", "works.ris", "works.json", "references.bib")
    ]
    works = parse_string((folder / "works.bib").read_text(), "bibtex").entries
    assert list(works) == ["rothwell1989"] and "confidence" not in works["rothwell1989"].fields
    [item] = json.loads((folder / "works.json").read_text())
    [record] = rispy.loads((folder / "works.ris").read_text())
    assert item["title"] == record["title"] and item["id"] == "rothwell1989"
    assert (folder / "references.bib").read_bytes() == (built.root / "references.bib").read_bytes()


@pytest.mark.parametrize("name", KINDS)
def test_style_sheets_have_the_mark_of_their_content_at_the_first_build(name, built):
    sheets = [sheet["href"] for sheet in built.page(name).select("link[rel=stylesheet]")]
    own = [sheet for sheet in sheets if "palette.css" in sheet or "book.css" in sheet]
    assert len(own) == 2 and all("?v=" in sheet for sheet in own)


def test_a_preview_of_a_figure_is_not_that_of_its_section():
    page = """<article><section id="S-E1"><h2>Size</h2><p id="P-1">Small units lead.</p>
      <figure id="table-size"><figcaption><span class="caption-number">Table 1</span>
      <span class="anchor" id="T-E1"></span>Units by size.</figcaption></figure>
      </section></article>"""
    found = previews.entries(BeautifulSoup(page, "html.parser").article, "size.html")
    assert found["size.html#T-E1"] == {"title": "Table 1", "text": "Units by size."}
    assert found["size.html#S-E1"] == {"title": "Size", "text": "Small units lead."}
