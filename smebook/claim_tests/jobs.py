"""Who makes the jobs, the small or the young? US firms by size and by age."""

import pandas as pd
from citablebook import data

from smebook.claim_tests import Finding, bears_on, rules
from smebook.claim_tests.denominators import lower_limit

_PAGE = "jobs.html"
_LARGE = 500


def net_jobs(first: int, last: int) -> pd.DataFrame:
    """Return net new jobs a year of US firms below 500 employees (`small`) and above (`large`).

    Parameters
    ----------
    first, last : int
        Years.

    Returns
    -------
    pandas.DataFrame
        By year: `small`, `large`, in jobs, and `share`, the share in per cent of
        employment that small firms have.
    """
    frame = data.load("us_firms_and_jobs_by_size")
    frame = frame[frame["year"].between(first, last)].copy()
    frame["net"] = frame["job_creation"] - frame["job_destruction"]
    size = (frame["size_class"].map(lower_limit) >= _LARGE).map({False: "small", True: "large"})
    net = frame.groupby(["year", size])["net"].sum().unstack()
    held = frame.groupby(["year", size])["employment"].sum().unstack()
    return net.assign(share=100 * held["small"] / held.sum(axis=1))


def net_rates_of_older_firms() -> pd.DataFrame:
    """Return net new jobs a year of US firms that are not start-ups, in per cent of their employment.

    Returns
    -------
    pandas.DataFrame
        By year, for firms below 250 employees (`1-249`) and from 250 on (`250+`).
    """
    frame = data.load("us_jobs_by_age_and_size")
    frame = frame[frame["age_class"] != "start-up"]
    sums = frame.groupby(["year", "size_class"])[["net_job_creation", "mean_employment"]].sum()
    return (100 * sums["net_job_creation"] / sums["mean_employment"]).unstack()


def death_rates(first: int, last: int) -> pd.Series:
    """Return the yearly deaths of US firms in per cent of firms, by class of size, mean of the years."""
    frame = data.load("us_firms_and_jobs_by_size")
    frame = frame[frame["year"].between(first, last)]
    sums = frame.groupby("size_class")[["firm_deaths", "firms"]].sum()
    rates = 100 * sums["firm_deaths"] / sums["firms"]
    return rates.loc[sorted(rates.index, key=lower_limit)]


@bears_on(
    "C52",
    "C104",
    question="Did US firms below 500 employees make more net new jobs than larger ones by the time of the source?",
    part="jobs, by size",
    source=("us_firms_and_jobs_by_size",),
    where=f"{_PAGE}#fig-jobs-by-size",
    would_change="years in which large firms make the more net new jobs",
)
def small_firms_make_more_jobs() -> Finding:
    """Return whether small firms made more net new jobs, year by year, 1978 to 1989."""
    frame = net_jobs(1978, 1989)
    lead = frame["small"] - frame["large"]
    total = frame[["small", "large"]].sum()
    share = 100 * total["small"] / total.sum()
    return Finding(
        rules.outcome(rules.across(lead), 1),
        f"From {frame.index[0]} to {frame.index[-1]}, US firms below {_LARGE} employees made {share:.0f}% of the net new jobs, with {frame['share'].mean():.0f}% of employment.",
        "Their yearly lead is larger than its spread over the years."
        if rules.across(lead)
        else "Their yearly lead is not larger than its spread over the years.",
        korean=f"{frame.index[0]}~{frame.index[-1]}년 미국에서 종업원 {_LARGE}명 미만 기업이 순고용 증가의 {share:.0f}%를 차지했다.",
    )


@bears_on(
    "C52",
    "C104",
    question="Do small firms make more jobs once start-ups are left out?",
    part="jobs, of firms that are not new",
    source=("us_jobs_by_age_and_size",),
    where=f"{_PAGE}#fig-jobs-by-age",
    same_time=False,
    would_change="years in which small older firms grow faster than large older ones",
)
def older_small_firms_grow_faster() -> Finding:
    """Return whether small firms that are not start-ups have the higher net rate of job creation."""
    rates = net_rates_of_older_firms()
    lead = rates["1-249"] - rates["250+"]
    small, large = rates.mean()
    return Finding(
        rules.outcome(rules.across(lead), 1),
        f"From {rates.index[0]} to {rates.index[-1]}, US firms older than a year changed their employment by {small:+.1f}% a year below 250 employees and by {large:+.1f}% from 250 on; the new jobs are those of start-ups.".replace(
            "-", "\N{MINUS SIGN}"
        ),
        "The lead, of the large, is larger than its spread over the years.",
        korean=f"창업 기업을 빼면 {rates.index[0]}~{rates.index[-1]}년 고용은 250명 미만 기업에서 연 {small:+.1f}%, 250명 이상에서 {large:+.1f}% 변했다.",
    )


@bears_on(
    "C88",
    question="Do small firms die at higher rates?",
    part="deaths",
    source=("us_firms_and_jobs_by_size",),
    where=f"{_PAGE}#fig-deaths",
    would_change="a register in which deaths do not fall with size",
)
def small_firms_die_more_often() -> Finding:
    """Return whether the yearly rate of deaths falls along the classes of size."""
    rates = death_rates(1978, 1989)
    return Finding(
        rules.outcome(-rules.order(rates), 1),
        f"In the US, 1978\N{EN DASH}89, {rates.iloc[0]:.1f}% of the firms with {rates.index[0].replace('-', chr(8211))} employees died in a year, and {rates.iloc[-1]:.1f}% of the largest.",
        "The rate falls along the classes of size.",
    )


@bears_on(
    "C88",
    question="Are new firms small?",
    part="births",
    source=("us_jobs_by_age_and_size",),
    where=f"{_PAGE}#fig-deaths",
    same_time=False,
    would_change="a register in which start-ups are as large as other firms",
)
def births_are_small() -> Finding:
    """Return whether start-ups make a larger part of small firms than of large ones, in all years."""
    frame = data.load("us_jobs_by_age_and_size")
    firms = frame.pivot_table(
        index="year", columns=["size_class", "age_class"], values="firms", aggfunc="sum"
    )
    rates = {
        size: 100 * firms[size]["start-up"] / firms[size].sum(axis=1) for size in ("1-249", "250+")
    }
    small, large = (rates[size].mean() for size in rates)
    return Finding(
        rules.outcome(rules.across(rates["1-249"] - rates["250+"]), 1),
        f"In a year {small:.1f}% of the US firms below 250 employees are start-ups, and {large:.1f}% of the larger ones.",
        "The difference is larger than its spread over the years.",
    )
