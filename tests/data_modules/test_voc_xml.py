import contextlib
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_modules.errors import DataError
from data_modules.voc_xml import VocImage, class_values, image_boxes, read_xml

LABELS = {"car": 0, "chair": 1, "person": 2}
OBJECTS = [("car", (1, 1, 10, 20), 0), ("car", (5, 5, 6, 6), 1), ("chair", (2, 3, 4, 7), 1)]


@pytest.fixture
def good(tiny_voc: ModuleType) -> str:
    text: str = tiny_voc.xml("000012", OBJECTS)
    return text


def read(folder: Path, text: str | bytes) -> VocImage:
    file = folder / "000012.xml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_xml(file, LABELS, "get it")


def test_objects_are_read_in_order(tmp_path: Path, good: str) -> None:
    image = read(tmp_path, good)
    assert (image.width, image.height) == (40, 30)
    assert [(found.label_id, found.corners, found.difficult) for found in image.objects] == [
        (0, (1, 1, 10, 20), False),
        (0, (5, 5, 6, 6), True),
        (1, (2, 3, 4, 7), True),
    ]


def test_one_easy_object_makes_a_label_and_difficult_ones_alone_do_not(
    tmp_path: Path, good: str
) -> None:
    assert class_values(read(tmp_path, good), 3).tolist() == [1, 0, -1]


def test_boxes_become_zero_based_with_inclusive_corners(tmp_path: Path, good: str) -> None:
    boxes = image_boxes(read(tmp_path, good))
    assert boxes.label_ids.tolist() == [0, 0, 1]
    assert boxes.boxes.tolist() == [[0, 0, 10, 20], [4, 4, 2, 2], [1, 2, 3, 5]]
    assert boxes.areas.tolist() == [200, 4, 15]
    assert (boxes.width, boxes.height) == (40, 30)


def test_an_image_may_have_no_objects(tmp_path: Path, tiny_voc: ModuleType) -> None:
    image = read(tmp_path, tiny_voc.xml("000023", []))
    assert class_values(image, 3).tolist() == [-1, -1, -1]
    assert image_boxes(image).boxes.shape == (0, 4)


def test_a_missing_file_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.xml: expected an annotation, .*; get it"):
        read_xml(tmp_path / "gone.xml", LABELS, "get it")


@pytest.mark.parametrize(
    ("old", "new", "place", "got"),
    [
        ("<name>chair<", "<name>sofa<", "object[2].name", "'sofa'"),
        ("<name>chair</name>", "", "object[2].name", "nothing"),
        ("<difficult>0<", "<difficult>2<", "object[0].difficult", "'2'"),
        ("<difficult>0</difficult>", "", "object[0].difficult", "nothing"),
        ("<xmin>1<", "<xmin>one<", "object[0].bndbox.xmin", "'one'"),
        ("<xmin>1<", "<xmin>nan<", "object[0].bndbox.xmin", "'nan'"),
        ("<xmin>1<", "<xmin>11<", "object[0].bndbox", "11, 1, 10, 20"),
        ("<ymin>1<", "<ymin>0<", "object[0].bndbox", "1, 0, 10, 20"),
        ("<xmax>10</xmax>", "", "object[0].bndbox.xmax", "nothing"),
        ("<width>40<", "<width>0<", "size.width", "0"),
        ("<height>30<", "<height>1e99<", "size.height", "'1e99'"),
        ("<size>", "<Size>", "line 4 column 61", "mismatched tag"),
        ("annotation>", "notes>", "", "<notes>"),
    ],
)
def test_a_bad_element_is_named(
    tmp_path: Path, good: str, old: str, new: str, place: str, got: str
) -> None:
    assert old in good
    count = -1 if old == "annotation>" else 1
    with pytest.raises(DataError) as caught:
        read(tmp_path, good.replace(old, new, count))
    assert (caught.value.place, caught.value.got) == (place, got)


BOMB = (
    '<!DOCTYPE a [<!ENTITY x "ha">'
    + "".join(f'<!ENTITY x{n} "&x{n - 1 or ""};&x{n - 1 or ""};">' for n in range(1, 30))
    + "]><annotation>&x29;</annotation>"
)
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation>&x;</annotation>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, BOMB.encode("utf-16")])
def test_entities_are_refused(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(DataError, match="plain XML without a document type, got a document type"):
        read(tmp_path, text)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_are_read_or_refused(tmp_path: Path, good: str, data: st.DataObject) -> None:
    content = bytearray(good.encode())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    start = data.draw(st.integers(0, len(content)))
    del content[start : start + data.draw(st.sampled_from([0, 1, 20]))]
    with contextlib.suppress(DataError):
        read(tmp_path, bytes(content))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=5), number=st.text("0123456789.-einfa", max_size=6))
def test_any_text_in_an_element_is_read_or_refused(
    tmp_path: Path, good: str, name: str, number: str
) -> None:
    text = good.replace("<name>chair<", f"<name>{name}<").replace("<xmin>2<", f"<xmin>{number}<")
    with contextlib.suppress(DataError, UnicodeEncodeError):
        read(tmp_path, text)
