"""One judgement for each claim: the rules by other ways, figures that turn it, pages that agree."""

import csv
import functools
import json
import math
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from cells import run_cells
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.rates import test_poisson_2indep as poisson_test

from citablebook import data
from citablebook.paths import ROOT
from smebook import claim_tests, judgement, ledger, repair, table1
from smebook.claim_tests import all_tests, rules
from smebook.claim_tests import table1 as table1_tests
from smebook.judgement import Ground

TABLE_1 = "innovation_share_by_size"


@functools.cache
def findings():
    """What every test finds in the bundled tables."""
    return claim_tests.run_all()


@pytest.fixture(scope="module")
def judged():
    """The judgements by claim."""
    return {one.claim: one for one in judgement.compute(findings())}


def computed(claim, *changed):
    """The judgement of a claim once tables changed: tests that read them are run again."""
    tests = [test for test in all_tests() if {*changed} & {*test.source}]
    again = findings() | {test.name: test.run() for test in tests}
    return next(one for one in judgement.compute(again) if one.claim == claim)


def test_judgements_run_the_tests_themselves(judged):
    assert {one.claim: one for one in judgement.judgements()} == judged


# -- the judgements -----------------------------------------------------------------------


def test_every_claim_has_one_judgement_with_a_reason(judged):
    assert list(judged) == list(data.load("claims")["id"])
    for one in judged.values():
        assert one.status in judgement.statuses().index and one.shares in judgement.statuses().index
        assert len(one.reason) > 15
        assert (one.status == "restates") == (one.shares != one.status)
        assert one.status != "restates" or one.restates
        assert one.status not in ("holds", "fails") or one.strength


def test_what_referees_asked_for(judged):
    """Sampling error and lack of firms decide nothing; a doubtful reading convicts nobody."""
    in_part = ("C53", "C78", "C79", "C80", "C110", "C111")
    assert {c: judged[c].shares for c in in_part} == dict.fromkeys(in_part, "part")
    assert judged["C92"].status == "holds" and judged["C82"].status == "untestable"
    assert judged["C109"].strength == "weak" and judged["C42"].group == "open"
    assert judged["C75"].status == "otherwise" and judged["C60"].status == "undecided"
    assert judged["C65"].status == "disputed" and judged["C12"].status == "aim"


def test_enough_claims_are_tested(judged):
    tested = [one for one in judged.values() if one.tested]
    by_test = [one for one in tested if any(g.kind == "test" for g in one.grounds)]
    assert len(tested) >= 45 and len(by_test) >= 35
    assert int(float(judgement.count_tested())) == len(tested)


def test_tests_name_claims_and_tables_that_exist():
    claims = set(data.load("claims")["id"])
    tables = {entry["name"] for entry in data.package()["resources"]}
    for test in all_tests():
        assert set(test.claims) <= claims and set(test.source) <= tables, test.name
        assert test.question.endswith("?") and test.would_change and test.where, test.name


def test_a_work_that_says_otherwise_is_never_lost(judged):
    checks = data.load("citation_checks")
    for row in checks[checks["agreement"] == "says otherwise"].to_dict("records"):
        for claim in row["claims"].split(";"):
            assert row["work_says"] in judged[claim].reason
            assert judged[claim].group in ("against", "part")


def test_nothing_is_held_against_the_paper_without_a_page(judged):
    for one in judged.values():
        if one.group == "against":
            against = [g for g in one.grounds if g.outcome in ("against", "says otherwise")]
            assert any(ground.rank > 0 for ground in against), one.claim


def test_restated_claims_share_what_they_restate(judged):
    for one in judged.values():
        if one.status == "restates" and len(one.restates) == 1:
            original = judged[one.restates[0]]
            assert set(original.grounds) <= set(one.grounds)
            if not any(g for g in one.grounds if g not in original.grounds):
                assert one.group == original.group or original.status == "restates"


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="no claim 'C999'"):
        judgement.of("C999")
    with pytest.raises(KeyError, match="good"):
        judgement.count_group("good")
    with pytest.raises(ValueError, match="no rule"):
        rules.value("taste")
    with pytest.raises(ValueError, match="no test 'guess'"):
        claim_tests.run("guess")


