"""Jobs by size and by age: sums by hand, published totals, and that outcomes follow the figures."""

import math

import numpy as np
import pandas as pd
import pytest
from cells import run_cells
from scipy import stats

from citablebook import data
from smebook import claim_tests
from smebook.claim_tests import jobs, rules, sizes


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


def test_net_jobs_of_1978_to_1989_by_hand():
    table = data.load("us_firms_and_jobs_by_size")
    net = {True: 0, False: 0}
    for row in table[table["year"] <= 1989].to_dict("records"):
        small = sizes.lower_limit(row["size_class"]) < 500
        net[small] += row["job_creation"] - row["job_destruction"]
    found = jobs.jobs_by_size().loc[1978:1989, "net"].sum()
    assert (found["small"], found["large"]) == (net[True], net[False])
    assert net[True] / (net[True] + net[False]) == pytest.approx(0.756, abs=0.0005)


def test_ages_add_up_to_the_published_total():
    published = 27_869_103  # sum of the yearly totals of the release, whose classes are rounded
    assert jobs.jobs_by_age()["net_job_creation"].sum() == pytest.approx(published, abs=20)
    assert data.load("us_jobs_by_age")["net_job_creation"].sum() == pytest.approx(published, abs=20)


def test_start_ups_have_half_their_employment_as_mean():
    start = data.load("us_jobs_by_age").query("age_class == 'start-up'")
    assert (start["mean_employment"] * 2 / start["employment"] - 1).abs().max() < 0.01


def test_the_difference_of_older_firms_is_the_paired_test_of_scipy():
    rates = jobs.rates_of_older_firms()
    test = stats.ttest_rel(rates["1-249"], rates["250+"])
    assert test.pvalue < 0.001 and test.statistic < 0
    assert claim_tests.run("more_jobs_past_the_first_year").outcome == "undecided"


def test_regression_to_the_mean_in_firms_made_up():
    panel = pd.DataFrame(
        {
            "firm": [1, 1, 2, 2, 3, 3],
            "year": [1991, 1992, 1991, 1992, 1991, 1993],
            "employment": [0.4, 0.8, 0.8, 0.4, 0.1, 9.0],  # the third has no second year
        }
    )
    growth = run_cells("jobs").names["growth_by_sorting"](panel)
    assert growth.loc["first"].tolist() == pytest.approx([200 / 3, -200 / 3])
    assert growth.loc["second"].tolist() == pytest.approx([-200 / 3, 200 / 3])
    assert growth.at["mean", "large"] == pytest.approx(0)
    assert np.isnan(growth.at["mean", "small"])


def test_what_moved_between_classes_adds_up():
    grew, held = run_cells("jobs").names["grew"], jobs.jobs_by_size()["employment"].sum(axis=1)
    assert grew.sum() == pytest.approx((held.iloc[-1] - held.iloc[0]) / 1e6)


def test_death_rates_by_hand_and_their_order_by_counting():
    assert jobs.death_rates().at[1978, "1-4"] == pytest.approx(293010 / 2161145 * 100)
    rates = jobs.death_rates().loc[1978:1989].mean().dropna().to_numpy()
    pairs = [np.sign(b - a) for i, a in enumerate(rates) for b in rates[i + 1 :]]
    ties = pairs.count(0)
    assert pairs.count(1) == 0 and ties <= 1
    assert stats.kendalltau(range(8), rates[:8]).pvalue == pytest.approx(2 / math.factorial(8))
    assert rules.order(rates) == -1


def test_births_by_hand():
    table = data.load("us_jobs_by_age_and_size").query("year == 1992 and size_class == '1-249'")
    share = 463950 / table["firms"].sum() * 100
    assert jobs.birth_rates().at[1992, "1-249"] == pytest.approx(share)


def _sizes_swapped(frame):
    classes = frame["size_class"].unique().tolist()
    frame["size_class"] = frame["size_class"].map(dict(zip(classes, classes[::-1], strict=True)))
    return frame


def test_outcomes_turn_if_small_and_large_change_places(changed):
    before = [claim_tests.run(n).outcome for n in ("more_jobs_by_size", "small_firms_die_more")]
    assert before == ["supports", "supports"]
    changed("us_firms_and_jobs_by_size", _sizes_swapped)
    assert claim_tests.run("small_firms_die_more").outcome == "against"

    assert claim_tests.run("more_jobs_by_size").outcome == "against"


def test_outcomes_by_age_turn_if_small_and_large_change_places(changed):
    assert claim_tests.run("small_firms_are_born_more").outcome == "supports"
    changed("us_jobs_by_age_and_size", _sizes_swapped)
    assert claim_tests.run("more_jobs_past_the_first_year").outcome == "supports"
    assert claim_tests.run("small_firms_are_born_more").outcome == "against"


def test_equal_years_decide_nothing(changed):
    def noise(frame):
        sign = np.where(frame["year"] % 2, 1, -1) * np.where(
            frame["size_class"].map(sizes.lower_limit) < 500, 1, -1
        )
        frame["job_creation"], frame["job_destruction"] = 1000 + sign, 1000
        return frame

    changed("us_firms_and_jobs_by_size", noise)
    assert claim_tests.run("more_jobs_by_size").outcome == "undecided"
