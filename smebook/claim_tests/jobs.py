"""Who makes the jobs, the small or the young? Firms of the US by size and by age.

Net job creation of the private economy from the Business Dynamics Statistics of the Census
Bureau, which are counts of all employers and have no sampling error: what decides is
whether a difference is larger than its spread over the years.
"""

import pandas as pd

from citablebook import data

from . import Finding, bears_on, rules
from .denominators import LIMIT, interval, lower_limit

PAGE = "jobs.html"
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
    frame = frame.assign(
        net=frame["job_creation"] - frame["job_destruction"],
        gross=frame["job_creation"],
        size=(frame["size_class"].map(lower_limit) < LIMIT).map({True: "small", False: "large"}),
    )
    values = ["net", "gross", "employment"]
    return frame.groupby(["year", "size"])[values].sum().astype(float).unstack()


def jobs_by_age() -> pd.DataFrame:
    """Return net new jobs and mean employment of US firms by age and size, 1992 to 2011.

    Returns
    -------
    pandas.DataFrame
        Indexed by year, age ("start-up" or "older") and size class ("1-249", "250+").
    """
    frame = data.load("us_jobs_by_age_and_size")
    start = frame["age_class"] == "start-up"
    frame = frame.assign(age=start.map({True: "start-up", False: "older"}))
    values = ["net_job_creation", "mean_employment"]
    return frame.groupby(["year", "age", "size_class"])[values].sum().astype(float)


def rates_of_older_firms() -> pd.DataFrame:
    """Return net job creation of firms past their first year (% of employment), years by size."""
    older = jobs_by_age().xs("older", level="age")
    return (older["net_job_creation"] / older["mean_employment"] * 100).unstack()


def net_of_age() -> pd.DataFrame:
    """Return net new jobs of start-ups and of older firms of every size, a row per year."""
    return jobs_by_age()["net_job_creation"].groupby(["year", "age"]).sum().unstack()


def moved_up() -> pd.Series:
    """Return how the employment of small and of large firms grew, and the jobs they made, net.

    Returns
    -------
    pandas.Series
        For `small` and `large` (500 employees): `growth` of employment from the first to
        the last year of the table, `made`, the net new jobs of the years after the first.
        Where the first exceeds the second, firms came in from the other class.
    """
    jobs = jobs_by_size()
    employment = jobs["employment"]
    return pd.DataFrame(
        {"growth": employment.iloc[-1] - employment.iloc[0], "made": jobs["net"].iloc[1:].sum()}
    ).stack()


def growth_by_sorting(limit: float = 0.5) -> pd.DataFrame:
    """Return the yearly growth of the same firms, sorted by size in three ways (%).

    A worked example of regression to the mean: firms that happen to be small in the first
    of two years have on average grown by the second, and firms that are small in the second
    have on average shrunk. Growth is the change of employment over the mean of both years.

    Parameters
    ----------
    limit : float
        Thousand employees below which a firm is small.

    Returns
    -------
    pandas.DataFrame
        Rows: size in the first year, mean of both years, size in the second year; columns
        `small` and `large`.
    """
    panel = data.load("inst_innovation").sort_values(["firm", "year"])
    after = panel.groupby("firm")[["year", "employment"]].shift(-1)
    pairs = pd.DataFrame({"first": panel["employment"], "second": after["employment"]})
    pairs = pairs[(after["year"] - panel["year"] == 1) & (pairs > 0).all(axis=1)].astype(float)
    pairs["mean"] = pairs.mean(axis=1)
    rows = {}
    for name, column in (
        ("size in the first year", "first"),
        ("mean size of both years", "mean"),
        ("size in the second year", "second"),
    ):
        sums = pairs.groupby((pairs[column] < limit).map({True: "small", False: "large"})).sum()
        rows[name] = (sums["second"] - sums["first"]) / sums["mean"] * 100
    return pd.DataFrame(rows).T[["small", "large"]]


def death_rates() -> pd.DataFrame:
    """Return the share of US firms that die in a year (%), years by size classes.

    A cell is not a number where the agency withholds a small count.
    """
    frame = data.load("us_firms_and_jobs_by_size")
    rate = (frame["firm_deaths"] / frame["firms"] * 100).astype(float)
    wide = frame.assign(rate=rate).pivot(index="year", columns="size_class", values="rate")
    return wide[sorted(wide.columns, key=lower_limit)]


def birth_rates() -> pd.DataFrame:
    """Return start-ups as a share of the US firms of a size (%), years by size, 1992 to 2011."""
    firms = data.load("us_jobs_by_age_and_size").pivot_table(
        index=["year", "size_class"], columns="age_class", values="firms", aggfunc="sum"
    )
    return (firms["start-up"] / firms.sum(axis=1) * 100).astype(float).unstack()


