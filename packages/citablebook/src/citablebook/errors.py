"""What can go wrong with a reader's input, said in one sentence each.

Every error that a person can mend is a `BookError`: the build and the command
line print its message alone, without a traceback.
"""

from pathlib import Path


class BookError(Exception):
    """Base of all errors whose message is meant for the person who can mend it."""


class DataError(BookError):
    """A bundled table is missing, malformed or contradicts its schema."""


class BibliographyError(BookError):
    """The bibliography is missing or malformed, or a citekey is not in it."""


class CitationError(BookError):
    """The citation file is missing or lacks a field."""


class IdentifierError(BookError):
    """The registry of identifiers is missing or malformed."""


def yaml_problem(error: Exception) -> str:
    """Return where a YAML file is wrong and how, on one line."""
    mark = getattr(error, "problem_mark", None)
    line = f", line {mark.line + 1}" if mark else ""
    said = " ".join(str(getattr(error, "problem", error)).split())
    return f"{line}: {said}"


def not_utf8(path: Path, error: UnicodeDecodeError) -> str:
    """Return where a file is in another encoding, and what mends it."""
    line = error.object[: error.start].count(b"\n") + 1
    return f"{path.name}, line {line}: is not UTF-8 (byte {error.start}); save the file as UTF-8"


def text_of(path: Path, error: type[BookError], missing: str) -> str:
    """Return the text of a file.

    Parameters
    ----------
    path : Path
        The file, in UTF-8.
    error : type of BookError
        What to raise where it cannot be read.
    missing : str
        What mends it if there is no such file.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise error(f"{path.name} is missing: {missing}") from None
    except OSError as problem:
        raise error(f"{path.name} cannot be read: {problem.strerror}; mend that") from None
    except UnicodeDecodeError as problem:
        raise error(not_utf8(path, problem)) from None
