"""The claims ledger and the ways from works to claims: statuses are computed, counts are the data's, nothing is lost."""

import csv
import json
from collections import Counter

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from citablebook import bibliography, data, references
from smebook import innovation_by_size as by_size
from smebook import ledger, proofreading
from smebook.innovation_by_size import SizeTable


def status(claim, **tables):
    return next(entry for entry in ledger.entries(**tables) if entry.claim == claim).status


def table(rows, kind="print"):
    frame = pd.DataFrame(
        rows, index=["1945-49", "1950-54"], columns=["1-199", "200-999", "1000-9999"]
    )
    return SizeTable(frame, pd.Series([100, 100], index=frame.index), kind)


def test_every_claim_has_one_entry_with_a_reason_and_a_link():
    entries = ledger.entries()
    assert [entry.claim for entry in entries] == list(data.load("claims")["id"])
    for entry in entries:
        assert entry.status in ledger.STATUSES and len(entry.reason) > 15 and entry.computation
        assert entry.status != "uncited" or not entry.works


def test_known_verdicts():
    assert {
        claim: status(claim) for claim in ("C75", "C78", "C79", "C80", "C1", "C12", "C21", "C53")
    } == {
        "C75": "otherwise",
        "C78": "contradicted",
        "C79": "contradicted",
        "C80": "contradicted",
        "C1": "uncited",
        "C12": "aim",
        "C21": "definition",
        "C53": "work",
    }


@pytest.mark.parametrize(
    "printed, repaired, wanted",
    [
        ([[20, 40, 40], [45, 30, 25]], [[20, 40, 40], [45, 30, 25]], "reproduced"),
        ([[20, 40, 40], [15, 45, 40]], [[20, 40, 40], [45, 30, 25]], "repaired"),
        ([[20, 40, 40], [15, 45, 40]], [[20, 40, 40], [15, 45, 40]], "contradicted"),
        ([[20, 40, 40], [45, 30, 25]], [[20, 40, 40], [15, 45, 40]], "contradicted"),
    ],
)
@pytest.mark.parametrize("claim", ["C79", "C80"])
def test_claims_about_the_table_follow_print_and_repair(claim, printed, repaired, wanted):
    assert status(claim, printed=table(printed), repaired=table(repaired, "repaired")) == wanted


def test_large_firms_are_judged_by_their_share():
    assert (
        status(
            "C82",
            printed=table([[20, 40, 40], [45, 30, 25]]),
            repaired=table([[20, 40, 40], [45, 30, 25]], "repaired"),
        )
        == "reproduced"
    )


def test_reasons_name_the_figures_of_the_table():
    reason = next(entry.reason for entry in ledger.entries() if entry.claim == "C78")
    assert (
        "4,387" in reason
        and f"{int(proofreading.repaired().n.sum()):,}" in reason
        and f"{int(by_size.printed().n.sum()):,}" in reason
    )


def test_comparisons_name_claims_that_cite_their_work():
    works = data.load("claims").set_index("id")["works"].str.split(";")
    for row in data.load("citation_checks").to_dict("records"):
        for claim in row["claims"].split(";"):
            assert row["citekey"] in works[claim], (row["id"], claim)


def test_a_work_that_says_otherwise_is_never_lost():
    for row in data.load("citation_checks").to_dict("records"):
        if row["agreement"] == "differs":
            for claim in row["claims"].split(";"):
                entry = next(e for e in ledger.entries() if e.claim == claim)
                assert entry.status == "otherwise" and row["work_says"] in entry.reason


def test_an_unknown_status_is_refused():
    with pytest.raises(ValueError, match="no status"):
        ledger.count("proved")


def test_the_pages_counts_are_those_of_the_data(book):
    counted = Counter(entry.status for entry in ledger.entries())
    soup = BeautifulSoup((book / "chapters" / "ledger.html").read_text(), "html.parser")
    rows = soup.select("table.ledger tbody tr")
    assert (
        len(rows) == len(data.load("claims"))
        and Counter(row["data-status"] for row in rows) == counted
    )
    for term in soup.select("dl dt"):
        key = next(
            key
            for key, name in ledger.STATUSES.items()
            if name.startswith(term.text.strip().replace("\u2019", "'"))
        )
        assert int(term.find_next_sibling("dd").select_one(".number a").text) == counted[key], key
    front = BeautifulSoup((book / "chapters" / "index.html").read_text(), "html.parser")
    words = {
        str(ledger.count("contradicted")),
        str(ledger.count("work")),
        str(ledger.count("uncited")),
    }
    assert words <= {a.text for a in front.select(".number > a")}


def test_the_downloads_hold_the_ledger(book):
    with (book / "_static" / "ledger.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    listed = json.loads((book / "_static" / "ledger.json").read_text())
    assert (
        [row["claim"] for row in rows]
        == [row["claim"] for row in listed]
        == list(data.load("claims")["id"])
    )
    assert Counter(row["status"] for row in rows) == Counter(
        ledger.STATUSES[e.status] for e in ledger.entries()
    )
    assert all(a["reason"] == b["reason"] for a, b in zip(rows, listed))


def test_a_claims_sign_opens_its_entry_and_the_entry_leads_back(page, book):
    page.goto((book / "chapters" / "cases.html").as_uri())
    page.locator("a.claim#C53").click()
    page.wait_for_url("**/ledger.html#ledger-C53")
    page.locator("[id='ledger-C53'] th a").click()
    page.wait_for_url("**/cases.html#C53")


def test_the_ledger_is_filtered_and_searched(page, book):
    page.goto((book / "chapters" / "ledger.html").as_uri() + "?status=contradicted")
    shown = page.locator("table.ledger tbody tr:visible")
    wanted = sum(entry.status == "contradicted" for entry in ledger.entries())
    assert (
        shown.count() == wanted
        and f"{wanted} of" in page.locator("form.ledger-filter output").inner_text()
    )
    page.select_option("select[name=status]", "")
    page.fill("form.ledger-filter input", "daegu textile")
    assert 0 < shown.count() < 10 and all(
        "daegu" in text.lower() for text in shown.all_inner_texts()
    )
    page.fill("form.ledger-filter input", "zzzz")
    assert shown.count() == 0
    page.fill("form.ledger-filter input", "")
    page.select_option("select[name=section]", "2.3")
    assert shown.count() == (data.load("claims")["section"] == "2.3").sum()


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
