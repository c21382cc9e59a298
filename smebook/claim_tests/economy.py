"""How much of the economy do SMEs have? Shares of firms, jobs and output, each with its base."""

import pandas as pd
from citablebook import data
from citablebook.numbers import stated

from smebook.claim_tests import Finding, bears_on, rules
from smebook.claim_tests.denominators import lower_limit

_PAGE = "what-99-percent-means.html"


def shares(country: str, measure: str) -> pd.Series:
    """Return the shares of SMEs in a country by year, in per cent."""
    frame = data.load("sme_shares")
    found = frame[(frame["country"] == country) & (frame["measure"] == measure)]
    return found.set_index("year")["share"].sort_index()


def share_of_all_gdp() -> float:
    """Return small business's share of all US gross domestic product in 2014, in per cent."""
    amounts = data.load("us_gdp_2014").set_index("id")["amount"]
    return float(100 * amounts["small_business"] / amounts["all"])


@bears_on(
    "C53",
    "C104",
    question="Do small firms make around half of US private nonfarm output?",
    part="output, of private nonfarm business",
    source=("sme_shares",),
    where=f"{_PAGE}#fig-gdp",
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
        f"Firms below 500 employees made {told}, of private nonfarm output.",
        f"The figure of {year}, nearest to the work cited, is {'within' if near else 'beyond'} {rules.value('around_half'):g} points of half.",
        korean=f"민간 비농업 산출에서 종업원 500명 미만 기업의 비중은 {series.index[0]}년 {series.iloc[0]:g}%, {series.index[-1]}년 {series.iloc[-1]:g}%다.",
    )


@bears_on(
    "C53",
    "C104",
    question="Do small firms make around half of all US gross domestic product?",
    part="output, of all GDP",
    source=("us_gdp_2014",),
    where=f"{_PAGE}#fig-gdp",
    same_time=False,
    would_change="an estimate of the share in all output near half",
)
def half_of_all_output() -> Finding:
    """Return whether small business's share of all output is around half."""
    share = share_of_all_gdp()
    near = rules.within(share, 50, "around_half")
    return Finding(
        "supports" if near else "against",
        f"Of all gross domestic product, with government, farms and housing, small business made {share:.0f}% in 2014.",
        f"That is {'within' if near else 'beyond'} {rules.value('around_half'):g} points of half; the paper names GDP without a base.",
        korean=f"국내총생산 전체에서는 {share:.0f}%다(2014년).",
    )


@bears_on(
    "C92",
    question="Are nearly all Korean companies SMEs?",
    part="the share of companies",
    source=("sme_shares", "stated_numbers"),
    where=f"{_PAGE}#fig-what-smes-have",
    would_change="official figures below the stated share",
)
def korean_companies_are_smes() -> Finding:
    """Return whether SMEs' share of Korean companies is at least the stated one in all years."""
    series, claimed = shares("Korea", "firms"), float(stated("korea_sme_share"))
    return Finding(
        "supports" if (series >= claimed).all() else "against",
        f"SMEs were {series.min():g} to {series.max():g}% of Korea's companies in {series.index[0]}\N{EN DASH}{series.index[-1] % 100}."
        if series.min() < series.max()
        else f"SMEs were {series.max():g}% of Korea's companies in every year from {series.index[0]} to {series.index[-1]}.",
        f"That is no less than the {claimed:g}% stated.",
        korean=f"한국 기업의 {series.max():g}%가 중소기업이다.",
    )


@bears_on(
    "C92",
    question="Do SMEs have most of Korea's employment?",
    part="a key component",
    source=("sme_shares",),
    where=f"{_PAGE}#fig-what-smes-have",
    would_change="official figures in which SMEs employ the minority",
)
def korean_jobs_are_in_smes() -> Finding:
    """Return whether SMEs have more than half of employment in all years."""
    series, sales = shares("Korea", "employment"), shares("Korea", "sales")
    most = (series > rules.value("majority")).all()
    return Finding(
        "supports" if most else "against",
        f"They had {series.min():g} to {series.max():g}% of employment and {sales.min():g} to {sales.max():g}% of sales.",
        "Most of employment makes a key component."
        if most
        else "They do not have most of employment.",
        korean=f"고용의 {series.min():g}~{series.max():g}%, 매출의 {sales.min():g}~{sales.max():g}%를 차지한다.",
    )


@bears_on(
    "C63",
    question="Have Korean SMEs a smaller part of the economy than those of Taiwan?",
    part="unlike Taiwan",
    source=("sme_shares",),
    where=f"{_PAGE}#fig-what-smes-have",
    same_time=False,
    would_change="shares of the three countries by one definition, before 1990",
)
def korea_beside_taiwan() -> Finding:
    """Return that shares by different definitions do not tell, unless one exceeds the other by all of them."""
    found = {
        measure: (shares("Korea", measure), shares("Taiwan", measure))
        for measure in ("employment", "sales")
    }
    year = max(set(found["sales"][0].index) & set(found["sales"][1].index))
    told = ", ".join(
        f"{korea[year]:g}% of {measure} in Korea and {taiwan[year]:g}% in Taiwan"
        for measure, (korea, taiwan) in found.items()
    )
    lower = [korea[year] < taiwan[year] for korea, taiwan in found.values()]
    return Finding(
        "supports" if all(lower) else "undecided",
        f"In {year} SMEs had {told}, each by its own definition.",
        "The definitions differ, and the years are not those of which the paper speaks.",
    )


@bears_on(
    "C84",
    question="Have small US firms most of the patents of firms that do R&D?",
    source=("us_patents_by_size",),
    where="three-denominators.html#fig-per-employee",
    same_time=False,
    would_change="counts of innovations before 1982 in which small firms and universities have the most",
)
def most_patents_are_small() -> Finding:
    """Return whether firms below 500 employees have most of the patents issued to performers of R&D."""
    frame = data.load("us_patents_by_size")
    small = frame["size_class"].map(lower_limit) < 500
    share = 100 * frame.loc[small, "issued"].sum() / frame["issued"].sum()
    return Finding(
        "supports" if share > rules.value("majority") else "undecided",
        f"US firms with 10 to 499 employees have {share:.1f}% of the patents issued to firms that do R&D (2022).",
        "Patents of firms leave out universities, and the year is forty years later: a minority here does not decide.",
    )
