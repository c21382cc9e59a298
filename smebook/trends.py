"""Trends in Table 1: is the rise of the smallest band more than chance, and how concentrated is innovation?

Every function takes a `SizeTable`, as printed or repaired. Counts implied by printed
shares are rounded to whole innovations for the tests.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.stats.contingency_tables import Table as ContingencyTable

from smebook.innovation_by_size import TABLE, SizeTable, first_overtaking
from citablebook.numbers import Number, computed, rounded


def midyear(period: str) -> float:
    """Return the middle of a period in years: 1947 for "1945-49"."""
    first, last = period.split("-")
    return (int(first) + int(first[: 4 - len(last)] + last)) / 2


def smallest_band_counts(table: SizeTable) -> pd.DataFrame:
    """Return innovations by period inside and outside the smallest band, in whole numbers (columns `inside`, `outside`)."""
    inside = table.counts.iloc[:, 0].round().astype(int)
    return pd.DataFrame({"inside": inside, "outside": table.n - inside})


@dataclass(frozen=True)
class Trend:
    """A trend over time in the share of the smallest band.

    Attributes
    ----------
    z : float
        Statistic of the Cochran-Armitage test.
    p : float
        Its two-sided probability under no trend.
    odds_ratio, low, high : float
        Factor by which the odds grow per decade, and its 95 % interval, widened
        for variation between periods beyond chance.
    dispersion : float
        Pearson statistic by degree of freedom; 1 if there is none.
    """

    z: float
    p: float
    odds_ratio: float
    low: float
    high: float
    dispersion: float


def smallest_band_trend(table: SizeTable, drop_last: int = 0) -> Trend:
    """Test the share of the smallest band for a trend over time.

    Parameters
    ----------
    table : SizeTable
        Shares and numbers by period.
    drop_last : int
        How many of the last periods to leave out.

    Returns
    -------
    Trend

    Notes
    -----
    The test is that of Cochran (1954) and Armitage (1955), with the middle year of
    each period as its score. The interval is from a logistic regression on the same
    years, its variance scaled by the Pearson statistic where that exceeds 1.
    """
    counts = smallest_band_counts(table).iloc[: len(table.periods) - drop_last]
    years = np.array([midyear(period) for period in counts.index])
    test = ContingencyTable(counts.to_numpy()).test_ordinal_association(
        row_scores=years, col_scores=np.array([1.0, 0.0])
    )
    decades = sm.add_constant((years - years.mean()) / 10)
    plain = sm.GLM(counts.to_numpy(), decades, family=sm.families.Binomial()).fit()
    dispersion = float(plain.pearson_chi2 / plain.df_resid)
    fit = sm.GLM(counts.to_numpy(), decades, family=sm.families.Binomial()).fit(
        scale=max(dispersion, 1.0)
    )
    low, high = np.exp(fit.conf_int()[1])
    return Trend(
        float(test.zscore),
        float(test.pvalue),
        float(np.exp(fit.params[1])),
        float(low),
        float(high),
        dispersion,
    )


def concentration(table: SizeTable) -> pd.Series:
    """Return, per period, the Herfindahl-Hirschman index over size bands: 1 if one band has all, 1 by the number of bands if all are equal."""
    return ((table.shares.div(table.shares.sum(axis=1), axis=0)) ** 2).sum(axis=1)


def late_rise(table: SizeTable, periods: int = 2) -> float:
    """Return which part of the whole rise of the smallest band falls into the last periods, in %."""
    share = table.shares.iloc[:, 0]
    return float(
        100 * (share.iloc[-1] - share.iloc[-1 - periods]) / (share.iloc[-1] - share.iloc[0])
    )


def number(name: str, table: SizeTable, drop_last: int = 0) -> Number:
    """Return one figure of the trend as a number with its origin: "z", "odds_ratio", "low", "high" or "dispersion"."""
    value = getattr(smallest_band_trend(table, drop_last), name)
    how = {
        "z": "Cochran-Armitage test",
        "odds_ratio": "logistic trend, odds ratio per decade",
        "low": "logistic trend, lower end of the 95 % interval",
        "high": "logistic trend, upper end of the 95 % interval",
        "dispersion": "Pearson statistic by degree of freedom",
    }[name]
    left_out = f", the last {drop_last} periods left out" if drop_last else ""
    return computed(
        value, "", 1 if name in ("z", "dispersion") else 2, f"{how}, {table.kind}{left_out}", TABLE
    )


def probability(table: SizeTable, drop_last: int = 0) -> str:
    """Return the probability of such a trend by chance, as a phrase."""
    p = smallest_band_trend(table, drop_last).p
    return "below 0.0001" if p < 0.0001 else f"{rounded(p, 4)}"


def concentration_number(table: SizeTable, period: str) -> Number:
    """Return the concentration over bands in a period as a number with its origin."""
    return computed(
        concentration(table)[period],
        "",
        2,
        f"sum of squared shares of {period}, {table.kind}",
        TABLE,
        period,
    )


def late_rise_number(table: SizeTable) -> Number:
    """Return the part of the rise in the last two periods as a number with its origin."""
    return computed(
        late_rise(table),
        "%",
        0,
        f"rise of the smallest band over the last two periods by its whole rise, {table.kind}",
        TABLE,
    )


def _percent(value: float) -> str:
    return f"{rounded(value, 1)}%"


def _range(table: SizeTable, employees: int) -> str:
    low, high = table.share_below(employees).iloc[-1]
    return _percent(low) if abs(high - low) < 0.05 else f"{_percent(low)} to {_percent(high)}"


#: What the book concludes from Table 1, as functions of the table: compared between print and repair.
RESULTS = {
    "Share of the smallest band, first period": lambda t: _percent(t.shares.iloc[0, 0]),
    "Share of the smallest band, last period": lambda t: _percent(t.shares.iloc[-1, 0]),
    "Rise of the smallest band in percentage points": lambda t: str(
        rounded(t.shares.iloc[-1, 0] - t.shares.iloc[0, 0], 1)
    ),
    "Innovations in all": lambda t: f"{int(t.n.sum()):,}",
    "Share of the smallest band over the whole time": lambda t: _percent(
        100 * t.counts.iloc[:, 0].sum() / t.n.sum()
    ),
    "Ahead of 200 to 999 employees from": lambda t: (
        first_overtaking(t.bands[0], 200, 999, t) or "no period"
    ),
    "Ahead of 1,000 to 9,999 employees from": lambda t: (
        first_overtaking(t.bands[0], 1000, 9999, t) or "no period"
    ),
    "Ahead of all larger than 999 employees from": lambda t: (
        first_overtaking(t.bands[0], 1000, float("inf"), t) or "no period"
    ),
    "Share below the US threshold, last period": lambda t: _range(t, 500),
    "Share below the EU threshold, last period": lambda t: _range(t, 250),
    "Trend of the smallest band, Cochran-Armitage z": lambda t: str(
        rounded(smallest_band_trend(t).z, 1)
    ),
    "Odds ratio per decade": lambda t: str(rounded(smallest_band_trend(t).odds_ratio, 2)),
    "Trend without the last two periods, z": lambda t: str(rounded(smallest_band_trend(t, 2).z, 1)),
    "Concentration over bands, first period": lambda t: str(rounded(concentration(t).iloc[0], 2)),
    "Concentration over bands, last period": lambda t: str(rounded(concentration(t).iloc[-1], 2)),
}
