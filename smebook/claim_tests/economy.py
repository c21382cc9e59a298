"""How much of the economy do SMEs have? Shares of firms, jobs and output, each with its base."""

import pandas as pd

from citablebook import data, from_cell
from smebook.claim_tests import Finding, bears_on, rules
from smebook.claim_tests.denominators import lower_limit

_PAGE = "how-much-of-the-economy.html"
_CHART = f"{_PAGE}#fig-what-smes-have"
_SOURCES = ("sme_shares", "us_firms_and_jobs_by_size")
#: What counts as output, whichever of them a country publishes.
OUTPUT = ("sales", "value added", "GDP")
#: Employees from which US statistics no longer call a firm small.
US_LIMIT = 500


def us_shares(column: str) -> pd.Series:
    """Return the share of US firms below 500 employees by year, in per cent.

    Parameters
    ----------
    column : str
        "firms" or "employment": of what the share is taken.
    """
    frame = data.load("us_firms_and_jobs_by_size")
    small = frame["size_class"].map(lower_limit) < US_LIMIT
    sums = frame[column].astype(float).groupby([frame["year"], small]).sum().unstack()
    return (100 * sums[True] / sums.sum(axis=1)).rename("share")


def what_smes_have() -> pd.DataFrame:
    """Return the shares of SMEs, published and computed, by country, year and what is divided.

    Returns
    -------
    pandas.DataFrame
        `country`, `year`, `of` ("firms", "jobs" or "output"), `measure`, `share` (%),
        `base`, `definition`.
    """
    frame = data.load("sme_shares")
    rows = [frame]
    for measure in ("firms", "employment"):
        shares = us_shares(measure).reset_index()
        rows.append(
            shares.assign(
                country="US",
                measure=measure,
                base="private sector with employees, without farms",
                definition=f"fewer than {US_LIMIT} employees",
            )
        )
    found = pd.concat(rows, ignore_index=True).astype({"year": int, "share": float})
    kinds = {"firms": "firms", "employment": "jobs"} | dict.fromkeys(OUTPUT, "output")
    found["of"] = found["measure"].map(kinds)
    return found[["country", "year", "of", "measure", "share", "base", "definition"]]


def latest(of: str) -> pd.DataFrame:
    """Return the latest share of every country, by country, of "firms", "jobs" or "output"."""
    frame = what_smes_have()
    return frame[frame["of"] == of].sort_values("year").groupby("country").tail(1).set_index(
        "country"
    )  # fmt: skip


def shares(country: str, measure: str) -> pd.Series:
    """Return the published shares of SMEs in a country by year, in per cent."""
    frame = data.load("sme_shares")
    found = frame[(frame["country"] == country) & (frame["measure"] == measure)]
    return found.set_index("year")["share"].sort_index()


def share_of_all_gdp() -> float:
    """Return small business's share of all US gross domestic product in 2014, in per cent."""
    amounts = data.load("us_gdp_2014").set_index("id")["amount"]
    return float(100 * amounts["small_business"] / amounts["all"])


def base_of_the_share() -> float:
    """Return of what small business's output of 2014 is its published share, $ trillion."""
    amount = data.load("us_gdp_2014").set_index("id").at["small_business", "amount"]
    return float(100 * amount / shares("US", "GDP")[2014])


@bears_on(
    "C53",
    question="Do small firms make around half of US private nonfarm output?",
    part="output, of private nonfarm business",
    source=("sme_shares",),
    where=_CHART,
    would_change="a share further from half for the years of which the paper speaks",
)
def half_of_private_output() -> Finding:
    """Return whether the share nearest to the year of the work cited (2005) is around half."""
    series = shares("US", "GDP")
    year = min(series.index, key=lambda other: abs(int(other) - 2005))
    near = rules.within(series[year], 50, "around_half")
    told = ", ".join(f"{value:g}% in {when}" for when, value in series.items())
    return Finding(
        "supports" if near else "against",
        f"Firms below {US_LIMIT} employees made {told}, of private nonfarm output.",
        f"The figure of {year}, nearest to the work cited, is"
        f" {'within' if near else 'beyond'} {rules.value('around_half'):g} points of half.",
        brief=f"{series.max():g} to {series.min():g}% of private nonfarm output",
        korean=f"민간 비농업 산출에서 종업원 {US_LIMIT}명 미만 기업의 비중은 "
        f"{series.index[0]}년 {series.iloc[0]:g}%, {series.index[-1]}년 {series.iloc[-1]:g}%다.",
    )


