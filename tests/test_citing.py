"""Identifiers, citations and metadata: nothing disappears, everything parses, every control works in a browser and without scripts."""

import csv
import dataclasses
import json
import re
import subprocess
from importlib.resources import files
from xml.etree import ElementTree

import jsonschema
import pypandoc
import pytest
import yaml
from bs4 import BeautifulSoup

import assign_identifiers
import citing
import identifiers
import repository_metadata
from citablebook import data, references
from citablebook.paths import CITATION, ROOT

SAMPLES = ["S-3.2", "S-E47", "T-1", "F-E7", "C53", "C76", "P-40"]


# Identifiers


def test_registry_and_chapters_agree():
    assert not identifiers.check(identifiers.registry(), identifiers.places())


def test_everything_citable_has_its_identifier():
    missing = [
        (path.name, place.line + 1, place.kind)
        for path in identifiers.chapter_files()
        for place in identifiers.scan(path)
        if not place.identifier
    ]
    assert not missing, f"run `make identifiers`: {missing}"


def test_every_claim_is_registered():
    assert {i for i, entry in identifiers.registry().items() if entry.kind == "claim"} == set(
        data.load("claims")["id"]
    )


def test_no_identifier_was_taken_out_of_the_registry():
    """Numbers run without a gap, and whatever a commit ever listed is listed still, with the same meaning."""
    published = identifiers.registry()
    for letters in ("S-E", "T-E", "F-E", "P-", "C"):
        numbers = sorted(
            int(i.removeprefix(letters)) for i in published if re.fullmatch(letters + r"\d+", i)
        )
        assert numbers == list(range(1, len(numbers) + 1)), letters
    commits = subprocess.run(
        ["git", "-C", str(ROOT), "log", "--format=%h", "--", "identifiers.csv"],
        capture_output=True,
        text=True,
    ).stdout.split()
    for commit in commits:
        text = subprocess.run(
            ["git", "-C", str(ROOT), "show", f"{commit}:identifiers.csv"],
            capture_output=True,
            text=True,
        ).stdout
        for row in csv.DictReader(text.splitlines()):
            entry = published.get(row["identifier"])
            assert entry, f"{row['identifier']} was published in {commit}"
            assert entry.kind == row["kind"] and (
                entry.kind == "section"
                or not row["points_to"]
                or set(row["points_to"].split()) & set(entry.points_to.split())
            ), row


def test_the_check_finds_what_disappeared_moved_or_changed_its_meaning():
    published, standing = identifiers.registry(), identifiers.places()
    gone = {i: place for i, place in standing.items() if i != "P-17"}
    assert any("P-17 has disappeared" in problem for problem in identifiers.check(published, gone))
    other = standing | {"P-17": dataclasses.replace(standing["P-17"], points_to="C99")}
    assert any("another meaning" in problem for problem in identifiers.check(published, other))
    unknown = standing | {"P-9999": standing["P-17"]}
    assert any("make identifiers" in problem for problem in identifiers.check(published, unknown))
    moved = published | {"P-17": dataclasses.replace(published["P-17"], status="moved to P-18")}
    assert any(
        "stands in" in problem for problem in identifiers.check(moved, standing)
    ) and not identifiers.check(moved, gone)


@pytest.mark.parametrize(
    "row, message",
    [
        ("P-17,paragraph,C13,current", "listed twice"),
        ("X-1,section,x,current", "not an identifier"),
        ("P-9,section,x,current", "not an identifier"),
        ("P-99999,paragraph,,moved to P-88888", "status"),
        ("P-99999,paragraph,,gone", "status"),
        ("P-99999,paragraph", "row"),
    ],
)
def test_a_damaged_registry_is_refused(row, message, tmp_path):
    path = tmp_path / "identifiers.csv"
    path.write_text(identifiers.REGISTRY.read_text() + row + "\n")
    with pytest.raises(identifiers.IdentifierError, match=message):
        identifiers.registry(path)


def test_identifiers_stay_when_wording_and_order_change(tmp_path):
    text = "(S-E1)=\n# A\n\n(P-1)=\nOne claim. {claim}`C1`\n\n(P-2)=\nTwo.\n\n(S-E2)=\n## B\n"
    blocks = text.split("\n\n")
    changed = "\n\n".join(
        [
            blocks[0],
            blocks[2].replace("Two", "Second"),
            blocks[1].replace("One", "A"),
            blocks[3].replace("B", "Another"),
        ]
    )
    for name, content in (("before.md", text), ("after.md", changed)):
        (tmp_path / name).write_text(content)
    before, after = (
        {
            p.identifier: p.points_to
            for p in identifiers.scan(tmp_path / name)
            if p.kind == "paragraph"
        }
        for name in ("before.md", "after.md")
    )
    assert before == after == {"P-1": "C1", "P-2": ""}


