"""When did policy turn to SMEs? Dates of statutes, constitutions, budgets and inquiries."""

import pandas as pd

from citablebook import data
from smebook.claim_tests import Finding, bears_on, rules

_PAGE = "when-did-policy-turn.html"
_CHART = f"{_PAGE}#fig-policy-dates"
_SOURCES = ("policy_chronology", "policy_events")
EUROPE = ("Italy", "United Kingdom", "Germany")
#: Kinds of measures by which a state acts; inquiries and science parks are none.
OFFICIAL = ("statute", "constitution", "decree", "budget")


def measures(*countries: str, before: int | None = None, official: bool = True) -> pd.DataFrame:
    """Return measures in favour of SMEs, by year.

    Parameters
    ----------
    *countries : str
        Countries of `data/policy_chronology.csv`.
    before : int, optional
        Only those before this year.
    official : bool
        Only acts of the state, see `OFFICIAL`.
    """
    frame = data.load("policy_chronology").astype({"year": int})
    frame = frame[frame["country"].isin(countries) & (frame["favours"] == "towards SMEs")]
    if official:
        frame = frame[frame["kind"].isin(OFFICIAL)]
    return (frame if before is None else frame[frame["year"] < before]).sort_values("year")


def first_year(country: str) -> int | None:
    """Return the year of a country's first official measure, None if none is known."""
    years = measures(country)["year"]
    return int(years.iloc[0]) if len(years) else None


def claimed_turn(event: str) -> int:
    """Return the year from which the paper has policy favour SMEs.

    Parameters
    ----------
    event : str
        Id of a row of `data/policy_events.csv`: "europe_turn", "korea_turn" or
        "us_small_business_act".
    """
    return int(data.load("policy_events").set_index("id").at[event, "from_year"])


def _told(frame: pd.DataFrame) -> str:
    return "; ".join(f"{row.year}, {row.instrument}" for row in frame.itertuples())


def _named(country: str) -> str:
    return f"the {country}" if country.startswith("United") else country


def _dated(country: str, event: str, korean_country: str) -> Finding:
    claimed, tolerance = claimed_turn(event), int(rules.value("date_tolerance"))
    older = measures(country, before=claimed - tolerance)
    first = measures(country).head(1)
    limit = f"more than {tolerance} years before {claimed}"
    if len(older):
        listed = ", ".join(str(year) for year in older["year"])
        return Finding(
            "against",
            f"Older official measures for SMEs in {_named(country)}, {len(older)} of them:"
            f" {_told(older)}.",
            f"The first is {limit}, the date that the paper gives.",
            brief=f"{len(older)} official measures of {_named(country)} are older: {listed}",
            korean=f"{korean_country}의 중소기업 관련 공식 조치 {len(older)}건이 앞선다"
            f"({listed}년).",
        )
    if first.empty:
        return Finding(
            "undecided",
            f"No official measure of {_named(country)} is known here.",
            "Nothing decides.",
        )
    return Finding(
        "supports",
        f"In {_named(country)} the first official measure known here is of {_told(first)}.",
        f"It is not {limit}, the date that the paper gives.",
        brief=f"first official measure of {_named(country)}: {first['year'].iloc[0]}",
        korean=f"{korean_country}의 첫 공식 조치는 {first['year'].iloc[0]}년이다.",
    )


@bears_on(
    "C61",
    question="Did Korean policy for SMEs begin in the 1990s?",
    part="since the 1990s",
    source=_SOURCES,
    where=_CHART,
    would_change="evidence that the earlier laws stayed without effect",
)
def korean_policy_began_in_1990() -> Finding:
    """Return whether the first Korean measure is older than the date claimed."""
    return _dated("Korea", "korea_turn", "한국")


@bears_on(
    "C57",
    question="Did policy in Italy turn to SMEs only from the early 1980s?",
    part="from the early 1980s, in Italy",
    source=_SOURCES,
    where=_CHART,
    would_change="evidence that the law of 1956 stayed without effect",
)
def italian_policy_turned_in_1980() -> Finding:
    """Return whether the first Italian measure is older than the date claimed."""
    return _dated("Italy", "europe_turn", "이탈리아")


@bears_on(
    "C57",
    question="Did policy in the UK turn to SMEs only from the early 1980s?",
    part="from the early 1980s, in the UK",
    source=_SOURCES,
    where=_CHART,
    would_change="an official measure before the middle of the 1970s",
)
def british_policy_turned_in_1980() -> Finding:
    """Return whether the first British measure is older than the date claimed."""
    return _dated("United Kingdom", "europe_turn", "영국")


def _order(*countries: str) -> Finding:
    us = first_year("United States")
    others = {country: first_year(country) for country in countries}
    others = {country: year for country, year in others.items() if year}
    if us is None or not others:
        return Finding("undecided", "The chronology lacks a first measure.", "Nothing decides.")
    told = ", ".join(f"{_named(country)} {year}" for country, year in others.items())
    ahead = us < min(others.values())
    return Finding(
        "supports" if ahead else "against",
        f"The first official measure known here is of {us} in the US; elsewhere: {told}.",
        "The US came first." if ahead else "The US did not come first.",
    )


@bears_on(
    "C45",
    question="Did policy for SMEs begin in the US before Europe?",
    source=("policy_chronology",),
    where=_CHART,
    would_change="a European law for SMEs before that of the US",
)
def the_us_came_first() -> Finding:
    """Return whether the first US measure is older than the first European one."""
    return _order(*EUROPE)


