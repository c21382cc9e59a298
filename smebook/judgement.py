"""What became of every claim of the paper: one judgement each, from tests, comparisons and rules.

`judgements` is the only place where a status is given. It takes the tests of claims
(`smebook.claim_tests`), the comparisons with the works cited (`data/citation_checks.csv`)
and the findings of other works (`data/other_findings.csv`), weighs them by the rules of
`data/judgement_rules.csv` and `data/bases.csv`, and names the outcome by
`data/statuses.csv`. The ledger, the verdict, the front page, the Korean page and the downloads
are views of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import grimtable
from citablebook import data, references
from citablebook.cache import kept, while_unchanged
from citablebook.numbers import Number, computed
from citablebook.paths import DATA, ROOT
from citablebook.reads import by_value
from citablebook.tables import Evidence, Table
from smebook import claim_tests
from smebook.claim_tests import Finding, parts, row_address, rules

#: How sure a judgement is, by rank.
STRENGTHS = {3: "strong", 2: "moderate", 1: "weak", 0: ""}
#: What an outcome of a test is called, and of another study.
OUTCOMES = {"supports": "Supported", "against": "Not supported", "undecided": "Undecided"}
_STUDY = {"supports": "in favour", "against": "against", "undecided": "to qualify it"}
_SIGNS = {
    "supports": "+",
    "supports a part": "\N{PLUS-MINUS SIGN}",
    "says otherwise": "\N{MINUS SIGN}",
    "against": "\N{MINUS SIGN}",
}
_DIRECTION = {"for": "supports", "against": "against", "qualifies": "undecided"}
_COMPARED = {
    "supports": "supports it",
    "supports a part": "supports a part of it",
    "says otherwise": "says otherwise",
    "about something else": "is about something else",
    "not compared": "was not compared",
}


@dataclass(frozen=True)
class Ground:
    """One thing that speaks to a claim.

    Attributes
    ----------
    kind : str
        "test" (computed or documented), "study" (a work that the paper does not cite) or
        "work" (one that it does).
    outcome : str
        Of tests and studies "supports", "against" or "undecided"; of works the
        agreement of `data/citation_checks.csv`.
    name : str
        Name of the test, the work's label, or the number of the comparison.
    part : str
        Part of the claim, or the measure, to which it speaks; empty for the whole.
    text : str
        What was found, in sentences.
    basis : str
        On what it rests: "computed", "page", "abstract", ...
    rank : int
        How much it can carry, from 0 to 3.
    link : str
        Address from a chapter of where it can be checked.
    reason, would_change, brief, korean : str
        How the rule leads to the outcome, what would turn it, and the text in one line,
        in English and Korean.
    source : str
        What two grounds have in common that are not independent of each other.
    label : str
        Author and year of a work or study.
    """

    kind: str
    outcome: str
    name: str
    text: str
    basis: str
    rank: int
    link: str
    part: str = ""
    reason: str = ""
    would_change: str = ""
    brief: str = ""
    korean: str = ""
    source: str = ""
    label: str = ""

    @property
    def sign(self) -> str:
        """The sign of the outcome, one character."""
        return _SIGNS.get(self.outcome, "?")

    @property
    def link_text(self) -> str:
        """What the link leads to, in a word."""
        if self.kind == "work":
            return "comparison"
        return "computation" if self.basis == "computed" else "source"

    def told(self) -> str:
        """Return what was found, with its kind and outcome, in sentences."""
        if self.kind == "work":
            return self.text
        if self.kind == "study":
            return f"Another study, {_STUDY[self.outcome]}: {self.text}"
        part = f" ({self.part})" if self.part else ""
        return f"{OUTCOMES[self.outcome]}{part}: {self.text} {self.reason}".strip()


@dataclass(frozen=True)
class Judgement:
    """What became of one claim.

    Attributes
    ----------
    claim, section, says, kind : str
        Row of `data/claims.csv`.
    works : tuple of str
        Citekeys of the works that the paper cites for it.
    restates : tuple of str
        Claims that it says again.
    exceeds : tuple of str
        Claims that it says again in part, and goes beyond.
    adds : str
        What it adds to these.
    status : str
        Id of a row of `data/statuses.csv`.
    shares : str
        For a claim that restates another, the status that it shares; else as `status`.
    grounds : tuple of Ground
        Everything that speaks to it.
    strength : str
        "strong", "moderate", "weak", or empty where there is nothing to be sure of.
    would_change : str
        What would turn the judgement.
    """

    claim: str
    section: str
    says: str
    kind: str
    works: tuple[str, ...]
    restates: tuple[str, ...]
    exceeds: tuple[str, ...]
    adds: str
    status: str
    shares: str
    grounds: tuple[Ground, ...]
    strength: str
    would_change: str

    @property
    def label(self) -> str:
        """The status in words for readers."""
        return statuses().at[self.status, "status"]

    @property
    def group(self) -> str:
        """Whether the claim is borne out: "for", "part", "against", "open" or "none"."""
        return statuses().at[self.shares, "group"]

    @property
    def sign(self) -> str:
        """The sign of the judgement, one character."""
        return statuses().at[self.shares, "sign"]

    @property
    def sign_and_label(self) -> str:
        """The status in words after its sign."""
        return f"{self.sign} {self.label}"

    @property
    def entry(self) -> tuple[str, str]:
        """The address of the entry in the ledger, from a chapter, and the words of a link to it."""
        return f"ledger.html#ledger-{self.claim}", self.claim

    @property
    def tested(self) -> bool:
        """Whether a test, or a study that does more than qualify, speaks to it."""
        return any(
            ground.kind == "test" or (ground.kind == "study" and ground.outcome != "undecided")
            for ground in self.grounds
        )

    @property
    def reason(self) -> str:
        """Why it has this status, in sentences."""
        said = [ground.told() for ground in self.grounds]
        if self.exceeds:
            said.insert(0, f"It goes beyond {' and '.join(self.exceeds)}: {self.adds}.")
        if self.status == "restates":
            said.insert(0, f"It restates {' and '.join(self.restates)}.")
        return " ".join(said) or statuses().at[self.shares, "meaning"]


# -- what speaks to a claim -------------------------------------------------------------


@while_unchanged(DATA / "bases.csv")
def bases() -> pd.DataFrame:
    """Return what may be seen of a source, and how much it can carry."""
    return data.load("bases").set_index("seen")


def _test_grounds(findings: Mapping[str, Finding]) -> list[tuple[str, Ground]]:
    """Return claims with what tests find of them, as far as the rules let a test count."""
    found, ranks = [], bases()["rank"].to_dict()
    for test in claim_tests.all_tests():
        selected, elsewhere = "selected" in test.differs, {"place", "time"} & set(test.differs)
        if (selected and not rules.value("selected")) or (
            elsewhere and not rules.value("elsewhere")
        ):
            continue
        finding = findings[test.name]
        ground = Ground(
            kind="study" if test.basis in ("abstract", "general") else "test",
            outcome=finding.outcome,
            name=test.name,
            part=test.part,
            text=finding.statistic,
            basis=test.basis,
            rank=min(ranks[test.basis], 2 if test.differs else 3),
            link=test.where,
            reason=finding.reason,
            would_change=test.would_change,
            brief=finding.brief,
            korean=finding.korean,
            source=";".join(test.source) if test.basis == "computed" else test.name,
        )
        found += [(claim, ground) for claim in test.claims]
    return found


def _study_grounds() -> list[tuple[str, Ground]]:
    """Return claims with what works find that the paper does not cite for them."""
    found, works, known = [], references.works(), bases().to_dict("index")
    for row in data.load("other_findings").to_dict("records"):
        label, basis = works[row["work"]].label, known[row["seen"]]["basis"]
        rank = known[row["seen"]]["rank"]
        counts = rank or rules.value("general")
        seen = row["seen"] if basis == "not seen" else f"by the {row['seen']}"
        ground = Ground(
            kind="study",
            outcome=_DIRECTION[row["direction"]] if counts else "undecided",
            name=row["id"],
            text=f"{row['finding']} ({label}, {seen}).",
            basis=basis,
            rank=rank,
            link=row_address("other_findings", row["id"]),
            source=row["work"],
            label=label,
        )
        found += [(claim, ground) for claim in parts(row["claims"])]
    return found


def _work_grounds() -> list[tuple[str, Ground]]:
    """Return claims with the comparisons with the works that the paper cites for them."""
    found, works, ranks = [], references.works(), bases()["rank"].to_dict()
    for row in data.load("citation_checks").to_dict("records"):
        label, agreement = works[row["citekey"]].label, row["agreement"]
        text = f"{label} {_COMPARED[agreement]}"
        if agreement != "not compared":
            text += f" ({row['basis']})"
        text += "." if agreement in ("supports", "not compared") else f": {row['work_says']}"
        if row["caveat"] and agreement in ("says otherwise", "about something else"):
            text += f" {row['caveat']}"
        ground = Ground(
            kind="work",
            outcome=agreement,
            name=label,
            text=text,
            basis=row["basis"],
            rank=ranks[row["basis"]],
            link=row_address("citation_checks", row["id"]),
            source=row["citekey"],
            label=label,
        )
        found += [(claim, ground) for claim in parts(row["claims"])]
    for claim, other in data.load("claims").set_index("id")["covered_by"].items():
        if other:  # a bracket of works there may be meant for this claim as well
            works_there = f"the works cited for {other}"
            ground = Ground(
                kind="work",
                outcome="not compared",
                name=works_there,
                text=f"It may rest on {works_there}, which were not compared with it.",
                basis="not seen",
                rank=0,
                link=f"ledger.html#ledger-{other}",
            )
            found.append((claim, ground))
    return found


def _counts_against(ground: Ground) -> bool:
    """Whether the rules let a ground speak against the paper."""
    if bases().at[ground.basis, "summary"] == "yes":
        return bool(rules.value("abstract"))
    return bool(ground.rank or rules.value("general"))


# -- from grounds to a status -----------------------------------------------------------


def _by_works(grounds: Iterable[Ground]) -> tuple[str, int]:
    """Return the status that the comparisons with the works cited give, and its rank."""
    works = [ground for ground in grounds if ground.kind == "work"]
    ranks: dict[str, int] = {}
    for ground in works:
        agrees = ground.outcome in ("supports", "supports a part")
        if agrees or _counts_against(ground):
            ranks[ground.outcome] = max(ground.rank, ranks.get(ground.outcome, 0))
    compared = all(ground.outcome != "not compared" for ground in works)
    if "says otherwise" in ranks:
        agree = {"supports", "supports a part"} & ranks.keys()
        return "partly" if agree else "otherwise", ranks["says otherwise"]
    if "supports" in ranks:
        return "supported", ranks["supports"]
    if "supports a part" in ranks:
        return "partly", ranks["supports a part"]
    if "about something else" in ranks and compared:
        return "topic", ranks["about something else"]
    return "unseen" if works else "", 0


def _by_tests(grounds: Iterable[Ground], by_works: str, rank: int) -> tuple[str, int]:
    """Return the status that tests give, beside what works say, and its rank; "" without tests."""
    measured: dict[str, list[Ground]] = {}
    for ground in grounds:
        if ground.kind == "test":
            measured.setdefault(ground.part, []).append(ground)
    outcomes, ranks = [], []
    for found in measured.values():
        decided = [ground for ground in found if ground.outcome != "undecided"]
        outcomes.append({ground.outcome for ground in decided})
        if decided:
            best = max(ground.rank for ground in decided)
            independent = len({ground.source for ground in decided}) > 1
            ranks.append(min(3, best + independent))
    if measured and by_works in ("supported", "otherwise"):
        outcomes.append({"supports" if by_works == "supported" else "against"})
        ranks.append(rank)
    seen = set().union(*outcomes)
    if not seen:
        return "undecided" if measured else "", 0
    if seen == {"against"}:
        # What a work says of a part of the claim keeps the claim from failing as a whole.
        return "part" if by_works == "partly" else "fails", min(ranks)
    return "holds" if all(one == {"supports"} for one in outcomes) else "part", min(ranks)


def _by_studies(grounds: Iterable[Ground], by_works: str) -> tuple[str, int]:
    """Return the status that findings of works not cited give, and its rank; "" if none does."""
    studies = [ground for ground in grounds if ground.kind == "study"]
    against = [one for one in studies if one.outcome == "against" and _counts_against(one)]
    behind = [one for one in studies if one.outcome == "supports"]
    if against:
        return "part" if by_works == "supported" or behind else "disputed", 1 + (len(against) > 1)
    if behind and by_works not in ("supported", "otherwise"):
        return "backed", 1 + (len(behind) > 1)
    return "", 0


_NOTHING_TO_TEST = {
    "purpose": "aim",
    "recommendation": "aim",
    "definition": "definition",
    "rule": "definition",
}


def _status(kind: str, untestable: bool, grounds: tuple[Ground, ...]) -> tuple[str, int]:
    """Return the status of a claim of a kind, and how sure it is, as a rank."""
    by_works, works_rank = _by_works(grounds)
    by_tests, rank = _by_tests(grounds, by_works, works_rank)
    if by_tests not in ("", "undecided"):
        return by_tests, rank
    if kind == "purpose":
        return "aim", 0
    if by_works != "otherwise" and rules.value("other_studies"):
        by_studies, studies_rank = _by_studies(grounds, by_works)
        if by_studies:
            return by_studies, studies_rank
    if by_works not in ("", "unseen"):  # otherwise: its own source weighs more than others do
        return by_works, works_rank
    untested = by_tests or ("untestable" if untestable else by_works)
    return untested or _NOTHING_TO_TEST.get(kind, "inference"), 0


def _would_change(status: str, grounds: Iterable[Ground], takes: str) -> str:
    """Return what would turn a judgement."""
    wanted = dict.fromkeys(ground.would_change for ground in grounds if ground.kind == "test")
    if wanted and status in ("holds", "part", "fails", "undecided"):
        return "; ".join(wanted)
    works = dict.fromkeys(ground.name for ground in grounds if ground.kind == "work")
    told = statuses().at[status, "would_change"]
    return told.format(works=" or ".join(works), takes=takes)


def compute(findings: Mapping[str, Finding]) -> tuple[Judgement, ...]:
    """Return the judgement of every claim, computed anew.

    Parameters
    ----------
    findings : mapping of str to Finding
        What the tests find, by name.

    Raises
    ------
    ValueError
        If a test, a comparison or a finding names a claim that there is not.
    """
    claims = data.load("claims").set_index("id")
    spoken: dict[str, list[Ground]] = {claim: [] for claim in claims.index}
    for claim, ground in (*_test_grounds(findings), *_study_grounds(), *_work_grounds()):
        if claim not in spoken:
            raise ValueError(
                f"'{ground.name}' names the claim {claim}, which data/claims.csv lacks"
            )
        spoken[claim].append(ground)
    untested = data.load("untested_claims").set_index("claim")["would_take"].to_dict()
    open_ended = ("unseen", "untestable", "inference", "topic", "definition", "aim")
    found = []
    for claim, row in claims.iterrows():
        grounds, restated = tuple(spoken[claim]), parts(row["restates"])
        family = [one for one in (claim, *restated) if one in untested]
        status, rank = _status(row["kind"], claim in untested, grounds)
        shares = status
        if restated and status in open_ended and row["kind"] != "purpose":
            shared = (ground for other in restated for ground in spoken[other])
            grounds = tuple(dict.fromkeys((*grounds, *shared)))
            shares, rank = _status(claims.at[restated[0], "kind"], bool(family), grounds)
            status = "restates"
        takes = "; ".join(untested[one] for one in family)
        found.append(
            Judgement(
                claim=claim,
                section=row["section"],
                says=row["claim"],
                kind=row["kind"],
                works=parts(row["works"]),
                restates=restated,
                exceeds=parts(row["restates_in_part"]),
                adds=row["adds"],
                status=status,
                shares=shares,
                grounds=grounds,
                strength=STRENGTHS[rank],
                would_change=_would_change(shares, grounds, takes),
            )
        )
    return tuple(found)


def _kept(name: str, compute: Callable[[], Any]) -> Any:
    """Return a result from the disk while neither data nor code have changed."""
    engine = Path(grimtable.__file__).parent
    code = [*(ROOT / "smebook").rglob("*.py"), *engine.glob("*.py")]
    return kept(name, code, compute, ("numpy", "pandas", "scipy", "statsmodels"))


def _findings() -> dict[str, Finding]:
    """Return what every test finds, by name."""
    return _kept("findings", claim_tests.run_all)


@while_unchanged(DATA)
def judgements() -> tuple[Judgement, ...]:
    """Return the judgement of every claim, in the order of the paper."""
    data.load("claims")  # refuses damaged data in the words of the build
    return _kept("judgements", lambda: compute(_findings()))


@by_value
def of(claim: str) -> Judgement:
    """Return the judgement of one claim.

    Raises
    ------
    ValueError
        If there is no such claim.
    """
    for judgement in judgements():
        if judgement.claim == claim:
            return judgement
    raise ValueError(f"there is no claim '{claim}' in data/claims.csv")


# -- views ------------------------------------------------------------------------------


@by_value
def outcomes() -> list[tuple[str, bool]]:
    """Return the status of every claim, and whether a test speaks to it."""
    return [(judgement.status, judgement.tested) for judgement in judgements()]


@while_unchanged(DATA / "statuses.csv")
def statuses() -> pd.DataFrame:
    """Return the statuses by id: names in English and Korean, group, sign, meaning."""
    return data.load("statuses").set_index("id")


def tallies() -> pd.Series:
    """Return how many claims have each status, in the order of `data/statuses.csv`."""
    counted = pd.DataFrame(outcomes(), columns=["status", "tested"])["status"].value_counts()
    return counted.reindex(statuses().index, fill_value=0).rename("claims")


def count_group(*groups: str) -> Number:
    """Return how many claims belong to one of the groups of `data/statuses.csv`."""
    by_group = tallies().groupby(statuses()["group"]).sum()
    number = by_group[list(groups)].sum()
    how = "claims counted by what became of them"
    return computed(number, "claims", how=how, source="claims")


def count_tested() -> Number:
    """Return how many claims a test or a finding of another work speaks to."""
    found = sum(tested for _, tested in outcomes())
    return computed(found, "claims", how="claims that a test speaks to", source="claims")


def frame() -> pd.DataFrame:
    """Return the ledger as a table, one row per claim, for downloads."""
    names = statuses()["status"]
    table = pd.DataFrame(
        vars(one)
        | {
            "status": one.label,
            "shared_status": names[one.shares],
            "reason": one.reason,
            "tests": [ground.name for ground in one.grounds if ground.kind == "test"],
        }
        for one in judgements()
    )
    for column in ("works", "restates", "tests"):
        table[column] = table[column].str.join(";")
    shown = ["claim", "section", "says", "kind", "works", "status", "shared_status", "restates"]
    return table[[*shown, "strength", "reason", "would_change", "tests"]]


def shown(*claims: str) -> Table:
    """Return what the ledger says of some claims, as a table: for the end of a chapter."""
    rows = [
        {
            "Claim": Evidence(judgement.says, (judgement.entry,)),
            "Judgement": judgement.sign_and_label,
            "Strength": judgement.strength or "\N{EN DASH}",
            "Why": Evidence(judgement.reason),
        }
        for judgement in map(of, claims)
    ]
    return Table(pd.DataFrame(rows), "Judgement of the claims tested here", stacked=True)


def sensitivity() -> pd.DataFrame:
    """Return what other parameters of the rules would change.

    Returns
    -------
    pandas.DataFrame
        A row for each rule and alternative: `rule`, `value`, `instead`, the number of
        `claims` whose status or shared status changes, and `which` (claim: from, to).
    """
    return _kept("sensitivity-of-judgements", _sensitivity)


def _sensitivity() -> pd.DataFrame:
    tests = {test.name: test for test in claim_tests.all_tests()}
    findings, names = _findings(), statuses()["status"]
    before, rows = compute(findings), []
    table = data.load(rules.TABLE)
    table["instead"] = table["alternatives"].str.split(";")
    for row in table[table["alternatives"] != ""].explode("instead").itertuples():
        with rules.varied(**{row.id: float(row.instead)}):
            reading = [test for test, finding in findings.items() if row.id in finding.rules]
            again = {test: tests[test].run() for test in reading}
            after = compute(findings | again)
        changed = [
            f"{new.claim}: {names[old.shares]} \N{RIGHTWARDS ARROW} {names[new.shares]}"
            for old, new in zip(before, after, strict=True)
            if new.shares != old.shares
        ]
        rows.append((row.id, row.value, float(row.instead), len(changed), changed))
    return pd.DataFrame(rows, columns=["rule", "value", "instead", "claims", "which"])
