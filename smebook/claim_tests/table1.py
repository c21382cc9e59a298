"""Tests of claims on the paper's own table, after repair: section 3.2."""

from itertools import pairwise

import numpy as np
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools import add_constant

from citablebook import data, from_cell
from citablebook.numbers import typeset
from smebook import repair, table1
from smebook.claim_tests import rules
from smebook.rules import TOTAL


def _counts() -> dict[str, int]:
    """Return innovations by the text, the repaired periods, the printed total, another study."""
    return {
        "least": int(float(from_cell("stated_numbers", "innovations_covered", "value"))),
        "repaired": int(repair.repaired().n.sum()),
        "printed": int(data.load(table1.TABLE).set_index("period")["n"][TOTAL]),
        "study": int(
            data.load("outside_figures").set_index("id")["value"]["innovations_in_primary_study"]
        ),
    }


def stated_size() -> tuple[int, dict]:
    """Measure whether the largest count falls short of the stated one by no more than rounding."""
    counts = _counts()
    least, *others = counts.values()
    short = 100 * (least - max(others)) / least
    side = "below" if short > 0 else "above"
    near = short <= rules.value("stated_number")
    return 1 if near else -1, counts | {"short": abs(short), "side": side}


def more_than_stated() -> tuple[int, dict]:
    """Measure whether any of the counts at hand exceeds the stated one."""
    least, *others = _counts().values()
    return 1 if max(others) > least else 0, {"least": least, "largest": max(others)}


def share_trend(table: table1.SizeTable) -> tuple[float, float, int]:
    """Return the trend in the log odds of the smallest band.

    Returns
    -------
    tuple of float, float, int
        Slope per decade, its standard error, and the degrees of freedom.

    Notes
    -----
    Logistic regression of the band's innovations on the middle year of each period; the
    variance is scaled by the Pearson statistic where that exceeds 1, so that variation
    between periods beyond the binomial widens the standard error (quasi-likelihood,
    McCullagh and Nelder, 1989), and the quantile is Student's.
    """
    own = table.counts[table1.SMALLEST]
    outcome = np.column_stack([own, table.n - own])
    decades = add_constant((table.years["middle"] - table.years["middle"].mean()) / 10)
    model = GLM(outcome, decades.to_numpy(), family=Binomial())
    plain = model.fit()
    fit = model.fit(scale=max(1.0, plain.pearson_chi2 / plain.df_resid))
    return float(fit.params[1]), float(fit.bse[1]), int(plain.df_resid)


def trend_of_the_share() -> tuple[int, dict]:
    """Measure whether the smallest band's share has a trend beyond the spread of its periods."""
    table = repair.repaired()
    slope, error, df = share_trend(table)
    share = table.shares[table1.SMALLEST]
    return rules.direction(slope, error, df), {
        "first": typeset(share.index[0]),
        "last": typeset(share.index[-1]),
        "start": share.iloc[0],
        "end": share.iloc[-1],
        "odds": np.exp(slope),
        "distance": abs(slope) / error,
        "df": df,
    }


def falls_of_the_share() -> tuple[int, dict]:
    """Measure whether any step of the share is a fall beyond its standard error: -1."""
    steps = repair.repaired().steps()
    falls = steps[steps["change"] < 0]
    real = sum(
        rules.direction(change, se) < 0
        for change, se in zip(falls["change"], falls["se"], strict=True)
    )
    listed = ", ".join(
        f"{abs(row.change):.1f} points in {typeset(row.Index)} (standard error {row.se:.1f})"
        for row in falls.itertuples()
    )
    told = f"It falls in {len(falls)} of {len(steps)} steps: {listed}."
    return -1 if real else 1, {
        "told": told if len(falls) else "It never falls.",
        "falls": len(falls),
        "steps": len(steps),
        "real": real,
    }


def falls_of_the_number() -> tuple[int, dict]:
    """Measure whether the innovations a year fall between periods beyond Poisson variation: -1."""
    table = repair.repaired()
    own, length = table.counts[table1.SMALLEST], table.years["length"]
    real = [
        typeset(later)
        for earlier, later in pairwise(own.index)
        if rules.lead(own[later], own[earlier], length[later], length[earlier]) < 0
    ]
    yearly = ", ".join(f"{value:.1f}" for value in own / length)
    return -1 if real else 1, {"yearly": yearly, "real": ", ".join(real)}


def overtaking(low: str, high: str, taken: str) -> tuple[int, dict]:
    """Measure whether the smallest band leads larger units in the last period: -1 if one leads it.

    Parameters
    ----------
    low, high : str
        Limits in employees of the larger units.
    taken : str
        "together", or "each" for band by band.
    """
    table = repair.repaired()
    last, limits = table.n.index[-1], (int(low), float(high))
    groups = [limits]
    if taken == "each":
        bands = map(table1.band_limits, table.shares)
        groups = [(a, b) for a, b in bands if limits[0] <= a and b <= limits[1]]
    names: dict[int, list[str]] = {1: [], -1: [], 0: []}
    for a, b in groups:
        row = table.leads(a, b).loc[last]
        name = table1.band_name(f"{a}+" if b == float("inf") else f"{a}-{b:.0f}")
        names[rules.lead(row["own"], row["others"])].append(f"{name} ({row['others']:.0f})")
    words = {
        1: ("ahead of", "구간보다 많다"),
        -1: ("behind", "구간보다 적다"),
        0: ("within chance of", "구간과의 차이는 우연의 범위 안에 있다"),
    }
    told = [(*words[sign], "; ".join(units)) for sign, units in names.items() if units]
    return -1 if names[-1] else 0 if names[0] else 1, {
        "last": typeset(last),
        "own": int(table.counts.at[last, table1.SMALLEST]),
        "told": ", ".join(f"{where} units of {units} employees" for where, _, units in told),
        "told_korean": ", ".join(f"종업원 {units}인 {where}" for _, where, units in told),
    }
