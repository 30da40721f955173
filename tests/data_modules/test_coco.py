import contextlib
import io
import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from data_modules import COCODataModule, DataError


def module(root: Path, **options: Any) -> COCODataModule:
    return COCODataModule(root, image_size=16, num_workers=0, **options)


def test_labels_are_categories_in_the_order_of_their_ids(coco_root: Path) -> None:
    assert module(coco_root).label_names == ["person", "bottle", "toothbrush"]


def test_images_are_ordered_by_id(coco_root: Path) -> None:
    assert module(coco_root).dataset("train2014").image_ids == ["9", "25", "30", "42"]


def test_boxes_give_labels_and_crowds_count(coco_root: Path) -> None:
    data = module(coco_root)
    assert data.dataset("train2014").targets.int().tolist() == [
        [0, 1, 0],
        [1, 1, 0],
        [0, 0, 0],
        [1, 0, 0],
    ]
    assert not data.dataset("train2014").ignored.any()
    assert data.label_counts.tolist() == [2, 2, 0]
    assert data.label_counts.dtype == torch.int64


def test_images_without_objects_stay_unless_told_otherwise(coco_root: Path) -> None:
    kept, dropped = module(coco_root), module(coco_root, drop_unlabelled=True)
    assert dropped.dataset("train2014").image_ids == ["9", "25", "42"]
    assert "(all images)" in kept.description
    assert "(images without objects left out)" in dropped.description
    assert kept.fingerprint != dropped.fingerprint


def test_the_description_counts_the_images(coco_root: Path) -> None:
    assert module(coco_root).description == (
        "COCO: train train2014 4, 1 of them held out for validation, test val2014 2 images "
        "(all images)"
    )
    named = module(coco_root, val_split="val2014")
    assert "train train2014 4, validation val2014 2, test val2014 2 images" in named.description


def test_annotations_follow_the_images(coco_root: Path) -> None:
    first, second, third, fourth = module(coco_root).annotations("train2014")
    assert first.label_ids.tolist() == [1]
    assert (first.width, first.height) == (48, 64)
    assert second.label_ids.tolist() == [0, 1]
    assert second.boxes.tolist() == [[1, 2, 10, 20], [5, 5, 4, 6]]
    assert second.areas.tolist() == [100, 12]
    assert third.label_ids.tolist() == []
    assert fourth.label_ids.tolist() == [0, 0]


def test_annotations_follow_the_images_that_are_left(coco_root: Path) -> None:
    (coco_root / "train2014" / "COCO_train2014_000000000009.jpg").unlink()
    data = module(coco_root, on_error="skip")
    assert data.dataset("train2014").image_ids == ["25", "30", "42"]
    assert [len(image.label_ids) for image in data.annotations("train2014")] == [2, 0, 2]


def test_the_2017_layout_is_read_by_its_split_names(tiny_coco: ModuleType, tmp_path: Path) -> None:
    root = tiny_coco.write_coco(tmp_path, {"train2017": tiny_coco.TRAIN, "val2017": tiny_coco.TEST})
    data = module(root, train_split="train2017", test_split="val2017")
    assert len(data.dataset("train2017")) == 4
    assert len(next(iter(data.test_dataloader()))["image_id"]) == 2


def test_photos_may_lie_in_one_folder(coco_root: Path) -> None:
    photos = coco_root / "images"
    shutil.copytree(coco_root / "train2014", photos)
    shutil.copytree(coco_root / "val2014", photos, dirs_exist_ok=True)
    shutil.rmtree(coco_root / "train2014")
    data = module(coco_root, image_folder="images")
    assert data.dataset("train2014")[0]["image"].shape == (3, 16, 16)


def test_nothing_is_printed(coco_root: Path) -> None:
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard):
        assert module(coco_root).label_names
    assert heard.getvalue() == ""


def test_a_missing_root_says_what_is_missing_and_what_runs_without(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        _ = module(tmp_path / "coco").label_names
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'coco'}: expected COCO's folder with annotations/")
    for part in ("no such folder", "https://cocodataset.org", "--config mini.yaml"):
        assert part in message


def test_everything_that_is_missing_is_named_at_once(coco_root: Path) -> None:
    shutil.rmtree(coco_root / "train2014")
    shutil.rmtree(coco_root / "val2014")
    with pytest.raises(DataError, match="got nothing at train2014, val2014; get train2014"):
        _ = module(coco_root).label_names


