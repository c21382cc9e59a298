"""The demo built as a reader builds it: in odd places, poor machines, after changes, with malice.

Where the system allows it, a build runs in a namespace of its own, without the fonts of the
system, on a small disk or without a network.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import citablebook
from citablebook.reproduce import first_difference, products

pytestmark = pytest.mark.book
DEMO = Path(__file__).resolve().parent.parent / "demo"
SCRIPT = "<script>document.title='taken'</script>"
PICTURE = "<img src=x onerror=\"document.title='taken'\">"
HELPER = 'def sentence() -> str:\n    return "It is helped."\n'
CELL = (
    "\n```{code-cell} ipython3\n:tags: [hide-input]\nimport helper\nprint(helper.sentence())\n```\n"
)

RENTS = """\
from pathlib import Path

from citablebook import load
from citablebook.cache import kept, while_unchanged
from citablebook.paths import DATA
from citablebook.reads import by_value


@while_unchanged(DATA)
def rents():
    return load("rents").set_index("town")["rent"]


@by_value
def dearest() -> str:
    return kept("dearest", [Path(__file__)], lambda: rents().idxmax(), packages=[])
"""
CHAPTER = """\
---
jupytext:
  text_representation: {{extension: .md, format_name: myst}}
kernelspec: {{name: python3, display_name: Python 3, language: python}}
myst:
  html_meta:
    description: "{title}."
---
# {title}

```{{code-cell}} ipython3
import rents
print({code})
```
"""


def environment(**values: str) -> dict[str, str]:
    """Return the settings of a build, without those of the tests."""
    own = ("CITABLEBOOK", "PYTHON", "SOURCE_DATE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    return kept | {"PYTHONPATH": str(Path(citablebook.__file__).parent.parent)} | values


def build(folder: Path, *options: str, before: tuple = (), **values) -> subprocess.CompletedProcess:
    """Build the book of a folder by its command."""
    keywords = {"env": environment()} | values
    command = [*before, sys.executable, "-m", "citablebook", "build", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, **keywords)


def said(run: subprocess.CompletedProcess) -> str:
    """Return why a book was not built, which is one line at the end."""
    assert run.returncode == 2 and "Traceback" not in run.stderr, run.stderr[-3000:]
    return run.stderr.rpartition("\nThe book was not built: ")[2].strip()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer has {old!r}: adapt the test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def in_namespace(*flags: str, script: str = "true") -> list[str]:
    """Return the words before a command that runs apart from the system, or skip the test."""
    before = ["unshare", *flags, "sh", "-c", f'{script} && exec "$@"', "sh"]
    allowed = (
        shutil.which("unshare")
        and not subprocess.run([*before, "true"], capture_output=True).returncode
    )
    return before if allowed else pytest.skip("no namespaces are allowed here")


def write(folder: Path) -> Path:
    """Write the demo, with values that look malicious and modules, a table and chapters more."""
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("_build"), dirs_exist_ok=True)
    edit(folder / "data" / "claims.csv", "C1,", f"C1,{SCRIPT} **bold** ")
    edit(folder / "references.bib", "title = {", f"title = {{{PICTURE} ")
    edit(
        folder / "_config.yml",
        "citablebook_name:",
        "citablebook_dependencies: [helper.py, rents.py]\n    citablebook_name:",
    )
    (folder / "helper.py").write_text(HELPER)
    with (folder / "chapters" / "index.md").open("a") as chapter:
        chapter.write(CELL)
    (folder / "rents.py").write_text(RENTS)
    (folder / "data" / "rents.csv").write_text("town,rent\nAhn,500\nBell,700\n")
    package = folder / "data" / "datapackage.json"
    described = json.loads(package.read_text(encoding="utf-8"))
    rents = described["resources"][-1] | {"name": "rents", "path": "rents.csv", "title": "Rents"}
    fields = [{"name": "town", "type": "string"}, {"name": "rent", "type": "integer"}]
    described["resources"].append(rents | {"schema": {"fields": fields}})
    package.write_text(json.dumps(described), encoding="utf-8")
    for name, code in (("mean", "rents.rents().mean()"), ("dear", "rents.dearest()")):
        text = CHAPTER.format(title=name.capitalize(), code=code)
        (folder / "chapters" / f"{name}.md").write_text(text)
        with (folder / "_toc.yml").open("a") as contents:
            contents.write(f"      - file: chapters/{name}\n")
    return folder


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo, built anew under the settings of a book."""
    folder = write(tmp_path_factory.mktemp("plain"))
    run = build(folder, "--jobs", "1")
    assert run.returncode == 0, run.stderr[-3000:]
    first = shutil.copytree(folder / "_build" / "html", folder.parent / "first" / "html")
    return folder, first.parent