@bears_on(
    "C53",
    question="Do small firms make around half of all US gross domestic product?",
    part="output, of all GDP",
    source=("us_gdp_2014",),
    where=_CHART,
    same_time=False,
    would_change="an estimate of the share in all output near half",
)
def half_of_all_output() -> Finding:
    """Return whether small business's share of all output is around half."""
    share = share_of_all_gdp()
    near = rules.within(share, 50, "around_half")
    return Finding(
        "supports" if near else "against",
        f"Of all gross domestic product small business made {share:.0f}% in 2014.",
        f"That is {'within' if near else 'beyond'} {rules.value('around_half'):g} points of half;"
        " the paper names GDP without a base.",
        brief=f"{share:.0f}% of all GDP in 2014",
        korean=f"국내총생산 전체에서는 {share:.0f}%다(2014년).",
    )


@bears_on(
    "C92",
    question="Are nearly all Korean companies SMEs?",
    part="the share of companies",
    source=("sme_shares", "stated_numbers"),
    where=_CHART,
    would_change="official figures below the stated share",
)
def korean_companies_are_smes() -> Finding:
    """Return whether SMEs' share of Korean companies is at least the stated one in all years."""
    series = shares("Korea", "firms")
    claimed = float(from_cell("stated_numbers", "korea_sme_share", "value"))
    holds = bool((series >= claimed).all())
    span = f"{series.min():g}" + ("" if series.min() == series.max() else f" to {series.max():g}")
    return Finding(
        "supports" if holds else "against",
        f"SMEs were {span}% of Korea's companies in {len(series)} years from {series.index[0]}"
        f" to {series.index[-1]}.",
        f"That is {'no' if holds else 'in some year'} less than the {claimed:g}% stated.",
        brief=f"{series.max():g}% of Korea's companies",
        korean=f"한국 기업의 {series.max():g}%가 중소기업이다.",
    )


@bears_on(
    "C92",
    question="Do SMEs have most of Korea's employment?",
    part="a key component",
    source=("sme_shares",),
    where=_CHART,
    would_change="official figures in which SMEs employ the minority",
)
def korean_jobs_are_in_smes() -> Finding:
    """Return whether SMEs have more than half of employment in all years."""
    series, sales = shares("Korea", "employment"), shares("Korea", "sales")
    most = (series > rules.value("majority")).all()
    return Finding(
        "supports" if most else "against",
        f"They had {series.min():g} to {series.max():g}% of employment and"
        f" {sales.min():g} to {sales.max():g}% of sales.",
        "Most of employment makes a key component."
        if most
        else "They do not have most of employment.",
        brief=f"{series.min():g} to {series.max():g}% of Korea's employment",
        korean=f"고용의 {series.min():g}~{series.max():g}%, 매출의 "
        f"{sales.min():g}~{sales.max():g}%를 차지한다.",
    )


def _around_half_or_more(of: str, countries: list[str]) -> Finding:
    """Return whether SMEs have around half, or more, of something in each country."""
    figures = latest(of).loc[countries, "share"].sort_values()
    least = 50 - rules.value("around_half")
    enough = figures >= least
    told = ", ".join(f"{share:.1f}% in {_named(country)}" for country, share in figures.items())
    return Finding(
        "supports" if enough.all() else "undecided" if enough.any() else "against",
        f"The latest shares of SMEs in {of} are {told}.",
        f"A large part is taken to be around half or more, at least {least:g}%;"
        f" {int(enough.sum())} of {len(enough)} reach it.",
    )


def _named(country: str) -> str:
    return country if country in ("Korea", "Taiwan") else f"the {country}"


