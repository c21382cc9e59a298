"""Who innovates more, by denominator: checks by hand and by scipy, and outcomes follow figures."""

import csv
import re

import numpy as np
import pytest
from cells import run_cells
from scipy import stats

from citablebook import data
from citablebook.paths import CHAPTERS, DATA
from smebook import claim_tests
from smebook.claim_tests import denominators, rules, sizes
from smebook.table1 import band_name


def rows(name: str) -> list[dict[str, str]]:
    """The table as the file has it, read without pandas."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def changed(monkeypatch):
    """Give a bundled table other figures for one test."""
    real = data.load

    def change(name, edit):
        frame = edit(real(name))
        monkeypatch.setattr(
            data, "load", lambda n, *a, **k: frame.copy() if n == name else real(n, *a, **k)
        )

    return change


@pytest.mark.parametrize(
    "size_class, first, name",
    [("1-4", 1, "1–4"), ("1000-4999", 1000, "1,000–4,999"), ("25000+", 25000, "25,000+")],
)
def test_size_classes(size_class, first, name):
    assert sizes.lower_limit(size_class) == first
    assert band_name(size_class) == name


def test_rates_are_the_published_ones_and_flagged_ones_are_left_out():
    rates = denominators.innovation_rates()
    for row in rows("us_innovation_by_size"):
        if row["size_class"] != "all":
            found = rates.at[row["size_class"], row["period"]]
            if row["rate_flag"]:
                assert np.isnan(found)
            else:
                assert found == pytest.approx(
                    float(row["rate"]), abs=0.12
                )  # counts are rounded too


def test_the_gap_by_hand_and_its_interval_by_scipy():
    gaps = denominators.rate_gaps()
    assert gaps["2015-17"] == pytest.approx(2568 / 7026 * 100 - 636031 / 2615093 * 100)
    interval = stats.ttest_1samp(gaps, 0).confidence_interval(0.95)
    assert denominators.interval(gaps) == pytest.approx((interval.low, interval.high))


def test_classes_that_are_put_together_lose_nobody():
    merged = run_cells("three-denominators").names["register"]
    by_hand = sum(
        int(row["employment"])
        for row in rows("us_firms_and_jobs_by_size")
        if row["year"] == "2021" and row["size_class"] not in ("1-4", "5-9")
    )
    assert merged.loc[2021, "employment"].sum() == by_hand


def test_rd_ratios_by_hand():
    def total(table, column, small):
        return sum(
            float(row[column])
            for row in rows(table)
            if row["year"] == "2021"
            and row["size_class"] not in ("1-4", "5-9")
            and (sizes.lower_limit(row["size_class"]) < 500) == small
        )

    for name, table in (
        ("performers", "us_rd_performers_by_size"),
        ("all_firms", "us_firms_and_jobs_by_size"),
    ):
        small, large = (
            total("us_rd_performers_by_size", "rd", side) / total(table, "employment", side)
            for side in (True, False)
        )
        assert denominators.rd_ratios().at[2021, name] == pytest.approx(small / large)


def test_the_published_class_of_rd_per_employee():
    # 2021, 10-19 employees: 5,477 million dollars, 8,240.2 thousand employees of all firms.
    rd = run_cells("three-denominators").names["rd"].loc[(2021, "10-19")]
    assert rd["rd"] / rd["all_firms"] == pytest.approx(5477 / 8240.230)


def test_shares_of_small_firms_by_hand():
    patents = rows("us_patents_by_size")
    small = sum(int(r["issued"]) for r in patents[:5])
    share = 14960 / 103232 * 100
    assert small == 14960
    assert run_cells("three-denominators").names["issued"] == pytest.approx(share)
    assert denominators.patents_of_small()[1]["share"] == pytest.approx(share)


def _with_rates_reversed(survey):
    """Give the classes of each period the rates of one another, in reverse."""
    classes = survey[survey["size_class"] != "all"]
    for _, part in classes.groupby("period"):
        rate = (part["innovating"] / part["companies"]).to_numpy()[::-1]
        survey.loc[part.index, "innovating"] = (rate * part["companies"]).round().astype(int)
    return survey


def test_if_the_small_innovated_more_often_the_outcomes_would_turn(changed):
    assert claim_tests.run("expectation_per_firm").outcome == "against"
    changed("us_innovation_by_size", _with_rates_reversed)
    assert claim_tests.run("expectation_per_firm").outcome == "supports"
    assert claim_tests.run("no_relation_in_the_us").outcome == "against"  # it is a relation, too
    assert denominators.signs()["firm"] == -1


def test_without_a_difference_nothing_is_decided(changed):
    def equal(survey):
        spread = np.resize([0.29, 0.31, 0.30], len(survey))
        survey["innovating"] = (survey["companies"] * spread).astype(int)
        return survey

    changed("us_innovation_by_size", equal)
    assert claim_tests.run("no_relation_in_the_us").outcome == "undecided"
    assert claim_tests.run("expectation_per_firm").outcome == "undecided"


@pytest.mark.parametrize(
    "factor, among_performers, of_all, one_leads",
    [
        (1, "supports", "against", "supports"),
        (10, "supports", "supports", "supports"),
        (0.1, "against", "against", "against"),
    ],
)
def test_outcomes_follow_the_rd_of_small_firms(
    changed, factor, among_performers, of_all, one_leads
):
    def scale(rd):
        small = rd["size_class"].map(sizes.lower_limit) < 500
        rd["rd"] = (rd["rd"] * np.where(small, factor, 1)).round().astype(int)
        return rd

    changed("us_rd_performers_by_size", scale)
    assert claim_tests.run("per_employee_of_performers").outcome == among_performers
    assert claim_tests.run("per_employee_of_all_firms").outcome == of_all
    assert claim_tests.run("sign_turns").outcome == one_leads


def test_outcomes_follow_the_european_rates(changed):
    assert claim_tests.run("readier_in_the_uk").outcome == "against"
    assert claim_tests.run("no_relation_in_the_eu").outcome == "against"

    def swapped(rates):
        uk = rates["country"] == "UK"
        names = {"10-249": "250+", "250+": "10-249", "all": "all"}
        rates.loc[uk, "size_class"] = rates.loc[uk, "size_class"].map(names)
        return rates

    changed("innovation_rates_by_size", swapped)
    assert claim_tests.run("readier_in_the_uk").outcome == "supports"


def test_number_and_amount_can_fail(changed):
    assert claim_tests.run("number_of_innovators").outcome == "supports"
    assert claim_tests.run("amount_of_rd").outcome == "against"

    def few(survey):
        small = survey["size_class"].map(lambda c: c != "all" and sizes.lower_limit(c) < 500)
        survey.loc[small, "innovating"] = 1
        return survey

    changed("us_innovation_by_size", few)
    assert claim_tests.run("number_of_innovators").outcome == "against"


def test_a_stricter_level_leaves_two_surveys_undecided():
    assert claim_tests.run("readier_in_the_uk").outcome == "against"
    with rules.varied(alpha=0.01):
        assert claim_tests.run("readier_in_the_uk").outcome == "undecided"


@pytest.mark.parametrize("module", ["denominators", "jobs", "kinds"])
def test_the_chapter_shows_what_its_tests_name_and_quotes_their_claims(module):
    tests = [t for t in claim_tests.all_tests() if t.measure.startswith(f"{module}.")]
    assert tests
    for test in tests:
        page, label = test.where.split("#")
        text = (CHAPTERS / page.replace(".html", ".md")).read_text(encoding="utf-8")
        assert f"name: {label}\n" in text, test.name
        quoted = re.search(r"tested = \[(.*?)\]", text)[1]
        elsewhere = {"C81"} if module == "kinds" else set()  # quoted in the chapter on jobs
        assert set(test.claims) - elsewhere <= set(re.findall(r"C\d+", quoted)), test.name
        finding = test.run()
        assert finding.statistic and finding.reason and finding.korean


def test_most_patents_with_small_companies_would_speak_for_the_claim(changed):
    assert claim_tests.run("patents_today").outcome == "undecided"

    def many(patents):
        small = patents["size_class"].map(sizes.lower_limit) < 500
        patents["issued"] = np.where(small, 50_000, 1_000)
        return patents

    changed("us_patents_by_size", many)
    assert claim_tests.run("patents_today").outcome == "supports"
