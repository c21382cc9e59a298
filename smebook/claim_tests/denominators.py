"""Is a small firm more innovative? Per firm, per employee of R&D performers, per employee of all.

Three rates by size of firm answer the question of the paper, and a rate needs a
denominator. The rate of innovators per firm comes from surveys of the US in five periods
and of Europe; R&D per employee from the US survey of R&D performers, divided once by the
employment of the performers and once by that of all firms of the size class.
"""

import numpy as np
import pandas as pd
from scipy import stats

from citablebook import data

from . import rules, sizes


def innovation_rates() -> pd.DataFrame:
    """Return the share of US companies that innovate (%), size classes by periods.

    Computed from the counts. What the agency flags is left out (not a number).
    """
    survey = data.load("us_innovation_by_size").query("size_class != 'all'")
    rate = (survey["innovating"] / survey["companies"] * 100).astype(float)
    table = survey.assign(rate=rate.where(survey["rate_flag"] == ""))
    wide = table.pivot(index="size_class", columns="period", values="rate")
    return wide.loc[survey["size_class"].unique()]


def rate_gaps() -> pd.Series:
    """Return by how many points 500 to 999 employees lead 1 to 4, by period.

    It is the largest class that no period flags against the smallest one.
    """
    unflagged = innovation_rates().dropna()
    return unflagged.iloc[-1] - unflagged.iloc[0]


def country_rates() -> pd.DataFrame:
    """Return rates of innovation by size in Europe (%), a row per country, period and measure.

    Columns `small` and `large`: the smallest class of the survey and that of 250 employees
    and more; `gap`: their difference in percentage points.
    """
    rates = data.load("innovation_rates_by_size").query("size_class != 'all'")
    keys = ["country", "period", "measure"]
    wide = rates.pivot(index=keys, columns="size_class", values="rate")
    small = wide["10-49"].fillna(wide["10-249"])
    return pd.DataFrame({"small": small, "large": wide["250+"], "gap": wide["250+"] - small})


def rd_ratios() -> pd.DataFrame:
    """Return R&D per employee of firms with 10 to 499 employees over that of larger ones, by year.

    Columns `performers` (per employee of the companies that perform R&D) and `all_firms`
    (per employee of all firms); years that both sources have.
    """
    rd = data.load("us_rd_performers_by_size")
    firms = data.load("us_firms_and_jobs_by_size")
    firms = firms[firms["size_class"].map(sizes.lower_limit) >= 10]
    spent = sizes.small_and_large(rd, ["rd", "employment"], "year")
    all_firms = sizes.small_and_large(firms, ["employment"], "year")["employment"]
    ratios = {}
    for name, employment in (("performers", spent["employment"]), ("all_firms", all_firms)):
        per_employee = (spent["rd"] / employment).dropna()
        ratios[name] = per_employee["small"] / per_employee["large"]
    return pd.DataFrame(ratios)


def signs() -> dict[str, int]:
    """Return for each denominator who leads beyond sampling error: 1 large, -1 small, 0 neither."""
    gaps, ratios = rate_gaps(), np.log(rd_ratios())
    return {
        "firm": rules.across(gaps),
        "employee of R&D performers": -rules.across(ratios["performers"]),
        "employee of all firms": -rules.across(ratios["all_firms"]),
    }


def interval(values: pd.Series) -> tuple[float, float]:
    """Return the interval of a mean at the level of the rule `alpha`, by Student's t."""
    return tuple(stats.ttest_1samp(values, 0).confidence_interval(1 - rules.value("alpha")))


def us_gap() -> tuple[int, dict]:
    """Measure whether the larger US companies innovate more often, period by period.

    The null is no difference between the smallest class and the largest unflagged one;
    the periods are the sample, so that sampling error and change over time are both in
    the spread (Student's t with four degrees of freedom). Periods overlap.
    """
    gaps = rate_gaps()
    low, high = interval(gaps)
    return rules.across(gaps), {"gap": gaps.mean(), "low": low, "high": high}


def european_gap(country: str) -> tuple[int, dict]:
    """Measure whether larger firms of a European country innovate more often.

    Two surveys with different measures; the null is a gap of zero (Student's t, df = 1).
    """
    rates = country_rates().loc[country]
    told = [
        f"{period}: {row.small:g}% of the small, {row.large:g}% of the large"
        for (period, _), row in rates.iterrows()
    ]
    return rules.across(rates["gap"]), {"told": "; ".join(told), "gap": rates["gap"].mean()}


def rd_lead(denominator: str) -> tuple[int, dict]:
    """Measure whether small firms do more R&D per employee than large ones.

    The null is a ratio of one; its logarithm by year is the sample. Where the denominator
    is the performers of R&D, a small firm is in the sample because it does R&D.
    """
    ratio = rd_ratios()[denominator]
    figures = {"least": ratio.min(), "most": ratio.max(), "mean": ratio.mean()}
    return rules.across(np.log(ratio)), figures


def turning() -> tuple[int, dict]:
    """Measure whether the leader turns with the denominator: 1 it does, -1 one size leads by all.

    One of the measures is of R&D performers alone, which are a selected sample.
    """
    found = signs()
    who = {1: "the large lead", -1: "the small lead", 0: "neither leads"}
    told = "; per ".join(f"{name} {who[sign]}" for name, sign in found.items())
    turns = len({sign for sign in found.values() if sign}) > 1
    return 1 if turns else 0 if 0 in found.values() else -1, {"told": f"Per {told}"}


def majority_of_small(table: str, value: str, by: str) -> tuple[int, dict]:
    """Measure whether small firms have more than half of something, over periods or years."""
    share = sizes.share_of_small(data.load(table), value, by)
    figures = {"least": share.min(), "most": share.max(), "mean": share.mean()}
    return rules.across(share, null=rules.value("majority")), figures


def patents_of_small() -> tuple[int, dict]:
    """Measure whether R&D performers with 10 to 499 employees have most patents issued in 2022.

    Only a majority would speak for the claim: patents of companies leave out universities,
    of which it speaks too, and the year is four decades later, so that a minority does not
    decide against it.
    """
    patents = data.load("us_patents_by_size").assign(year=2022)
    share = sizes.share_of_small(patents, "issued", "year")[2022]
    return 1 if share > rules.value("majority") else -1, {"share": share}
