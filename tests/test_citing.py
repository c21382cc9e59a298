"""Identifiers, citations, metadata: nothing disappears, everything parses, every control works.

What the package does of itself is tested in `packages/citablebook/tests`, on small books.
"""

import csv
import json
import re
import subprocess
from importlib.resources import files

import jsonschema
import pypandoc
import pytest
import yaml
from bs4 import BeautifulSoup

from citablebook import data, identify, registry, repository
from citablebook.paths import CITATION, ROOT

REGISTRY = registry.read(ROOT / "identifiers.csv")
LABELS = registry.labels(REGISTRY)
PLACES = {
    place.identifier: (path.stem, place)
    for path in identify.chapter_files(ROOT)
    for place in identify.scan(path, LABELS)
    if place.identifier
}
#: What has citations of its own; a paragraph is cited as its section.
CITED = [name for name, (_, place) in PLACES.items() if place.kind != "paragraph"]


# Identifiers


def test_everything_citable_has_its_identifier():
    missing = [
        (path.name, place.line + 1, place.kind)
        for path in identify.chapter_files(ROOT)
        for place in identify.scan(path, LABELS)
        if not place.identifier
    ]
    assert not missing, f"run `make identifiers`: {missing}"


def test_every_claim_is_registered():
    assert {i for i, entry in REGISTRY.items() if entry.kind == "claim"} == set(
        data.load("claims")["id"]
    )


def test_no_identifier_was_taken_out_of_the_registry():
    """Whatever a commit ever listed is listed still, with the same kind and meaning."""
    git = ["git", "-C", str(ROOT)]
    if subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True).returncode:
        pytest.skip("there is no history to compare with")
    command = [*git, "log", "--format=%h", "--", "identifiers.csv"]
    commits = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert commits
    for commit in commits:
        command = [*git, "show", f"{commit}:identifiers.csv"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for row in csv.DictReader(text.splitlines()):
            entry = REGISTRY.get(row["identifier"])
            assert entry, f"{row['identifier']} was published in {commit}"
            assert entry.kind == row["kind"] and (
                entry.kind == "section"
                or not row["points_to"]
                or set(row["points_to"].split()) & set(entry.points_to.split())
            ), row


def test_every_address_leads_to_its_place(book):
    pages = {}
    for identifier, entry in REGISTRY.items():
        soup = BeautifulSoup((book / "id" / f"{identifier}.html").read_text(), "html.parser")
        if entry.status == registry.WITHDRAWN:
            assert "was withdrawn" in soup.h1.get_text()
            continue
        target = soup.a["href"]
        assert target in soup.find("meta", attrs={"http-equiv": "refresh"})["content"]
        name, _, anchor = target.partition("#")
        if entry.status == registry.CURRENT:
            if name not in pages:
                pages[name] = {
                    e["id"]
                    for e in BeautifulSoup(
                        (book / "id" / name).resolve().read_text(), "html.parser"
                    ).find_all(id=True)
                }
            assert anchor == identifier and anchor in pages[name]


def test_sections_of_the_paper_bear_its_numbers(book):
    for identifier, (chapter, _) in PLACES.items():
        if re.fullmatch(r"S-[\d.]+", identifier):
            soup = BeautifulSoup((book / "chapters" / f"{chapter}.html").read_text(), "html.parser")
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
        "original",
        *(
            f"work-{key}"
            for key in ("hausman2005", "rothwell1989", "lundvall1992", "oecd2005", "choi2003")
        ),
    ],
)
def test_three_formats_import_into_the_same_reference(name, book):
    """pandoc, which wrote neither BibTeX nor RIS, reads each."""
    made = files_of(book, name)
    read = {"bib": "bibtex", "ris": "ris", "json": "csljson"}
    imported = {
        ending: json.loads(pypandoc.convert_text(made[ending], "csljson", format=form))[0]
        for ending, form in read.items()
    }

    def plain(text: str) -> str:
        return re.sub(r"<[^>]+>|[{}\u2018\u2019']", "", text).lower()

    def year(item: dict) -> str:
        return str(item["issued"]["date-parts"][0][0])

    def people(item: dict) -> list[str]:
        return [plain(p.get("family") or p.get("literal")) for p in item.get("author", [])]

    wanted = imported["json"]
    for ending in ("bib", "ris"):
        got = imported[ending]
        assert plain(got["title"]) == plain(wanted["title"]) and year(got) == year(wanted), ending
        assert len(people(got)) == len(people(wanted)) and all(
            b in a or a in b for a, b in zip(people(got), people(wanted), strict=True)
        ), ending
        assert got.get("DOI", "") == wanted.get("DOI", "")
    for text in (made["apa.txt"], made["chicago.txt"]):
        assert year(wanted) in text and "In the text: (" in text
        assert "<" not in text and "None" not in text


