"""`python -m citablebook build`: only a good book takes the place of the last good book.

It builds beside it as `jupyter-book build .` does, with warnings as errors and chapters read in
parallel, into a folder of its own under `_build/`.
"""

import argparse
import contextlib
import errno
import importlib.util
import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path

import yaml
from sphinx.errors import ExtensionError, SphinxError, SphinxParallelError

from . import inputs, patches
from .errors import BookError, yaml_problem
from .paths import documents

try:
    import fcntl
except ImportError:  # not on Windows, where `make` does not run either
    fcntl = None  # type: ignore[assignment]

#: Chapters read at the same time: one more than cores, for each waits a part of its time.
JOBS = (os.cpu_count() or 1) + 1
#: Free megabytes without which no build begins.
ROOM = 150
#: Builder: the file to open.
RESULTS = {"html": "index.html", "pdf": "book.pdf"}
#: What Sphinx writes for itself: names of this machine's folders, and an index that no page loads.
UNPUBLISHED = (".buildinfo", "searchindex.js")


#: What helps against an error of the system.
_REMEDIES = {
    errno.ENOSPC: "make room on that disk",
    errno.EDQUOT: "make room on that disk",
    errno.EACCES: "change its permissions",
    errno.EPERM: "change its permissions",
    errno.EROFS: "copy the book to where it can be written",
    errno.EEXIST: "take it away",
    errno.EMFILE: "allow more open files",
    errno.ENOMEM: "close other programs",
}


class NotBuilt(Exception):
    """Why there is no book, in a sentence."""


def fixed_environment(root: Path) -> dict[str, str]:
    """Return settings that keep a build the same on another day, in another place.

    The time is that of the last commit; without a repository it is a fixed day.
    """
    time = subprocess.run(
        ["git", "-C", str(root), "log", "-1", "--format=%ct"], capture_output=True, text=True
    )
    epoch = time.stdout.strip() if time.returncode == 0 else ""
    return {
        "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH") or epoch or "1767225600",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "LC_ALL": "C.UTF-8",
    }


