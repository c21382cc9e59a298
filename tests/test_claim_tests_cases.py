"""Claims beside claims, as the chapter's cells set them: what counts is what was seen."""

from cells import run_cells

from citablebook import data

CHAPTER = "do-the-cases-generalise"


def test_every_finding_on_a_case_is_there_once():
    found = run_cells(CHAPTER).names["found"]
    assert not found.duplicated(["case", "work", "finding"]).any()
    assert set(found["case"]) <= set(data.load("cases")["case"])
    assert found["case"].value_counts()["Daegu"] == 5


def test_only_what_was_seen_makes_a_case_contested(data_changed):
    assert "Daegu" in run_cells(CHAPTER).names["contested"]
    frame = data.load("other_findings")
    frame.loc[frame["work"] == "cho2009", "seen"] = "not seen"
    with data_changed("other_findings", frame):
        assert "Daegu" not in run_cells.__wrapped__(CHAPTER).names["contested"]


def test_a_table_of_contents_states_no_finding():
    found = run_cells(CHAPTER).names["found"].set_index("work")
    assert not found.loc[["harrison1994lean"], "counts"].any()


def test_subjects_and_claims_are_known():
    cases, findings = data.load("cases"), data.load("other_findings")
    subjects = set(findings["subject"].str.split("; ").explode())
    assert set(cases["subjects"].str.split(";").explode()) - {""} <= subjects
    assert set(cases["claims"].str.split(";").explode()) - {""} <= set(data.load("claims")["id"])