def test_everything_but_paragraphs_has_a_page_and_a_script_of_citations(book):
    there = {path.name for path in (book / "cite").iterdir()}
    assert {f"{name}.{ending}" for name in CITED for ending in ("html", "js")} <= there
    assert not [name for name in there if name.startswith("P-")]


def test_no_page_of_citations_links_to_a_file_that_is_not_there(book):
    there = {path.name for path in (book / "cite").iterdir()}
    for name in CITED:
        links = re.findall(r'download="([^"]+)"', (book / "cite" / f"{name}.html").read_text())
        assert links and set(links) <= there, name


def test_full_given_names_stand_in_chicago(book):
    for path in (book / "cite").glob("work-*.json"):
        [item] = json.loads(path.read_text())
        text = path.with_name(path.name.replace(".json", ".chicago.txt")).read_text()
        for person in item.get("author", []):
            assert person.get("given", "") in text, path.name


def test_nothing_inferred_is_stated_in_a_citation_of_the_paper(book):
    record = data.load("paper_record")
    inferred = set(record[record["status"] != "verified"]["value"]) - {"unknown"}
    assert inferred
    for path in (book / "cite").glob("original*"):
        text = path.read_text()
        assert not any(value in text for value in inferred), path.name
        assert "JAKO201924065623621" in text, path.name


def test_the_papers_record_is_that_of_the_citation_file():
    [paper] = yaml.safe_load(CITATION.read_text())["references"]
    record = data.load("paper_record").set_index("field")
    assert paper["title"] == record.at["title", "value"]
    assert str(paper["year"]) in record.at["published", "value"]
    assert paper["identifiers"][0]["value"] in record.at["title", "grounds"]
    assert paper["database"] in record.at["title", "grounds"]


def test_no_citation_has_an_address_while_the_book_has_none(book):
    assert not any("http" in text for text in files_of(book, "edition").values())


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


@pytest.mark.parametrize("name", repository.FILES)
def test_the_repositorys_descriptions_agree(name):
    record, code = yaml.safe_load(CITATION.read_text()), repository.licence_of_code(ROOT)
    described = repository.FILES[name](record, code)
    assert json.loads((ROOT / name).read_text()) == described, "run `make metadata`"


@pytest.mark.parametrize("name", repository.FILES)
def test_the_repositorys_descriptions_are_of_their_formats(name):
    path = ROOT / "tests" / "schemas" / name.lstrip(".")
    validator = jsonschema.Draft7Validator(json.loads(path.read_text()))
    described = json.loads((ROOT / name).read_text())
    assert not list(validator.iter_errors(described))
    for wrong in ({"license": ["CC-BY-4.0", "MIT"]}, {"licence": "MIT"}):
        assert list(validator.iter_errors(described | wrong)), "the schema must be able to refuse"


def test_one_licence_is_named_everywhere_and_that_of_the_code_where_it_can_be_said():
    record = yaml.safe_load(CITATION.read_text())
    zenodo = json.loads((ROOT / ".zenodo.json").read_text())
    assert record["license"] == zenodo["license"] == "CC-BY-4.0"
    assert "Code: MIT" in zenodo["notes"] and repository.licence_of_code(ROOT) == "MIT"
    licence = (ROOT / "LICENSE").read_text()
    assert "CC BY 4.0" in licence and "the MIT License" in licence