@bears_on(
    "C47",
    "C102",
    question="Did US policy favour SMEs before that of Europe and Korea?",
    part="the US first",
    source=("policy_chronology",),
    where=_CHART,
    would_change="a law for SMEs in Europe or Korea before that of the US",
)
def the_us_came_before_europe_and_korea() -> Finding:
    """Return whether the first US measure is older than those of Europe and Korea."""
    return _order(*EUROPE, "Korea")


@bears_on(
    "C47",
    question="Were SMEs in the US protected by an act of 1953?",
    part="the Act of 1953",
    source=_SOURCES,
    where=_CHART,
    would_change="another date of the Act",
)
def the_act_is_of_1953() -> Finding:
    """Return whether the chronology has a US statute for small business in the year claimed."""
    year = claimed_turn("us_small_business_act")
    acts = measures("United States")
    acts = acts[(acts["kind"] == "statute") & (acts["year"] == year)]
    return Finding(
        "supports" if len(acts) else "against",
        f"{_told(acts)}." if len(acts) else f"No US statute of {year} is in the chronology.",
        f"There is {'an' if len(acts) else 'no'} Act of the year that the paper gives.",
    )


@bears_on(
    "C60",
    "C103",
    question="Did others act too soon after the US to have followed its success?",
    part="that the success in the US was the cause",
    source=("policy_chronology",),
    where=_CHART,
    would_change="first measures so soon after 1953 that no success could be seen, or documents"
    " that name the example",
)
def others_acted_too_soon() -> Finding:
    """Return "against" if most countries acted before a success could be seen, else undecided."""
    act, tolerance = first_year("United States"), rules.value("date_tolerance")
    firsts = {country: first_year(country) for country in ("Italy", "United Kingdom", "Korea")}
    after = {country: year - act for country, year in firsts.items() if year and act}
    soon = [country for country, years in after.items() if years <= tolerance]
    most = bool(after) and 100 * len(soon) / len(after) > rules.value("majority")
    told = ", ".join(f"{years} years in {_named(country)}" for country, years in after.items())
    return Finding(
        "against" if most else "undecided",
        f"From the first US measure to the first of others it took {told}.",
        f"A success can hardly be seen within {tolerance:g} years: {len(soon)} of {len(after)}"
        " acted so soon. Coming later shows no cause.",
        brief=f"from the first US measure to others it took {told}",
        korean="미국의 첫 조치 이후 "
        + ", ".join(f"{_KOREAN[country]} {years}년" for country, years in after.items())
        + " 만에 첫 조치가 나왔다. 시간 순서만으로는 원인을 알 수 없다.",
    )


_KOREAN = {"Italy": "이탈리아", "United Kingdom": "영국", "Korea": "한국"}


@bears_on(
    "C8",
    question="Had most European countries here a law for SMEs before 1970?",
    source=("policy_chronology",),
    where=_CHART,
    would_change="laws for SMEs before 1970 in most European countries",
)
def europeans_had_laws_by_1970() -> Finding:
    """Return "against" if most countries here had measures, else undecided: few countries."""
    had = [country for country in EUROPE if len(measures(country, before=1970))]
    most = 100 * len(had) / len(EUROPE) > rules.value("majority")
    return Finding(
        "against" if most else "undecided",
        f"Of {len(EUROPE)} European countries here, {len(had)} had an official measure for SMEs"
        f" before 1970{': ' + ', '.join(had) if had else ''}.",
        "Nearly every government would then not have been of one mind."
        if most
        else "Three countries do not show what nearly every government did.",
    )


@bears_on(
    "C62",
    "C102",
    question="Did Korean law disregard SMEs during industrialisation?",
    part="Korea, attention in law",
    source=_SOURCES,
    where=_CHART,
    would_change="credit and public money by size of firm, 1961 to 1989",
)
def korean_law_disregarded_smes() -> Finding:
    """Return undecided if there were laws, for they do not tell what was done, else support."""
    turn = claimed_turn("korea_turn")
    older = measures("Korea", before=turn)
    return Finding(
        "undecided" if len(older) else "supports",
        f"{len(older)} official measures for SMEs date from before {turn}."
        if len(older)
        else f"There was no official measure for SMEs before {turn}.",
        "Laws for SMEs and a preference for conglomerates can go together; money would tell."
        if len(older)
        else "Law had nothing for SMEs.",
    )


@bears_on(
    "C58",
    question="Do Europe's science parks date from the 1980s?",
    part="science parks",
    source=("policy_chronology",),
    where=_CHART,
    basis="press",
    would_change="a list of parks of which most are older or much younger",
)
def parks_are_of_the_1980s() -> Finding:
    """Return whether most of the European institutions in the chronology begin in the 1980s."""
    parks = measures(*EUROPE, official=False)
    parks = parks[parks["kind"] == "institution"]
    share = 100 * parks["year"].between(1980, 1989).mean()
    told = "; ".join(f"{row.country} {row.year}: {row.event}" for row in parks.itertuples())
    return Finding(
        "supports" if share > rules.value("majority") else "against",
        f"{told}.",
        f"{int(parks['year'].between(1980, 1989).sum())} of these {len(parks)} beginnings are of"
        " the 1980s.",
    )