def test_new_identifiers_come_after_all_that_were_ever_given():
    assert assign_identifiers.next_identifier("paragraph", {"P-2", "P-10", "S-E40"}) == "P-11"


def test_every_address_leads_to_its_place(book):
    pages = {}
    for identifier, entry in identifiers.registry().items():
        soup = BeautifulSoup((book / "id" / f"{identifier}.html").read_text(), "html.parser")
        target = soup.a["href"]
        assert target in soup.find("meta", attrs={"http-equiv": "refresh"})["content"]
        name, _, anchor = target.partition("#")
        if entry.status == identifiers.CURRENT:
            if name not in pages:
                pages[name] = {
                    e["id"]
                    for e in BeautifulSoup(
                        (book / "id" / name).resolve().read_text(), "html.parser"
                    ).find_all(id=True)
                }
            assert anchor == identifier and anchor in pages[name]


def test_sections_of_the_paper_bear_its_numbers(book):
    for identifier, entry in identifiers.places().items():
        if re.fullmatch(r"S-[\d.]+", identifier):
            soup = BeautifulSoup(
                (book / "chapters" / f"{entry.chapter}.html").read_text(), "html.parser"
            )
            assert soup.find(id=identifier).select_one(".section-number").text.strip(
                " ."
            ) == identifier.removeprefix("S-")


# Formats


def files_of(book, name):
    return {
        ending: (book / "cite" / f"{name}.{ending}").read_text()
        for ending in ("apa.txt", "chicago.txt", "bib", "ris", "json")
    }


@pytest.mark.parametrize(
    "name",
    [
        "edition",
        "paper",
        "paper-3.2",
        *SAMPLES,
        *(
            f"work-{key}"
            for key in ("hausman2005", "rothwell1989", "lundvall1992", "oecd2005", "choi2003")
        ),
    ],
)
def test_three_formats_import_into_the_same_reference(name, book):
    """pandoc, which shares nothing with what wrote the files, reads each."""
    made = files_of(book, name)
    read = {"bib": "bibtex", "ris": "ris", "json": "csljson"}
    imported = {
        ending: json.loads(pypandoc.convert_text(made[ending], "csljson", format=form))[0]
        for ending, form in read.items()
    }
    plain = lambda text: re.sub(r"<[^>]+>|[{}\u2018\u2019']", "", text).lower()
    year = lambda item: str(item["issued"]["date-parts"][0][0])
    people = lambda item: [
        plain(p.get("family") or p.get("literal")) for p in item.get("author", [])
    ]
    wanted = imported["json"]
    for ending in ("bib", "ris"):
        got = imported[ending]
        assert plain(got["title"]) == plain(wanted["title"]) and year(got) == year(wanted), ending
        assert len(people(got)) == len(people(wanted)) and all(
            b in a or a in b for a, b in zip(people(got), people(wanted))
        ), ending
        assert got.get("DOI", "") == wanted.get("DOI", "")
    for text in (made["apa.txt"], made["chicago.txt"]):
        assert year(wanted) in text and "In the text: (" in text
        assert "<" not in text and "None" not in text


def test_every_identifier_has_a_file_for_each_format(book):
    for identifier in identifiers.places():
        for ending, text in files_of(book, identifier).items():
            assert identifier in text if ending != "bib" else identifier.lower() in text.lower(), (
                identifier,
                ending,
            )
        assert (book / "cite" / f"{identifier}.html").exists() and (
            book / "cite" / f"{identifier}.js"
        ).exists()


def test_nothing_inferred_is_stated_in_a_citation_of_the_paper(book):
    record = data.load("paper_record")
    inferred = set(record[record["status"] != "verified"]["value"]) - {"unknown"}
    assert inferred
    for path in (book / "cite").glob("paper*"):
        text = path.read_text()
        assert not any(value in text for value in inferred) and "JAKO201924065623621" in text, (
            path.name
        )


def test_a_citation_has_the_address_of_the_book_when_there_is_one_and_none_before(book):
    assert not any("http" in text for text in files_of(book, "S-3.2").values())
    item = citing.part_item("S-3.2", "Firm size", "section", "https://book.example/")
    assert all(
        "https://book.example/id/S-3.2.html" in content
        for _, content in citing.formats(item).values()
    )


# Metadata of the repository


def schema(name):
    return json.loads((files("check_jsonschema") / "builtin_schemas" / "vendor" / name).read_text())


