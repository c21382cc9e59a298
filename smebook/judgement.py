"""What became of every claim of the paper: one judgement each, from tests, comparisons and rules.

`judgements` is the only place where a status is given. It takes the tests of claims
(`smebook.claim_tests`), the comparisons with the works cited (`data/citation_checks.csv`)
and the findings of other works (`data/other_findings.csv`), weighs them by the rules of
`data/judgement_rules.csv`, and names the outcome by `data/statuses.csv`. The ledger, the
verdict, the front page, the Korean page and the downloads are views of it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import grimtable
from citablebook import data, references
from citablebook.cache import kept, while_unchanged
from citablebook.numbers import Number, computed
from citablebook.paths import DATA, ROOT
from citablebook.reads import by_value
from citablebook.tables import Evidence, Table
from smebook import claim_tests
from smebook.claim_tests import Finding, rules

#: Packages by which the tests compute.
PACKAGES = ("numpy", "pandas", "scipy", "statsmodels")
#: The sign of each group of statuses.
SIGNS = {
    "for": "+",
    "part": "\N{PLUS-MINUS SIGN}",
    "against": "\N{MINUS SIGN}",
    "open": "?",
    "restated": "\N{RIGHTWARDS ARROW}",
    "none": "\N{MIDDLE DOT}",
}
#: How sure a judgement is, by rank.
STRENGTHS = {3: "strong", 2: "moderate", 1: "weak", 0: ""}

# How much a page that was seen can carry: the thing itself, its authors' summary, or less.
_RANK = {
    "full text": 3,
    "statute": 3,
    "computed": 3,
    "page": 3,
    "opening pages": 2,
    "abstract": 2,
    "press": 2,
    "quotation": 2,
    "quotation in the paper": 1,
    "catalogue record": 1,
    "secondary account": 1,
    "general": 0,
    "not seen": 0,
}
_SUMMARIES = {"opening pages", "abstract", "catalogue record", "secondary account"}
# What a reader of `other_findings` saw, as a basis.
_SEEN = {
    "abstract": "abstract",
    "conclusion in a copy": "opening pages",
    "summary on the agency's page": "abstract",
    "description by the publisher": "catalogue record",
    "summary in a dictionary": "secondary account",
    "press report": "secondary account",
    "table of contents": "not seen",  # names subjects, not findings
    "not seen": "not seen",
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
    part: str
    text: str
    basis: str
    rank: int
    link: str
    reason: str = ""
    would_change: str = ""
    brief: str = ""
    korean: str = ""
    source: str = ""
    label: str = ""


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
        return status_names()[self.status]

    @property
    def group(self) -> str:
        """Whether the claim is borne out: "for", "part", "against", "open" or "none"."""
        return statuses().at[self.shares, "group"]

    @property
    def sign(self) -> str:
        """The sign of the judgement, one character."""
        return SIGNS[self.group]

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
        return " ".join(_sentences(self))


# -- what speaks to a claim -------------------------------------------------------------


def _test_grounds(findings: Mapping[str, Finding] | None) -> list[tuple[str, Ground]]:
    found = []
    for test in claim_tests.all_tests():
        if "selected" in test.differs and not rules.value("selected"):
            continue
        if {"place", "time"} & set(test.differs) and not rules.value("elsewhere"):
            continue
        finding = findings[test.name] if findings else test.run()
        rank = _RANK[test.basis]
        ground = Ground(
            "study" if test.basis in ("abstract", "general") else "test",
            finding.outcome,
            test.name,
            test.part,
            finding.statistic,
            test.basis,
            min(rank, 2 if test.differs else 3),
            test.where,
            finding.reason,
            test.would_change,
            finding.brief,
            finding.korean,
            ";".join(test.source) if test.basis == "computed" else test.name,
        )
        found += [(claim, ground) for claim in test.claims]
    return found


def _study_grounds() -> list[tuple[str, Ground]]:
    found = []
    for row in data.load("other_findings").to_dict("records"):
        basis = _SEEN[row["seen"]]
        seen = _RANK[basis] or rules.value("general")
        ground = Ground(
            "study",
            _DIRECTION[row["direction"]] if seen else "undecided",
            row["id"],
            "",
            f"{row['finding']} ({_label(row['work'])},"
            f" {'' if basis == 'not seen' else 'by the '}{row['seen']}).",
            basis,
            _RANK[basis],
            f"../data/other_findings.html#other-findings.{row['id'].replace('_', '-')}",
            source=row["work"],
            label=_label(row["work"]),
        )
        found += [(claim, ground) for claim in row["claims"].split(";")]
    return found


def _label(citekey: str) -> str:
    """Return author and year of a work."""
    known = references.works()
    return known[citekey].label if citekey in known else citekey


def _work_grounds() -> list[tuple[str, Ground]]:
    found = []
    for row in data.load("citation_checks").to_dict("records"):
        label = references.works()[row["citekey"]].label
        text = f"{label} {_COMPARED[row['agreement']]}"
        if row["agreement"] not in ("supports", "not compared"):
            text += f" ({row['basis']}): {row['work_says']}"
        elif row["agreement"] == "supports":
            text += f" ({row['basis']})."
        else:
            text += "."
        if row["caveat"] and row["agreement"] in ("says otherwise", "about something else"):
            text += f" {row['caveat']}"
        ground = Ground(
            "work",
            row["agreement"],
            label,
            "",
            text,
            row["basis"],
            _RANK[row["basis"]],
            f"../data/citation_checks.html#citation-checks.{row['id']}",
            source=row["citekey"],
            label=label,
        )
        found += [(claim, ground) for claim in row["claims"].split(";")]
    return found


def _covering(claim: str) -> tuple[Ground, ...]:
    """Return what a claim has of works cited for another one, whose bracket may cover it."""
    if not claim:
        return ()
    text = f"It may rest on the works cited for {claim}, which were not compared with it."
    where = f"ledger.html#ledger-{claim}"
    works = f"the works cited for {claim}"
    return (Ground("work", "not compared", works, "", text, "not seen", 0, where),)


def _counts_against(ground: Ground) -> bool:
    """Whether the rules let a ground speak against the paper."""
    if ground.basis in _SUMMARIES:
        return bool(rules.value("abstract"))
    if ground.rank == 0:
        return bool(rules.value("general"))
    return True


# -- from grounds to a status -----------------------------------------------------------


def _by_works(grounds: Iterable[Ground]) -> tuple[str, int]:
    """Return the status that the comparisons with the works cited give, and its rank."""
    works = [ground for ground in grounds if ground.kind == "work"]
    by = {
        agreement: [
            ground
            for ground in works
            if ground.outcome == agreement
            and (agreement in ("supports", "supports a part") or _counts_against(ground))
        ]
        for agreement in _COMPARED
    }
    ranks = {key: max((ground.rank for ground in found), default=0) for key, found in by.items()}
    if by["says otherwise"]:
        if by["supports"] or by["supports a part"]:
            return "partly", ranks["says otherwise"]
        return "otherwise", ranks["says otherwise"]
    if by["supports"]:
        return "supported", ranks["supports"]
    if by["supports a part"]:
        return "partly", ranks["supports a part"]
    if by["about something else"] and not [g for g in works if g.outcome == "not compared"]:
        return "topic", ranks["about something else"]
    return ("unseen", 0) if works else ("", 0)


def _by_tests(grounds: tuple[Ground, ...]) -> tuple[str, int]:
    """Return the status that tests give, and its rank; empty if none decides."""
    parts: dict[str, list[Ground]] = {}
    for ground in grounds:
        if ground.kind == "test":
            parts.setdefault(ground.part, []).append(ground)
    if not parts:
        return "", 0
    by_works, rank = _by_works(grounds)
    outcomes, ranks = [], []
    for found in parts.values():
        deciding = {ground.outcome for ground in found} - {"undecided"}
        outcomes.append(deciding.pop() if len(deciding) == 1 else "both" if deciding else "open")
        if outcomes[-1] != "open":
            decided = [ground for ground in found if ground.outcome != "undecided"]
            best = max(ground.rank for ground in decided)
            independent = len({ground.source for ground in decided}) > 1
            ranks.append(min(3, best + (independent and best < 3)))
    if by_works == "supported" or by_works == "otherwise":
        outcomes.append("supports" if by_works == "supported" else "against")
        ranks.append(rank)
    seen = set(outcomes)
    if seen <= {"open"}:
        return "undecided", 0
    if not seen & {"supports", "both"}:
        # What a work says of a part of the claim keeps the claim from failing as a whole.
        return ("part" if by_works == "partly" else "fails"), min(ranks)
    return ("holds" if seen == {"supports"} else "part"), min(ranks)


def _by_studies(grounds: tuple[Ground, ...], by_works: str) -> tuple[str, int]:
    """Return the status that findings of works not cited give, and its rank; empty if none does."""
    if not rules.value("other_studies"):
        return "", 0
    against = [
        ground
        for ground in grounds
        if ground.kind == "study" and ground.outcome == "against" and _counts_against(ground)
    ]
    behind = [
        ground for ground in grounds if ground.kind == "study" and ground.outcome == "supports"
    ]
    if against:
        return ("part" if by_works == "supported" or behind else "disputed"), 1 + (len(against) > 1)
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
    by_tests, rank = _by_tests(grounds)
    by_works, works_rank = _by_works(grounds)
    if by_tests and by_tests != "undecided":
        return by_tests, rank
    if kind == "purpose":
        return "aim", 0
    if by_works == "otherwise":  # its own source weighs more than others do
        return by_works, works_rank
    by_studies, studies_rank = _by_studies(grounds, by_works)
    if by_studies:
        return by_studies, studies_rank
    if by_works in ("supported", "partly", "otherwise", "topic"):
        return by_works, works_rank
    if by_tests:
        return by_tests, 0
    if untestable:
        return "untestable", 0
    if by_works:
        return by_works, 0
    return _NOTHING_TO_TEST.get(kind, "inference"), 0


def _would_change(status: str, grounds: tuple[Ground, ...], would_take: str) -> str:
    if status == "untestable":
        return would_take
    decided = [g for g in grounds if g.kind == "test" and g.would_change]
    if status in ("holds", "part", "fails", "undecided") and decided:
        wanted = dict.fromkeys(ground.would_change for ground in decided)
        return "; ".join(wanted)
    works = list(dict.fromkeys(g.name for g in grounds if g.kind == "work"))
    if status in ("supported", "partly", "otherwise", "topic"):
        return f"the full text of {' or '.join(works)}"
    if status == "unseen":
        return f"a page of {' or '.join(works)} that speaks to it"
    if status in ("disputed", "backed", "part"):
        return "data by which the studies can be told apart"
    return "a source, or data to test it" if status == "inference" else ""


def compute(findings: Mapping[str, Finding] | None = None) -> tuple[Judgement, ...]:
    """Return the judgement of every claim, computed anew.

    Parameters
    ----------
    findings : mapping of str to Finding, optional
        What the tests found, by name; by default they are run.

    Raises
    ------
    ValueError
        If a test, a comparison or a finding names a claim that there is not.
    """
    claims = data.load("claims").fillna("").to_dict("records")
    spoken: dict[str, list[Ground]] = {row["id"]: [] for row in claims}
    for claim, ground in (*_test_grounds(findings), *_study_grounds(), *_work_grounds()):
        if claim not in spoken:
            raise ValueError(
                f"'{ground.name}' names the claim {claim}, which data/claims.csv lacks"
            )
        spoken[claim].append(ground)
    untested = data.load("untested_claims").set_index("claim")["would_take"].to_dict()
    first = {row["id"]: row for row in claims}
    found = []
    for row in claims:
        claim, restated = row["id"], tuple(filter(None, row["restates"].split(";")))
        own = (*spoken[claim], *_covering(row["covered_by"]))
        status, rank = _status(row["kind"], claim in untested, own)
        shares, grounds = status, own
        decided = status not in ("unseen", "untestable", "inference", "topic", "definition", "aim")
        if restated and not decided and row["kind"] != "purpose":
            inherited = (*own, *(ground for other in restated for ground in spoken[other]))
            untestable = any(other in untested for other in (claim, *restated))
            grounds = tuple(dict.fromkeys(inherited))
            shares, rank = _status(first[restated[0]]["kind"], untestable, grounds)
            status = "restates"
        takes = [untested[other] for other in (claim, *restated) if other in untested]
        would = _would_change(shares, grounds, "; ".join(takes))
        found.append(
            Judgement(
                claim,
                row["section"],
                row["claim"],
                row["kind"],
                tuple(filter(None, row["works"].split(";"))),
                restated,
                tuple(filter(None, row["restates_in_part"].split(";"))),
                row["adds"],
                status,
                shares,
                grounds,
                STRENGTHS[rank],
                would,
            )
        )
    return tuple(found)


def _code() -> list[Path]:
    """Return the code on which the judgements depend."""
    engine = Path(grimtable.__file__).parent
    return [*(ROOT / "smebook").rglob("*.py"), *engine.glob("*.py")]


def _found(test: str, rule: str = "", value: float = 0) -> tuple[Finding, set[str]]:
    """Return what a test finds, with another parameter of a rule if one is given, and its rules."""

    def run() -> tuple[Finding, set[str]]:
        varied = {rule: value} if rule else {}
        with rules.varied(**varied), rules.recorded() as read:
            return claim_tests.run(test), read

    return kept(f"test-{test}{f'-{rule}-{value}' if rule else ''}", _code(), run, PACKAGES)


def _findings() -> dict[str, Finding]:
    """Return what every test finds, run again only where what it reads has changed."""
    return {test.name: _found(test.name)[0] for test in claim_tests.all_tests()}


@while_unchanged(DATA)
def judgements() -> tuple[Judgement, ...]:
    """Return the judgement of every claim, in the order of the paper."""
    data.load("claims")  # refuses damaged data in the words of the build
    return kept("judgements", _code(), lambda: compute(_findings()), PACKAGES)


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


@while_unchanged(DATA)
def statuses() -> pd.DataFrame:
    """Return the statuses by id: names in English and Korean, group, meaning."""
    return data.load("statuses").set_index("id")


def status_names() -> dict[str, str]:
    """Return the names of the statuses by id."""
    return statuses()["status"].to_dict()


#: What an outcome of a test is called.
OUTCOMES = {"supports": "Supported", "against": "Not supported", "undecided": "Undecided"}


def _sentences(judgement: Judgement) -> list[str]:
    """Return the sentences that give the reasons, one for each ground."""
    said = []
    if judgement.status == "restates":
        said.append(f"It restates {' and '.join(judgement.restates)}.")
    if judgement.exceeds:
        said.append(f"It goes beyond {' and '.join(judgement.exceeds)}: {judgement.adds}.")
    for ground in judgement.grounds:
        if ground.kind == "work":
            said.append(ground.text)
        elif ground.kind == "study":
            said.append(f"Another study, {_STUDY[ground.outcome]}: {ground.text}")
        else:
            part = f" ({ground.part})" if ground.part else ""
            said.append(f"{OUTCOMES[ground.outcome]}{part}: {ground.text} {ground.reason}".strip())
    if not said:
        said.append(statuses().at[judgement.shares, "meaning"])
    return said


_STUDY = {"supports": "in favour", "against": "against", "undecided": "to qualify it"}


def tests() -> pd.DataFrame:
    """Return a row for each claim and each test or study that speaks to it.

    Returns
    -------
    pandas.DataFrame
        Columns `claim`, `test`, `kind`, `question`, `part`, `outcome`, `statistic`,
        `reason`, `basis`, `source`, `where`.
    """
    asked = {test.name: test.question for test in claim_tests.all_tests()}
    rows = [
        {
            "claim": judgement.claim,
            "test": ground.name,
            "kind": ground.kind,
            "question": asked.get(ground.name, ""),
            "part": ground.part,
            "outcome": ground.outcome,
            "statistic": ground.text,
            "reason": ground.reason,
            "basis": ground.basis,
            "source": ground.source,
            "where": ground.link,
        }
        for judgement in judgements()
        for ground in judgement.grounds
        if ground.kind in ("test", "study")
    ]
    return pd.DataFrame(rows)


def tallies() -> pd.Series:
    """Return how many claims have each status, in the order of `data/statuses.csv`."""
    counted = Counter(status for status, _ in outcomes())
    return pd.Series({status: counted[status] for status in statuses().index}, name="claims")


def count(*wanted: str) -> Number:
    """Return how many claims have one of the statuses.

    Raises
    ------
    ValueError
        If there is no such status.
    """
    names = status_names()
    for status in wanted:
        if status not in names:
            raise ValueError(f"'{status}' is no status: use {', '.join(names)}")
    return computed(
        sum(status in wanted for status, _ in outcomes()),
        "claims",
        how=f"claims whose status is {' or '.join(repr(names[status]) for status in wanted)}",
        source="claims",
    )


def count_group(*groups: str) -> Number:
    """Return how many claims belong to one of the groups of `data/statuses.csv`."""
    known = set(statuses()["group"])
    if unknown := set(groups) - known:
        raise ValueError(f"'{unknown.pop()}' is no group of statuses: use {', '.join(known)}")
    group = statuses()["group"]
    return computed(
        sum(group[status] in groups for status, _ in outcomes()),
        "claims",
        how="claims counted by what became of them",
        source="claims",
    )


def count_tested() -> Number:
    """Return how many claims a test or a finding of another work speaks to."""
    found = sum(tested for _, tested in outcomes())
    return computed(found, "claims", how="claims that a test speaks to", source="claims")


def frame() -> pd.DataFrame:
    """Return the ledger as a table, one row per claim, for downloads."""
    return pd.DataFrame(
        [
            {
                "claim": judgement.claim,
                "section": judgement.section,
                "says": judgement.says,
                "kind": judgement.kind,
                "works": ";".join(judgement.works),
                "status": judgement.label,
                "shared_status": status_names()[judgement.shares],
                "restates": ";".join(judgement.restates),
                "strength": judgement.strength,
                "reason": judgement.reason,
                "would_change": judgement.would_change,
                "tests": ";".join(g.name for g in judgement.grounds if g.kind == "test"),
            }
            for judgement in judgements()
        ]
    )


def shown(*claims: str) -> Table:
    """Return what the ledger says of some claims, as a table: for the end of a chapter."""
    rows = []
    for judgement in map(of, claims):
        rows.append(
            {
                "Claim": Evidence(
                    judgement.says, ((f"ledger.html#ledger-{judgement.claim}", judgement.claim),)
                ),
                "Judgement": f"{judgement.sign} {judgement.label}",
                "Strength": judgement.strength or "\N{EN DASH}",
                "Why": Evidence(judgement.reason),
            }
        )
    return Table(pd.DataFrame(rows), "Judgement of the claims tested here", stacked=True)


def sensitivity() -> pd.DataFrame:
    """Return what other parameters of the rules would change.

    Returns
    -------
    pandas.DataFrame
        A row for each rule and alternative: `rule`, `value`, `instead`, the number of
        `claims` whose status or shared status changes, and `which` (claim: from, to).
    """
    return kept("sensitivity-of-judgements", _code(), _sensitivity, PACKAGES)


def _sensitivity() -> pd.DataFrame:
    found = {test.name: _found(test.name) for test in claim_tests.all_tests()}
    findings = {test: finding for test, (finding, _) in found.items()}
    before = {judgement.claim: judgement for judgement in compute(findings)}
    names, rows = status_names(), []
    table = data.load(rules.TABLE)
    for row in table[table["alternatives"] != ""].to_dict("records"):
        for alternative in row["alternatives"].split(";"):
            again = {
                test: _found(test, row["id"], float(alternative))[0]
                for test, (_, read) in found.items()
                if row["id"] in read  # others find what they found
            }
            with rules.varied(**{row["id"]: float(alternative)}):
                after = compute(findings | again)
            changed = [
                f"{new.claim}: {names[before[new.claim].shares]} "
                f"\N{RIGHTWARDS ARROW} {names[new.shares]}"
                for new in after
                if new.shares != before[new.claim].shares
            ]
            rows.append((row["id"], row["value"], float(alternative), len(changed), changed))
    return pd.DataFrame(rows, columns=["rule", "value", "instead", "claims", "which"])
