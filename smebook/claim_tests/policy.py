"""When did policy turn to SMEs? Dates of statutes, constitutions, budgets and inquiries."""

import pandas as pd

from citablebook import data
from smebook.claim_tests import rules

_KOREAN = {"Italy": "이탈리아", "United Kingdom": "영국", "Korea": "한국"}
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


def claimed_turns() -> pd.DataFrame:
    """Return the turns of policy as the paper tells them, in years.

    Returns
    -------
    pandas.DataFrame
        `data/policy_events.csv` with a column `until`: the last year, and for a time that the
        paper does not date the year in which the next begins.
    """
    events = data.load("policy_events")
    following = events.groupby("country")["from_year"].transform("max")
    undated = events["from_year"].isna()
    return events.assign(until=events["to_year"].fillna(following.where(undated)))


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


def turn(country: str, event: str) -> tuple[int, dict]:
    """Measure whether the first measure of a country is as late as the paper says.

    1 if it is, -1 if it is older by more than the rule's tolerance, 0 if none is known.
    """
    claimed, tolerance = claimed_turn(event), int(rules.value("date_tolerance"))
    older, first = measures(country, before=claimed - tolerance), measures(country).head(1)
    return -1 if len(older) else 0 if first.empty else 1, {
        "named": _named(country),
        "korean": _KOREAN[country],
        "claimed": claimed,
        "tolerance": tolerance,
        "count": len(older),
        "told": _told(older if len(older) else first),
        "listed": ", ".join(map(str, older["year"])),
        "first": first_year(country),
    }


def us_ahead(*countries: str) -> tuple[int, dict]:
    """Measure whether the first US measure is older than those of other countries."""
    us, firsts = first_year("United States"), {name: first_year(name) for name in countries}
    others = {name: year for name, year in firsts.items() if year}
    told = ", ".join(f"{_named(country)} {year}" for country, year in others.items())
    if us is None or not others:
        return 0, {"us": us, "told": told}
    return 1 if us < min(others.values()) else -1, {"us": us, "told": told}


def act_of_the_year() -> tuple[int, dict]:
    """Measure whether the chronology has a US statute for small business in the year claimed."""
    year = claimed_turn("us_small_business_act")
    acts = measures("United States")
    acts = acts[(acts["kind"] == "statute") & (acts["year"] == year)]
    return 1 if len(acts) else -1, {"told": _told(acts), "year": year}


def too_soon() -> tuple[int, dict]:
    """Measure whether most countries acted before a success of the US could be seen: -1."""
    act, tolerance = first_year("United States"), rules.value("date_tolerance")
    firsts = {country: first_year(country) for country in ("Italy", "United Kingdom", "Korea")}
    after = {country: year - act for country, year in firsts.items() if year and act}
    soon = sum(years <= tolerance for years in after.values())
    most = bool(after) and 100 * soon / len(after) > rules.value("majority")
    return -1 if most else 0, {
        "told": ", ".join(f"{years} years in {_named(name)}" for name, years in after.items()),
        "told_korean": ", ".join(f"{_KOREAN[name]} {years}년" for name, years in after.items()),
        "tolerance": tolerance,
        "soon": soon,
        "count": len(after),
    }


def laws_by_1970() -> tuple[int, dict]:
    """Measure whether most European countries here had measures by 1970: -1. They are few."""
    had = [country for country in EUROPE if len(measures(country, before=1970))]
    most = 100 * len(had) / len(EUROPE) > rules.value("majority")
    listed = f": {', '.join(had)}" if had else ""
    return -1 if most else 0, {"count": len(EUROPE), "had": len(had), "listed": listed}


def korea_without_law() -> tuple[int, dict]:
    """Measure whether Korea had no law for SMEs: 1. Laws do not tell what was done: 0."""
    year = claimed_turn("korea_turn")
    older = measures("Korea", before=year)
    return 0 if len(older) else 1, {"count": len(older), "turn": year}


def parks_of_the_1980s() -> tuple[int, dict]:
    """Measure whether most of the European institutions in the chronology begin in the 1980s."""
    parks = measures(*EUROPE, official=False)
    parks = parks[parks["kind"] == "institution"]
    within = parks["year"].between(1980, 1989)
    told = "; ".join(f"{row.country} {row.year}: {row.event}" for row in parks.itertuples())
    return 1 if 100 * within.mean() > rules.value("majority") else -1, {
        "told": told,
        "within": int(within.sum()),
        "count": len(parks),
    }
