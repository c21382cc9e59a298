"""Elasticities: against the book's earlier estimates, other ways to fit, and figures changed."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from cells import run_cells
from scipy import optimize, special

from citablebook import data
from smebook import claim_tests
from smebook.claim_tests import rules, scaling

#: Elasticity and error that version 1 of this book printed, fitted by BFGS and IRLS.
EARLIER = {
    ("rd", "sales", "rdchem", "least squares", False, "all"): (1.0757, 0.0625),
    ("rd", "sales", "rdtelec", "least squares", False, "all"): (0.6937, 0.1369),
    ("rd", "capital", "patents_hgh", "least squares", False, "all"): (0.7512, 0.0315),
    ("rd", "capital", "patents_hgh", "least squares", True, "all"): (0.8253, 0.0283),
    ("rd_stock", "employment", "inst_innovation", "Poisson", False, "all"): (1.0896, 0.0580),
    ("rd_stock", "employment", "inst_innovation", "Poisson", True, "all"): (0.9695, 0.0237),
    ("patents", "capital", "patents_hgh", "Poisson", False, "all"): (0.6065, 0.0330),
    ("patents", "capital", "patents_hgh", "negative binomial", False, "all"): (0.7202, 0.0308),
    ("patents", "capital", "patents_hgh", "Poisson", True, "all"): (0.7738, 0.0288),
    ("patents", "capital", "patents_hgh", "negative binomial", True, "all"): (0.7819, 0.0311),
    ("patents", "capital", "patents_hgh", "Poisson", True, "larger half"): (0.6988, 0.0437),
    ("patents", "employment", "inst_innovation", "Poisson", False, "all"): (0.8678, 0.0683),
    ("patents", "employment", "inst_innovation", "negative binomial", False, "all"): (
        0.6835,
        0.0317,
    ),
    ("patents", "employment", "inst_innovation", "Poisson", True, "all"): (0.9300, 0.0331),
    ("patents", "employment", "inst_innovation", "negative binomial", True, "all"): (
        0.8170,
        0.0291,
    ),
    ("patents", "employment", "inst_innovation", "Poisson", True, "larger half"): (0.9694, 0.0501),
    ("patents", "sales", "inst_innovation", "Poisson", True, "all"): (0.9210, 0.0291),
}


@pytest.mark.parametrize("line", EARLIER, ids=lambda line: " ".join(map(str, line)))
def test_estimates_are_the_earlier_ones_to_four_decimals(line):
    outcome, size, table, method, constants, sample = line
    frame = scaling.firms(table)
    if sample == "larger half":
        frame = run_cells("scaling").names["upper_half"](frame, size)
    found = scaling.fit(frame, outcome, size, constants, method == "negative binomial")
    assert round(found["elasticity"], 4) == EARLIER[line][0]
    assert round(found["standard_error"], 4) == EARLIER[line][1]


def test_poisson_is_the_optimum_and_its_error_the_sandwich_written_out():
    frame = scaling.firms("patents_hgh")
    y, x = frame["patents"].to_numpy(float), sm.add_constant(frame["log_capital"].to_numpy())

    def minus_log_likelihood(beta):
        mean = np.exp(x @ beta)
        return (mean - y * (x @ beta)).sum(), x.T @ (mean - y)

    beta = optimize.minimize(minus_log_likelihood, [0, 0], jac=True, method="BFGS", tol=1e-10).x
    mean = np.exp(x @ beta)
    bread = np.linalg.inv((x * mean[:, None]).T @ x)
    scores = pd.DataFrame(x * (y - mean)[:, None]).groupby(frame["firm"]).sum().to_numpy()
    g, (n, k) = len(scores), x.shape
    meat = scores.T @ scores * g / (g - 1) * (n - 1) / (n - k)
    found = scaling.fit(frame, "patents", "capital", constants=False)
    assert found["elasticity"] == pytest.approx(beta[1], abs=1e-6)
    assert found["standard_error"] == pytest.approx(np.sqrt((bread @ meat @ bread)[1, 1]), rel=1e-5)


def test_negative_binomial_is_the_optimum_of_its_likelihood():
    frame = scaling.firms("patents_hgh")
    y, x = frame["patents"].to_numpy(float), sm.add_constant(frame["log_capital"].to_numpy())

    def minus_log_likelihood(parameters):
        mean, size = np.exp(x @ parameters[:2]), np.exp(-parameters[2])
        return -(
            special.gammaln(y + size)
            - special.gammaln(size)
            + size * np.log(size / (size + mean))
            + y * np.log(mean / (size + mean))
        ).sum()

    best = optimize.minimize(minus_log_likelihood, [1, 0.6, 0], method="Nelder-Mead", tol=1e-9)
    found = scaling.fit(frame, "patents", "capital", constants=False, negative_binomial=True)
    assert found["elasticity"] == pytest.approx(best.x[1], abs=1e-4)


def test_within_firms_is_poisson_with_a_constant_for_every_firm():
    frame = scaling.firms("inst_innovation").query("firm <= 60")
    frame = frame[frame.groupby("firm")["patents"].transform("sum") > 0]
    slope, error, *_ = run_cells("scaling").names["within_firms"](frame, "patents", "employment")
    dummies = pd.get_dummies(frame[["firm", "year"]].astype(str), dtype=float)
    x = np.column_stack([frame["log_employment"], dummies.drop(columns="year_1991")])
    model = sm.GLM(frame["patents"].to_numpy(), x, family=sm.families.Poisson()).fit(
        cov_type="cluster",
        cov_kwds={"groups": pd.factorize(frame["firm"])[0], "use_correction": False},
    )
    g = frame["firm"].nunique()
    assert slope == pytest.approx(model.params[0], abs=1e-6)
    assert error == pytest.approx(model.bse[0] * np.sqrt(g / (g - 1)), rel=1e-4)


def test_rates_by_class_by_hand():
    frame = data.load("inst_innovation")
    small = frame[frame["employment"] < 0.25]
    classes = run_cells("scaling").names["classes"]
    by_hand = small["patents"].sum() / small["employment"].sum()
    assert classes.at["under 250", "rate"] == pytest.approx(by_hand)
    assert classes["patents"].sum() == frame["patents"].sum()


def test_five_firms_hold_a_quarter_of_the_patents():
    top = run_cells("scaling").names["top"]
    assert list(top["company"].str.split().str[0]) == [
        "IBM",
        "Motorola",
        "Eastman",
        "Hitachi",
        "General",
    ]
    assert 0.25 < top["share"].sum() / 100 < 0.27


def test_heterogeneity_by_hand(monkeypatch):
    """Cochran's Q of two estimates one apart, each with an error of a half: 2, on one df."""
    two = pd.DataFrame({"elasticity": [1.0, 2.0], "standard_error": [0.5, 0.5]})
    monkeypatch.setattr(scaling, "by_industry", lambda: two)
    assert scaling.spread_of_industries()[1]["percent"] == pytest.approx(15.73, abs=0.01)