def preflight(root: Path) -> list[str]:
    """Return what would stop a build before it begins, a sentence each."""
    problems, settings = [], {}
    for name in ("_config.yml", "_toc.yml"):
        try:
            settings[name] = yaml.safe_load((root / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            problems.append(f"{name} is missing: restore it")
        except OSError as error:
            problems.append(f"{name} cannot be read: {error.strerror}; mend that")
        except UnicodeDecodeError as error:
            problems.append(f"{name} is not UTF-8 (byte {error.start}): save it as UTF-8")
        except yaml.YAMLError as error:
            where = f"{name}{yaml_problem(error)}"
            problems.append(f"{where}; mend the indentation or the quotes there")
        else:
            problems += problems_of_settings(name, settings[name])
    if not problems:
        problems += problems_of_contents(root, documents(settings["_toc.yml"]))
    if not problems:
        problems += problems_of_nesting(settings["_toc.yml"])
    if not loopback():
        problems.append(
            "this machine cannot reach itself at 127.0.0.1, where the kernels of chapters listen: "
            "switch the loopback interface on (on Linux, `ip link set lo up`)"
        )
    place = next(folder for folder in (root / "_build", root) if folder.exists())
    if not os.access(place, os.W_OK):
        problems.append(
            f"{place} cannot be written to: change its permissions, or copy the repository "
            "elsewhere"
        )
    free = shutil.disk_usage(place).free // 2**20
    if free < ROOM:
        problems.append(
            f"only {free} MB are free on the disk of {place}, and a build needs {ROOM}: make room"
        )
    return problems


def loopback() -> bool:
    """Return whether a process can reach another one of this machine."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
    except OSError:
        return False
    return True


def problems_of_settings(name: str, settings: object) -> Iterator[str]:
    """Yield what keeps a file of settings from being read as one."""
    if not isinstance(settings, dict) or not settings:
        what = "is empty" if settings in (None, {}, []) else "is no list of names with values"
        yield f"{name} {what}: restore it, or write `name: value` lines"
    elif name == "_config.yml":
        patches.import_quickly("jsonschema")
        from jsonschema import Draft7Validator

        found = importlib.util.find_spec("jupyter_book")
        assert found and found.origin  # a requirement of this package
        path = Path(found.origin).parent / "config_schema.json"
        schema = json.loads(path.read_text(encoding="utf-8"))
        for error in Draft7Validator(schema).iter_errors(settings):
            where = ".".join(str(part) for part in error.absolute_path) or "the settings"
            yield f"{name}, {where}: {error.message}; correct the value"


def problems_of_nesting(contents: dict) -> Iterator[str]:
    """Yield where the table of contents is not built as Jupyter Book reads it."""
    from sphinx_external_toc.parsing import MalformedError, parse_toc_data

    try:
        parse_toc_data(contents)
    except MalformedError as error:
        yield f"_toc.yml: {error}; correct that entry"


def problems_of_contents(root: Path, named: list[str]) -> Iterator[str]:
    """Yield what is wrong between the table of contents and the chapters."""
    for name in named:
        if not (root / f"{name}.md").exists():
            yield (
                f"_toc.yml names {name}, but there is no {name}.md: "
                "correct the name, or put the file back"
            )
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield f"_toc.yml names {name} twice: take one out"
    for folder in sorted({(root / name).parent for name in named} - {root}):
        for path in sorted(folder.glob("*.md")):
            name = path.relative_to(root).with_suffix("").as_posix()
            if name not in named:
                yield f"{name}.md is not in _toc.yml: add it, or take it out of the folder"


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a second build of the same book from starting; the lock goes with the process.

    Raises
    ------
    NotBuilt
        If another build is running.
    """
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("a") as file:
        if fcntl:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise NotBuilt("another build of it is running: wait for it to end") from None
        yield


def forget_removed(stage: Path, named: list[str]) -> None:
    """Begin anew if a chapter has left the contents, whose page and files Sphinx would keep."""
    note = stage / "contents"
    before = set(note.read_text(encoding="utf-8").split("\n")) if note.exists() else set()
    if before - set(named):
        shutil.rmtree(stage)
    stage.mkdir(parents=True, exist_ok=True)
    note.write_text("\n".join(named), encoding="utf-8")


def exchange(fresh: Path, place: Path) -> None:
    """Put a copy of a finished folder in the place of the last good one.

    Whenever it is killed, either the old or the new folder is whole; `restore` puts one
    of them back.
    """
    incoming, outgoing = place.with_name(f"{place.name}.new"), place.with_name(f"{place.name}.old")
    for left_over in (incoming, outgoing):
        shutil.rmtree(left_over, ignore_errors=True)

    def copy(source: str, target: str) -> None:
        # A copy, since through a hard link the next build would write into the good book; what
        # the last good book has alike is linked to, for nothing writes into that any more.
        made, before = os.stat(source), os.path.join(place, os.path.relpath(target, incoming))
        with contextlib.suppress(OSError):  # not there, or no links on this disk
            kept = os.stat(before)
            if (kept.st_mtime_ns, kept.st_size) == (made.st_mtime_ns, made.st_size):
                return os.link(before, target)
        shutil.copyfile(source, target)
        os.utime(target, ns=(made.st_mtime_ns, made.st_mtime_ns))

    ignore = shutil.ignore_patterns(*UNPUBLISHED)
    shutil.copytree(fresh, incoming, copy_function=copy, ignore=ignore)
    if place.exists():
        place.rename(outgoing)
    incoming.rename(place)
    shutil.rmtree(outgoing, ignore_errors=True)


def restore(place: Path) -> None:
    """Put the last good folder back, if an exchange was killed half-way."""
    outgoing = place.with_name(f"{place.name}.old")
    if outgoing.exists() and not place.exists():
        outgoing.rename(place)
    for name in (f"{place.name}.new", outgoing.name):
        shutil.rmtree(place.with_name(name), ignore_errors=True)


def note(read: str, places: list[Path], stage: Path) -> None:
    """Write down from what, and as what, the finished folders were made."""
    made = {place.name: [read, inputs.result(place)] for place in places}
    (stage / "made.json").write_text(json.dumps(made), encoding="utf-8")


def unchanged(read: str, places: list[Path], stage: Path) -> bool:
    """Return whether a build would make the finished folders as they stand."""
    try:
        made = json.loads((stage / "made.json").read_text(encoding="utf-8"))
        return all(made[place.name] == [read, inputs.result(place)] for place in places)
    except (OSError, ValueError, KeyError):
        return False


def stop_quietly(number: int, frame: object, main: int = os.getpid()) -> None:
    """End a process that reads chapters at once, and the main one with a word."""
    if os.getpid() != main:
        os._exit(130)
    # Cells that were running would tell at the end how they were stopped.
    logging.getLogger("asyncio").disabled = True
    raise KeyboardInterrupt


def reason(error: BaseException, folder: Path) -> str:
    """Return in a sentence why a build ended before its time, with what mends it.

    Parameters
    ----------
    error : BaseException
        What ended it.
    folder : Path
        Where the report of an error that nobody foresaw is left.
    """
    # The error within: of an extension's handler, or the words that came from another process.
    inner = getattr(error, "orig_exc", None) or error.__cause__ or error
    if isinstance(inner, BookError):
        return str(inner)
    if isinstance(inner, OSError) and inner.errno in _REMEDIES:
        name = f"{inner.filename}: " if inner.filename else ""
        return f"{name}{inner.strerror}; {_REMEDIES[inner.errno]}"
    said = f"{error}".strip().split("\n")[0]
    if match := re.search(r"Could not import extension (\S+) \(exception: (.*?)\)?$", said):
        return f"_config.yml names the extension {match[1]}: {match[2]}; correct or install it"
    if isinstance(error, SphinxError) and not isinstance(
        error, (ExtensionError, SphinxParallelError)
    ):
        return f"{error}; mend that"
    report = folder / "error.log"
    with contextlib.suppress(OSError):
        lines = traceback.format_exception(error) + [getattr(error, "traceback", "")]
        report.write_text("".join(lines), encoding="utf-8")
    kind = "" if isinstance(error, SphinxError) else f"{type(error).__name__}: "
    return f"an error that was not foreseen: {kind}{said}; report it with {report}"


def typeset(pipes: tuple[int, int, int], answer: Connection, *arguments) -> None:
    """Build the PDF in a process of its own, once it is told to go.

    Parameters
    ----------
    pipes : tuple of int
        A byte comes from the first, what is printed goes to the second, and the third is the
        other process' end of the first.
    answer : Connection
        Gets what the build returns or raises.
    *arguments
        Of the build.
    """
    go, output, begin = pipes
    os.close(begin)
    for stream in (1, 2):
        os.dup2(output, stream)
    if os.read(go, 1):  # nothing comes if the other process has ended
        try:
            answer.send(patches.build_jupyter_book(*arguments))
        except Exception as error:
            answer.send(error)


def pages_and_pdf(root: Path, stage: Path, jobs: int, settings: dict) -> int:
    """Build the pages and, as soon as their chapters are read, the PDF beside them.

    Returns
    -------
    int
        0 if there was no warning.

    Raises
    ------
    Exception
        Whatever stopped one of them.
    """
    patches.import_quickly("jupyter_book.sphinx")  # once for both
    (go, begin), (printed, output), (answer, told) = os.pipe(), os.pipe(), Pipe(duplex=False)
    arguments = ((go, output, begin), told, root, "pdf", stage / "pdf", jobs, settings)
    process = get_context("fork").Process(target=typeset, args=arguments)
    process.start()
    for end in (go, output):
        os.close(end)
    told.close()
    try:
        settings = settings | {"pdf_begin": begin}
        if status := patches.build_jupyter_book(root, "html", stage / "html", jobs, settings):
            return status
        with contextlib.suppress(BrokenPipeError):  # it has ended
            os.write(begin, b".")  # where no chapter was read
        while text := os.read(printed, 2**16):
            sys.stdout.write(text.decode(errors="replace"))
            sys.stdout.flush()
        result = answer.recv()
    except EOFError:
        raise ChildProcessError("the process that set the PDF has died; free memory") from None
    finally:
        process.terminate()
        process.join()
        answer.close()
        for end in (begin, printed):
            os.close(end)
    if isinstance(result, Exception):
        raise result
    return result


def make(root: Path, builder: str, jobs: int, fresh: bool, settings: dict) -> Path:
    """Build and exchange.

    Returns
    -------
    Path
        The file to open.

    Raises
    ------
    NotBuilt
        With the reason.
    """
    folder = root / "_build"
    problems = preflight(root)
    if problems:
        raise NotBuilt("\n".join(problems))
    wanted = list(dict.fromkeys(["html", builder]))  # the PDF is set from evaluated pages
    with alone(folder):
        for name in wanted:
            restore(folder / name)
        stage = folder / "stage"
        if fresh:
            shutil.rmtree(stage, ignore_errors=True)
        there = (folder / builder).exists()
        kept = f"the last good book in _build/{builder} is untouched"
        kept = kept if there else "there is no earlier book"
        contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
        forget_removed(stage, documents(contents))
        try:
            read = inputs.state(root, settings)
            if unchanged(read, [folder / name for name in wanted], stage):
                print("Nothing has changed since the last build.")
                return folder / builder / RESULTS[builder]
            if builder == "pdf":
                status = pages_and_pdf(root, stage, jobs, settings)
            else:
                place = stage / builder
                status = patches.build_jupyter_book(root, builder, place, jobs, settings)
            if status:
                # Sphinx does not repeat the warnings of pages that it keeps, so keep none.
                shutil.rmtree(stage, ignore_errors=True)
                raise NotBuilt(f"mend what is reported above ({kept}).")
            for name in wanted:
                exchange(stage / name, folder / name)
            note(read, [folder / name for name in wanted], stage)
        except KeyboardInterrupt:
            raise NotBuilt(f"interrupted ({kept}).") from None
        except NotBuilt:
            raise
        except Exception as error:
            shutil.rmtree(stage, ignore_errors=True)
            raise NotBuilt(f"{reason(error, folder)} ({kept}).") from None
    return folder / builder / RESULTS[builder]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--builder", choices=list(RESULTS), default="html", help="what to build")
    parser.add_argument("--paper", help="paper of the PDF: book, a4 or letter")
    parser.add_argument("--fresh", action="store_true", help="forget earlier builds")
    parser.add_argument("--jobs", type=int, default=JOBS, help="chapters read at the same time")
    parser.add_argument(
        "--as-is",
        action="store_true",
        help="keep this process' time zone, locale and hash seed, to see that they do not matter",
    )


def main(root: Path, options: argparse.Namespace, arguments: list[str]) -> int:
    """Build the book; return 0 if it is good."""
    environment = fixed_environment(root)
    if options.as_is:
        os.environ.setdefault("SOURCE_DATE_EPOCH", environment["SOURCE_DATE_EPOCH"])
    elif os.environ.get("PYTHONHASHSEED") != "0":  # has to be set before Python starts
        command = [sys.executable, "-m", "citablebook", *arguments]
        os.execve(sys.executable, command, {**os.environ, **environment})
    else:
        os.environ.update(environment)
    signal.signal(signal.SIGINT, stop_quietly)
    settings = {"pdf_paper": options.paper.lower()} if options.paper else {}
    try:
        made = make(root, options.builder, options.jobs, options.fresh, settings)
    except NotBuilt as error:
        print(f"\nThe book was not built: {error}", file=sys.stderr)
        return 2
    print(f"\nThe book is ready. Open {made.as_uri()}")
    return 0
