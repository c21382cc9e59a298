"""The domain: what is citable, where it stands, and what is wrong with it."""

import pytest
from sphinx.errors import SphinxError
from sphinx.util.inventory import InventoryFile


def test_everything_citable_is_found_where_it_stands(built):
    things = built.app.env.domains["citable"].things
    assert set(things) == {"S-E1", "S-3.2", "S-E2", "P-1", "P-2", "T-1", "C1", "C2"}
    assert things["P-1"].docname == "deep/size" and things["P-1"].line == 5
    assert things["P-1"].holds == "rothwell1989 C1"
    assert things["P-1"].sections == ("S-3.2",)
    assert things["S-3.2"].title == "Firm size"
    assert things["T-1"].title == "What is in it"


def test_a_place_is_named_by_section_and_number(built):
    locator = built.app.env.domains["citable"].locator
    assert locator("S-3.2") == "section 1, S-3.2"  # this small book has only one of them
    assert locator("P-1") == "section 1, paragraph P-1"
    assert locator("C1") == "section 1, claim C1"
    assert locator("T-1") == "Table 1.1, T-1"
    assert locator("S-E1") == "section \u201cSmall\u201d, S-E1"


def test_sections_that_an_edition_adds_have_no_number_and_a_name(built):
    page = built.page("deep/size")
    shown = [
        heading.find(class_="section-number")
        for heading in page.select("section > h1, section > h2")
    ]
    assert [number and number.get_text().strip() for number in shown] == ["1.", None, "1.1."]
    section = page.find(id="S-E2")
    assert section.name == "section" and section["aria-label"] == "Added by this edition: Remark"
    assert "edition-section" in section["class"]
    remark = page.find("aside", class_="admonition")
    assert remark["aria-label"] == "Remark of this edition: Checked"


def test_a_claims_sign_leads_to_its_entry_from_any_folder(built):
    sign = built.page("deep/size").find(id="C1")
    assert sign["href"] == "../claims.html#claim-C1"
    assert sign["title"] == "Claim C1: Small firms innovate."
    assert built.page("index").find(id="C2")["href"] == "claims.html#claim-C2"


def test_a_reference_leads_to_a_paragraph_in_another_chapter(built):
    links = [link["href"] for link in built.page("index").select("a.internal")]
    assert "deep/size.html#P-1" in links


def test_the_inventory_names_every_identifier(built):
    with (built.out / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda base, path: path)
    assert inventory["citable:paragraph"]["P-1"][2] == "deep/size.html#P-1"
    assert inventory["citable:claim"]["C2"][2] == "index.html#C2"


def test_addresses_lead_on_and_what_is_withdrawn_says_so(built):
    for identifier, target in {
        "P-1": "../deep/size.html#P-1",
        "T-1": "../deep/size.html#T-1",
        "P-4": "../index.html#P-2",
    }.items():
        page = built.page(f"id/{identifier}")
        assert page.a["href"] == target
        assert page.find("meta", attrs={"http-equiv": "refresh"})["content"].endswith(target)
    page = built.page("id/P-3")
    assert not page.find("meta", attrs={"http-equiv": "refresh"})
    assert "Paragraph P-3 was withdrawn" in page.h1.get_text()
    assert "C9" in page.get_text()


#: The parts of which these tests look at pages: without others, a build takes a moment.
FEW = ["markup", "identifiers", "bibliography"]

CHANGES = {
    "a claim in two chapters": ("index.md", "{claim}`C2`", "{claim}`C2` {claim}`C1`", "C1 stands"),
    "an unknown claim": ("index.md", "{claim}`C2`", "{claim}`C2` {claim}`C7`", "no claim 'C7'"),
    "an unmarked claim": ("index.md", "{claim}`C2`", "", "claims without a place"),
    "not registered": ("index.md", "(P-2)=", "(P-2)=\nNew.\n\n(P-99)=", "P-99 is not in the reg"),
    "disappeared": ("index.md", "(P-2)=\n", "", "P-2 has disappeared"),
    "another meaning": (
        "identifiers.csv",
        "rothwell1989 C1",
        "C2",
        "P-1 held C2 and holds rothwell1989 C1 now",
    ),
    "withdrawn but there": (
        "identifiers.csv",
        "P-2,paragraph,,current",
        "P-2,paragraph,,withdrawn",
        "P-2 is 'withdrawn'",
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("parallel", [0, 2])
def test_what_is_wrong_is_named(kind, parallel, book):
    name, old, new, expected = CHANGES[kind]
    if "withdrawn" in kind:
        book.edit("identifiers.csv", "moved to P-2", "withdrawn")
    if parallel:
        for number in range(6):  # fewer are not read in parallel
            book.write(f"more{number}.md", "---\norphan: true\n---\n# More\n")
    book.edit(name, old, new)
    book.build(parallel=parallel, citablebook_parts=FEW)
    found = [line for line in book.warnings.split("\n") if expected in line]
    assert len(found) == 1, book.warnings
    if name != "identifiers.csv" and "disappeared" not in kind and "unmarked" not in kind:
        assert ".md:" in found[0], "the place is named"


@pytest.mark.parametrize(
    "row, message",
    [
        ("P-1,paragraph,C13,current", "listed twice"),
        ("X-1,section,x,current", "not an identifier"),
        ("P-9,section,x,current", "not an identifier"),
        ("P-99999,paragraph,,moved to P-88888", "the status must be"),
        ("P-99999,paragraph,,gone", "the status must be"),
        ("P-99999,paragraph", "row 12"),
    ],
)
def test_a_damaged_registry_stops_the_build(row, message, book):
    with (book.root / "identifiers.csv").open("a") as file:
        file.write(f"{row}\n")
    with pytest.raises(SphinxError, match=message):
        book.build()


def test_what_was_renamed_is_read_again(book):
    book.build(citablebook_parts=FEW)
    book.edit("deep/size.md", "# Firm size", "# The size of firms")
    app = book.build(citablebook_parts=FEW)
    assert app.env.domains["citable"].things["S-3.2"].title == "The size of firms"
    assert not book.warnings


def test_a_table_of_the_original_keeps_its_number_there(book):
    app = book.build(citablebook_numbers={"table-one": 7})
    caption = book.page("deep/size").select_one("figcaption .caption-number")
    assert caption.get_text().strip() == "Table 7"
    assert app.env.domains["citable"].locator("T-1") == "Table 7, T-1"


def test_a_caption_in_another_language_is_numbered_in_it(book):
    book.edit("deep/size.md", "What is in it. And more.", "[무엇이 있는가.]{.language-ko}")
    book.build()
    page = book.page("deep/size")
    assert page.select_one('figcaption [lang="ko"] .caption-number').get_text().strip() == "표 1.1"