def test_other_place_home_mask_zone_locale_seed_cores_and_no_fonts_give_the_same_bytes(
    demo, tmp_path
):
    folder = write(tmp_path / "책 한 권, \N{LATIN SMALL LETTER E WITH ACUTE}")
    other = environment(TZ="Asia/Seoul", LC_ALL="POSIX", PYTHONHASHSEED="4711")
    other["SOURCE_DATE_EPOCH"] = "1767225600"
    for name in ("HOME", "LANG", "XDG_CACHE_HOME"):
        other.pop(name, None)
    before = ["sh", "-c", 'umask 077; exec "$@"', "sh"]
    fonts = " ".join(f"/usr{local}/share/fonts" for local in ("", "/local"))
    hide = f"for d in {fonts}; do [ ! -d $d ] || mount -t tmpfs none $d; done"
    with contextlib.suppress(pytest.skip.Exception):  # else the fonts of this system stay in view
        before = in_namespace("-m", script=f"umask 077; {hide}")
    run = build(folder, "--as-is", "--jobs", "2", before=tuple(before), env=other)
    assert run.returncode == 0, run.stderr[-3000:]
    assert first_difference(products(demo[1]), products(folder / "_build")) == ""


def test_a_first_build_marks_every_style_sheet_with_its_content(demo):
    """Otherwise a later one, which finds them there, would write other pages."""
    for path in sorted(demo[1].glob("html/chapters/*.html")):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html5lib")
        for sheet in page.select("link[rel=stylesheet]"):
            assert "?v=" in sheet["href"], (path.name, sheet["href"])


def test_malicious_values_are_shown_as_text(demo):
    text = ""
    for path in sorted(demo[1].rglob("*.html")):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html5lib")
        assert not page.select("[onerror]"), path.name
        assert all("taken" not in script.get_text() for script in page.select("script:not([type])"))
        text += page.get_text()
    assert SCRIPT in text and "**bold**" in text and PICTURE in text