def test_words_that_name_no_figure_are_refused(data_changed):
    frame = data.load("test_words")
    frame.loc[frame["words"] == "share_rises", "brief"] = "up to {summit:.1f}%"
    with (
        data_changed("test_words", frame),
        pytest.raises(ValueError, match="'share_rises': .* gives no figure 'summit'"),
    ):
        claim_tests.run("share_rises")


def test_every_test_has_words_and_all_words_a_test():
    words = data.load("test_words")
    assert set(data.load("computed_tests")["words"]) == set(words["words"])
    for name, rows in words.groupby("words"):
        rows = rows.set_index("found")
        assert "any" in rows.index or {"above", "below"} <= set(rows.index), name
        for word in ("statistic", "reason"):  # said of all sides, or of each
            general = "any" in rows.index and rows.at["any", word]
            assert general or rows[word].drop("any", errors="ignore").ne("").all(), name


def test_what_a_side_means_is_what_the_table_says(data_changed):
    frame = data.load("computed_tests").set_index("id")
    frame.loc["share_rises", "above"] = "against"
    assert claim_tests.run("share_rises").outcome == "supports"
    with data_changed("computed_tests", frame.reset_index()):
        assert claim_tests.run("share_rises").outcome == "against"


# -- change a figure, and the judgement follows --------------------------------------------


def test_rates_that_fall_with_size_turn_the_likelihood(data_changed):
    def outcome():
        grounds = computed("C3", "us_innovation_by_size").grounds
        return next(g for g in grounds if g.name == "expectation_per_firm").outcome

    assert outcome() == "against"
    frame = data.load("us_innovation_by_size")
    for _, part in frame[frame["size_class"].ne("all")].groupby("period"):
        falling = part["companies"] * np.linspace(0.6, 0.1, len(part))
        frame.loc[part.index, "innovating"] = falling.round().astype(int)
    with data_changed("us_innovation_by_size", frame):
        assert outcome() == "supports"


@pytest.mark.parametrize(
    "table, where, column, value, claim, status",
    [
        ("us_gdp_2014", {"id": "all"}, "amount", 11.8, "C53", "holds"),
        ("sme_shares", {"country": "Korea", "measure": "firms"}, "share", 60.0, "C92", "part"),
        ("sme_shares", {"country": "Korea"}, "share", 40.0, "C92", "fails"),
        ("policy_chronology", {"country": "Korea"}, "year", 1995, "C61", "holds"),
        ("policy_chronology", {"country": "Italy"}, "year", 1950, "C45", "fails"),
        ("us_innovators_with_rd_by_size", {"size_class": "1-4"}, "rate", 24.0, "C98", "holds"),
    ],
)
def test_a_changed_figure_changes_its_claim(
    data_changed, table, where, column, value, claim, status
):
    frame = data.load(table)
    hit = pd.Series(True, index=frame.index)
    for name, wanted in where.items():
        hit &= frame[name] == wanted
    frame.loc[hit, column] = value
    with data_changed(table, frame):
        assert computed(claim, table).status == status


def test_jobs_of_large_firms_turn_the_job_claim(data_changed):
    frame = data.load("us_firms_and_jobs_by_size")
    large = frame["size_class"].isin(["10000+"])
    frame.loc[large, "job_creation"] += 10_000_000
    with data_changed("us_firms_and_jobs_by_size", frame):
        judged = computed("C52", "us_firms_and_jobs_by_size")
        grounds = {g.name: g.outcome for g in judged.grounds}
        assert grounds["more_jobs_by_size"] == "against"
        assert judged.status == "fails"


def test_a_table_in_which_the_small_lead_bears_out_the_overtaking(monkeypatch):
    shares = repair.repaired().shares.copy()
    shares.iloc[-1] = [70, 6, 6, 6, 6, 3, 3]
    changed = table1.SizeTable(shares, repair.repaired().n)
    monkeypatch.setattr(repair, "repaired", lambda: changed)
    assert computed("C80", TABLE_1).status == "holds"
    shares.iloc[-1] = [2, 18, 20, 30, 15, 10, 5]
    outcomes = [
        ground.outcome for ground in computed("C80", TABLE_1).grounds if ground.kind == "test"
    ]
    assert set(outcomes) <= {"against", "undecided"} and outcomes.count("against") >= 3


