from pathlib import Path

import pytest

from data_modules.errors import DataError
from data_modules.text_lines import read_lines


def lines(folder: Path, content: bytes) -> list[tuple[int, str]]:
    file = folder / "list.txt"
    file.write_bytes(content)
    return read_lines(file, "a list", "get it")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a\nb\n", [(1, "a"), (2, "b")]),
        (b"a\r\nb", [(1, "a"), (2, "b")]),
        (b"\n  a b \n\t\n c\n\n", [(2, "a b"), (4, "c")]),
        (b"\xef\xbb\xbfa\n", [(1, "a")]),
        ("é\u2028x\n犬".encode(), [(1, "é\u2028x"), (2, "犬")]),
    ],
    ids=["empty", "LF", "CRLF", "blanks", "mark", "unicode"],
)
def test_lines_keep_their_numbers(
    tmp_path: Path, content: bytes, expected: list[tuple[int, str]]
) -> None:
    assert lines(tmp_path, content) == expected


def test_a_missing_file_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.txt: expected a list, got nothing.*; get it"):
        read_lines(tmp_path / "gone.txt", "a list", "get it")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a list that can be read"):
        read_lines(tmp_path, "a list", "get it")


def test_other_encodings_are_refused_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"list\.txt:2: expected UTF-8 text, got b'\\xe9t\\xe9'"):
        lines(tmp_path, "a\nété\n".encode("latin-1"))
