import contextlib
import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_modules.coco_json import Category, read_instances, sorted_categories
from data_modules.errors import DataError

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def content(tiny_coco: ModuleType) -> dict[str, Any]:
    return copy.deepcopy(tiny_coco.instances(tiny_coco.TRAIN, "train2014"))


def read(folder: Path, content: object) -> dict[str, Any]:
    file = folder / "instances_x.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_instances(file, "get it")


def test_good_data_is_read_without_outlines(tmp_path: Path, content: dict[str, Any]) -> None:
    data = read(tmp_path, content)
    assert data["images"] == content["images"]
    assert [entry["bbox"] for entry in data["annotations"]] == [
        entry["bbox"] for entry in content["annotations"]
    ]
    assert not any("segmentation" in entry for entry in data["annotations"])


def test_labels_are_ordered_by_category_id(tmp_path: Path, content: dict[str, Any]) -> None:
    assert sorted_categories(read(tmp_path, content)) == [
        Category(1, "person"),
        Category(44, "bottle"),
        Category(90, "toothbrush"),
    ]


def test_a_missing_file_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.json: expected COCO's annotations, .*; get it"):
        read_instances(tmp_path / "gone.json", "get it")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1 column 1: expected valid JSON"),
        ('{"images": [\n1,\n,]}', "line 3 column 1: expected valid JSON"),
        ("[]", "expected a JSON object, got list"),
        ("[" * 100_000, "expected readable UTF-8 JSON, got RecursionError"),
        ('{"images": ' + "9" * 5000 + "}", "expected readable UTF-8 JSON, got ValueError"),
    ],
    ids=["empty", "comma", "list", "deep", "digits"],
)
def test_malformed_json_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, text)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "instances.json"
    file.write_bytes(b'{"images": "\xff\xfe"}')
    with pytest.raises(DataError, match="readable UTF-8 JSON, got UnicodeDecodeError"):
        read_instances(file, "get it")


def _set(*keys: Any) -> Change:
    *path, last, value = keys

    def change(data: dict[str, Any]) -> None:
        target: Any = data
        for key in path:
            target = target[key]
        target[last] = value

    return change


def _repeat(key: str) -> Change:
    return lambda data: data[key].append({**data[key][0], "name": "other", "file_name": "other"})


@pytest.mark.parametrize(
    ("change", "place", "got"),
    [
        (lambda data: data.pop("images"), "images", "nothing"),
        (lambda data: data.pop("annotations"), "annotations", "nothing"),
        (lambda data: data.pop("categories"), "categories", "nothing"),
        (_set("images", {}), "images", "{}"),
        (_set("categories", []), "categories", "[]"),
        (_set("images", 1, 7), "images[1]", "7"),
        (lambda data: data["images"][2].pop("file_name"), "images[2].file_name", "nothing"),
        (_set("images", 2, "file_name", ""), "images[2].file_name", "''"),
        (_set("images", 0, "id", "25"), "images[0].id", "'25'"),
        (_set("images", 0, "id", True), "images[0].id", "True"),
        (_set("images", 0, "width", 0), "images[0].width", "0"),
        (_set("images", 0, "height", 2**40), "images[0].height", str(2**40)),
        (_repeat("images"), "images[4].id", "25"),
        (
            _set("images", 1, "file_name", "COCO_train2014_000000000025.jpg"),
            "images[1].file_name",
            "'COCO_train2014_000000000025.jpg'",
        ),
        (_repeat("annotations"), "annotations[5].id", "25000"),
        (_set("annotations", 0, "image_id", 26), "annotations[0].image_id", "26"),
        (_set("annotations", 0, "category_id", 2), "annotations[0].category_id", "2"),
        (lambda data: data["annotations"][0].pop("bbox"), "annotations[0].bbox", "nothing"),
        (_set("annotations", 0, "bbox", [1, 2, 3]), "annotations[0].bbox", "[1, 2, 3]"),
        (_set("annotations", 0, "bbox", [1, 2, -3, 4]), "annotations[0].bbox", "[1, 2, -3, 4]"),
        (
            _set("annotations", 0, "bbox", [0, 0, 1, float("nan")]),
            "annotations[0].bbox",
            "[0, 0, 1, nan]",
        ),
        (_set("annotations", 0, "area", -1), "annotations[0].area", "-1"),
        (_set("annotations", 0, "area", None), "annotations[0].area", "None"),
        (_set("annotations", 0, "area", 10**400), "annotations[0].area", "1" + "0" * 76 + "..."),
        (_repeat("categories"), "categories[3].id", "90"),
        (_set("categories", 0, "name", "person"), "categories[1].name", "'person'"),
        (_set("categories", 0, "id", -1), "categories[0].id", "-1"),
    ],
)
def test_a_bad_entry_is_named(
    tmp_path: Path, content: dict[str, Any], change: Change, place: str, got: str
) -> None:
    change(content)
    with pytest.raises(DataError) as caught:
        read(tmp_path, content)
    assert (caught.value.place, caught.value.got) == (place, got)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), value=VALUES)
def test_any_value_in_any_field_is_read_or_refused(
    tmp_path: Path, tiny_coco: ModuleType, data: st.DataObject, value: object
) -> None:
    changed = copy.deepcopy(tiny_coco.instances(tiny_coco.TRAIN, "train2014"))
    target: Any = changed
    keys = data.draw(st.lists(st.integers(0, 100), min_size=1, max_size=4))
    for key in keys[:-1]:
        inner = list(target.values()) if isinstance(target, dict) else target
        if not isinstance(inner, list) or not inner:
            break
        following = inner[key % len(inner)]
        if not isinstance(following, dict | list) or not following:
            break
        target = following
    position = keys[-1] % len(target)
    target[list(target)[position] if isinstance(target, dict) else position] = value
    with contextlib.suppress(DataError):
        read(tmp_path, changed)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "instances.json"
    file.write_bytes(text)
    with pytest.raises(DataError):
        read_instances(file, "get it")