def test_a_comparison_changes_its_claim(data_changed, judged):
    frame = data.load("citation_checks")
    frame.loc[frame["claims"] == "C94", "agreement"] = "says otherwise"
    assert judged["C94"].status == "supported"
    with data_changed("citation_checks", frame):
        assert computed("C94").status == "otherwise"


def test_a_ground_of_an_unknown_claim_is_refused(data_changed):
    frame = data.load("documented_tests")
    frame.loc[0, "claims"] = "C999"
    with data_changed("documented_tests", frame), pytest.raises(ValueError, match="C999"):
        judgement.compute(findings())


# -- rules by other ways ------------------------------------------------------------------


@given(st.floats(-5, 5), st.floats(0.1, 3), st.integers(2, 40))
def test_direction_is_the_two_sided_test(estimate, error, df):
    p = 2 * stats.t.sf(abs(estimate) / error, df)
    if not math.isclose(p, 0.05, rel_tol=1e-6):
        assert rules.direction(estimate, error, df) == (0 if p > 0.05 else np.sign(estimate))


@given(st.integers(0, 400), st.integers(0, 400))
def test_lead_is_the_exact_sign_test(a, b):
    below = sum(math.comb(a + b, k) for k in range(min(a, b) + 1)) / 2 ** (a + b)
    p = min(1.0, 2 * below)
    assert rules.lead(a, b) == (0 if p > 0.05 or a == b else 1 if a > b else -1)


@pytest.mark.parametrize(
    "counts", [(127, 258, 4, 5), (30, 20, 1, 1), (5, 60, 10, 11), (9, 9, 2, 1)]
)
def test_a_lead_by_base_is_the_exact_conditional_test(counts):
    a, b, first, second = counts
    p = poisson_test(a, first, b, second, method="exact-cond").pvalue
    assert (rules.lead(*counts) == 0) == (p > 0.05)


def test_across_is_students_test_and_needs_two():
    values = [13.0, 14.0, 12.5]
    assert stats.ttest_1samp(values, 0).pvalue < 0.05 and rules.across(values) == 1
    assert rules.across([-v for v in values]) == -1 and rules.across([5.0]) == 0
    assert rules.across([1.0, -1.0, 0.4]) == 0


def test_order_counts_pairs():
    """Five rising values: one order of 120, two-sided 2/120; one swap leaves it below the level."""
    assert rules.order([1, 2, 3, 4, 5]) == 1 and rules.order([5, 4, 3, 2, 1]) == -1
    assert rules.order([1, 2, 3]) == 0 and rules.order([3, 1, 4, 2, 5]) == 0


def test_the_trend_is_that_of_weighted_least_squares():
    """Quasi-likelihood by iterated weighted least squares, written out."""
    table = repair.repaired()
    y, n = table.counts[table1.SMALLEST].to_numpy(float), table.n.to_numpy(float)
    x = np.column_stack(
        [np.ones(len(n)), (table.years["middle"] - table.years["middle"].mean()) / 10]
    )
    beta = np.zeros(2)
    for _ in range(50):
        mean = 1 / (1 + np.exp(-x @ beta))
        weight = n * mean * (1 - mean)
        beta += np.linalg.solve((x * weight[:, None]).T @ x, x.T @ (y - n * mean))
    dispersion = (((y - n * mean) ** 2) / weight).sum() / (len(n) - 2)
    error = np.sqrt(dispersion * np.linalg.inv((x * weight[:, None]).T @ x)[1, 1])
    assert table1_tests.share_trend(table) == pytest.approx((beta[1], error, 6))


def test_varied_rules_come_back():
    with rules.varied(alpha=0.5):
        assert rules.value("alpha") == 0.5 and rules.direction(1, 1) == 1
        with rules.varied(date_tolerance=0):
            assert rules.value("alpha") == 0.5 and rules.value("date_tolerance") == 0
    assert rules.value("alpha") == 0.05 and rules.direction(1, 1) == 0


