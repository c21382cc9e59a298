"""Is a small firm more innovative? By firms, by employees of innovators, and by all employees."""

import numpy as np
import pandas as pd
from citablebook import data

from smebook.claim_tests import Finding, bears_on, rules

_PAGE = "three-denominators.html"
_LARGE = 500  # employees from which US statistics call a firm large


def lower_limit(size_class: str) -> int:
    """Return the smallest number of employees of a class such as "1-4" or "25000+"."""
    return int(size_class.rstrip("+").split("-")[0])


def us_rates() -> pd.DataFrame:
    """Return the share of US companies that innovate, in per cent, periods by classes of size."""
    frame = data.load("us_innovation_by_size")
    frame = frame[frame["size_class"] != "all"]
    classes = sorted(frame["size_class"].unique(), key=lower_limit)
    return frame.pivot(index="period", columns="size_class", values="rate")[classes]


def us_gaps() -> pd.Series:
    """Return, per US period, how many points the rate of 500 employees and more exceeds that of fewer."""
    frame = data.load("us_innovation_by_size")
    frame = frame[frame["size_class"] != "all"]
    large = frame["size_class"].map(lower_limit) >= _LARGE
    sums = frame.groupby(["period", large.rename("large")])[["innovating", "companies"]].sum()
    rates = (100 * sums["innovating"] / sums["companies"]).unstack()
    return rates[True] - rates[False]


def survey_gaps(country: str = "") -> pd.DataFrame:
    """Return, per survey outside the US, the rates of the smallest and of the largest class.

    Parameters
    ----------
    country : str
        One country; by default all of `data/innovation_rates_by_size.csv`.

    Returns
    -------
    pandas.DataFrame
        Columns `country`, `survey`, `measure`, `small`, `large` and `gap`, in per cent
        and percentage points.
    """
    frame = data.load("innovation_rates_by_size")
    if country:
        frame = frame[frame["country"] == country]
    rows = []
    for (where, survey, measure), part in frame.groupby(["country", "survey", "measure"]):
        classes = part[part["size_class"] != "all"]
        classes = classes.sort_values("size_class", key=lambda sizes: sizes.map(lower_limit))
        small, large = classes["rate"].iloc[0], classes["rate"].iloc[-1]
        rows.append((where, survey, measure, small, large, large - small))
    return pd.DataFrame(rows, columns=["country", "survey", "measure", "small", "large", "gap"])


def rd_per_employee() -> pd.DataFrame:
    """Return business R&D by employees of all firms of a class, in thousand dollars.

    Returns
    -------
    pandas.DataFrame
        By year, for firms below 500 employees (`small`) and from 500 on (`large`).

    Notes
    -----
    R&D is of performers with ten employees and more, employment of all employers with
    ten employees and more in the Business Dynamics Statistics.
    """
    rd, jobs = data.load("us_rd_performers_by_size"), data.load("us_firms_and_jobs_by_size")
    jobs = jobs[jobs["size_class"].map(lower_limit) >= 10]
    result = {}
    for year in sorted(set(rd["year"]) & set(jobs["year"])):
        here = []
        for large in (False, True):
            spent, employed = (
                frame[
                    (frame["year"] == year)
                    & ((frame["size_class"].map(lower_limit) >= _LARGE) == large)
                ]
                for frame in (rd, jobs)
            )
            here.append(1000 * spent["rd"].sum() / employed["employment"].sum())
        result[int(year)] = here
    return pd.DataFrame(result, index=["small", "large"]).T


def patents_per_thousand() -> pd.DataFrame:
    """Return patents issued and employment in thousands of US performers of R&D, small and large."""
    patents, firms = data.load("us_patents_by_size"), data.load("us_rd_performers_by_size")
    firms = firms[firms["year"] == firms["year"].max()]
    frame = patents.merge(firms, on="size_class")
    large = frame["size_class"].map(lower_limit) >= _LARGE
    sums = frame.groupby(large.map({False: "small", True: "large"}))[["issued", "employment"]].sum()
    return sums.assign(rate=sums["issued"] / sums["employment"])


@bears_on(
    "C74",
    "C110",
    "C111",
    question="Are small US firms as likely to innovate as large ones?",
    part="likelihood of innovating",
    source=("us_innovation_by_size",),
    where=f"{_PAGE}#fig-likelihood",
    same_place=False,
    same_time=False,
    would_change="surveys in which the rate of innovators does not rise with size",
)
def us_likelihood() -> Finding:
    """Return whether small US firms innovate more often, by the gap in all periods surveyed."""
    gaps, rates = us_gaps(), us_rates()
    found = -rules.across(gaps)
    first, last = rates.iloc[-1].iloc[0], rates.iloc[-1].iloc[-1]
    return Finding(
        rules.outcome(found, 1),
        f"In {len(gaps)} US surveys, {rates.index[0].split('-')[0]} to 20{rates.index[-1][-2:]}, the share of firms that innovate is "
        f"{gaps.min():.0f} to {gaps.max():.0f} points higher from {_LARGE} employees on ({first:.1f}% at 1\N{EN DASH}4 employees, {last:.1f}% in the largest class, {rates.index[-1].replace('-', chr(8211))}).",
        "A gap of one sign in all surveys is larger than their spread."
        if found
        else "The gap is not larger than its spread over the surveys.",
        korean=f"미국에서 혁신하는 기업의 비율은 종업원 {_LARGE}명 이상에서 {gaps.min():.0f}~{gaps.max():.0f}%포인트 높다(조사 {len(gaps)}회).",
    )