def test_the_data_package_has_the_version_and_the_people_of_the_book():
    package = json.loads((ROOT / "data" / "datapackage.json").read_text())
    described = repository.data_package(yaml.safe_load(CITATION.read_text()), package)
    assert package == described, "run `make metadata`"


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

        def content(key: str, soup=soup) -> list[str]:
            return [
                meta["content"]
                for kind in ("name", "property")
                for meta in soup.find_all("meta", attrs={kind: key})
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
        ):
            assert content(key) and all(content(key)), (path.name, key)
        assert (
            not content("og:url")
            and not content("og:image")
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


# In a browser


@pytest.fixture
def reader(browser):
    """A page from the folder, which may use the clipboard; a script error fails the test."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    context.add_init_script("try { localStorage.setItem('view', 'checking') } catch {}")
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
            ["The original paper, section 3.1", "This edition", "The cited work, Hausman 2005"],
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


#: Where an address is asked for: tools of a section and a table, a paragraph's mark, a heading.
ASKED = [
    ("a.identifier[data-identifier='S-3.2']", "S-3.2"),
    ("a.identifier[data-identifier='T-1']", "T-1"),
    ("a.paragraph-mark >> nth=0", None),
    ("h1 a.headerlink", "S-3.2"),
]


def ask(page, selector, identifier) -> str:
    """Ask for the address of a place by its control; return its identifier."""
    link = page.locator(selector)
    if "headerlink" in selector:  # shown on hover alone
        page.hover("h1")
        link.click()
    else:
        link.focus()
        page.keyboard.press("Enter")
    return identifier or link.get_attribute("data-identifier")


@pytest.mark.parametrize("selector, identifier", ASKED)
def test_a_place_is_copied_as_a_reference_while_the_book_has_no_address(
    selector, identifier, reader, book
):
    """Nobody is given the path of a file on the reader's own disk."""
    reader.goto((book / "chapters" / "firm-size.html").as_uri())
    identifier = ask(reader, selector, identifier)
    reader.locator(".message.shown", has_text=f"Reference to {identifier} copied").wait_for()
    in_text, entry = clipboard(reader).split("\n\n")
    named = {"T": "Table 1", "S": "section 3.2"}.get(identifier[0], f"paragraph {identifier}")
    assert in_text.startswith("(The editors") and named.lower() in in_text.lower()
    assert entry.startswith("The editors of the reproducible edition. (2026).")
    assert "file:" not in clipboard(reader)
    assert reader.url.endswith(f"#{identifier}")


@pytest.mark.parametrize("selector, identifier", ASKED)
def test_a_place_is_copied_as_an_address_once_the_book_has_one(
    selector, identifier, reader, served
):
    def published(route):
        answer = route.fetch()
        meta = f'<meta name="book-address" content="{served}/"></head>'
        route.fulfill(response=answer, body=answer.text().replace("</head>", meta, 1))

    reader.route("**/chapters/firm-size.html*", published)
    reader.goto(f"{served}/chapters/firm-size.html")
    identifier = ask(reader, selector, identifier)
    reader.locator(".message.shown", has_text=f"Address of {identifier} copied").wait_for()
    assert clipboard(reader) == f"{served}/id/{identifier}.html"
    reader.goto(clipboard(reader))
    reader.wait_for_url(f"**/chapters/firm-size.html#{identifier}")
    assert reader.locator(f"[id='{identifier}']").count() == 1


def test_a_copied_passage_is_offered_with_its_reference(reader, book):
    reader.goto((book / "chapters" / "firm-size.html").as_uri())
    reader.evaluate(
        """() => {
          const range = document.createRange();
          range.selectNodeContents(document.querySelector('p[id^=P-]'));
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }"""
    )
    reader.keyboard.press("Control+c")
    reader.locator(".message.shown button").click()
    reader.locator(".message.shown", has_text="Quotation copied with its reference").wait_for()
    quoted, entry = clipboard(reader).split("\n\n")
    assert quoted.startswith("\u201cThe paper turns to a second bias")
    assert re.search(r"\(The editors [^)]*, section 3\.2, paragraph P-\d+\)$", quoted)
    assert entry.startswith("The editors of the reproducible edition. (2026).")
    assert "file:" not in entry


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
            assert page.locator(f'a[href="edition.{ending}"]').count() == 1
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
    context.add_init_script("try { localStorage.setItem('view', 'checking') } catch {}")
    page = context.new_page()
    page.goto((book / "chapters" / "ledger.html").as_uri())
    page.locator('a.cite[data-cite="C76"]').click()
    page.locator("dialog.cite-panel").wait_for()
    panel = "document.querySelector('dialog')"
    assert page.evaluate(f"{panel}.scrollWidth <= {panel}.clientWidth")
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    page.goto((book / "cite" / "C76.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    context.close()