def test_the_benchmark_of_proportion_matters():
    def outcome():
        again = findings() | {"rd_in_proportion": claim_tests.run("rd_in_proportion")}
        judged = next(one for one in judgement.compute(again) if one.claim == "C110")
        return next(g for g in judged.grounds if g.name == "rd_in_proportion").outcome

    assert outcome() == "undecided"
    with rules.varied(elasticity=0):
        assert outcome() == "against"


def _ground(outcome, part="", kind="test", rank=3, basis="computed"):
    return Ground(kind, outcome, f"{part}{outcome}", "", basis, rank, "", part)


@pytest.mark.parametrize(
    "outcomes, status",
    [
        ([("supports", "a")], "holds"),
        ([("supports", "a"), ("supports", "b")], "holds"),
        ([("supports", "a"), ("undecided", "b")], "part"),
        ([("supports", "a"), ("against", "b")], "part"),
        ([("supports", "a"), ("against", "a")], "part"),
        ([("supports", "a"), ("undecided", "a")], "holds"),
        ([("against", "a"), ("undecided", "b")], "fails"),
        ([("undecided", "a"), ("undecided", "b")], "undecided"),
    ],
)
def test_how_outcomes_become_a_status(outcomes, status):
    grounds = tuple(_ground(outcome, part) for outcome, part in outcomes)
    assert judgement._status("evidence", False, grounds)[0] == status


def test_studies_and_works_where_no_test_decides():
    def status(*grounds, kind="evidence", untestable=False):
        return judgement._status(kind, untestable, grounds)[0]

    study = _ground("against", kind="study", rank=2, basis="abstract")
    unseen = _ground("against", kind="study", rank=0, basis="not seen")
    says = {
        key: _ground(key, kind="work", rank=2, basis="abstract")
        for key in ("supports", "supports a part", "says otherwise", "about something else")
    }
    apart = _ground("not compared", kind="work", rank=0, basis="not seen")
    assert status(study) == "disputed" and status(unseen) == "inference"
    assert status(study, says["supports"]) == "part"
    assert status(study, says["says otherwise"]) == "otherwise"
    assert status(says["about something else"]) == "topic"
    assert status(says["about something else"], apart) == "unseen"
    assert status(says["supports"], says["says otherwise"]) == "partly"
    assert status(_ground("against"), says["supports a part"]) == "part"
    assert status(apart, untestable=True) == "untestable" and status(kind="purpose") == "aim"
    assert status(kind="rule") == "definition" and status() == "inference"


def test_sensitivity_lists_what_changes(judged):
    found = judgement.sensitivity()
    assert (found["claims"] == found["which"].map(len)).all() and found["claims"].max() > 5
    listed = data.load(rules.TABLE)
    assert (
        len(found)
        == listed["alternatives"].str.split(";").map(lambda a: len([x for x in a if x])).sum()
    )
    row = found[(found["rule"] == "selected")].iloc[0]
    assert any(entry.startswith("C111: holds in part") for entry in row["which"])


# -- the second coding --------------------------------------------------------------------


def test_kappa_by_hand():
    names = run_cells("coding-protocol").names
    pairs = names["kinds"]
    equal = (pairs["first"] == pairs["second"]).mean()
    chance = sum(
        (pairs["first"] == code).mean() * (pairs["second"] == code).mean()
        for code in set(pairs["first"])
    )
    assert float(names["kinds_kappa"]) == pytest.approx((equal - chance) / (1 - chance))
    assert len(pairs) >= 100 and len(names["comparisons"]) >= 60
    differing = sum((p["first"] != p["second"]).sum() for p in (pairs, names["comparisons"]))
    shown = run_cells("coding-protocol").outputs["table-coding-disagreements"]
    assert len(shown.frame) == differing


def test_a_code_against_the_paper_stands_in_both_codings():
    pairs = run_cells("coding-protocol").names["comparisons"]
    against = pairs.isin(["says otherwise", "about something else"])
    assert len(pairs) == len(data.load("citation_checks")) and against["first"].any()
    alone = against["first"] & ~against["second"]
    assert not alone.any(), f"softened by the second coding: {', '.join(pairs.index[alone])}"


# -- no two pages differ --------------------------------------------------------------------


