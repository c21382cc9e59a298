"""The gallery of the README is run."""

import doctest
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_gallery_is_true():
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted > 10 and result.failed == 0
