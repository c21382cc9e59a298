"""Do patents and R&D grow in proportion to the size of firms? Elasticities from firm-level data.

An elasticity of 1 is proportion: a firm of twice the size has twice the patents, and size
gives no advantage (Cohen and Klepper 1996). Above 1 the large have more for their size,
below 1 the small. At 0 innovation and size would be unrelated altogether.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from citablebook.cache import kept
from citablebook.data import load

from . import rules

#: The rows of the figure: what grows, with which measure of size, in which data.
ROWS = pd.DataFrame(
    [
        ("patents", "employment", "inst_innovation"),
        ("patents", "sales", "inst_innovation"),
        ("patents", "capital", "patents_hgh"),
        ("rd_stock", "employment", "inst_innovation"),
        ("rd", "capital", "patents_hgh"),
        ("rd", "sales", "rdchem"),
        ("rd", "sales", "rdtelec"),
    ],
    columns=["outcome", "size", "data"],
)
#: One line per data set and outcome: the rows on which a claim is tested.
PATENTS = [("patents", "employment", "inst_innovation"), ("patents", "capital", "patents_hgh")]
RD = [tuple(row) for row in ROWS[ROWS["outcome"] != "patents"].to_numpy()]


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


def largest(count: int = 5) -> pd.DataFrame:
    """Return the firms with the most patents in `inst_innovation`, and their share of all in %."""
    patents = load("inst_innovation").groupby("firm")["patents"].sum().astype(float)
    top = patents.nlargest(count).to_frame()
    top["share"] = top["patents"] / patents.sum() * 100
    return load("inst_innovation_names").set_index("firm").join(top, how="right")


def formula(outcome: str, size: str, constants: bool = True) -> str:
    """Return the formula of a regression, in the notation of statsmodels."""
    left = "log_rd" if outcome == "rd" else outcome
    return f"{left} ~ log_{size}" + (" + C(industry) + C(year)" if constants else "")


def fit(
    outcome: str,
    size: str,
    data: str,
    method: str = "",
    constants: bool | None = None,
    sample: str = "all",
) -> pd.Series:
    """Return the elasticity of an outcome with respect to size.

    Parameters
    ----------
    outcome, size, data : str
        A row of `ROWS`.
    method : str
        "Poisson" (the default for counts and for the R&D stock, which can be 0: it needs
        only that the mean is right), "negative binomial" (assumes more of the variance,
        and gives large firms less weight), "within firms" (Poisson with a constant for
        every firm: years of one firm are compared) or "least squares" of the logarithm
        (the default for R&D).
    constants : bool
        Give every industry and every year a constant of its own; by default where the
        data have more than one year.
    sample : str
        "all", "without the largest": without the firms of `largest`, or "larger half":
        firms whose mean log size is above the median.

    Returns
    -------
    pandas.Series
        `elasticity`, `standard_error` (clustered by firm; HC3 where each firm is there
        once), `df`, `low` and `high` (95%, Student's t), `firms`, `observations`, and for
        counts `dispersion`, Pearson's statistic per degree of freedom.

    Raises
    ------
    ValueError
        If a name is unknown or the iterations do not converge.
    """
    frame = firms(data)
    if (outcome, size, data) not in set(ROWS.itertuples(index=False, name=None)):
        raise ValueError(f"{outcome} by {size} in {data} is no row of scaling.ROWS")
    if constants is None:
        constants = "year" in frame
    method = method or ("least squares" if outcome == "rd" else "Poisson")
    if sample not in ("all", "without the largest", "larger half"):
        raise ValueError(f"'{sample}' is no sample: use all, without the largest or larger half")
    return _cached(
        f"{outcome} {size} {data} {method} {constants} {sample}",
        frame,
        lambda: _fit(frame, outcome, size, method, constants, sample),
    )


def _cached(what: str, frame: pd.DataFrame, compute: Callable) -> pd.Series | pd.DataFrame:
    """Return a result for a table from the cache; other data or versions give another."""
    state = hashlib.sha256(what.encode())
    state.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
    return kept(f"elasticity-{state.hexdigest()[:16]}", [Path(__file__)], compute)


def _fit(
    frame: pd.DataFrame, outcome: str, size: str, method: str, constants: bool, sample: str
) -> pd.Series:
    import statsmodels.formula.api as smf

    if sample == "without the largest":
        frame = frame[~frame["firm"].isin(largest().index)]
    elif sample == "larger half":
        means = frame.groupby("firm")[f"log_{size}"].mean()
        frame = frame[frame["firm"].map(means) > means.median()]
    if constants and method != "within firms":
        # An industry without any patent says nothing of the slope, and has no finite constant.
        frame = frame[frame.groupby("industry")[outcome].transform("sum") > 0]
    clusters, found = frame["firm"].nunique(), formula(outcome, size, constants)
    dispersion = np.nan
    if method == "within firms":
        slope, error = within_firms(frame, outcome, f"log_{size}")
    elif method == "least squares":
        model = smf.ols(found, frame)
        model = (
            model.fit(cov_type="HC3") if len(frame) == clusters else model.fit(**_by_firm(model))
        )
    elif method in ("Poisson", "negative binomial"):
        model = _newton(smf.poisson(found, frame, check_rank=False))
        dispersion = float((model.resid**2 / model.predict()).sum() / model.df_resid)
        if method == "negative binomial":
            start = np.append(model.params, 1.0)  # from here a few steps suffice
            model = _newton(smf.negativebinomial(found, frame, check_rank=False), start)
            dispersion = np.nan
    else:
        raise ValueError(
            f"'{method}' is no method:"
            " use Poisson, negative binomial, within firms or least squares"
        )
    if method != "within firms":
        slope, error = model.params[f"log_{size}"], model.bse[f"log_{size}"]
    df = clusters - 1 if len(frame) > clusters else len(frame) - 2
    reach = stats.t.ppf(0.975, df) * error
    return pd.Series(
        {
            "elasticity": slope,
            "standard_error": error,
            "df": df,
            "low": slope - reach,
            "high": slope + reach,
            "firms": clusters,
            "observations": len(frame),
            "dispersion": dispersion,
        }
    )


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


def within_firms(frame: pd.DataFrame, outcome: str, size: str) -> tuple[float, float]:
    """Return the slope of a Poisson regression with a constant for every firm, and its error.

    The constants are concentrated out of the likelihood, which leaves the shares of a
    firm's years in its total (Hausman, Hall and Griliches 1984); every year has a
    constant. The error is clustered by firm, and the slope needs only that the mean is
    right (Wooldridge 1999).

    Parameters
    ----------
    frame : pandas.DataFrame
        With the columns `firm` and `year`.
    outcome, size : str
        Columns: a count, and the logarithm of a size that varies within firms.

    Returns
    -------
    tuple of float
        Slope and standard error.

    Raises
    ------
    ValueError
        If the iterations do not converge.
    """
    years = pd.get_dummies(frame["year"], drop_first=True, dtype=float)
    x = np.column_stack([frame[size].to_numpy(float), years.to_numpy()])
    y, firm = frame[outcome].to_numpy(float), pd.factorize(frame["firm"])[0]
    number = firm.max() + 1

    def by_firm(values: np.ndarray) -> np.ndarray:
        sums = np.zeros((number, *values.shape[1:]))
        np.add.at(sums, firm, values)
        return sums

    total, beta = by_firm(y)[firm], np.zeros(x.shape[1])
    for _ in range(50):
        weight = np.exp(x @ beta)
        share = weight / by_firm(weight)[firm]
        mean = share * total
        centred = x - by_firm(x * share[:, None])[firm]
        information = (centred * mean[:, None]).T @ centred
        step = np.linalg.solve(information, x.T @ (y - mean))
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    else:
        raise ValueError(f"{outcome} by {size} within firms: the iterations did not converge")
    score, inverse = by_firm(centred * (y - mean)[:, None]), np.linalg.inv(information)
    covariance = inverse @ (score.T @ score) @ inverse * number / (number - 1)
    return float(beta[0]), float(np.sqrt(covariance[0, 0]))


def estimates() -> pd.DataFrame:
    """Return the lines of the figure: every row of `ROWS` by each method that fits it."""
    lines = []
    for outcome, size, data in ROWS.itertuples(index=False, name=None):
        methods = [("", "all")]
        if outcome == "patents":
            methods.append(("negative binomial", "all"))
        if outcome == "patents" and data == "inst_innovation":  # capital does not vary by year
            methods += [("within firms", "all"), ("Poisson", "without the largest")]
        for method, sample in methods:
            line = fit(outcome, size, data, method, sample=sample)
            method = method or ("least squares" if outcome == "rd" else "Poisson")
            lines.append(
                {"outcome": outcome, "size": size, "data": data, "method": method, "sample": sample}
                | line.to_dict()
            )
    return pd.DataFrame(lines)


def patents_by_class() -> pd.DataFrame:
    """Return patents per 1,000 employees and year by size class of `inst_innovation`.

    Returns
    -------
    pandas.DataFrame
        By class of employees: `firms`, `patents` and `rate`.
    """
    limits = [0, 250, 500, 1000, 5000, 10000, 25000, np.inf]
    names = ["under 250", "250-499", "500-999", "1,000-4,999", "5,000-9,999", "10,000-24,999"]
    frame = load("inst_innovation")
    frame["employees"] = pd.cut(
        frame["employment"] * 1000, limits, right=False, labels=[*names, "25,000 and more"]
    )
    classes = frame.groupby("employees", observed=True).agg(
        firms=("firm", "nunique"), patents=("patents", "sum"), thousands=("employment", "sum")
    )
    classes["rate"] = classes["patents"].astype(float) / classes.pop("thousands")
    return classes


def by_industry(least: int = 20) -> pd.DataFrame:
    """Return the elasticity of patents on employees in each three-digit industry, by Poisson.

    Parameters
    ----------
    least : int
        Industries with fewer firms are left out.
    """
    frame = firms("inst_innovation")
    return _cached(f"by industry {least}", frame, lambda: _by_industry(frame, least))


def _by_industry(frame: pd.DataFrame, least: int) -> pd.DataFrame:
    import statsmodels.formula.api as smf

    frame["division"] = frame["industry"] // 10
    lines = []
    for division, part in frame.groupby("division"):
        if part["firm"].nunique() >= least:
            model = _newton(smf.poisson("patents ~ log_employment", part))
            slope, error = model.params["log_employment"], model.bse["log_employment"]
            lines.append((division, part["firm"].nunique(), slope, error))
    return pd.DataFrame(lines, columns=["division", "firms", "elasticity", "standard_error"])


def heterogeneity(estimates: pd.Series, errors: pd.Series) -> tuple[float, float]:
    """Return Cochran's Q for estimates that should be equal, and its p-value.

    Parameters
    ----------
    estimates, errors : pandas.Series
        Independent estimates with their standard errors.
    """
    weights = 1 / errors**2
    mean = (weights * estimates).sum() / weights.sum()
    q = float((weights * (estimates - mean) ** 2).sum())
    return q, float(stats.chi2.sf(q, len(estimates) - 1))


def sides(rows: list[tuple[str, str, str]], null: float) -> pd.Series:
    """Return on which side of `null` each data set's elasticity lies: 1, -1 or, by chance, 0."""
    lines = [fit(*row) for row in rows]
    return pd.Series(
        [
            rules.direction(line["elasticity"], line["standard_error"], line["df"], null)
            for line in lines
        ]
    )


def common_side(rows: list[tuple[str, str, str]], null: float) -> int:
    """Return 1 or -1 if every data set's elasticity lies on that side of `null`, else 0."""
    return _common(sides(rows, null))


def _common(found: pd.Series) -> int:
    return int(found.iloc[0]) if found.nunique() == 1 else 0


def one_side(what: str, null: str) -> tuple[int, dict]:
    """Measure whether the elasticities of all data sets lie on one side of a null.

    Parameters
    ----------
    what : str
        "patents" or "R&D".
    null : str
        "elasticity" for the rule, the elasticity that means no relation; or a number.
    """
    rows = PATENTS if what == "patents" else RD
    value = rules.value(null) if null == "elasticity" else float(null)
    found = sides(rows, value)
    counts = found.value_counts()
    figures = [f"{fit(*row)['elasticity']:.2f}" for row in rows]
    return _common(found), {
        "what": what,
        "what_korean": "특허" if what == "patents" else "연구개발",
        "figures": ", ".join(figures),
        "listed": f"{', '.join(figures[:-1])} and {figures[-1]}",
        "null": value,
        "sets": len(rows),
        "above": counts.get(1, 0),
        "below": counts.get(-1, 0),
        "neither": counts.get(0, 0),
    }


def spread_of_industries() -> tuple[int, dict]:
    """Measure whether elasticities differ between industries beyond chance (Cochran's Q)."""
    lines = by_industry()
    _, p = heterogeneity(lines["elasticity"], lines["standard_error"])
    return 1 if p < rules.value("alpha") else 0, {
        "industries": len(lines),
        "least": lines["elasticity"].min(),
        "most": lines["elasticity"].max(),
        "percent": 100 * p,
    }
