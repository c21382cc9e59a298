"""Claims beside claims: what counts is what was seen."""

from citablebook import data
from smebook.claim_tests import cases


def test_every_finding_on_a_case_is_there_once():
    found = cases.beside_the_cases()
    assert not found.duplicated(["case", "work", "finding"]).any()
    assert set(found["case"]) <= set(data.load("cases")["case"])
    assert found["case"].value_counts()["Daegu"] == 5


def test_only_what_was_seen_makes_a_case_contested(data_changed):
    assert "Daegu" in cases.contested()
    frame = data.load("other_findings")
    frame.loc[frame["work"] == "cho2009", "seen"] = "not seen"
    with data_changed("other_findings", frame):
        assert "Daegu" not in cases.contested()


def test_a_table_of_contents_states_no_finding():
    found = cases.beside_the_cases().set_index("work")
    assert not found.loc[["harrison1994lean"], "counts"].any()


def test_subjects_and_claims_are_known():
    known = set(data.load("cases")["id"])
    assert set(cases.CLAIMS) <= known and {c for s in cases.SUBJECTS.values() for c in s} <= known
    assert {c for claims in cases.CLAIMS.values() for c in claims} <= set(data.load("claims")["id"])