def test_outcomes_follow_the_data(data_changed):
    """Patents that outgrow firms in one of two data sets: the sets differ, nothing decides."""
    frame = data.load("patents_hgh")
    assert claim_tests.run("patents_against_schumpeter").outcome == "supports"
    frame["patents"] = np.exp(1.5 * frame["log_capital"].clip(lower=0)).round().astype(int)
    with data_changed("patents_hgh", frame):
        found = scaling.fit(scaling.firms("patents_hgh"), "patents", "capital")
        assert found["elasticity"] > 1.4
        assert (
            claim_tests.run("patents_in_proportion").outcome == "undecided"
        )  # the sets now differ
        assert claim_tests.run("patents_against_schumpeter").outcome == "undecided"


def test_the_benchmark_and_the_level_are_rules():
    assert claim_tests.run("patents_in_proportion").outcome == "against"
    assert claim_tests.run("rd_in_proportion").outcome == "undecided"
    with rules.varied(elasticity=0):
        assert claim_tests.run("rd_in_proportion").outcome == "against"
    with rules.varied(alpha=0.01):
        assert claim_tests.run("patents_in_proportion").outcome == "undecided"


def test_industries_that_do_not_differ_decide_nothing(monkeypatch):
    assert claim_tests.run("industries_differ").outcome == "supports"
    alike = scaling.by_industry().assign(elasticity=0.9)
    monkeypatch.setattr(scaling, "by_industry", lambda: alike)
    assert claim_tests.run("industries_differ").outcome == "undecided"
