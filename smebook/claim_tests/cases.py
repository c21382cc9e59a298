"""Do the paper's cases generalise? What other works find on them.

There is no test here, and none is registered: a finding set beside a finding is no figure
to compute with, and cases that all succeed cannot test what brings success about. What
the findings make of a claim is judged by the rule `other_studies` (`smebook.judgement`).
"""

import pandas as pd

from citablebook import data

#: Which cases of `data/cases.csv` a subject of `data/other_findings.csv` is about.
SUBJECTS = {
    "Third Italy": ["third_italy"],
    "Silicon Valley": ["us_high_tech"],
    "Silicon Valley and Route 128": ["us_high_tech"],
    "Europe": ["europe"],
    "Korea": ["korea"],
    "Daegu": ["daegu"],
    "textile regions": ["daegu"],
}
#: Claims about each case; findings on other claims are left to other chapters.
CLAIMS = {
    "third_italy": ["C41", "C43", "C107"],
    "us_high_tech": ["C51", "C106"],
    "europe": ["C57", "C60"],
    "korea": ["C62", "C63", "C105"],
    "daegu": ["C65", "C66", "C68", "C105", "C108", "C109", "C44"],
}
#: What was seen of a work when no statement of its own was.
UNSEEN = ("not seen", "table of contents")


def beside_the_cases() -> pd.DataFrame:
    """Return what works that the paper does not use find on its cases.

    Returns
    -------
    pandas.DataFrame
        One row per case and finding: `case`, `claims` (those about the cases), `finding`,
        `direction` ("for", "qualifies", "against"), `work` (citekey), `seen`, and
        `counts`, whether a statement of the work itself was seen.
    """
    names = data.load("cases").set_index("id")["case"]
    rows = []
    for row in data.load("other_findings").to_dict("records"):
        subjects = [subject.strip() for subject in row["subject"].split(";")]
        cases = [case for subject in subjects for case in SUBJECTS.get(subject, [])]
        for case in dict.fromkeys(cases):
            claims = [claim for claim in row["claims"].split(";") if claim in CLAIMS[case]]
            if claims:
                rows.append(
                    {
                        "case": names[case],
                        "claims": ";".join(claims),
                        "finding": row["finding"],
                        "direction": row["direction"],
                        "work": row["work"],
                        "seen": row["seen"],
                        "counts": row["seen"] not in UNSEEN,
                    }
                )
    found = pd.DataFrame(rows)
    found["case"] = pd.Categorical(found["case"], categories=names, ordered=True)
    found = found.sort_values(["case", "counts"], ascending=[True, False], kind="stable")
    return found.astype({"case": str}).reset_index(drop=True)


def contested() -> list[str]:
    """Return the cases on which a finding that was seen is against the paper."""
    found = beside_the_cases()
    return list(dict.fromkeys(found[(found["direction"] == "against") & found["counts"]]["case"]))
