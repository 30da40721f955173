"""Text files of 0 and 1, a line per image: NUS-WIDE's ground truth and tag matrices."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from data_modules.errors import DataError, shown

_CHUNK = 8 << 20  # bytes at once: the tag matrix of NUS-WIDE's training images has 320 MB
_BLANKS = b" \t\n\v\f\r"  # those of bytes.split()
_IS_BLANK = np.isin(np.arange(256), list(_BLANKS))
_FIX = "correct the line, or get the official file again"


def read_bits(file: Path, num_columns: int, content: str, how_to_get: str) -> npt.NDArray[np.bool_]:
    """Reads N lines of `num_columns` values that are 0 or 1, with blanks between and around them.

    Args:
        file: ends in any number of blank lines.
        num_columns: at least 1.
        content: what the file is, for the message when it is missing.
        how_to_get: what to do then.

    Returns:
        (N, num_columns).

    Raises:
        DataError: the file is missing, or a line is malformed; it says which.
    """
    parts = [np.zeros((0, num_columns), dtype=np.bool_)]
    try:
        with file.open("rb") as stream:
            for chunk in _whole_lines(stream):
                first_line = 1 + sum(map(len, parts))
                parts.append(_bits(chunk, num_columns, file, first_line))
    except FileNotFoundError:
        raise DataError(file, "", content, "nothing: it is missing", how_to_get) from None
    except OSError as error:
        raise DataError(file, "", f"{content} that can be read", str(error), how_to_get) from None
    return np.concatenate(parts)


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The content in pieces of whole lines, without the last line's end and blanks after it."""
    left, rest = _length_without_blanks(stream), b""
    stream.seek(0)
    while left > 0 and (chunk := stream.read(min(_CHUNK, left))):
        left -= len(chunk)
        lines, line_end, begun = chunk.rpartition(b"\n")
        if line_end:
            yield rest + lines
            rest = b""
        rest += begun
    if rest:
        yield rest


def _length_without_blanks(stream: BinaryIO) -> int:
    end = stream.seek(0, io.SEEK_END)
    while end > 0:
        start = max(0, end - _CHUNK)
        stream.seek(start)
        if kept := stream.read(end - start).rstrip(_BLANKS):
            return start + len(kept)
        end = start
    return 0


def _bits(lines: bytes, num_columns: int, file: Path, first_line: int) -> npt.NDArray[np.bool_]:
    content = np.frombuffer(lines + b"\n", dtype=np.uint8)
    if (regular := _bits_of_equal_lines(content, num_columns)) is not None:
        return regular
    solid = ~_IS_BLANK[content]
    values = content[solid] - ord("0")  # what is below "0" wraps around
    values_until = np.cumsum(solid)[content == ord("\n")]
    wanted_until = num_columns * np.arange(1, len(values_until) + 1)
    is_good = (
        np.array_equal(values_until, wanted_until)
        and not (solid[1:] & solid[:-1]).any()
        and (values <= 1).all()
    )
    if not is_good:
        raise _first_bad_line(lines, num_columns, file, first_line)
    return values.astype(np.bool_).reshape(-1, num_columns)


def _bits_of_equal_lines(
    content: npt.NDArray[np.uint8], num_columns: int
) -> npt.NDArray[np.bool_] | None:
    """The values where all lines have them in the same places, as official files do; or None."""
    width = int(np.argmax(content == ord("\n"))) + 1
    if len(content) % width:
        return None
    lines = content.reshape(-1, width)
    is_blank = _IS_BLANK[lines[0]]
    places = np.flatnonzero(~is_blank)
    if len(places) != num_columns or (np.diff(places) == 1).any():
        return None
    if (lines[:, is_blank] != lines[0, is_blank]).any():
        return None
    values = lines[:, places] - ord("0")  # what is below "0" wraps around
    return values.astype(np.bool_) if (values <= 1).all() else None


def _first_bad_line(lines: bytes, num_columns: int, file: Path, first_line: int) -> DataError:
    expected = "0 or 1" if num_columns == 1 else f"{num_columns} values of 0 and 1"
    for number, line in enumerate(lines.split(b"\n"), start=first_line):
        words = line.split()
        wrong = [word for word in words if word not in (b"0", b"1")]
        if wrong:
            got = shown(wrong[0].decode(errors="backslashreplace"))
            return DataError(file, number, expected, got, _FIX)
        if len(words) != num_columns:
            return DataError(file, number, expected, f"{len(words)} values", _FIX)
    raise AssertionError("every line is good")