def _survey_finding(gaps: pd.DataFrame, where: str, korean_where: str) -> Finding:
    found = -rules.across(gaps["gap"])
    low, high = gaps["gap"].min(), gaps["gap"].max()
    return Finding(
        rules.outcome(found, 1),
        f"In {len(gaps)} results of surveys of {where}, {gaps['small'].min():.0f} to {gaps['small'].max():.0f}% of the smallest firms surveyed and "
        f"{gaps['large'].min():.0f} to {gaps['large'].max():.0f}% of those with 250 employees and more innovate.",
        "The gap is of one sign and larger than its spread."
        if found
        else "The gap is not larger than its spread over the surveys.",
        korean=f"{korean_where} 조사에서 혁신하는 기업의 비율은 종업원 250명 이상에서 {low:.0f}~{high:.0f}%포인트 높다.",
    )


@bears_on(
    "C76",
    "C111",
    question="Are small UK firms as likely to innovate as large ones?",
    part="likelihood of innovating",
    source=("innovation_rates_by_size",),
    where=f"{_PAGE}#fig-likelihood-europe",
    same_time=False,
    would_change="a survey of the UK in which SMEs innovate as often",
)
def uk_likelihood() -> Finding:
    """Return whether small UK firms innovate more often, over the surveys at hand."""
    return _survey_finding(survey_gaps("UK"), "the UK", "영국")


@bears_on(
    "C75",
    question="Are small Italian firms as likely to innovate as large ones?",
    part="likelihood of innovating",
    source=("innovation_rates_by_size",),
    where=f"{_PAGE}#fig-likelihood-europe",
    same_time=False,
    would_change="a survey of Italy in which small firms innovate as often",
)
def italian_likelihood() -> Finding:
    """Return whether small Italian firms innovate more often, over the surveys at hand."""
    return _survey_finding(survey_gaps("Italy"), "Italy", "이탈리아")


@bears_on(
    "C77",
    question="Are small US firms as likely to innovate as large ones?",
    part="likelihood of innovating",
    source=("us_innovation_by_size",),
    where=f"{_PAGE}#fig-likelihood",
    same_time=False,
    would_change="surveys in which the rate of innovators does not rise with size",
)
def us_likelihood_today() -> Finding:
    """Return the finding of `us_likelihood` for the claim that is about the US."""
    return us_likelihood()


@bears_on(
    "C74",
    "C110",
    question="Are small European firms as likely to innovate as large ones?",
    part="likelihood of innovating",
    source=("innovation_rates_by_size",),
    where=f"{_PAGE}#fig-likelihood-europe",
    same_place=False,
    same_time=False,
    would_change="a European survey in which small firms innovate as often",
)
def european_likelihood() -> Finding:
    """Return whether small European firms innovate more often, over all surveys at hand."""
    return _survey_finding(survey_gaps(), "the EU, Germany, Italy and the UK", "유럽")


@bears_on(
    "C110",
    "C111",
    question="Do small firms spend as much on R&D, by all their employees?",
    part="R&D per employee of all firms",
    source=("us_rd_performers_by_size", "us_firms_and_jobs_by_size"),
    where=f"{_PAGE}#fig-per-employee",
    same_place=False,
    same_time=False,
    would_change="R&D by size in which small firms spend as much per employee",
)
def us_rd_by_all_employees() -> Finding:
    """Return whether small firms spend more on R&D per employee, by the log ratio over the years."""
    spent = rd_per_employee()
    logs = np.log(spent["small"] / spent["large"])
    ratio = float(np.exp(logs.mean()))
    return Finding(
        rules.outcome(rules.across(logs), 1),
        f"By employees of all firms, US firms with 10 to {_LARGE - 1} employees spent {ratio:.2f} times as much on R&D as larger ones ({spent.index[0]}\N{EN DASH}{spent.index[-1] % 100}).",
        "The ratio is of one size in all years.",
        korean=f"전체 종업원 1인당 연구개발비는 중소기업이 대기업의 {ratio:.2f}배다(미국).",
    )


@bears_on(
    "C74",
    "C111",
    question="Do small performers of R&D patent more per employee?",
    part="patents per employee of firms that do R&D",
    source=("us_patents_by_size", "us_rd_performers_by_size"),
    where=f"{_PAGE}#fig-per-employee",
    same_place=False,
    same_time=False,
    selected=True,
    would_change="patents by size in which small performers have no more per employee",
)
def us_patents_by_employees_of_performers() -> Finding:
    """Return whether small performers of R&D have more patents per employee than large ones."""
    frame = patents_per_thousand()
    found = rules.ratio(
        *frame.loc[["small", "large"], "issued"], *frame.loc[["small", "large"], "employment"]
    )
    ratio = frame.at["small", "rate"] / frame.at["large", "rate"]
    return Finding(
        rules.outcome(found, 1),
        f"Among US firms that perform R&D, those with 10 to {_LARGE - 1} employees have {ratio:.2f} times the patents per employee of larger ones.",
        "This compares firms that were selected by doing research.",
        korean=f"연구개발을 하는 미국 기업만 보면 종업원당 특허는 중소기업이 대기업의 {ratio:.2f}배다.",
    )
