"""The user's own labels: a CSV or JSON Lines file with a line per image."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from data_modules.errors import DataError, shown
from data_modules.text_lines import read_lines, read_text

_TRUE_OR_FALSE = {"0": False, "1": True, "false": False, "true": True}
_FIX = "correct the line"
_HOW_TO_GET = "put the file there, or name another one with labels (relative to root)"


class LabelledImage(NamedTuple):
    """An image and what is said of it.

    Attributes:
        image: its name, relative to the folder of images.
        labels: without repeats.
        split: None where nothing is said.
        file: that says so.
        place: where in it.
    """

    image: str
    labels: tuple[str, ...]
    split: str | None
    file: Path
    place: str | int


@dataclass(frozen=True)
class LabelColumns:
    """How a label file is laid out.

    Attributes:
        image: the column of image names.
        labels: the column that lists an image's labels. Where the file has no such column, every
            column other than `image` and `split` is a label, and holds 0 or 1.
        split: the column of splits, which may be absent.
        separator: between the labels of a list; a list may also be JSON, `["cat", "dog"]`.
    """

    image: str = "image"
    labels: str = "labels"
    split: str = "split"
    separator: str = ";"


class LabelFile(NamedTuple):
    """What a label file says: its images in order, and its label columns where it has such."""

    images: list[LabelledImage]
    columns: list[str] | None


def read_label_file(file: Path, layout: LabelColumns) -> LabelFile:
    """Reads `.csv`, `.tsv` (with a line of column names) or `.jsonl` (an object a line).

    Raises:
        DataError: the file is missing or malformed, or names an image twice; it says the line.
    """
    readers = {".csv": _csv_rows, ".tsv": _csv_rows, ".jsonl": _json_rows}
    if file.suffix.lower() not in readers:
        expected = f"a label file that ends in {', '.join(readers)}"
        raise DataError(file, "", expected, shown(file.suffix), "convert or rename it")
    images: list[LabelledImage] = []
    lines: dict[str, int] = {}
    columns: list[str] | None = None
    for line, row in readers[file.suffix.lower()](file):
        reader = _Row(file, line, row, layout)
        name = reader.image()
        if name in lines:
            got = f"{shown(name)} again, as in line {lines[name]}"
            raise DataError(file, line, "an image that no earlier line has", got, _FIX)
        lines[name] = line
        if layout.labels in row:
            labels = reader.listed()
        else:
            found = [key for key in row if key not in (layout.image, layout.split)]
            columns = columns or found
            labels = reader.marked(columns, found)
        images.append(LabelledImage(name, labels, reader.split(), file, line))
    return LabelFile(images, columns)


class _Row:
    """The values of a line by column, checked as they are asked for."""

    def __init__(self, file: Path, line: int, row: Mapping[str, Any], layout: LabelColumns) -> None:
        self.file, self.line, self.row, self.layout = file, line, row, layout

    def error(self, expected: str, got: str, fix: str = _FIX) -> DataError:
        return DataError(self.file, self.line, expected, got, fix)

    def image(self) -> str:
        if self.layout.image not in self.row:
            expected = f"a column {self.layout.image!r} with the names of images"
            got = f"the columns {shown(list(self.row))}"
            raise self.error(expected, got, "add it, or name another one with image_column")
        value = self.row[self.layout.image]
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"an image name in column {self.layout.image!r}", shown(value))
        return value.strip()

    def split(self) -> str | None:
        if self.layout.split not in self.row:
            return None
        value = self.row[self.layout.split]
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"the name of a split in column {self.layout.split!r}", shown(value))
        return value.strip()

    def listed(self) -> tuple[str, ...]:
        value = self.row[self.layout.labels]
        if isinstance(value, str) and value.lstrip().startswith("["):
            value = self._json_list(value)
        elif isinstance(value, str):
            value = value.split(self.layout.separator) if value.strip() else []
        if not isinstance(value, list):
            raise self.error(f"a list of labels in column {self.layout.labels!r}", shown(value))
        for label in value:
            if not isinstance(label, str) or not label.strip():
                separator = self.layout.separator
                expected = f"names of labels, separated by {separator!r}, in {self.layout.labels!r}"
                raise self.error(expected, shown(self.row[self.layout.labels]))
        return tuple(dict.fromkeys(label.strip() for label in value))

    def marked(self, columns: list[str], found: list[str]) -> tuple[str, ...]:
        if not columns:
            fix = "add it, or name another one with label_column"
            expected = f"a column {self.layout.labels!r}, or one column of 0 and 1 for each label"
            raise self.error(expected, f"the columns {shown(list(self.row))}", fix)
        if set(columns) != set(found):
            differing = sorted(set(columns) ^ set(found))
            raise self.error("the columns of the lines before", f"other ones: {shown(differing)}")
        return tuple(column for column in columns if self._mark(column))

    def _mark(self, column: str) -> bool:
        value = str(self.row[column]).strip().lower()
        if value not in _TRUE_OR_FALSE:
            fix = f"{_FIX}, or name the column that lists the labels with label_column"
            raise self.error(f"0 or 1 in column {column!r}", shown(self.row[column]), fix)
        return _TRUE_OR_FALSE[value]

    def _json_list(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self.error("a JSON list of labels", shown(text)) from None


def _csv_rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    text = read_text(file, "a table of labels", _HOW_TO_GET)
    delimiter = "\t" if file.suffix.lower() == ".tsv" else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = _header(file, rows.line_num, row)
            elif len(row) != len(header):
                raise DataError(file, rows.line_num, f"{len(header)} columns", str(len(row)), _FIX)
            else:
                yield rows.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise DataError(file, rows.line_num, "a line of CSV", str(error), _FIX) from None


def _header(file: Path, line: int, row: list[str]) -> list[str]:
    header = [cell.strip() for cell in row]
    if "" in header or len(set(header)) < len(header):
        raise DataError(file, line, "different names of columns", shown(row), _FIX)
    return header


def _json_rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, text in read_lines(file, "a JSON object a line", _HOW_TO_GET):
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DataError(file, number, "a JSON object", str(error), _FIX) from None
        if not isinstance(row, dict):
            raise DataError(file, number, "a JSON object", shown(text), _FIX)
        yield number, row
