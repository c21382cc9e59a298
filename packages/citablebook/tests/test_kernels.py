"""Kernels from a warm process run cells, start clean, and end with the build."""

import functools
import os
import sys
import time
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient

from citablebook import kernels, patches

pytestmark = pytest.mark.book  # kernels are processes
linux = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")


class App:
    """As much of Sphinx as starts and ends the process."""

    def __init__(self, *modules):
        self.config = SimpleNamespace(citablebook_preload=modules, nb_execution_mode="inline")
        self.ends = []

    def connect(self, event, callback):
        self.ends.append(callback)

    def end(self):
        for callback in self.ends:
            callback(self, None)


@pytest.fixture
def app():
    """A build that imported `colorsys`, which no kernel has otherwise."""
    started = App("colorsys", "no_such_module")
    kernels.start(started)
    yield started
    started.end()


def said(source, folder, **settings):
    """Run one cell in a kernel of its own; return what it printed."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    client = NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}, **settings)
    client.execute()
    return notebook.cells[0].outputs[0]["text"].strip()


def alive(pid):
    """Whether a process is there."""
    return kernels.Forked(pid).poll() is None


@linux
def test_kernels_are_forked_each_in_its_folder_and_apart(app, tmp_path, monkeypatch):
    monkeypatch.setenv("OF_THIS_TEST", "seen")
    source = (
        "import os, sys; print(os.getppid(), 'colorsys' in sys.modules, os.getcwd(),"
        " os.environ['OF_THIS_TEST'], 'citablebook' in sys.modules, hasattr(sys, 'mark'));"
        " sys.mark = 1"
    )
    one, two = said(source, tmp_path).split(), said(source, tmp_path).split()
    assert one == two and int(one[0]) != os.getpid()
    assert one[1:] == ["True", str(tmp_path), "seen", "False", "False"]


@linux
def test_kernels_tell_the_terminal_nothing(tmp_path, capfd):
    app = App()
    app.config.citablebook_preload = ["colorsys"]
    kernels.start(app)
    assert "colorsys" in said("import sys; print(*sys.modules)", tmp_path)
    app.end()
    assert capfd.readouterr() == ("", "")


@linux
def test_the_process_is_started_once(app):
    before, ends = app.kernels_maker, len(app.ends)
    kernels.start_for_many(app, None, ["chapter"] * kernels.FEW)
    assert app.kernels_maker is before and len(app.ends) == ends


@linux
def test_a_kernel_that_dies_is_noticed(app, tmp_path):
    with pytest.raises(Exception, match="Kernel died"):
        said("import os; os._exit(1)", tmp_path)


@linux
def test_a_child_of_a_kernel_can_be_waited_for(app, tmp_path):
    source = "import subprocess; print(subprocess.run(['sh', '-c', 'exit 3']).returncode)"
    assert said(source, tmp_path) == "3"


@linux
def test_nothing_is_left_when_the_build_ends(tmp_path):
    app = App("colorsys")
    kernels.start(app)
    maker = int(said("import os; print(os.getppid())", tmp_path))
    assert alive(maker)
    app.end()
    for _ in range(200):
        if not alive(maker):
            break
        time.sleep(0.05)
    assert not alive(maker)
    assert int(said("import os; print(os.getppid())", tmp_path)) == os.getpid()  # as ever


def test_without_the_process_kernels_start_as_ever(tmp_path):
    restore = patches.launch_kernels_by(functools.partial(kernels.fork, str(tmp_path / "none")))
    try:
        assert said("import os; print(os.getppid())", tmp_path) == str(os.getpid())
    finally:
        restore()


@pytest.mark.parametrize(
    ("mode", "modules", "chapters"), [("off", ["os"], 9), ("inline", [], 9), ("inline", ["os"], 1)]
)
def test_nothing_is_started_in_vain(mode, modules, chapters):
    app = App(*modules)
    app.config.nb_execution_mode = mode
    kernels.start_for_many(app, None, ["chapter"] * chapters)
    assert not app.ends
