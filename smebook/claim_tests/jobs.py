"""Who makes the jobs, the small or the young? Firms of the US by size and by age.

Net job creation of the private economy from the Business Dynamics Statistics of the Census
Bureau, which are counts of all employers and have no sampling error: what decides is
whether a difference is larger than its spread over the years.
"""

import pandas as pd

from citablebook import data

from . import rules, sizes
from .denominators import interval

#: The years in which a source of 1989 could have looked.
FIRST, LAST = 1978, 1989


def jobs_by_size() -> pd.DataFrame:
    """Return yearly net and gross new jobs and employment of small and large US firms.

    Returns
    -------
    pandas.DataFrame
        A row per year; columns of two levels: `net`, `gross`, `employment` in jobs, each
        for `small` (fewer than 500 employees) and `large`.
    """
    frame = data.load("us_firms_and_jobs_by_size")
    net = frame["job_creation"] - frame["job_destruction"]
    frame = frame.assign(net=net, gross=frame["job_creation"])
    return sizes.small_and_large(frame, ["net", "gross", "employment"], "year")


def jobs_by_age() -> pd.DataFrame:
    """Return net new jobs and mean employment of US firms by age and size, 1992 to 2011.

    Returns
    -------
    pandas.DataFrame
        Indexed by year, age ("start-up" or "older") and size class ("1-249", "250+").
    """
    frame = data.load("us_jobs_by_age_and_size")
    frame["age"] = frame["age_class"].where(frame["age_class"] == "start-up", "older")
    values = ["net_job_creation", "mean_employment"]
    return frame.groupby(["year", "age", "size_class"])[values].sum().astype(float)


def rates_of_older_firms() -> pd.DataFrame:
    """Return net job creation of firms past their first year (% of employment), years by size."""
    older = jobs_by_age().xs("older", level="age")
    return (older["net_job_creation"] / older["mean_employment"] * 100).unstack()


def death_rates() -> pd.DataFrame:
    """Return the share of US firms that die in a year (%), years by size classes.

    A cell is not a number where the agency withholds a small count.
    """
    frame = data.load("us_firms_and_jobs_by_size")
    rate = (frame["firm_deaths"] / frame["firms"] * 100).astype(float)
    wide = frame.assign(rate=rate).pivot(index="year", columns="size_class", values="rate")
    return wide[sorted(wide.columns, key=sizes.lower_limit)]


def birth_rates() -> pd.DataFrame:
    """Return start-ups as a share of the US firms of a size (%), years by size, 1992 to 2011."""
    firms = data.load("us_jobs_by_age_and_size").pivot_table(
        index=["year", "size_class"], columns="age_class", values="firms", aggfunc="sum"
    )
    return (firms["start-up"] / firms.sum(axis=1) * 100).astype(float).unstack()


def lead_in_net_jobs() -> tuple[int, dict]:
    """Measure whether small US firms made more net new jobs than large ones, 1978 to 1989.

    The null is no difference; the yearly lead of the small is the sample (Student's t).
    Years are not independent, so that the interval is somewhat too narrow.
    """
    jobs = jobs_by_size().loc[FIRST:LAST]
    made, held = jobs["net"].sum() / 1e6, jobs["employment"].sum()
    small, large = made["small"], made["large"]
    # Of a net sum there is a share only if both parts of it are gains.
    share = f", {small / (small + large) * 100:.0f}% of all" if min(small, large) > 0 else ""
    return rules.across(jobs["net", "small"] - jobs["net", "large"]), {
        "first": FIRST,
        "last": LAST,
        "limit": sizes.LIMIT,
        "small": small,
        "large": large,
        "small_ten_thousands": small * 100,
        "large_ten_thousands": large * 100,
        "share": share,
        "part": held["small"] / held.sum() * 100,
    }


def _changed(millions: float) -> tuple[str, str]:
    """Return a gain or a loss in words, English and Korean."""
    size = abs(millions)
    korean = f"{size * 100:,.0f}만 명 {'감소' if millions < 0 else '증가'}"
    return f"{'lost' if millions < 0 else 'gained'} {size:.1f} million", korean


def lead_of_older_firms() -> tuple[int, dict]:
    """Measure whether older small firms have the higher rate of net job creation, 1992 to 2011.

    Only if they have does it speak to the claim, which counts start-ups with the small: that
    the young make the jobs says why it holds, and does not contradict it. The null is no
    difference; the difference by year is the sample (Student's t). The source sorts firms by
    size in a way that favours the large.
    """
    rates = rates_of_older_firms()
    lead = rates["1-249"] - rates["250+"]
    net = jobs_by_age()["net_job_creation"].groupby(["age", "size_class"]).sum() / 1e6
    low, high = sorted(map(abs, interval(lead)))
    small, small_korean = _changed(net["older", "1-249"])
    large, large_korean = _changed(net["older", "250+"])
    return rules.across(lead), {
        "started": net["start-up", "1-249"],
        "small": small,
        "large": large,
        "small_korean": small_korean,
        "large_korean": large_korean,
        "lead": abs(lead.mean()),
        "side": "below" if lead.mean() < 0 else "above",
        "low": low,
        "high": high,
    }


def order_of_deaths() -> tuple[int, dict]:
    """Measure whether death rates fall from class to class of size, 1978 to 1989.

    The null is no order among the classes (Kendall's rank correlation, exact).
    """
    rates = death_rates().loc[FIRST:LAST].mean().dropna()
    figures = {"smallest": rates.iloc[0], "small": rates["10-19"], "large": rates["500-999"]}
    return -rules.order(rates), figures | {"first": FIRST, "last": LAST}


def lead_in_births() -> tuple[int, dict]:
    """Measure whether start-ups are a larger share of small firms than of large (t by year)."""
    rates = birth_rates()
    figures = {"small": rates["1-249"].mean(), "large": rates["250+"].mean()}
    return rules.across(rates["1-249"] - rates["250+"]), figures
