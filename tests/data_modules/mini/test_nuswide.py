"""mini-NUS-WIDE on disk: the official files, with their backslashes, blanks and tabs."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from data_modules.mini.concepts import CONCEPTS
from data_modules.mini.nuswide import ensure_mini_nuswide
from data_modules.mini.tags import TAGS


def small(root: Path, **options: Any) -> Path:
    settings: dict[str, Any] = {"num_train": 12, "num_test": 6, "num_processes": 1}
    return ensure_mini_nuswide(root, progress=False, **(settings | options))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("mini"))


def lines(file: Path) -> list[str]:
    return file.read_text().removesuffix("\n").split("\n")


def test_lists_name_each_photo_with_a_backslash_and_a_blank(folder: Path) -> None:
    every, train, test = (
        lines(folder / "ImageList" / f"{part}Imagelist.txt") for part in ("", "Train", "Test")
    )
    assert (len(every), len(train), len(test)) == (18, 12, 6)
    assert sorted(train + test) == sorted(every)
    for line in every:
        place, _, name = line.partition("\\")
        assert name.endswith(".jpg ")
        with Image.open(folder / "Flickr" / place / name.strip()) as picture:
            assert picture.size == (96, 96)
    assert len(list((folder / "Flickr").rglob("*.jpg"))) == 18


def test_parts_agree_with_the_whole(folder: Path) -> None:
    names = lines(folder / "ImageList" / "Imagelist.txt")
    assert lines(folder / "ConceptsList" / "Concepts81.txt") == list(CONCEPTS)
    for part in ("Train", "Test"):
        listed = lines(folder / "ImageList" / f"{part}Imagelist.txt")
        for concept in CONCEPTS:
            of_all = dict(
                zip(
                    names,
                    lines(folder / "Groundtruth" / "AllLabels" / f"Labels_{concept}.txt"),
                    strict=True,
                )
            )
            file = folder / "Groundtruth" / "TrainTestLabels" / f"Labels_{concept}_{part}.txt"
            assert lines(file) == [of_all[name] for name in listed]
        tags = dict(zip(names, lines(folder / "NUS_WID_Tags" / "AllTags1k.txt"), strict=True))
        file = folder / "NUS_WID_Tags" / f"{part}_Tags1k.dat"
        assert lines(file) == [tags[name] for name in listed]


def test_tags_are_separated_and_followed_by_tabs(folder: Path) -> None:
    assert lines(folder / "NUS_WID_Tags" / "TagList1k.txt") == list(TAGS)
    for line in lines(folder / "NUS_WID_Tags" / "Test_Tags1k.dat"):
        assert line.endswith("\t")
        values = line.split("\t")
        assert len(values) == len(TAGS) + 1
        assert set(values[:-1]) <= {"0", "1"}


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


@pytest.mark.parametrize("option", [{"num_train": 0}, {"num_test": 0}, {"image_size": 8}])
def test_numbers_out_of_range_are_refused(tmp_path: Path, option: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="num_train"):
        small(tmp_path, **option)
    assert not list(tmp_path.iterdir())
