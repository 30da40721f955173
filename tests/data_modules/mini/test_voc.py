"""mini-VOC2007 on disk: the devkit's layout, read by the reader of the real one."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import torch
from PIL import Image

from data_modules.mini.voc import VocObject, class_value, ensure_mini_voc2007
from data_modules.voc2007 import VOC_CLASSES, VOC2007DataModule


def small(root: Path, **options: Any) -> Path:
    settings: dict[str, Any] = {"num_trainval": 13, "num_test": 6, "num_processes": 1}
    return ensure_mini_voc2007(root, progress=False, **(settings | options))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("mini"))


@pytest.fixture
def devkit(folder: Path) -> Path:
    return folder / "VOCdevkit" / "VOC2007"


def listed(devkit: Path, name: str) -> list[str]:
    return (devkit / "ImageSets" / "Main" / f"{name}.txt").read_text().splitlines()


def test_splits_are_the_devkits(devkit: Path) -> None:
    train, val, trainval, test = (listed(devkit, s) for s in ("train", "val", "trainval", "test"))
    assert (len(train), len(val), len(test)) == (6, 7, 6)
    assert sorted(train + val) == trainval
    assert not set(trainval) & set(test)
    assert all(ids == sorted(ids) for ids in (train, val, trainval, test))
    for place, suffix in (("JPEGImages", "jpg"), ("Annotations", "xml")):
        there = sorted(path.name for path in (devkit / place).iterdir())
        assert there == sorted(f"{name}.{suffix}" for name in trainval + test)


def test_class_files_and_xml_say_the_same(folder: Path, devkit: Path) -> None:
    by_files = VOC2007DataModule(folder).read_split("trainval")
    sets = devkit / "ImageSets" / "Main"
    hidden = [sets / f"{name}_trainval.txt" for name in VOC_CLASSES]
    texts = [file.read_text() for file in hidden]
    for file in hidden:
        file.unlink()
    by_xml = VOC2007DataModule(folder).read_split("trainval")
    for file, text in zip(hidden, texts, strict=True):
        file.write_text(text)
    assert torch.equal(by_files.targets, by_xml.targets)
    assert torch.equal(by_files.ignored, by_xml.ignored)
    assert (by_files.targets | by_files.ignored).any(dim=1).all()


def test_boxes_are_whole_pixels_inside_the_picture(devkit: Path) -> None:
    for file in (devkit / "Annotations").iterdir():
        with Image.open(devkit / "JPEGImages" / f"{file.stem}.jpg") as picture:
            assert picture.size == (96, 96)
        objects = ET.parse(file).getroot().findall("object")
        assert objects
        for found in objects:
            edges = [int(found.findtext(f"bndbox/{e}") or 0) for e in ("xmin", "ymin")]
            ends = [int(found.findtext(f"bndbox/{e}") or 0) for e in ("xmax", "ymax")]
            assert all(1 <= low <= high <= 96 for low, high in zip(edges, ends, strict=True))
            at_the_border = 1 in edges or 96 in ends
            assert found.findtext("truncated") == str(int(at_the_border))


@pytest.mark.parametrize(("flags", "value"), [([], -1), ([True], 0), ([True, False], 1)])
def test_a_class_of_only_difficult_objects_is_neither_there_nor_not(
    flags: list[bool], value: int
) -> None:
    other = VocObject("car", (1, 1, 2, 2), False, False)
    objects = [VocObject("cat", (1, 1, 2, 2), False, difficult) for difficult in flags]
    assert class_value([other, *objects], "cat") == value


def test_it_is_written_once_and_does_not_depend_on_the_processes(
    folder: Path, tmp_path: Path
) -> None:
    manifest = folder / "mini.json"
    before = manifest.stat().st_mtime_ns
    assert small(folder) == small(folder.parent) == folder
    assert manifest.stat().st_mtime_ns == before
    again = small(tmp_path, num_processes=2)
    assert again.name == folder.name
    assert (again / "mini.json").read_bytes() == manifest.read_bytes()
    assert small(tmp_path, seed=1).name != again.name


def test_a_lost_annotation_is_written_again(tmp_path: Path) -> None:
    folder = small(tmp_path, image_size=32)
    lost = next((folder / "VOCdevkit" / "VOC2007" / "Annotations").iterdir())
    text = lost.read_text()
    lost.unlink()
    assert small(tmp_path, image_size=32) == folder
    assert lost.read_text() == text


@pytest.mark.parametrize("option", [{"num_trainval": 1}, {"num_test": 0}, {"image_size": 8}])
def test_numbers_out_of_range_are_refused(tmp_path: Path, option: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="num_trainval"):
        small(tmp_path, **option)
    assert not list(tmp_path.iterdir())
