"""`DataError`: what is wrong with the data, where, and how to mend it (docs/bad_input.md)."""

from os import PathLike


class DataError(ValueError):
    """The one error of this package: the files are not what the format says.

    The message is one line: `<file>:<place>: expected <expected>, got <got>; <fix>`.

    Args:
        file: the file or folder at fault.
        place: where in it: a line number, or a path of keys such as `annotations[3].bbox`; "" for
            the whole file.
        expected: what the format asks for.
        got: what is there; values read from files as their `repr`, so that they stay on one line.
        fix: what the reader of the message can do, as an imperative.

    Attributes:
        is_user_error: the command line prints the message alone, without a traceback.
    """

    is_user_error = True

    def __init__(
        self,
        file: str | PathLike[str],
        place: str | int = "",
        expected: str = "",
        got: str = "",
        fix: str = "",
    ) -> None:
        # All arguments reach `args`, which pickle hands to the constructor again.
        super().__init__(str(file), place, expected, got, fix)
        self.file, self.place = str(file), place
        self.expected, self.got, self.fix = expected, got, fix

    def __str__(self) -> str:
        """The message."""
        if not self.expected:
            # DataLoader rebuilds a worker's error from the text of its traceback alone.
            return self.file.rpartition(f"{type(self).__name__}: ")[2].strip()
        where = f"{self.file}:{self.place}" if self.place != "" else self.file
        message = f"{where}: expected {self.expected}, got {self.got}; {self.fix}"
        # A file name may hold line breaks and halves of characters; a message may not.
        return "".join(
            character if character.isprintable() else ascii(character)[1:-1]
            for character in message
        )


def shown(value: object, limit: int = 80) -> str:
    """The `repr` of a value read from a file, cut to `limit` characters, for `DataError.got`."""
    # Cutting first keeps a value of megabytes from being formatted whole.
    text = repr(value[:limit] if isinstance(value, str | bytes) else value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
