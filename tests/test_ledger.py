"""The claims ledger as a page, and the ways from works to claims."""

from bs4 import BeautifulSoup

from citablebook import bibliography, data, references
from smebook import judgement


def test_comparisons_name_claims_that_cite_their_work():
    works = data.load("claims").set_index("id")["works"].str.split(";")
    for row in data.load("citation_checks").to_dict("records"):
        for claim in row["claims"].split(";"):
            assert row["citekey"] in works[claim], (row["id"], claim)


def test_a_claims_sign_opens_its_entry_and_the_entry_leads_back(page, book):
    page.add_init_script("try { localStorage.setItem('view', 'checking') } catch {}")
    page.goto((book / "chapters" / "cases.html").as_uri())
    page.locator("a.claim#C53").click()
    page.wait_for_url("**/ledger.html#ledger-C53")
    page.locator("[id='ledger-C53'] th a").click()
    page.wait_for_url("**/cases.html#C53")


def test_the_ledger_is_filtered_and_searched(page, book):
    page.goto((book / "chapters" / "ledger.html").as_uri() + "?status=part")
    shown = page.locator("table.ledger tbody tr:visible")
    wanted = sum(one.status == "part" for one in judgement.judgements())
    assert (
        shown.count() == wanted
        and f"{wanted} of" in page.locator("form.ledger-filter output").inner_text()
    )
    page.select_option("select[name=status]", "")
    page.fill("form.ledger-filter input", "daegu textile")
    assert 0 < shown.count() < 15 and all(
        "daegu" in text.lower() for text in shown.all_inner_texts()
    )
    page.fill("form.ledger-filter input", "zzzz")
    assert shown.count() == 0
    page.fill("form.ledger-filter input", "")
    page.select_option("select[name=section]", "2.3")
    assert shown.count() == (data.load("claims")["section"] == "2.3").sum()


def test_a_row_of_squares_opens_the_filtered_ledger(page, book):
    page.goto((book / "chapters" / "index.html").as_uri())
    row = page.locator("ul.claim-squares a").first
    number = int(row.locator("b").inner_text())
    row.click()
    page.wait_for_url("**/ledger.html?status=*")
    assert page.locator("table.ledger tbody tr:visible").count() == number


def test_the_words_of_a_ground_stand_apart(book):
    soup = BeautifulSoup((book / "chapters" / "ledger.html").read_text(), "html.parser")
    labels = soup.select("table.ledger li > :is(b, i)")
    assert len(labels) > 100
    joined = [label.get_text() for label in labels if not str(label.next_sibling)[:1].isspace()]
    assert not joined


def test_tables_in_korean_say_so(book):
    """A screen reader then speaks Korean, and lines break between words."""
    soup = BeautifulSoup((book / "chapters" / "korean-summary.html").read_text(), "html.parser")
    tables = [table for table in soup.select("table.book-table") if "성립" in table.get_text()]
    assert tables and all(table.find_parent(lang="ko") for table in tables)


def test_each_work_says_where_and_with_what_it_is_cited(book):
    soup = BeautifulSoup((book / "chapters" / "references.html").read_text(), "html.parser")
    claims = data.load("claims")
    for key, work in references.works().items():
        entry = soup.find(id=f"ref-{key}")
        entry = (
            entry if "citation" in entry.get("class", []) else entry.find_parent(class_="citation")
        )
        use = entry.select_one(".cited-for")
        assert bool(use) == bool(work.printed_as), key
        if use:
            wanted = {
                row["id"]: set(row["works"].split(";"))
                for row in claims.to_dict("records")
                if key in row["works"].split(";")
            }
            links = [a["href"] for a in use.find_all("a")]
            assert {link.split("#")[1] for link in links if "#C" in link} == set(wanted)
            assert {link[5:] for link in links if link.startswith("#ref-")} == set().union(
                *wanted.values()
            ) - {key}
            for link in links:
                if "#C" in link:
                    assert (
                        f'id="{link.split("#")[1]}"'
                        in (book / "chapters" / link.split("#")[0]).read_text()
                    )


def test_companions_are_ordered_by_how_often_they_stand_together():
    use = bibliography.uses(data.load("claims").to_dict("records"))["jeonphelps2018"]
    assert use.companions == ("shin2018",) and ("C65", "3.1") in use.claims


def test_each_chapter_ends_with_its_works(book):
    for name in ("introduction", "firm-size", "cases"):
        soup = BeautifulSoup((book / "chapters" / f"{name}.html").read_text(), "html.parser")
        listed = {a["href"].split("#ref-")[1] for a in soup.select("details.works-here li a")}
        sections = {"introduction": ["1"], "firm-size": ["3.2"], "cases": ["3.1"]}[name]
        claims = data.load("claims")
        wanted = {
            key
            for keys in claims[claims["section"].isin(sections)]["works"]
            for key in keys.split(";")
            if key
        }
        assert wanted <= listed
