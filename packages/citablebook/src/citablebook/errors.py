"""What can go wrong with a reader's input, said in one sentence each.

Every error that a person can mend is a `BookError`: the build and the command
line print its message alone, without a traceback.
"""


class BookError(Exception):
    """Base of all errors whose message is meant for the person who can mend it."""


class DataError(BookError):
    """A bundled table is missing, malformed or contradicts its schema."""


class BibliographyError(BookError):
    """The bibliography is missing or malformed, or a citekey is not in it."""