#: What is changed: the chapters that are executed again, and what pages say then.
CHANGES = {
    "a sentence and a table": (
        {
            "chapters/index.md": ("would expect", "might expect"),
            "data/rents.csv": ("Bell,700", "Bell,701"),
        },
        ["index", "mean"],
        {"index": "might expect", "mean": "600.5"},
    ),
    "a table and a title": (
        {"data/workshops.csv": ("48", "49"), "chapters/mean.md": ("# Mean", "# The mean")},
        ["index", "mean", "sources"],
        {"index": "49", "sources": "49", "mean": "The mean"},
    ),
    "a table and code": (
        {"data/rents.csv": ("Ahn,500", "Ahn,900"), "helper.py": ("is helped", "is aided")},
        ["dear", "index", "mean"],
        {"mean": "800.5", "dear": "Ahn", "index": "It is aided"},
    ),
    "code behind a result": (
        {"rents.py": ("idxmax", "idxmin")},
        ["dear", "mean"],
        {"dear": "Bell"},
    ),
    "an entry of the bibliography": (
        {"references.bib": ("{1934}", "{1935}")},
        ["dear", "index", "mean", "sources"],
        {"index": "1935", "sources": "1935"},
    ),
    "the claims": (
        {"data/claims.csv": ("of the two", "of two")},
        ["dear", "index", "mean", "sources"],
        {},
    ),
    "a setting": (
        {"_config.yml": ("short book on two", "new book on two")},
        [],
        {"index": "new book on", "sources": "new book on"},
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_no_result_is_stale_and_only_what_read_a_change_is_executed_again(kind, demo):
    edits, executed, expected = CHANGES[kind]
    pages = demo[0] / "_build" / "html" / "chapters"

    def text(name: str) -> str:
        return BeautifulSoup((pages / f"{name}.html").read_text(encoding="utf-8"), "html5lib").text

    before = {name: text(name) for name in expected}
    for name, (old, new) in edits.items():
        edit(demo[0] / name, old, new)
    run = build(demo[0])
    assert run.returncode == 0, run.stderr[-2000:]
    again = re.findall(r"chapters/(\w+)\.md: Executed", run.stdout + run.stderr)
    assert sorted(set(again)) == executed
    for name, words in expected.items():
        assert words in text(name) and words not in before[name], (name, words)


def test_a_book_that_was_changed_has_the_bytes_of_a_first_build(demo, tmp_path):
    fresh = shutil.copytree(demo[0], tmp_path / "book", ignore=shutil.ignore_patterns("_build"))
    assert build(fresh).returncode == 0
    assert first_difference(products(fresh / "_build"), products(demo[0] / "_build")) == ""


def test_a_book_whose_changes_were_taken_back_has_the_bytes_of_a_first_build(demo):
    write(demo[0])  # as it was
    run = build(demo[0])
    assert run.returncode == 0, run.stderr[-2000:]
    assert first_difference(products(demo[1]), products(demo[0] / "_build")) == ""


def test_a_disk_that_fills_up_within_a_build_is_told_in_one_line(tmp_path):
    folder = write(tmp_path / "book")
    small = tmp_path / "small"
    small.mkdir()
    before = in_namespace("-m", script=f"mount -t tmpfs -o size=1500k none {small}")
    inner = f'cp -r "{folder}"/. "{small}" && cd "{small}" && exec "{sys.executable}" -c "$0"'
    on_small_disk = (
        "import sys; from citablebook import build; build.ROOM = 0\n"
        "from citablebook.__main__ import main; sys.exit(main(['build']))\n"
    )
    run = subprocess.run(
        [*before, "sh", "-c", inner, on_small_disk],
        env=environment(PYTHONHASHSEED="0"),
        capture_output=True,
        text=True,
    )
    assert "No space left on device; make room on that disk" in said(run), run.stderr[-900:]
    assert "\n" not in said(run)


def test_without_room_for_temporary_files_a_book_is_built_or_says_why(demo):
    run = build(demo[0], env=environment(TMPDIR="/nowhere"))
    assert run.returncode == 0, run.stderr[-2000:]


def test_a_folder_that_can_only_be_read_is_named(tmp_path):
    folder = write(tmp_path / "book")
    before = in_namespace(
        "-m", script=f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}"
    )
    # The folder is entered again, for the one that is open is not the mounted one.
    run = build(tmp_path, before=tuple([*before, "env", "-C", str(folder)]))
    assert "cannot be written to: change its permissions, or copy the repository" in said(run)


def test_without_a_network_even_to_itself_it_says_so_at_once(tmp_path):
    folder = write(tmp_path / "book")
    before = in_namespace("-n")
    started = time.monotonic()
    run = build(folder, before=tuple(before))
    assert "cannot reach itself at 127.0.0.1" in said(run) and "\n" not in said(run)
    assert time.monotonic() - started < 20


def test_an_interruption_while_chapters_are_read_is_told_in_one_line(tmp_path):
    folder = write(tmp_path / "book")
    with (folder / "chapters" / "index.md").open("a") as chapter:
        chapter.write("\n```{code-cell} ipython3\nimport time\ntime.sleep(60)\n```\n")
    running = subprocess.Popen(
        [sys.executable, "-m", "citablebook", "build", "--jobs", "2"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for line in running.stdout:
        if "reading sources" in line:
            break
    time.sleep(3)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does
    _, stderr = running.communicate(timeout=30)
    assert running.returncode == 2 and "Traceback" not in stderr, stderr
    assert stderr.strip().endswith("not built: interrupted (there is no earlier book).")
