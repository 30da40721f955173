import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_modules import bit_files
from data_modules.bit_files import read_bits
from data_modules.errors import DataError


def read(folder: Path, content: bytes, num_columns: int) -> list[list[int]]:
    file = folder / "bits.txt"
    file.write_bytes(content)
    found: list[list[int]] = read_bits(file, num_columns, "bits", "get it").astype(int).tolist()
    return found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"0\t1\t\n1\t1\t\n", [[0, 1], [1, 1]]),
        (b"0\t1\t\r\n1\t1\t\r\n", [[0, 1], [1, 1]]),
        (b"0 1\n1\t 1\n", [[0, 1], [1, 1]]),
        (b"  0 1\n1 1", [[0, 1], [1, 1]]),
        (b"0 1\n\n \n\t\n", [[0, 1]]),
        (b"", []),
        (b"\n \n", []),
    ],
    ids=["official", "CRLF", "blanks", "no-end", "blank-lines-at-the-end", "empty", "blank"],
)
def test_blanks_may_stand_anywhere(
    tmp_path: Path, content: bytes, expected: list[list[int]]
) -> None:
    assert read(tmp_path, content, 2) == expected


def test_one_column_is_a_value_a_line(tmp_path: Path) -> None:
    assert read(tmp_path, b"1\n0\n1\n", 1) == [[1], [0], [1]]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 1000])
def test_the_size_of_the_pieces_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(bit_files, "_CHUNK", chunk)
    rows = np.random.default_rng(0).integers(0, 2, (20, 3))
    content = b"".join(b" ".join(b"%d" % value for value in row) + b" \n" for row in rows)
    assert read(tmp_path, content + b"\n\n", 3) == rows.tolist()
    with pytest.raises(DataError, match=r"bits\.txt:21: expected 3 values of 0 and 1, got '2'"):
        read(tmp_path, content + b"0 2 1\n", 3)


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        (b"0\n-1130179\n1\n", 1, r":2: expected 0 or 1, got '-1130179'"),
        (b"0\n2\n", 1, r":2: expected 0 or 1, got '2'"),
        (b"0\n\n1\n", 1, r":2: expected 0 or 1, got 0 values"),
        (b"0 1\n0\n", 2, r":2: expected 2 values of 0 and 1, got 1 values"),
        (b"0 1\n0 1 1\n", 2, r":2: expected 2 values of 0 and 1, got 3 values"),
        (b"0 1\n01\n", 2, r":2: expected 2 values of 0 and 1, got '01'"),
        (b"0 1\n0 \xff\n", 2, r":2: expected 2 values of 0 and 1, got '\\\\xff'"),
        (b"0 1\n0\x001\n", 2, r":2: expected 2 values of 0 and 1, got '0\\x001'"),
        (b"0 1 1\n0\n", 2, r":1: expected 2 values of 0 and 1, got 3 values"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, content: bytes, columns: int, message: str) -> None:
    with pytest.raises(DataError, match=r"bits\.txt" + message):
        read(tmp_path, content, columns)


def test_a_missing_file_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.txt: expected bits, got nothing.*; get it"):
        read_bits(tmp_path / "gone.txt", 1, "bits", "get it")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected bits that can be read"):
        read_bits(tmp_path, 1, "bits", "get it")


def plain_reading(content: bytes, num_columns: int) -> list[list[int]] | None:
    """What the format means, line by line; None where it is violated."""
    lines = content.rstrip().split(b"\n") if content.strip() else []
    rows = [line.split() for line in lines]
    if any(len(row) != num_columns or set(row) - {b"0", b"1"} for row in rows):
        return None
    return [[int(value) for value in row] for row in rows]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=30)
    | st.lists(st.sampled_from([b"0", b"1", b" ", b"\t", b"\n", b"\r"]), max_size=30).map(b"".join)
    | st.lists(st.sampled_from([b"0 1\n", b"1 1\n", b"1\t0\t\n", b"0\n", b"\n"])).map(b"".join),
    num_columns=st.integers(1, 3),
)
def test_any_bytes_are_read_as_the_format_means_or_refused(
    tmp_path: Path, content: bytes, num_columns: int
) -> None:
    expected = plain_reading(content, num_columns)
    found = None
    with contextlib.suppress(DataError):
        found = read(tmp_path, content, num_columns)
    assert found == expected