@bears_on(
    "C2",
    question="Do SMEs have around half of all jobs, or more?",
    part="what is said to be underestimated: jobs",
    source=_SOURCES,
    where=_CHART,
    would_change="shares of employment well below half",
)
def smes_have_the_jobs() -> Finding:
    """Return whether SMEs have around half of jobs or more in Korea, the EU, the UK and the US."""
    return _around_half_or_more("jobs", ["EU", "Korea", "UK", "US"])


@bears_on(
    "C2",
    question="Do SMEs make around half of output, or more?",
    part="what is said to be underestimated: output",
    source=_SOURCES,
    where=_CHART,
    would_change="shares of output that all reach, or all miss, around half",
)
def smes_make_the_output() -> Finding:
    """Return whether SMEs make around half of output in Korea, the EU, the UK and the US."""
    return _around_half_or_more("output", ["EU", "Korea", "UK", "US"])


@bears_on(
    "C104",
    question="Do SMEs have around half of all jobs in the UK, the US and the EU?",
    part="jobs, whatever their innovation",
    source=_SOURCES,
    where=_CHART,
    same_place=False,
    would_change="shares of employment well below half",
)
def western_smes_have_the_jobs() -> Finding:
    """Return whether SMEs have around half of jobs in the UK, the US and, for Italy, the EU."""
    return _around_half_or_more("jobs", ["EU", "UK", "US"])


@bears_on(
    "C104",
    question="Do SMEs make around half of output in the UK, the US and the EU?",
    part="output, whatever their innovation",
    source=_SOURCES,
    where=_CHART,
    same_place=False,
    would_change="shares of output that all reach, or all miss, around half",
)
def western_smes_make_the_output() -> Finding:
    """Return whether SMEs make around half of output in the UK, the US and, for Italy, the EU."""
    return _around_half_or_more("output", ["EU", "UK", "US"])


@bears_on(
    "C28",
    question="Do countries tell SMEs by different things?",
    source=("sme_shares",),
    where=f"{_PAGE}#table-bases",
    would_change="a definition by employees in Korea",
)
def definitions_differ() -> Finding:
    """Return whether some definitions count employees or persons and others do not."""
    frame = data.load("sme_shares")
    frame = frame[frame["definition"].str.contains("national") | (frame["country"] != "Korea")]
    by_employees = frame["definition"].str.contains("employe").groupby(frame["country"]).all()
    with_, without = (sorted(by_employees.index[by_employees == flag]) for flag in (True, False))
    return Finding(
        "supports" if with_ and without else "against",
        f"Employees define an SME in {', '.join(map(_named, with_)) or 'none'}; they do not in"
        f" {', '.join(map(_named, without)) or 'none'}.",
        "Definitions of different kinds cannot be converted into each other."
        if with_ and without
        else "All definitions are of one kind.",
    )


@bears_on(
    "C63",
    question="Have Korean SMEs a smaller part of the economy than those of Taiwan?",
    part="unlike Taiwan",
    source=("sme_shares",),
    where=_CHART,
    same_time=False,
    would_change="shares of the three countries by one definition, before 1990",
)
def korea_beside_taiwan() -> Finding:
    """Return whether Korea's shares are lower, which its wider definition does not explain."""
    found = {
        measure: (shares("Korea", measure), shares("Taiwan", measure))
        for measure in ("firms", "employment", "sales")
    }
    year = max(set(found["sales"][0].index) & set(found["sales"][1].index))
    told = ", ".join(
        f"{korea[year]:.1f}% of {measure} in Korea and {taiwan[year]:.1f}% in Taiwan"
        for measure, (korea, taiwan) in found.items()
    )
    lower = [found[m][0][year] < found[m][1][year] for m in ("employment", "sales")]
    return Finding(
        "supports" if all(lower) else "undecided",
        f"In {year} SMEs had {told}, each by its own definition.",
        "Korea's definition takes in more firms, so that only lower shares would tell; and the"
        " years are not those of which the paper speaks.",
    )