@bears_on(
    "C52",
    question="Did small firms make more net new jobs than large ones?",
    source=("us_firms_and_jobs_by_size",),
    where=f"{PAGE}#table-decades",
    would_change="years in which large firms make the more net new jobs",
)
def more_jobs_by_size() -> Finding:
    """Return whether small US firms made more net new jobs than large ones, 1978 to 1989.

    The null is no difference; the yearly lead of the small is the sample (Student's t).
    Years are not independent, so that the interval is somewhat too narrow.
    """
    jobs = jobs_by_size().loc[FIRST:LAST]
    lead = jobs["net", "small"] - jobs["net", "large"]
    made, held = jobs["net"].sum(), jobs["employment"].sum()
    small, large = (made[size] / 1e6 for size in ("small", "large"))
    part = held["small"] / held.sum() * 100
    # Of a net sum there is a share only if both parts of it are gains.
    share = f", {small / (small + large) * 100:.0f}% of all" if min(small, large) > 0 else ""
    found = rules.across(lead)
    return Finding(
        rules.outcome(found, claimed=1),
        f"From {FIRST} to {LAST} US firms with fewer than {LIMIT} employees made {small:.1f} "
        f"million net new jobs{share}, and larger ones {large:.1f} million; the small had "
        f"{part:.0f}% of employment.",
        "The claim compares the two sums; the lead is larger than its spread over the years."
        if found
        else "The lead is not larger than its spread over the years.",
        brief=f"net new jobs {FIRST} to {LAST}: {small:.1f} million in small firms, "
        f"{large:.1f} in large",
        korean=f"{FIRST}-{LAST}년 미국의 순고용 증가는 종업원 {LIMIT}인 미만 기업 "
        f"{small * 100:,.0f}만 명, 그 이상 {large * 100:,.0f}만 명이다(500인 미만의 고용 비중 "
        f"{part:.0f}%).",
    )


def _changed(millions: float) -> str:
    return f"{abs(millions) * 100:,.0f}만 명 {'감소' if millions < 0 else '증가'}"


def _gained(millions: float) -> str:
    return f"{'lost' if millions < 0 else 'gained'} {abs(millions):.1f} million"


@bears_on(
    "C52",
    question="Do small firms make more jobs once they are past their first year?",
    source=("us_jobs_by_age_and_size",),
    where=f"{PAGE}#fig-jobs",
    same_time=False,
    would_change="older small firms that grow faster than older large ones",
)
def more_jobs_past_the_first_year() -> Finding:
    """Return whether older small firms have the higher rate of net job creation, 1992 to 2011.

    Only if they have does it speak to the claim, which counts start-ups with the small: that
    the young make the jobs says why it holds, and does not contradict it. The null is no
    difference; the difference by year is the sample (Student's t). The
    source sorts firms by size in a way that favours the large (`growth_by_sorting`).
    """
    rates = rates_of_older_firms()
    lead = rates["1-249"] - rates["250+"]
    net = jobs_by_age()["net_job_creation"].groupby(["age", "size_class"]).sum() / 1e6
    low, high = sorted(map(abs, interval(lead)))
    return Finding(
        "supports" if rules.across(lead) > 0 else "undecided",
        f"From 1992 to 2011 start-ups with fewer than 250 employees made "
        f"{net['start-up', '1-249']:.1f} million net new jobs. Older firms of that size "
        f"{_gained(net['older', '1-249'])} and larger ones {_gained(net['older', '250+'])}; as a "
        f"share of employment the older small were {abs(lead.mean()):.1f} percentage points a year "
        f"{'below' if lead.mean() < 0 else 'above'} the large ({low:.1f} to {high:.1f}).",
        "The claim counts start-ups with the small, so that this does not contradict it: it says "
        "that youth, and not size, makes the jobs.",
        brief=f"without start-ups small firms {_gained(net['older', '1-249'])} jobs, 1992 to 2011",
        korean=f"다만 1992-2011년 창업 기업을 빼면 순고용은 종업원 250인 미만 기업에서 "
        f"{_changed(net['older', '1-249'])}, 250인 이상에서 {_changed(net['older', '250+'])}"
        "하였다.",
    )


@bears_on(
    "C81",
    "C88",
    question="Do small firms die more often than large ones?",
    part="deaths",
    source=("us_firms_and_jobs_by_size",),
    where=f"{PAGE}#table-deaths",
    same_place=False,
    would_change="death rates that do not fall with size",
)
def small_firms_die_more() -> Finding:
    """Return whether death rates fall from class to class of size, 1978 to 1989.

    The null is no order among the classes (Kendall's rank correlation, exact).
    """
    rates = death_rates().loc[FIRST:LAST].mean().dropna()
    return Finding(
        rules.outcome(-rules.order(rates), claimed=1),
        f"From {FIRST} to {LAST} {rates.iloc[0]:.1f}% of US firms with 1 to 4 employees died in a "
        f"year, {rates['10-19']:.1f}% of those with 10 to 19 and {rates['500-999']:.2f}% of those "
        "with 500 to 999.",
        "The rate falls with size beyond chance."
        if rules.order(rates) < 0
        else "The classes have no order beyond chance.",
        korean=f"{FIRST}-{LAST}년 미국에서 종업원 1-4인 기업의 연간 소멸률은 {rates.iloc[0]:.1f}%, "
        f"500-999인 기업은 {rates['500-999']:.2f}%이다.",
    )


@bears_on(
    "C88",
    question="Are small firms more often newly born?",
    part="births",
    source=("us_jobs_by_age_and_size",),
    where=f"{PAGE}#table-deaths",
    same_time=False,
    would_change="as large a share of start-ups among large firms",
)
def small_firms_are_born_more() -> Finding:
    """Return whether start-ups are a larger share of small firms than of large ones (t by year)."""
    rates = birth_rates()
    return Finding(
        rules.outcome(rules.across(rates["1-249"] - rates["250+"]), claimed=1),
        f"From 1992 to 2011 {rates['1-249'].mean():.1f}% of US firms with fewer than 250 employees "
        f"were start-ups, and {rates['250+'].mean():.1f}% of the larger.",
        "The difference is larger than its spread over the years."
        if rules.across(rates["1-249"] - rates["250+"])
        else "The difference is not larger than its spread over the years.",
        korean=f"1992-2011년 종업원 250인 미만 미국 기업의 {rates['1-249'].mean():.1f}%가 "
        "그해 창업했다.",
    )
