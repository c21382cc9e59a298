"""How long builds take, as ratios within one run: against execution off, against Jupyter Book as it comes, after small changes, with more chapters.

Works on a clone of the last commit. Times on a shared machine vary, so that only the
ratios are worth keeping; run it on a quiet one.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
#: A chapter without claims, to be multiplied.
MODEL = "how-much-of-the-economy"


def timed(command: list[str], folder: Path, pages: str = "_build/html") -> float:
    """Run a command and return its seconds; stop if it does not make a page of every chapter."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    missing = [
        path.stem
        for path in (folder / "chapters").glob("*.md")
        if not (folder / pages / "chapters" / f"{path.stem}.html").exists()
    ]
    if missing or "Exception occurred" in done.stderr:
        raise SystemExit(
            f"{' '.join(command)} failed, without {', '.join(missing)}:\n{done.stderr[-2000:]}"
        )
    return seconds


def cold(folder: Path) -> float:
    """Return the seconds of a build from nothing, with no result kept."""
    shutil.rmtree(folder / "_build", ignore_errors=True)
    return timed([sys.executable, "_ext/make_book.py"], folder)


def unexecuted(folder: Path) -> float:
    """Return the seconds of the same pages without running a cell."""
    shutil.rmtree(folder / "_build", ignore_errors=True)
    program = (
        "import sys, os; sys.path.insert(0, '_ext'); import make_book; os.environ.update(make_book.fixed_environment()); "
        "make_book.build('html', make_book.BUILD / 'stage', os.cpu_count() or 1, nb_execution_mode='off')"
    )
    return timed([sys.executable, "-c", program], folder, "_build/stage/html")


def edited(folder: Path, name: str, old: str, new: str) -> float:
    """Return the seconds of a build after a change."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    if old not in text:
        raise SystemExit(f"{name} no longer has {old!r}: adapt the benchmark")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return timed([sys.executable, "_ext/make_book.py"], folder)


def add_chapters(folder: Path, first: int, last: int) -> None:
    """Add copies of one chapter, without its identifiers, under names of their own."""
    source = re.sub(
        r"^\((?:S|P)-[^)]*\)=\n",
        "",
        (folder / "chapters" / f"{MODEL}.md").read_text(encoding="utf-8"),
        flags=re.M,
    )
    with (folder / "_toc.yml").open("a", encoding="utf-8") as contents:
        for number in range(first, last):
            name = f"more-{number}"
            (folder / "chapters" / f"{name}.md").write_text(
                source.replace("fig-what-smes-have", f"fig-{name}"), encoding="utf-8"
            )
            contents.write(f"      - file: chapters/{name}\n")


def show(what: str, ratio: float, bound: float | None = None) -> None:
    """Print a ratio and whether it is within its bound."""
    verdict = (
        "" if bound is None else f"  (at most {bound}: {'met' if ratio <= bound else 'MISSED'})"
    )
    print(f"{what:<62}{ratio:6.2f}{verdict}", flush=True)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "book"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        whole = cold(folder)
        print(f"cold build: {whole:.0f} s on {os.cpu_count()} cores", flush=True)
        show("nothing changed / cold", timed([sys.executable, "_ext/make_book.py"], folder) / whole)
        show(
            "one sentence / cold",
            edited(folder, "chapters/conclusions.md", "Two steps", "Two of the steps") / whole,
            0.25,
        )
        show(
            "one style rule / cold",
            edited(folder, "_ext/static/book.css", "2.1rem", "2.2rem") / whole,
        )
        show(
            "one CSV value / cold",
            edited(folder, "data/outside_figures.csv", "82.7", "82.8") / whole,
        )
        show("cold / the same pages with execution off", whole / unexecuted(folder), 3)
        shutil.rmtree(folder / "_build")
        show(
            "cold / jupyter-book build as it comes",
            whole / timed([str(BIN / "jupyter-book"), "build", "."], folder),
            0.6,
        )
        chapters, seconds = len(list((folder / "chapters").glob("*.md"))), {}
        for times in (1, 2, 4, 8):
            add_chapters(folder, chapters * max(times // 2 - 1, 0), chapters * (times - 1))
            seconds[times] = cold(folder)
            show(
                f"{times} times the chapters: time for each, against once",
                seconds[times] / times / seconds[1],
                1.2,
            )


if __name__ == "__main__":
    main()
