"""The two commands on a machine where nothing is prepared, and what they install."""

import ast
import contextlib
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from importlib import metadata
from pathlib import Path

import jupytext
import pytest
import yaml
from conftest import ROOT
from packaging.requirements import Requirement

OWN = {"smebook", "citablebook", "grimtable"}
HOUSES = [ROOT / "smebook", *sorted((ROOT / "packages").glob("*/src"))]


def prepare(*needs: str, path: str, python: str = sys.executable) -> subprocess.CompletedProcess:
    """Run the preparation with only the commands of one folder at hand."""
    shell = shutil.which("sh")
    return subprocess.run(
        [shell, str(ROOT / "tools" / "prepare.sh"), python, *needs],
        env={"PATH": path},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def bare(tmp_path) -> Path:
    """A folder of commands without a browser, a package installer or sudo."""
    for name in ("id", "uname", "mktemp", "tail", "rm"):
        (tmp_path / name).symlink_to(shutil.which(name))
    return tmp_path


def test_without_a_browser_it_stops_at_once_with_the_line_to_run(bare):
    started = time.monotonic()
    run = prepare("browser", path=str(bare))
    assert time.monotonic() - started < 2
    assert run.returncode == 2
    assert run.stderr.strip().endswith("run: sudo apt-get install -y chromium fonts-noto-cjk")
    assert len(run.stderr.strip().split("\n")) == 1


def test_where_it_can_install_it_does_and_says_so(bare):
    called = bare / "called"
    for name, body in {
        "apt-get": f'echo "$*" >> {called}',
        "id": "echo 0",
        "env": 'shift; "$@"',
    }.items():
        (bare / name).unlink(missing_ok=True)
        (bare / name).write_text(f"#!/bin/sh\n{body}\n")
        (bare / name).chmod(0o755)
    run = prepare("browser", path=str(bare))
    assert run.returncode == 0, run.stderr
    assert "Installing from the system's packages: chromium" in run.stdout
    assert "install -y -qq chromium fonts-noto-cjk" in called.read_text()


def test_an_old_python_is_refused_with_a_remedy(bare):
    old = bare / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    run = prepare("venv", path=str(bare), python=str(old))
    assert run.returncode == 1
    assert "Python 3.11 or later is needed" in run.stderr


def test_what_is_there_is_not_asked_for_again():
    assert prepare("venv", path="/usr/sbin:/usr/bin:/sbin:/bin").returncode == 0


def imported(text: str) -> set[str]:
    """The packages that a Python text imports."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - OWN


def required(*names: str) -> set[str]:
    """The packages that requirement files name, as they are spelt there."""
    lines = [
        line for name in names for line in (ROOT / "requirements" / name).read_text().split("\n")
    ]
    matches = (re.match(r"([A-Za-z][\w.-]*)", line) for line in lines)
    return {match[1].lower().replace("_", "-") for match in matches if match}


def test_whatever_is_imported_is_required_by_name():
    chapters = {
        package
        for path in (ROOT / "chapters").glob("*.md")
        for cell in jupytext.read(path).cells
        if cell.cell_type == "code"
        for package in imported(cell.source)
    }
    modules = {
        package
        for folder in HOUSES
        for path in folder.rglob("*.py")
        for package in imported(path.read_text(encoding="utf-8"))
    }
    distributions = metadata.packages_distributions()
    needed = {
        name.lower().replace("_", "-")
        for package in chapters | modules
        for name in distributions.get(package, [package])[:1]
    }
    # What these bring along is as good as named: Sphinx and docutils by Jupyter Book, and so on.
    brought = {
        "pydyf",
        "jsonschema",
        "jupyter-client",
        "sphinx-external-toc",
        "sphinx",
        "docutils",
        "myst-parser",
        "markdown-it-py",
        "pyyaml",
        "numpy",
        "pillow",
    }
    brought |= {
        "jinja2",
        "markupsafe",
        "fonttools",
        "ipython",
        "nbformat",
        "nbclient",
        "traitlets",
        "sphinxcontrib-bibtex",
    }
    missing = needed - required("book.in", "tools.in") - brought
    assert not missing, f"add to requirements/book.in or tools.in: {', '.join(sorted(missing))}"


@pytest.mark.parametrize(
    "lock", ["requirements.txt", "requirements/tools.txt", "requirements/test.txt"]
)
def test_every_pin_has_its_hashes_and_names_no_host(lock):
    text = (ROOT / lock).read_text()
    pins = re.findall(
        r"^([\w.-]+)(?:\[[^]]*\])?==\S+.*\n((?: +--hash=sha256:[0-9a-f]{64}.*\n)+)", text, re.M
    )
    assert len(pins) == len(re.findall(r"^[\w.-]+(?:\[[^]]*\])?==", text, re.M)) > 100
    assert "://" not in text and "index-url" not in text


@pytest.mark.parametrize(
    "lock", ["requirements.txt", "requirements/tools.txt", "requirements/test.txt"]
)
def test_every_python_gets_the_same_versions(lock):
    """A release is the same on another Python; the random draws of another NumPy are not."""
    pins = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.M)
    twice = sorted(name for name, count in Counter(name for name, _ in pins).items() if count > 1)
    assert not twice, f"{lock} pins {', '.join(twice)} twice: run `make lock`, or bound them"


def test_what_a_reader_installs_to_build_stays_small():
    """The files of every package that the lock names for this machine, in bytes."""
    size = 0
    for line in (ROOT / "requirements.txt").read_text().split("\n"):
        pin = re.match(r"[A-Za-z0-9][^\\#]*", line)
        requirement = Requirement(pin[0].strip()) if pin else None
        if requirement and (requirement.marker is None or requirement.marker.evaluate()):
            with contextlib.suppress(metadata.PackageNotFoundError):
                for file in metadata.distribution(requirement.name).files or []:
                    path = Path(file.locate())
                    size += path.stat().st_size if path.exists() else 0
    assert 5e8 < size < 1.1e9


def test_the_layers_agree():
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.M))

    book, tools, test = map(
        pins, ("requirements.txt", "requirements/tools.txt", "requirements/test.txt")
    )
    assert book.items() <= tools.items() <= test.items()


def test_binder_uses_the_locks_and_their_python():
    binder = ROOT / "binder"
    assert "-r ../requirements/tools.txt" in (binder / "requirements.txt").read_text()
    made_for = re.search(r"--python-version (3\.\d+)", (ROOT / "Makefile").read_text())[1]
    assert (binder / "runtime.txt").read_text().strip() == f"python-{made_for}"
    installs = (binder / "postBuild").read_text()
    for package in (ROOT / "packages").iterdir():
        assert f"-e packages/{package.name}" in installs


def test_the_workflow_runs_the_commands_of_the_readme():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text())
    commands = [
        step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step
    ]
    assert "make test" in commands and "make release" in commands


def test_every_command_of_the_makefile_is_explained():
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (help .*)$", text, re.M)[1].split()
    explained = re.findall(r"^([a-z-]+):.*## ", text, re.M)
    assert set(phony) == set(explained)
