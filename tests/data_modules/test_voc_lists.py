import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_modules.errors import DataError
from data_modules.voc_lists import available_splits, read_class_list, read_split_list

LISTED = {"000005": 1, "000007": 2, "000012": 3}


def write(folder: Path, content: str | bytes) -> Path:
    file = folder / "list.txt"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_split_lists_images_in_order(tmp_path: Path, end: str) -> None:
    file = write(tmp_path, f"000012{end}000005{end}{end}")
    assert read_split_list(file, "") == {"000012": 1, "000005": 2}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("000005\n000012 -1\n", "list.txt:2: expected one image id, got '000012 -1'"),
        ("000005\n\n000005\n", "list.txt:3: expected an id .*'000005' again, as in line 1"),
    ],
)
def test_a_bad_line_of_a_split_is_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_split_list(write(tmp_path, content), "")


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_class_file_labels_the_images_of_the_split(tmp_path: Path, end: str) -> None:
    file = write(tmp_path, f"000007  1{end}000005 -1{end}000012  0{end}")
    assert read_class_list(file, LISTED, "").tolist() == [-1, 1, 0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("000005 -1\n000007 2\n", r":2: expected an image id and -1, 0 or 1, got '000007 2'"),
        ("000005 -1\n000007\n", r":2: expected an image id and -1, 0 or 1, got '000007'"),
        ("000005 -1\n000009 1\n", r":2: expected an image of the split, got '000009'"),
        ("000005 -1\n000005 1\n", r":2: expected an id .* again, as in line 1"),
        ("000005 -1\n000007 1\n", r": expected a line for each of the 3 .* none for '000012'"),
    ],
)
def test_a_bad_line_of_a_class_file_is_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=r"list\.txt" + message):
        read_class_list(write(tmp_path, content), LISTED, "")


def test_class_files_are_no_splits(voc_folder: Path) -> None:
    assert available_splits(voc_folder / "ImageSets" / "Main") == ["test", "trainval"]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=40) | st.text("01- \r\n5270", max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    file = write(tmp_path, content)
    with contextlib.suppress(DataError):
        read_split_list(file, "")
    with contextlib.suppress(DataError):
        read_class_list(file, LISTED, "")
