"""Dates of policy: by hand, and that the outcome follows when a date is another."""

import pytest

from citablebook import data
from smebook import claim_tests
from smebook.claim_tests import policy, rules


def test_first_years_by_hand():
    assert [
        policy.first_year(c) for c in ("United States", "Italy", "United Kingdom", "Korea")
    ] == [
        1953,
        1956,
        1977,
        1961,
    ]
    assert policy.first_year("Germany") is None  # a park is no act of the state
    korean = policy.measures("Korea", before=1990)["year"]
    assert list(korean) == [1961, 1962, 1966, 1972, 1980, 1987]


def with_years(**years):
    """Return the chronology with other years for some measures."""
    frame = data.load("policy_chronology").set_index("id")
    for name, year in years.items():
        frame.loc[name, "year"] = year
    return frame.reset_index()


KOREAN = ("korea_1961", "korea_1962", "korea_1966", "korea_1972", "korea_1980", "korea_1987")


@pytest.mark.parametrize(
    "test, years, before, after",
    [
        ("korean_policy_began_in_1990", dict.fromkeys(KOREAN, 1991), "against", "supports"),
        ("italian_policy_turned_in_1980", {"italy_1956": 1981}, "against", "supports"),
        ("british_policy_turned_in_1980", {"uk_1977": 1970}, "supports", "against"),
        ("the_us_came_first", {"italy_1956": 1950}, "supports", "against"),
        ("the_us_came_before_europe_and_korea", {"korea_1961": 1950}, "supports", "against"),
        ("the_act_is_of_1953", {"us_1953": 1954}, "supports", "against"),
        ("others_acted_too_soon", {"uk_1977": 1955}, "undecided", "against"),
        ("korean_law_disregarded_smes", dict.fromkeys(KOREAN, 1991), "undecided", "supports"),
    ],
)
def test_outcomes_follow_the_dates(data_changed, test, years, before, after):
    assert claim_tests.run(test).outcome == before
    with data_changed("policy_chronology", with_years(**years)):
        assert claim_tests.run(test).outcome == after


def test_european_laws_before_1970_in_most_countries_are_against(data_changed):
    assert claim_tests.run("europeans_had_laws_by_1970").outcome == "undecided"
    with data_changed("policy_chronology", with_years(uk_1977=1960)):
        assert claim_tests.run("europeans_had_laws_by_1970").outcome == "against"


def test_parks_of_another_decade_are_against(data_changed):
    assert claim_tests.run("parks_are_of_the_1980s").outcome == "supports"
    with data_changed("policy_chronology", with_years(uk_science_parks=1971, germany_1983=1973)):
        assert claim_tests.run("parks_are_of_the_1980s").outcome == "against"


def test_the_tolerance_is_a_rule():
    with rules.varied(date_tolerance=0):
        assert claim_tests.run("british_policy_turned_in_1980").outcome == "against"
    with rules.varied(date_tolerance=30):
        assert claim_tests.run("korean_policy_began_in_1990").outcome == "supports"


def test_a_country_without_measures_decides_nothing(data_changed):
    frame = data.load("policy_chronology").query("country != 'Italy'")
    with data_changed("policy_chronology", frame):
        assert claim_tests.run("italian_policy_turned_in_1980").outcome == "undecided"
