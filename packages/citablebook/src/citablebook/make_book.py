"""Builds the book beside the last good one, and takes its place only when it is good.

`make book` and `make pdf` call this. It builds as `jupyter-book build .` does, with warnings as
errors and with chapters read in parallel, into a folder of its own under `_build/`.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .paths import BUILD, ROOT

#: Free megabytes without which no build begins.
ROOM = 150
#: Builder: the file to open.
RESULTS = {"html": "index.html", "pdf": "book.pdf"}


def fixed_environment() -> dict[str, str]:
    """Return settings that keep a build the same on another day, in another place.

    The time is that of the last commit; without a repository it is a fixed day.
    """
    time = subprocess.run(
        ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"], capture_output=True, text=True
    )
    epoch = time.stdout.strip() if time.returncode == 0 else ""
    return {
        "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH") or epoch or "1767225600",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "LC_ALL": "C.UTF-8",
    }


def preflight(root: Path = ROOT) -> list[str]:
    """Return what would stop a build before it begins, a sentence each: settings, contents, folder, disk."""
    import yaml

    if sys.version_info < (3, 11):
        return [
            f"Python 3.11 or later is needed, this is {sys.version.split()[0]}: install it, or name it with 'make book PYTHON=/path/to/python3'"
        ]
    problems, settings = [], {}
    for name in ("_config.yml", "_toc.yml"):
        try:
            settings[name] = (root / name).read_text(encoding="utf-8")
            yaml.safe_load(settings[name])
        except OSError:
            problems.append(f"{name} is missing: restore it")
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problems.append(
                f"{name}{f', line {mark.line + 1}' if mark else ''}: {getattr(error, 'problem', error)}; mend the indentation or the quotes there"
            )
    if not problems:
        named = re.findall(r"(?:root|file): *(\S+)", settings["_toc.yml"])
        there = [f"chapters/{path.stem}" for path in sorted((root / "chapters").glob("*.md"))]
        problems += [
            f"_toc.yml names {name}, but there is no {name}.md: correct the name, or put the file back"
            for name in named
            if not (root / f"{name}.md").exists()
        ]
        problems += [
            f"_toc.yml names {name} twice: take one out"
            for name in sorted({n for n in named if named.count(n) > 1})
        ]
        problems += [
            f"{name}.md is not in _toc.yml: add it to a part, or take it out of chapters/"
            for name in there
            if name not in named
        ]
    place = next(folder for folder in (root / "_build", root) if folder.exists())
    if not os.access(place, os.W_OK):
        problems.append(
            f"{place} cannot be written to: change its permissions, or copy the repository elsewhere"
        )
    free = shutil.disk_usage(place).free // 2**20
    if free < ROOM:
        problems.append(
            f"only {free} MB are free on the disk of {place}, and a build needs {ROOM}: make room"
        )
    return problems


def build(builder: str, stage: Path, jobs: int, **settings: str) -> int:
    """Run one Sphinx builder on the book and return its status, 0 if there was no warning."""
    from jupyter_book.sphinx import build_sphinx

    overrides = {
        "external_toc_path": str(ROOT / "_toc.yml"),
        "latex_individualpages": False,
        **settings,
    }
    status = build_sphinx(
        str(ROOT),
        str(stage / builder),
        noconfig=True,
        path_config=str(ROOT / "_config.yml"),
        confoverrides=overrides,
        builder=builder,
        warningiserror=True,
        keep_going=True,
        jobs=jobs,
    )
    return status if isinstance(status, int) else 2


def exchange(fresh: Path, place: Path) -> None:
    """Put a finished folder in the place of the last good one; renaming cannot stop half-way."""
    incoming, outgoing = place.with_name(place.name + ".new"), place.with_name(place.name + ".old")
    for left_over in (incoming, outgoing):
        shutil.rmtree(left_over, ignore_errors=True)
    # Sphinx's own note on its settings names folders of this machine; its index of words, which
    # the next build needs, no page loads.
    shutil.copytree(
        fresh,
        incoming,
        copy_function=_copy,
        ignore=shutil.ignore_patterns(".buildinfo", "searchindex.js"),
    )
    if place.exists():
        place.rename(outgoing)
    incoming.rename(place)
    shutil.rmtree(outgoing, ignore_errors=True)


def _copy(source: str, target: str) -> None:
    """Copy a file; a hard link would let the next build write into the good book."""
    shutil.copyfile(source, target)


def main(arguments: list[str] | None = None) -> int:
    """Build and exchange; return 0 if the book is good."""
    parser = argparse.ArgumentParser(
        description="Build the book into _build/html, or its PDF into _build/pdf."
    )
    parser.add_argument("--builder", choices=list(RESULTS), default="html", help="what to build")
    parser.add_argument(
        "--paper",
        help="paper of the PDF: a4 (unless pdf_paper in _config.yml says otherwise) or letter",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget earlier builds and read every chapter anew"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="chapters read at the same time"
    )
    options = parser.parse_args(arguments)
    environment = fixed_environment()
    if os.environ.get("PYTHONHASHSEED") != "0":  # has to be set before Python starts
        return subprocess.call(
            [sys.executable, "-m", "citablebook.make_book", *(arguments or sys.argv[1:])],
            env={**os.environ, **environment},
        )
    os.environ.update(environment)
    problems = preflight()
    if problems:
        print("The book was not built:\n" + "\n".join(problems), file=sys.stderr)
        return 2
    stage = BUILD / "stage"
    if options.fresh:
        shutil.rmtree(stage, ignore_errors=True)
    settings = {"pdf_paper": options.paper.lower()} if options.paper else {}
    wanted = (
        ["html"] if options.builder == "html" else ["html", options.builder]
    )  # the PDF is set from the evaluated pages
    for builder in wanted:
        status = build(builder, stage, options.jobs, **settings)
        if status:
            # Sphinx does not repeat the warnings of pages that it keeps, so keep none.
            shutil.rmtree(stage, ignore_errors=True)
            kept = (
                f"the last good book in _build/{options.builder} is untouched"
                if (BUILD / options.builder).exists()
                else "there is no earlier book"
            )
            print(
                f"\nThe book was not built: mend what is reported above ({kept}).", file=sys.stderr
            )
            return status
    try:
        for builder in wanted:
            exchange(stage / builder, BUILD / builder)
    except OSError as error:
        print(
            f"\nThe book was built but could not be put in its place: {error.strerror or error}; mend that and build again (the last good book is untouched).",
            file=sys.stderr,
        )
        return 2
    print(
        f"\nThe book is ready. Open {(BUILD / options.builder / RESULTS[options.builder]).as_uri()}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
