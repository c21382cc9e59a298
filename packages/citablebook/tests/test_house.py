"""The package stands alone: it imports nothing of the books and packages that use it."""

import subprocess
import sys
from pathlib import Path

import citablebook

SOURCE = Path(citablebook.__file__).resolve().parent
ROOT = SOURCE.parents[3]


def test_imports_run_one_way():
    """The contract of the repository: a paper uses the press, never the other way round."""
    run = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 kept, 0 broken" in run.stdout


def test_no_word_of_this_paper_stands_in_the_package():
    words = ("smebook", "sme-innovation", "SME", "KoreaScience", "JAKO", "how-to-cite", "chapters/")
    for path in [*SOURCE.glob("*.py"), *SOURCE.glob("templates/*"), *SOURCE.glob("print/*")]:
        text = path.read_text(encoding="utf-8")
        found = [word for word in words if word in text]
        if path.name in ("bibliography.py", "defects.py", "domain.py", "identifiers.py"):
            found = [word for word in found if word != "chapters/"]  # in examples
        assert not found, (path.name, found)
