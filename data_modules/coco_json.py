"""COCO's instances JSON, checked before pycocotools sees it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeGuard

from data_modules.errors import DataError, shown

_MAX_SIDE = 2**31 - 1
_FIX = "correct the entry, or get the official file again"

Entry = dict[str, Any]


class Category(NamedTuple):
    """One label, as COCO has it."""

    id: int
    name: str


def read_instances(file: Path, how_to_get: str) -> Entry:
    """A checked `instances_*.json`, as pycocotools takes it, without segmentations.

    Every category has an id and a name, both unique; every image an id, a file name and
    a size; every annotation an id, an image, a category, a box and an area.

    Args:
        file: the JSON file.
        how_to_get: what to do when it is missing.

    Raises:
        DataError: naming the entry at fault, such as `annotations[3].bbox`.
    """
    data = _parse(file, how_to_get)
    if not isinstance(data, dict):
        raise DataError(file, "", "a JSON object", type(data).__name__, _FIX)
    check = _Check(file)
    categories = check.entries(data, "categories")
    images = check.entries(data, "images")
    annotations = check.entries(data, "annotations")
    _check_categories(check, categories)
    _check_images(check, images)
    category_ids = {entry["id"] for entry in categories}
    image_ids = {entry["id"] for entry in images}
    _check_annotations(check, annotations, image_ids, category_ids)
    return {"images": images, "annotations": annotations, "categories": categories}


def sorted_categories(data: Entry) -> list[Category]:
    """The categories of checked data in the order of their ids: the order of the labels."""
    return sorted(Category(entry["id"], entry["name"]) for entry in data["categories"])


class _Check:
    """Raises for one file; `place` is where the entry stands."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def fail(self, place: str, expected: str, value: object) -> NoReturn:
        raise DataError(self.file, place, expected, shown(value), _FIX)

    def entries(self, data: Entry, key: str) -> list[Entry]:
        if key not in data:
            raise DataError(self.file, key, f"a list {key}", "nothing", _FIX)
        entries = data[key]
        if not isinstance(entries, list):
            self.fail(key, "a list", entries)
        for position, entry in enumerate(entries):
            if not isinstance(entry, dict):
                self.fail(f"{key}[{position}]", "an object", entry)
        return entries

    def field(
        self, entry: Entry, key: str, place: str, valid: Callable[[Any], bool], expected: str
    ) -> Any:
        if key not in entry:
            raise DataError(self.file, f"{place}.{key}", expected, "nothing", _FIX)
        value = entry[key]
        if not valid(value):
            self.fail(f"{place}.{key}", expected, value)
        return value

    def unique(self, value: object, seen: set[Any], place: str) -> None:
        if value in seen:
            self.fail(place, "a value that no earlier entry has", value)
        seen.add(value)


def _check_categories(check: _Check, categories: list[Entry]) -> None:
    if not categories:
        check.fail("categories", "at least one category", categories)
    ids: set[int] = set()
    names: set[str] = set()
    for place, entry in _places("categories", categories):
        number = check.field(entry, "id", place, _is_id, "an integer from 0 on")
        check.unique(number, ids, f"{place}.id")
        name = check.field(entry, "name", place, _is_name, "a name")
        check.unique(name, names, f"{place}.name")


def _check_images(check: _Check, images: list[Entry]) -> None:
    ids: set[int] = set()
    names: set[str] = set()
    for place, entry in _places("images", images):
        number = check.field(entry, "id", place, _is_id, "an integer from 0 on")
        check.unique(number, ids, f"{place}.id")
        name = check.field(entry, "file_name", place, _is_name, "a file name")
        check.unique(name, names, f"{place}.file_name")
        check.field(entry, "width", place, _is_side, "a width in pixels")
        check.field(entry, "height", place, _is_side, "a height in pixels")


def _check_annotations(
    check: _Check, annotations: list[Entry], image_ids: set[int], category_ids: set[int]
) -> None:
    ids: set[int] = set()
    for place, entry in _places("annotations", annotations):
        number = check.field(entry, "id", place, _is_id, "an integer from 0 on")
        check.unique(number, ids, f"{place}.id")
        image_id = check.field(entry, "image_id", place, _is_id, "the id of an image")
        if image_id not in image_ids:
            check.fail(f"{place}.image_id", "the id of an image in this file", image_id)
        category_id = check.field(entry, "category_id", place, _is_id, "the id of a category")
        if category_id not in category_ids:
            check.fail(f"{place}.category_id", "the id of a category in this file", category_id)
        expected = "4 finite numbers x, y, width >= 0, height >= 0"
        check.field(entry, "bbox", place, _is_box, expected)
        check.field(entry, "area", place, _is_size, "a finite number from 0 on")


def _parse(file: Path, how_to_get: str) -> Any:
    try:
        with file.open("rb") as stream:
            return json.load(stream, object_pairs_hook=_without_segmentation)
    except FileNotFoundError:
        raise DataError(file, "", "COCO's annotations", "nothing", how_to_get) from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise DataError(file, place, "valid JSON", error.msg, _FIX) from None
    except (OSError, ValueError, RecursionError) as error:
        got = f"{type(error).__name__}: {error}"
        raise DataError(file, "", "readable UTF-8 JSON", got, _FIX) from None


def _without_segmentation(pairs: list[tuple[str, Any]]) -> Entry:
    """Drops outlines while parsing: they are nine tenths of the file, and no one reads them."""
    entry = dict(pairs)
    entry.pop("segmentation", None)
    return entry


def _places(key: str, entries: list[Entry]) -> Iterator[tuple[str, Entry]]:
    return ((f"{key}[{position}]", entry) for position, entry in enumerate(entries))


def _is_id(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_side(value: object) -> bool:
    return type(value) is int and 0 < value <= _MAX_SIDE


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: object) -> TypeGuard[float]:
    # To Python true and false are numbers. Bounded, because an integer of 400 digits is no float.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def _is_size(value: object) -> bool:
    return _is_number(value) and value >= 0


def _is_box(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 4
        and all(map(_is_number, value))
        and min(value[2:]) >= 0
    )
