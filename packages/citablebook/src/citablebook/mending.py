"""What went wrong in a build and how to mend it: a list at its end, one line for each defect.

Sphinx reports defects where it meets them, between lines of progress; a failed cell
only by the name of a file. Here each has its file, its line or cell, and a remedy.
"""

import copy
import logging
import re
import sys
from pathlib import Path

import jupytext
from sphinx.application import Sphinx
from sphinx.util.logging import WarningLogRecordTranslator

from .paths import ROOT

REMEDIES = [
    (r"Unknown directive type|unknown directive", "correct the name of the directive"),
    (r"Unknown interpreted text role|unknown role", "correct the name of the role"),
    (r"could not find bibtex key", "add the work to references.bib, or correct the citekey"),
    (
        r"target not found|undefined label|unknown document|Failed to create a cross reference",
        "correct the label or the file name, or put back what it named",
    ),
    (r"image file not readable", "put the picture there, or correct its path"),
    (
        r"variable evaluation error|NameError|is not defined",
        "correct the expression, or define its name in a cell above",
    ),
    (r"[Dd]uplicate", "give the second one another name"),
]
_ANSI = re.compile(r"\x1b\[[\d;]*m")


class Defects(logging.Handler):
    """Collects the warnings of a build."""

    def __init__(self, app: Sphinx) -> None:
        super().__init__(logging.WARNING)
        self.translator = WarningLogRecordTranslator(app)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning as a line with its remedy."""
        record = copy.copy(record)  # Sphinx translates the place anew for its own report
        self.translator.filter(record)
        place, message = (
            str(getattr(record, "location", "") or ""),
            re.sub(r"^.*?WARNING: ", "", _ANSI.sub("", record.getMessage()), flags=re.S),
        )
        where = _place(place)
        log = re.search(r"traceback saved in: (\S+)", message)
        if log:
            self.lines.append(failed_cell(where, Path(log[1].strip())))
        elif not re.match(r"Executing notebook failed", message) and not re.search(
            r"Cell execution timed out", message
        ):
            first = re.sub(r" \[[\w.]+\]$", "", message.strip().split("\n")[0])
            remedy = next(
                (remedy for pattern, remedy in REMEDIES if re.search(pattern, message)), ""
            )
            self.lines.append(f"{where}{first}" + (f"; mend: {remedy}" if remedy else ""))


def _place(location: str) -> str:
    """Return a location as "chapters/cases.md, line 7: "."""
    match = re.match(r"(.*?)(?::(\d+))?$", location)
    name = match[1].removeprefix(f"{ROOT}/")
    return (
        ""
        if not name
        else f"{name}: "
        if not match[2] or match[2] == "None"
        else f"{name}, line {match[2]}: "
    )


def failed_cell(where: str, log: Path) -> str:
    """Say which cell of a chapter failed and why, from the report that MyST-NB keeps."""
    name = where.rstrip(": ")
    try:
        report = _ANSI.sub("", log.read_text(encoding="utf-8"))
    except OSError:
        return f"{where}a cell failed; mend: run the chapter in JupyterLab (`make lab`) and correct the cell"
    parts = re.split(r"^-{10,}$", report, flags=re.M)
    source = parts[1].strip() if len(parts) > 2 else ""
    cell = cell_of(ROOT / name, source)
    if "CellTimeoutError" in report or "timed out" in report:
        seconds = re.search(r"after (\d+) seconds", report)
        why = f"ran longer than {seconds[1] if seconds else 'the allowed'} seconds; mend: make it end, or raise execute: timeout in _config.yml"
    else:
        error = next(
            (
                line
                for line in reversed(report.strip().split("\n"))
                if re.match(r"\w*(Error|Exception|Warning|Interrupt)\b", line)
            ),
            "an error",
        )
        why = f"failed: {error}; mend: run the chapter in JupyterLab (`make lab`) and correct the cell"
    return f"{name}, {cell} {why}"


def cell_of(chapter: Path, source: str) -> str:
    """Return which code cell of a chapter has a source, as "cell 3, which begins with ...", as far as that can be told."""
    first = source.split("\n")[0]
    try:
        cells = [cell.source for cell in jupytext.read(chapter).cells if cell.cell_type == "code"]
    except OSError:
        cells = []
    number = next((n for n, text in enumerate(cells, start=1) if text.strip() == source), None)
    return f"cell {number} (`{first}`)" if number else f"the cell or expression `{first}`"


def report(app: Sphinx, exception: Exception | None) -> None:
    """Print the list."""
    lines = list(dict.fromkeys(app.press_defects.lines))
    if lines:
        print("\nTo mend:\n" + "\n".join(f"- {line}" for line in lines), file=sys.stderr)


def setup(app: Sphinx) -> dict:
    """Register the collecting of defects."""
    app.press_defects = Defects(app)
    logging.getLogger("sphinx").addHandler(app.press_defects)
    app.connect("build-finished", report, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
