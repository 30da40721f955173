import contextlib
import json
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_modules.errors import DataError
from data_modules.user_labels import LabelColumns, LabelFile, read_label_file

DEFAULT = LabelColumns()


def read(
    folder: Path, content: str, name: str = "labels.csv", layout: LabelColumns = DEFAULT
) -> LabelFile:
    file = folder / name
    file.write_text(content, encoding="utf-8", newline="")
    return read_label_file(file, layout)


def labels(found: LabelFile) -> dict[str, list[str]]:
    return {image.image: sorted(image.labels) for image in found.images}


def test_three_layouts_say_the_same(tiny_folder: ModuleType, tmp_path: Path) -> None:
    expected = {name: sorted(found) for name, found in tiny_folder.LABELS.items()}
    listed = read_label_file(tiny_folder.write_csv(tmp_path / "a.csv"), DEFAULT)
    columns = read_label_file(tiny_folder.write_columns(tmp_path / "b.csv"), DEFAULT)
    lines = read_label_file(tiny_folder.write_json_lines(tmp_path / "c.jsonl"), DEFAULT)
    assert labels(listed) == labels(columns) == labels(lines) == expected
    assert listed.columns is None
    assert columns.columns == ["dog", "cat", "bird"]


def test_each_image_knows_its_line(tmp_path: Path) -> None:
    found = read(tmp_path, 'image,labels,notes\r\n\r\na.jpg,cat,"two\nlines"\r\nb.jpg,,\r\n')
    assert [(image.image, image.place) for image in found.images] == [("a.jpg", 4), ("b.jpg", 5)]
    assert found.images[0].labels == ("cat",)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("cat;dog", ("cat", "dog")),
        (" dog ; cat ", ("dog", "cat")),
        ("cat;cat", ("cat",)),
        ("", ()),
        ("  ", ()),
        ('"[""cat"", ""dog; big""]"', ("cat", "dog; big")),
        ("[]", ()),
    ],
)
def test_a_cell_lists_labels(tmp_path: Path, cell: str, expected: tuple[str, ...]) -> None:
    assert read(tmp_path, f"image,labels\na.jpg,{cell}\n").images[0].labels == expected


def test_only_line_ends_end_a_line(tmp_path: Path) -> None:
    found = read(tmp_path, "image,labels\na\u2028\x0b.jpg,cat\n")
    assert found.images[0][:2] == ("a\u2028\x0b.jpg", ("cat",))


def test_columns_and_separator_may_have_other_names(tmp_path: Path) -> None:
    layout = LabelColumns(image="file", labels="tags", split="part", separator="|")
    found = read(tmp_path, "part,file,tags\nx,a.jpg,cat|dog\n", layout=layout)
    assert found.images[0][:3] == ("a.jpg", ("cat", "dog"), "x")


def test_tabs_separate_columns_in_tsv(tmp_path: Path) -> None:
    found = read(tmp_path, "image\tlabels\na, b.jpg\tcat\n", "labels.tsv")
    assert found.images[0][:2] == ("a, b.jpg", ("cat",))


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffimage,labels\na.jpg,cat\n").images[0].image == "a.jpg"


def test_json_lines_may_have_a_column_for_each_label(tmp_path: Path) -> None:
    rows = [{"image": "a", "cat": 1, "dog": False}, {"image": "b", "dog": True, "cat": 0}]
    found = read(tmp_path, "\n".join(map(json.dumps, rows)), "labels.jsonl")
    assert labels(found) == {"a": ["cat"], "b": ["dog"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "file,labels\na.jpg,cat\n",
            r":2: expected a column 'image' .* \['file', 'labels'\]; .*im",
        ),
        ("image,labels\n,cat\n", r":2: expected an image name in column 'image', got ''"),
        ("image,labels\na.jpg,cat;;dog\n", r":2: expected names of labels, separated by ';'"),
        ("image,labels\na.jpg,cat;\n", r":2: expected names of labels, separated by ';'"),
        ('image,labels\na.jpg,"[""cat"""\n', r":2: expected a JSON list of labels"),
        ("image,labels\na.jpg,[1]\n", r":2: expected names of labels"),
        ("image,labels\na.jpg,cat\na.jpg,dog\n", r":3: expected an image .* again, as in line 2"),
        ("image,labels\na.jpg,cat,more\n", r":2: expected 2 columns, got 3"),
        ("image,labels\na.jpg\n", r":2: expected 2 columns, got 1"),
        ("image,image\na.jpg,b.jpg\n", r":1: expected different names of columns"),
        ("image,cat\na.jpg,yes\n", r":2: expected 0 or 1 in column 'cat', got 'yes'; .*label_col"),
        ("image\na.jpg\n", r":2: expected a column 'labels', or one column of 0 and 1"),
        ("image,labels,split\na.jpg,cat,\n", r":2: expected the name of a split in column 'split'"),
        ('image,labels\na.jpg,"cat\n', r":2: expected a line of CSV"),
    ],
)
def test_a_bad_line_of_csv_is_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=r"labels\.csv" + message):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"image": "a", "labels": []}\n{"image": ', r":2: expected a JSON object"),
        ("[1]", r":1: expected a JSON object, got '\[1\]'"),
        ("[" * 100_000, r":1: expected a JSON object"),
        ('{"image": 3, "labels": []}', r":1: expected an image name .*, got 3"),
        ('{"image": "a", "labels": 3}', r":1: expected a list of labels in column 'labels', got 3"),
        ('{"image": "a", "labels": ["x", null]}', r":1: expected names of labels"),
        ('{"image": "a", "labels": [], "split": 1}', r":1: expected the name of a split"),
        (
            '{"image": "a", "x": 1}\n{"image": "b", "y": 1}',
            r":2: expected the columns of the lines",
        ),
        ('{"image": "a", "x": 2}', r":1: expected 0 or 1 in column 'x', got 2"),
    ],
)
def test_a_bad_json_line_is_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=r"labels\.jsonl" + message):
        read(tmp_path, content, "labels.jsonl")


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"ends in \.csv, \.tsv, \.jsonl, got '\.xlsx'; convert"):
        read(tmp_path, "", "labels.xlsx")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv: expected a table of labels, got nothing"):
        read_label_file(tmp_path / "gone.csv", DEFAULT)


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_bytes("image,labels\né.jpg,cat\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"labels\.csv:2: expected UTF-8 text"):
        read_label_file(file, DEFAULT)


CSV_TEXT = st.lists(
    st.sampled_from(
        ["image", "labels", "split", ",", "\n", "\r", '"', ";", "a", "[", "0", "1", " "]
    ),
    max_size=30,
).map(lambda parts: "image,labels\n" + "".join(parts))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=(CSV_TEXT.map(str.encode)) | st.binary(max_size=60),
    name=st.sampled_from(["labels.csv", "labels.tsv", "labels.jsonl"]),
)
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with contextlib.suppress(DataError):
        read_label_file(file, DEFAULT)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from(["image", "labels", "split", "cat"]), VALUES), max_size=3
    )
)
def test_any_json_values_are_read_or_refused(tmp_path: Path, rows: list[object]) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    with contextlib.suppress(DataError):
        read_label_file(file, DEFAULT)
