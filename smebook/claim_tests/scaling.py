"""Do patents and R&D grow in proportion to the size of firms? Elasticities from firm-level data.

An elasticity of 1 is proportion: a firm of twice the size has twice the patents, and size
gives no advantage (Cohen and Klepper 1996). Above 1 the large have more for their size,
below 1 the small. At 0 innovation and size would be unrelated altogether.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from scipy import stats
from threadpoolctl import threadpool_limits

from citablebook.cache import kept
from citablebook.data import load

from . import rules

#: What grows, with which measure of size, in which data.
ROWS = [
    ("patents", "employment", "inst_innovation"),
    ("patents", "sales", "inst_innovation"),
    ("patents", "capital", "patents_hgh"),
    ("rd_stock", "employment", "inst_innovation"),
    ("rd", "capital", "patents_hgh"),
    ("rd", "sales", "rdchem"),
    ("rd", "sales", "rdtelec"),
]
#: One row per data set and outcome: those on which a claim is tested.
TESTED = {"patents": [ROWS[0], ROWS[2]], "R&D": ROWS[3:]}


def firms(name: str) -> pd.DataFrame:
    """Return a firm-level table with its measures of size in logarithms.

    Parameters
    ----------
    name : str
        "inst_innovation", "patents_hgh", "rdchem" or "rdtelec".

    Returns
    -------
    pandas.DataFrame
        One row per firm and year: the columns of the table, and `log_` of every measure
        of size and of `rd`; `rd` itself where the table has its logarithm only.
    """
    frame = load(name)
    frame = frame.astype({c: int for c in frame.columns if frame[c].dtype == "Int64"})
    for column in frame.columns.intersection(["employment", "sales", "rd"]):
        frame[f"log_{column}"] = np.log(frame[column])
    if "rd" not in frame and "log_rd" in frame:
        frame["rd"] = np.exp(frame["log_rd"])
    return frame


def fit(
    frame: pd.DataFrame,
    outcome: str,
    size: str,
    constants: bool | None = None,
    negative_binomial: bool = False,
) -> pd.Series:
    """Return the elasticity of an outcome with respect to size.

    R&D is fitted by least squares of its logarithm; counts, and the R&D stock, which can be
    0, by Poisson regression, which needs only that the mean is right.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `firms`, all or some of its rows.
    outcome, size : str
        As in a row of `ROWS`.
    constants : bool
        Give every industry and every year a constant of its own; by default where the
        data have more than one year.
    negative_binomial : bool
        Fit counts by a negative binomial regression, which assumes more of the variance
        and gives large firms less weight.

    Returns
    -------
    pandas.Series
        As of `estimate`, and for a Poisson regression `dispersion`, Pearson's statistic per
        degree of freedom.

    Raises
    ------
    ValueError
        If the iterations do not converge.
    """
    constants = "year" in frame if constants is None else constants
    state = hashlib.sha256(f"{outcome} {size} {constants} {negative_binomial}".encode())
    state.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
    return kept(
        f"elasticity-{state.hexdigest()[:16]}",
        [Path(__file__)],
        lambda: _fit(frame, outcome, size, constants, negative_binomial),
    )


@threadpool_limits.wrap(limits=1)  # several threads wait for each other on small matrices
def _fit(
    frame: pd.DataFrame, outcome: str, size: str, constants: bool, negative_binomial: bool
) -> pd.Series:
    formula = f"{'log_rd' if outcome == 'rd' else outcome} ~ log_{size}"
    if constants:
        formula += " + C(industry) + C(year)"
        # An industry without any patent says nothing of the slope, and has no finite constant.
        frame = frame[frame.groupby("industry")[outcome].transform("sum") > 0]
    dispersion = np.nan
    if outcome == "rd":
        least_squares, once = smf.ols(formula, frame), frame["firm"].is_unique
        setting = {"cov_type": "HC3"} if once else _by_firm(least_squares)
        fitted = least_squares.fit(**setting)
    else:
        fitted = _newton(smf.poisson(formula, frame, check_rank=False))
        dispersion = float((fitted.resid**2 / fitted.predict()).sum() / fitted.df_resid)
    if negative_binomial:
        start = np.append(fitted.params, 1.0)  # from here a few steps suffice
        fitted = _newton(smf.negativebinomial(formula, frame, check_rank=False), start)
    found = estimate(frame, fitted.params[f"log_{size}"], fitted.bse[f"log_{size}"])
    found["dispersion"] = dispersion
    return found


def estimate(frame: pd.DataFrame, slope: float, error: float) -> pd.Series:
    """Return an elasticity with its interval.

    Parameters
    ----------
    frame : pandas.DataFrame
        To which it was fitted.
    slope, error : float
        The elasticity and its standard error, clustered by firm (HC3 where each firm is
        there once).

    Returns
    -------
    pandas.Series
        `elasticity`, `standard_error`, `df`, `low` and `high` (95%, Student's t), `firms`.
    """
    clusters = frame["firm"].nunique()
    df = clusters - 1 if len(frame) > clusters else len(frame) - 2
    low, high = stats.t.interval(0.95, df, slope, error)
    names = ["elasticity", "standard_error", "df", "low", "high", "firms"]
    return pd.Series([slope, error, df, low, high, clusters], names)


def _by_firm(model: Any) -> dict:
    """Return the setting of statsmodels for errors clustered by firm."""
    groups = pd.factorize(model.data.frame["firm"])[0]
    return {"cov_type": "cluster", "cov_kwds": {"groups": groups}}


def _newton(model: Any, start: np.ndarray | None = None) -> Any:
    """Return a count regression fitted by Newton's method from a good start."""
    if start is None:
        start = np.zeros(model.exog.shape[1])
        start[0] = np.log(model.endog.mean())
    fitted = model.fit(start, method="newton", maxiter=100, disp=0, **_by_firm(model))
    if not (fitted.mle_retvals["converged"] and np.isfinite(fitted.params).all()):
        raise ValueError(f"{model.formula}: the iterations did not converge")
    return fitted


def by_industry(least: int = 20) -> pd.DataFrame:
    """Return the elasticity of patents on employees in each three-digit industry, by Poisson.

    Parameters
    ----------
    least : int
        Industries with fewer firms are left out.
    """
    frame = firms("inst_innovation")
    divisions = frame.groupby(frame["industry"] // 10)
    return pd.DataFrame(
        {
            division: fit(part, "patents", "employment", constants=False)
            for division, part in divisions
            if part["firm"].nunique() >= least
        }
    ).T


def one_side(what: str, null: str) -> tuple[int, dict]:
    """Measure whether the elasticities of all data sets lie on one side of a null.

    Parameters
    ----------
    what : str
        "patents" or "R&D".
    null : str
        "elasticity" for the rule, the elasticity that means no relation; or a number.
    """
    value = rules.value(null) if null == "elasticity" else float(null)
    lines = [fit(firms(data), outcome, size) for outcome, size, data in TESTED[what]]
    sides = [
        rules.direction(line["elasticity"], line["standard_error"], line["df"], value)
        for line in lines
    ]
    figures = [f"{line['elasticity']:.2f}" for line in lines]
    return sides[0] if len(set(sides)) == 1 else 0, {
        "what": what,
        "what_korean": "특허" if what == "patents" else "연구개발",
        "figures": ", ".join(figures),
        "listed": f"{', '.join(figures[:-1])} and {figures[-1]}",
        "null": value,
        "sets": len(lines),
        "above": sides.count(1),
        "below": sides.count(-1),
        "neither": sides.count(0),
    }


def spread_of_industries() -> tuple[int, dict]:
    """Measure whether elasticities differ between industries beyond chance (Cochran's Q)."""
    lines = by_industry()
    slopes, weights = lines["elasticity"], lines["standard_error"] ** -2
    q = (weights * (slopes - np.average(slopes, weights=weights)) ** 2).sum()
    p = stats.chi2.sf(q, len(lines) - 1)
    return 1 if p < rules.value("alpha") else 0, {
        "industries": len(lines),
        "least": lines["elasticity"].min(),
        "most": lines["elasticity"].max(),
        "percent": 100 * p,
    }
