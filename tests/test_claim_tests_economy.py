"""Shares of SMEs: by hand, against published values, and with figures changed."""

import pytest
from cells import run_cells

from citablebook import data
from smebook import claim_tests
from smebook.claim_tests import economy, rules, sizes


def us_share(column):
    """The share of small US firms in a column by year, as the chapter has it."""
    return sizes.share_of_small(data.load("us_firms_and_jobs_by_size"), column, "year")


def test_us_shares_by_hand():
    table = data.load("us_firms_and_jobs_by_size").query("year == 1978")
    small = table[table["size_class"].isin(["1-4", "5-9", "10-19", "20-99", "100-499"])]
    for column in ("firms", "employment"):
        by_hand = 100 * small[column].sum() / table[column].sum()
        assert us_share(column)[1978] == pytest.approx(by_hand)
    assert us_share("employment")[2021] == pytest.approx(46.5, abs=0.05)


def test_output_of_2014_has_another_base_than_gdp():
    assert economy.share_of_all_gdp() == pytest.approx(100 * 5.9 / 17.6159)
    implied = run_cells("how-much-of-the-economy").names["implied"]
    assert float(implied) == pytest.approx(5.9 / 0.435)


def test_latest_shares_are_of_the_latest_years():
    jobs = economy.latest("jobs")
    assert jobs["year"].to_dict() == {
        "UK": 2017,
        "Taiwan": 2019,
        "US": 2021,
        "Korea": 2023,
        "EU": 2023,
    }
    assert jobs.at["Korea", "share"] == 80.4


def changed(table, where, column, value):
    """Return a bundled table with other figures in the rows of a query."""
    frame = data.load(table)
    frame.loc[frame.query(where).index, column] = value
    return frame


@pytest.mark.parametrize(
    "test, table, where, value, before, after",
    [
        ("half_of_private_output", "sme_shares", "year == 2004", 40, "supports", "against"),
        ("korean_companies_are_smes", "sme_shares", "country == 'Korea' and measure == 'firms'", 98,
         "supports", "against"),
        ("korean_jobs_are_in_smes", "sme_shares",
         "country == 'Korea' and measure == 'employment' and year == 2020", 49,
         "supports", "against"),
        ("smes_have_the_jobs", "sme_shares", "measure == 'employment' and country == 'UK'", 30,
         "supports", "undecided"),
        ("smes_make_the_output", "sme_shares", "measure in ['sales', 'GDP', 'value added']", 30,
         "undecided", "against"),
        ("western_smes_have_the_jobs", "sme_shares", "measure == 'employment' and country == 'EU'",
         30, "supports", "undecided"),
        ("western_smes_make_the_output", "sme_shares", "measure in ['sales', 'GDP']", 60,
         "undecided", "supports"),
        ("korea_beside_taiwan", "sme_shares", "country == 'Korea' and measure != 'firms'", 20,
         "undecided", "supports"),
    ],
)  # fmt: skip
def test_outcomes_follow_the_shares(data_changed, test, table, where, value, before, after):
    assert claim_tests.run(test).outcome == before
    with data_changed(table, changed(table, where, "share", value)):
        assert claim_tests.run(test).outcome == after


def test_half_of_all_output_follows_the_amounts(data_changed):
    assert claim_tests.run("half_of_all_output").outcome == "against"
    with data_changed(
        "us_gdp_2014", changed("us_gdp_2014", "id == 'small_business'", "amount", 8.8)
    ):
        assert claim_tests.run("half_of_all_output").outcome == "supports"


def test_a_definition_by_employees_everywhere_is_of_one_kind(data_changed):
    assert claim_tests.run("definitions_differ").outcome == "supports"
    frame = data.load("sme_shares").assign(definition="fewer than 250 employees")
    frame.loc[frame["country"] == "Korea", "definition"] = "national, fewer than 300 employees"
    with data_changed("sme_shares", frame):
        assert claim_tests.run("definitions_differ").outcome == "against"


def test_around_half_is_a_rule():
    with rules.varied(around_half=7):
        assert claim_tests.run("smes_make_the_output").outcome == "supports"
