"""What a person can mend in a table that cannot be read."""


class DataError(ValueError):
    """A table cannot be read; the message says where, what is wrong and how to mend it."""