def test_views_take_their_words_from_the_judgements(judged):
    frame = judgement.frame().set_index("claim")
    assert dict(frame["status"]) == {c: one.label for c, one in judged.items()}
    assert judgement.tallies().to_dict() == {
        status: sum(one.status == status for one in judged.values())
        for status in judgement.statuses().index
    }
    groups = judgement.statuses()["group"]
    assert sum(float(judgement.count_group(g)) for g in set(groups)) == len(judged)


def test_english_and_korean_verdicts_are_one(judged):
    english, korean = ledger.verdict().frame, ledger.verdict("ko").frame
    signs = english["Judgement"].str[0]
    assert list(signs) == list(korean["판정"].str[0])
    names = judgement.statuses().set_index("status")["status_ko"]
    assert [names[text[2:]] for text in english["Judgement"]] == [t[2:] for t in korean["판정"]]
    for one in ledger.conclusions():
        for ground in one.grounds():
            if ground.kind == "test":
                assert ground.korean and ground.brief, ground.name
                assert re.search("[가-힣]", ground.korean)
    assert len(english) == len(data.load("main_conclusions"))


def test_the_front_charts_title_follows_the_data(data_changed):
    def title(chapter: str, figure: str) -> str:
        return run_cells.__wrapped__(chapter).outputs[figure].title

    assert "more often than small" in title("index", "fig-likelihood-front")
    frame = data.load("innovation_rates_by_size")
    frame.loc[(frame["country"] == "UK") & (frame["size_class"] == "250+"), "rate"] = 10
    with data_changed("innovation_rates_by_size", frame):
        assert "differs from country to country" in title("index", "fig-likelihood-front")
        assert "나라마다" in title("korean-summary", "fig-likelihood-ko")


def page(book, name):
    """A built page."""
    text = (book / "chapters" / f"{name}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def test_no_two_pages_differ(book, judged):
    rows = page(book, "ledger").select("table.ledger tbody tr")
    assert Counter(row["id"] for row in rows) == Counter(f"ledger-{claim}" for claim in judged)
    shown = {row["id"][7:]: row for row in rows}
    for claim, one in judged.items():
        assert shown[claim]["data-status"] == one.status
        assert one.label in shown[claim].select_one(".status").text
    for name, column in (("verdict", "status"), ("korean-summary", "status_ko")):
        table = page(book, name).select_one("table.stacked")
        listed = table.select("tbody tr")
        assert len(listed) == len(data.load("main_conclusions"))
        for row in listed:
            one = judged[row.select_one("a[href*='#ledger-C']")["href"].split("-")[-1]]
            wanted = judgement.statuses().at[one.shares, column]
            assert wanted in row.select_one("td").text
    for name in ("index", "korean-summary"):
        soup = page(book, name)
        for entry in soup.select("dl.verdict-summary li"):
            assert entry["class"] == [judged[entry.a.text].group]
        squares = {
            link["href"].split("=")[-1]: int(link.b.text)
            for link in soup.select("ul.claim-squares a")
        }
        assert squares == Counter(one.status for one in judged.values())


def test_the_downloads_hold_the_ledger(book, judged):
    with (book / "_static" / "ledger.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    listed = json.loads((book / "_static" / "ledger.json").read_text())
    assert [row["claim"] for row in rows] == [row["claim"] for row in listed] == list(judged)
    for row in rows:
        assert row["status"] == judged[row["claim"]].label
        assert row["reason"] == judged[row["claim"]].reason


def test_every_link_of_a_ground_leads_somewhere(book, judged):
    pages = {}
    for link in {g.link for one in judged.values() for g in one.grounds}:
        name, _, anchor = link.partition("#")
        if name not in pages:
            text = (book / "chapters" / name).read_text(encoding="utf-8")
            pages[name] = set(re.findall(r'id="([^"]+)"', text))
        assert anchor in pages[name], link


def test_the_changelog_of_this_version_gives_every_claim_its_judgement(judged):
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1]
    version = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"]
    if not text.startswith(version):
        pytest.skip("the newest version of the changelog is not out yet")
    listed = re.findall(r"^\| (C\d[^|]*) \| [^|]+ \| ([^|]+) \| [^|]+ \|$", text, flags=re.M)
    told = [(claim, status) for claims, status in listed for claim in claims.split(", ")]
    assert sorted(told) == sorted((claim, one.label) for claim, one in judged.items())