def test_citation_cff_is_valid():
    cff = yaml.safe_load(CITATION.read_text())
    validator = jsonschema.validators.validator_for(schema("citation-file-format.json"))(
        schema("citation-file-format.json")
    )
    assert not list(validator.iter_errors(cff))
    assert list(validator.iter_errors(cff | {"license": "no licence"})), (
        "the schema must be able to refuse"
    )


@pytest.mark.parametrize("name", repository_metadata.FILES)
def test_the_repositorys_descriptions_agree(name):
    assert json.loads((ROOT / name).read_text()) == repository_metadata.FILES[name](), (
        "run `make metadata`"
    )


def test_the_book_is_titled_as_its_citation():
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    cff = yaml.safe_load(CITATION.read_text())
    assert cff["title"].startswith(config["title"]) and [a["name"] for a in cff["authors"]] == [
        config["author"]
    ]


# Metadata of the pages


def test_pages_carry_what_reference_managers_read(book):
    for path in (book / "chapters").glob("*.html"):
        soup = BeautifulSoup(path.read_text(), "html.parser")
        content = lambda key: [
            m["content"]
            for m in soup.find_all("meta", attrs={"name": key})
            + soup.find_all("meta", attrs={"property": key})
        ]
        for key in (
            "citation_title",
            "citation_author",
            "citation_publication_date",
            "DC.title",
            "DC.creator",
            "DC.date",
            "DC.rights",
            "DC.source",
            "og:title",
            "og:description",
            "og:image",
        ):
            assert content(key) and all(content(key)), (path.name, key)
        assert (path.parent / content("og:image")[0]).resolve().exists()
        assert (
            not content("og:url")
            and not content("DC.identifier")
            and not soup.find("link", rel="canonical")
        ), "nothing pretends to link while there is no address"
        described = json.loads(soup.find("script", type="application/ld+json").string)
        whole = described if path.stem == "index" else described["isPartOf"]
        assert (
            whole["@type"] == "ScholarlyArticle"
            and whole["isBasedOn"]["identifier"]["value"] == "JAKO201924065623621"
            and "author" not in whole["isBasedOn"]
        )
        if path.stem == "index":
            assert len(whole["hasPart"]) == len(list((book / "chapters").glob("*.html"))) - 1
        if path.stem == "data":
            assert [part["name"] for part in described["hasPart"]] == [
                entry["title"] for entry in data.package()["resources"]
            ]
    assert not (book / "sitemap.xml").exists()


def test_with_an_address_pages_have_canonical_links_and_a_sitemap(tmp_path):
    """The metadata as they are with an address, from a stand-in for the builder."""
    import page_metadata
    from types import SimpleNamespace as Space

    titles = {name: Space(astext=lambda: "Title") for name in ("chapters/index", "chapters/data")}
    app = Space(
        config=Space(html_baseurl="https://book.example", root_doc="chapters/index"),
        env=Space(found_docs=set(titles), titles=titles),
        builder=Space(name="html"),
        outdir=str(tmp_path),
    )
    head = page_metadata.tags(app, "chapters/data", "Title", "Words")
    for wanted in (
        '"og:url" content="https://book.example/chapters/data.html"',
        '"citation_public_url" content="https://book.example/chapters/data.html"',
        '"og:image" content="https://book.example/_static/',
        '"book-address" content="https://book.example/"',
    ):
        assert wanted in head
    (tmp_path / "_static").mkdir()
    (tmp_path / "id").mkdir()
    page_metadata.write_sitemap(app, None)
    found = ElementTree.parse(tmp_path / "sitemap.xml").getroot()
    assert [loc.text for loc in found.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")] == [
        "https://book.example/chapters/data.html",
        "https://book.example/chapters/index.html",
    ]


# In a browser


