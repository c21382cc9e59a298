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
from sphinx.util import logging as sphinx_logging

from .patches import place_of

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
    (r"undecodable source characters", "save the file as UTF-8"),
    (r"Malformed YAML", "mend the indentation or the quotes between the lines `---`"),
    (
        r"unexpected `code-cell`",
        "give the file the header of a notebook, as the other chapters have it",
    ),
    (r"kernel did not start", "name a kernel in the header that `jupyter kernelspec list` knows"),
    (r"stderr was found", "have the cell give no warning, or catch it there"),
    (r"[Dd]uplicate", "give the second one another name"),
]
RUN = "run the chapter in JupyterLab (`make lab`) and correct the cell"
#: What defects elsewhere say of a name that a chapter with a failed cell no longer gives.
_UNKNOWN = re.compile(r"undefined label: '([^']+)'|target not found: '([^']+)'")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ANSI = re.compile(r"\x1b\[[\d;]*m")


class Defects(logging.Handler):
    """Collects the warnings of one build."""

    def __init__(self, app: Sphinx) -> None:
        super().__init__(logging.WARNING)
        self.app, self.root = app, Path(app.srcdir)
        self.lines: list[str] = []
        self.failed: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning as a line with its remedy."""
        where = self.place(place_of(self.app, copy.copy(record)))
        message = re.sub(r"^.*?WARNING: ", "", _ANSI.sub("", record.getMessage()), flags=re.S)
        log = re.search(r"traceback saved in: (\S+)", message)
        if log:
            self.failed.add(where.rstrip(": "))
            self.lines.append(self.failed_cell(where, Path(log[1].strip())))
        elif not re.match(r"Executing notebook failed|.*Cell execution timed out", message):
            first = re.sub(r" \[[\w.]+\]$", "", message.strip().split("\n")[0])
            first = re.sub(r"(undecodable source characters), .*", r"\1", first)
            if "kernel did not start" in first:
                self.failed.add(where.rstrip(": "))
            remedy = next((r for pattern, r in REMEDIES if re.search(pattern, message)), "")
            self.lines.append(f"{where}{first}" + (f"; mend: {remedy}" if remedy else ""))

    def listed(self) -> list[str]:
        """Return a line for each defect, without those that follow from a failed cell alone."""
        lost = "".join((self.root / name).read_text(errors="replace") for name in self.failed)

        def follows(line: str) -> bool:
            name = line.partition(", ")[0]
            if name in self.failed and re.search(r"variable evaluation error|running kernel", line):
                return True
            unknown = _UNKNOWN.search(line)
            label = (unknown[1] or unknown[2] or "") if unknown else ""
            return bool(label) and re.search(rf"name: {re.escape(label)}$", lost, re.M) is not None

        return [line for line in dict.fromkeys(self.lines) if not follows(line)]

    def place(self, location: str) -> str:
        """Return a location as "chapters/cases.md, line 7: "."""
        match = re.match(r"(.*?)(?::(\d+))?$", location)
        name = match[1].removeprefix(f"{self.root}/") if match else ""
        if not name:
            return ""
        line = match[2] if match else None
        return f"{name}, line {line}: " if line else f"{name.removesuffix(':None')}: "

    def failed_cell(self, where: str, log: Path) -> str:
        """Say which cell of a chapter failed and why, from the report that MyST-NB keeps."""
        try:
            report = _ANSI.sub("", log.read_text(encoding="utf-8"))
        except OSError:
            return f"{where}a cell failed; mend: {RUN}"
        name = where.rstrip(": ")
        parts = re.split(r"^-{10,}$", report, flags=re.M)
        cell = cell_of(self.root / name, parts[1].strip() if len(parts) > 2 else "")
        if "CellTimeoutError" in report or "timed out" in report:
            seconds = re.search(r"after (\d+) seconds", report)
            limit = f"{seconds[1]} seconds" if seconds else "allowed"
            why = f"ran longer than {limit}; mend: make it end, or raise the time for execution"
        else:
            kind = r"\w*(Error|Exception|Warning|Interrupt)\b"
            lines = reversed(report.strip().split("\n"))
            error = next((line for line in lines if re.match(kind, line)), "an error")
            why = f"failed: {error}; mend: {RUN}"
        return f"{name}, {cell} {why}"


def cell_of(chapter: Path, source: str) -> str:
    """Return which code cell of a chapter has a source, as far as that can be told."""
    first = source.split("\n")[0]
    try:
        cells = [cell.source for cell in jupytext.read(chapter).cells if cell.cell_type == "code"]
    except (OSError, ValueError):
        cells = []
    number = next((n for n, text in enumerate(cells, start=1) if text.strip() == source), None)
    return f"cell {number} (`{first}`)" if number else f"the cell or expression `{first}`"


def check_characters(app: Sphinx, docname: str, source: list[str]) -> None:
    """Warn of control characters, which no text editor shows."""
    found = _CONTROL.search(source[0])
    if found:
        line = source[0][: found.start()].count("\n") + 1
        what = f"the control character {ord(found[0]):#04x}; mend: take it out"
        sphinx_logging.getLogger(__name__).warning(what, location=(docname, line))


def setup(app: Sphinx) -> dict:
    """Register the collecting of defects, for as long as this build lasts."""
    defects = Defects(app)
    logger = logging.getLogger("sphinx")
    logger.addHandler(defects)

    def report(app: Sphinx, exception: Exception | None) -> None:
        logger.removeHandler(defects)
        lines = defects.listed()
        if lines:
            print("\nTo mend:\n" + "\n".join(f"- {line}" for line in lines), file=sys.stderr)

    app.connect("source-read", check_characters)
    app.connect("build-finished", report, priority=900)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
