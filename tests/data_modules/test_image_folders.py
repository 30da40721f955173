from pathlib import Path
from types import ModuleType

import pytest

from data_modules.errors import DataError
from data_modules.image_folders import class_folder_images, find_images


def test_images_are_found_at_any_depth_and_sorted(tiny_folder: ModuleType, tmp_path: Path) -> None:
    tiny_folder.write_images(
        tmp_path, ["b/z.PNG", "a.jpg", "b/c/y.jpeg", ".hidden/x.jpg", ".x.jpg"]
    )
    (tmp_path / "notes.txt").write_text("no image")
    assert find_images(tmp_path) == ["a.jpg", "b/c/y.jpeg", "b/z.PNG"]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a folder of images, got no such folder"):
        find_images(tmp_path / "gone")
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(DataError, match="expected a folder of images, got a file"):
        find_images(tmp_path / "photo.jpg")


def test_repeats_in_several_folders_are_one_image(tiny_folder: ModuleType, tmp_path: Path) -> None:
    tiny_folder.write_class_folders(tmp_path, {"1.jpg": ["dog", "cat"], "x/2.jpg": ["dog"]})
    found = class_folder_images(tmp_path)
    assert [(image.image, image.labels, image.split) for image in found] == [
        ("cat/1.jpg", ("cat", "dog"), None),
        ("dog/x/2.jpg", ("dog",), None),
    ]


def test_splits_may_be_folders(tiny_folder: ModuleType, tmp_path: Path) -> None:
    tiny_folder.write_class_folders(tmp_path / "train", {"1.jpg": ["dog"]})
    found = class_folder_images(tmp_path, "train")
    assert [(image.image, image.split) for image in found] == [("train/dog/1.jpg", "train")]


def test_different_images_of_one_name_are_refused(tiny_folder: ModuleType, tmp_path: Path) -> None:
    tiny_folder.write_image(tmp_path / "cat" / "1.jpg", 0)
    tiny_folder.write_image(tmp_path / "dog" / "1.jpg", 200)
    with pytest.raises(DataError, match=r"dog/1\.jpg: expected the same image as .*cat/1\.jpg"):
        class_folder_images(tmp_path)


def test_an_image_outside_of_label_folders_is_refused(
    tiny_folder: ModuleType, tmp_path: Path
) -> None:
    tiny_folder.write_images(tmp_path, ["cat/1.jpg", "2.jpg"])
    with pytest.raises(DataError, match=r"2\.jpg: expected images in folders named by labels"):
        class_folder_images(tmp_path)
