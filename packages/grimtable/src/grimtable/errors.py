"""What a person can mend in a table that cannot be read."""


class DataError(ValueError):
    """A table cannot be read; the message says where, what is wrong and how to mend it.

    Parameters
    ----------
    faults : str
        One sentence for each fault.
    """

    def __init__(self, *faults: str):
        super().__init__("\n".join(faults))
        self.faults = faults