def test_an_unknown_split_is_refused(coco_root: Path) -> None:
    with pytest.raises(DataError, match=r"nothing at annotations/instances_test2015\.json"):
        module(coco_root).dataset("test2015")


def test_categories_must_be_the_same_in_all_splits(tiny_coco: ModuleType, coco_root: Path) -> None:
    content = tiny_coco.instances(tiny_coco.TEST, "val2014")
    content["categories"] = [{**entry} for entry in content["categories"]]
    content["categories"][1]["name"] = "people"
    tiny_coco.write_json(coco_root, "val2014", content)
    with pytest.raises(DataError, match=r"instances_val2014\.json:categories: expected the cat"):
        _ = module(coco_root).fingerprint


def test_a_file_name_that_climbs_out_is_refused(tiny_coco: ModuleType, coco_root: Path) -> None:
    content = tiny_coco.instances(tiny_coco.TRAIN, "train2014")
    content["images"][1]["file_name"] = "../../secret.jpg"
    tiny_coco.write_json(coco_root, "train2014", content)
    with pytest.raises(DataError, match=r"images\[1\]\.file_name: .* a path that climbs out"):
        module(coco_root).dataset("train2014")


def test_a_listed_photo_that_is_missing_is_refused_with_its_place(coco_root: Path) -> None:
    (coco_root / "train2014" / "COCO_train2014_000000000009.jpg").unlink()
    with pytest.raises(DataError) as caught:
        module(coco_root).dataset("train2014")
    message = str(caught.value)
    assert "instances_train2014.json:images[1].file_name: expected the image 9, " in message
    assert "COCO_train2014_000000000009.jpg" in message
    assert "on_error: skip" in message


def test_an_image_in_two_splits_is_refused(tiny_coco: ModuleType, tmp_path: Path) -> None:
    root = tiny_coco.write_coco(
        tmp_path, {"train2014": tiny_coco.TRAIN, "val2014": [*tiny_coco.TEST, tiny_coco.TRAIN[2]]}
    )
    with pytest.raises(DataError, match=r"images\[2\].*not in train2014 as well, got image '30'"):
        _ = module(root).fingerprint


def test_names_with_spaces_and_unicode_are_read(tiny_coco: ModuleType, coco_root: Path) -> None:
    content = tiny_coco.instances(tiny_coco.TRAIN, "train2014")
    name = "été à la 犬 (1).jpg"
    folder = coco_root / "train2014"
    (folder / content["images"][0]["file_name"]).rename(folder / name)
    content["images"][0]["file_name"] = name
    tiny_coco.write_json(coco_root, "train2014", content)
    assert module(coco_root).dataset("train2014")[1]["image"].shape == (3, 16, 16)


def test_real_annotations_are_read(real_data: Path) -> None:
    root = real_data / "coco2014"
    data = COCODataModule(root, image_folder="images", test_split="train2014", num_workers=0)
    assert len(data.label_names) == 80
    assert (data.label_names[0], data.label_names[-1]) == ("person", "toothbrush")
    assert len(data.dataset("train2014")) == 83
    boxes = data.annotations("train2014")
    assert sum(len(image.label_ids) for image in boxes) == 565
    raw = json.loads((root / "annotations" / "instances_train2014.json").read_bytes())
    names = {entry["id"]: entry["name"] for entry in raw["categories"]}
    expected = {
        (str(entry["image_id"]), names[entry["category_id"]]) for entry in raw["annotations"]
    }
    dataset = data.dataset("train2014")
    rows, columns = dataset.targets.nonzero(as_tuple=True)
    assert {
        (dataset.image_ids[row], data.label_names[column])
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    } == expected


def test_real_photos_have_the_size_that_their_annotations_say(real_data: Path) -> None:
    root = real_data / "coco2014"
    data = COCODataModule(root, image_folder="images", test_split="train2014", num_workers=0)
    whole = data.dataset("train2014").select(torch.arange(83), torch.nn.Identity())
    sizes = [(image.height, image.width) for image in data.annotations("train2014")]
    assert [tuple(whole[row]["image"].shape[1:]) for row in range(83)] == sizes