@pytest.fixture
def reader(browser):
    """A page opened from the folder, which may use the clipboard and fails the test on a script error."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    opened, errors = context.new_page(), []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert not errors, errors


def clipboard(page):
    return page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize(
    "identifier, chapter, choices",
    [
        ("S-3.2", "firm-size", ["This edition", "The original paper, section 3.2"]),
        ("T-1", "firm-size", ["This edition", "The original paper, section 3.2"]),
        (
            "C53",
            "ledger",
            ["This edition", "The original paper, section 3.1", "The cited work, Hausman 2005"],
        ),
    ],
)
def test_the_panel_copies_and_downloads_every_format(
    identifier, chapter, choices, reader, book, tmp_path
):
    reader.goto((book / "chapters" / f"{chapter}.html").as_uri())
    opener = reader.locator(f'a.cite[data-cite="{identifier}"]')
    opener.focus()
    reader.keyboard.press("Enter")
    panel = reader.locator("dialog.cite-panel")
    panel.wait_for()
    assert panel.locator("select option").all_inner_texts() == choices
    for number, choice in enumerate(choices):
        panel.locator("select").select_option(str(number))
        shown = panel.locator(".citation-format:visible")
        assert shown.count() == 5
        for i in range(5):
            form = shown.nth(i)
            form.locator("button").click()
            reader.locator(".message.shown", has_text="copied").wait_for()
            copied = clipboard(reader)
            with reader.expect_download() as waiting:
                form.locator("a[download]").click()
            saved = waiting.value.path().read_text()
            assert copied and saved.startswith(copied.split("\n")[0]), (choice, i)
            kind = form.get_attribute("data-format")
            if kind == "CSL-JSON":
                assert json.loads(copied) == json.loads(saved)
            elif kind in ("BibTeX", "RIS"):
                assert (
                    len(
                        json.loads(
                            pypandoc.convert_text(copied + "\n", "csljson", format=kind.lower())
                        )
                    )
                    == 1
                )
    reader.keyboard.press("Escape")
    panel.wait_for(state="detached")
    assert opener.evaluate("a => a === document.activeElement")


@pytest.mark.parametrize(
    "selector, identifier",
    [
        ("a.identifier[data-identifier='S-3.2']", "S-3.2"),
        ("figcaption a.identifier >> nth=0", "T-1"),
        ("a.paragraph-mark >> nth=0", None),
        ("h1 a.headerlink", "S-3.2"),
    ],
)
def test_an_address_is_copied_with_feedback_and_leads_back(selector, identifier, reader, book):
    reader.goto((book / "chapters" / "firm-size.html").as_uri())
    link = reader.locator(selector)
    identifier = identifier or link.get_attribute("data-identifier")
    if "headerlink" in selector:  # shown on hover alone
        reader.hover("h1")
        link.click()
    else:
        link.focus()
        reader.keyboard.press("Enter")
    reader.locator(".message.shown", has_text=f"Address of {identifier} copied").wait_for()
    assert clipboard(reader) == (book / "id" / f"{identifier}.html").as_uri()
    reader.goto(clipboard(reader))
    reader.wait_for_url(f"**/chapters/firm-size.html#{identifier}")
    assert reader.locator(f"[id='{identifier}']").count() == 1


def test_a_copied_passage_is_offered_with_its_reference(reader, book):
    reader.goto((book / "chapters" / "firm-size.html").as_uri())
    reader.evaluate(
        "() => { const r = document.createRange(); r.selectNodeContents(document.querySelector('p[id^=P-]')); getSelection().removeAllRanges(); getSelection().addRange(r); }"
    )
    reader.keyboard.press("Control+c")
    reader.locator(".message.shown button").click()
    reader.locator(".message.shown", has_text="Quotation copied with its reference").wait_for()
    text = clipboard(reader)
    assert (
        "The paper turns to another bias" in text
        and "The editors of the reproducible edition. (2026)." in text
        and re.search(r"/id/P-\d+\.html$", text)
    )


def test_without_scripts_the_citations_are_reached(browser, book):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for chapter, identifier in (("firm-size", "T-1"), ("ledger", "C53")):
        page.goto((book / "chapters" / f"{chapter}.html").as_uri())
        page.locator(f'a.cite[data-cite="{identifier}"]').click()
        page.wait_for_url(f"**/cite/{identifier}.html")
        assert (
            page.locator(".citation-format").first.is_visible()
            and not page.locator("button:visible").count()
        )
        for ending in ("bib", "ris", "json", "apa.txt"):
            assert page.locator(f'a[href="{identifier}.{ending}"]').count() == 1
    page.goto((book / "chapters" / "how-to-cite.html").as_uri())
    assert "JAKO201924065623621" in page.locator(".citing-whole").inner_text()
    for link in page.locator(".citing-whole a[download]").all():
        assert (book / "chapters" / link.get_attribute("href")).resolve().exists()
    page.goto((book / "id" / "C53.html").as_uri())
    page.wait_for_url("**/chapters/cases.html#C53")
    context.close()


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
def test_panel_and_citation_page_fit_and_are_accessible(width, scheme, browser, book):
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto((book / "chapters" / "ledger.html").as_uri())
    page.locator('a.cite[data-cite="C76"]').click()
    page.locator("dialog.cite-panel").wait_for()
    assert page.evaluate(
        "document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth"
    )
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    page.goto((book / "cite" / "C76.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    context.close()
