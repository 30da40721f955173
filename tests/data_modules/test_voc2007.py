import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from data_modules import DataError, VOC2007DataModule


def module(root: Path, **options: Any) -> VOC2007DataModule:
    return VOC2007DataModule(root, image_size=16, num_workers=0, **options)


def labels(data: VOC2007DataModule, split: str) -> list[tuple[set[str], set[str]]]:
    """The names that are true and those that are ignored, for each image."""
    dataset = data.dataset(split)
    return [
        (
            {name for name, flag in zip(data.label_names, true, strict=True) if flag},
            {name for name, flag in zip(data.label_names, ignored, strict=True) if flag},
        )
        for true, ignored in zip(dataset.targets.tolist(), dataset.ignored.tolist(), strict=True)
    ]


EXPECTED = [({"car"}, set()), ({"person"}, {"chair"}), (set(), set())]


def test_there_are_twenty_labels(voc_folder: Path) -> None:
    names = module(voc_folder).label_names
    assert len(names) == 20
    assert names == sorted(names)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("class_files", [True, False], ids=["class-files", "XML"])
def test_labels_are_the_same_from_class_files_and_xml(
    tiny_voc: ModuleType, tmp_path: Path, class_files: bool, line_end: str
) -> None:
    tiny_voc.write_voc(tmp_path, class_files=class_files, line_end=line_end)
    data = module(tmp_path)
    assert data.dataset("trainval").image_ids == ["000012", "000005", "000023"]
    assert labels(data, "trainval") == EXPECTED
    assert labels(data, "test") == [({"dog"}, {"person"}), ({"train"}, set())]


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_root_may_be_named_at_each_level(voc_folder: Path, level: int) -> None:
    root = [voc_folder, *voc_folder.parents][level]
    assert len(module(root).dataset("test")) == 2


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("ignored", ({"person"}, {"chair"})),
        ("negative", ({"person"}, set())),
        ("positive", ({"person", "chair"}, set())),
    ],
)
def test_difficult_labels_in_training_are_an_option(
    voc_folder: Path, option: str, expected: tuple[set[str], set[str]]
) -> None:
    data = module(voc_folder, difficult_in_training=option)
    assert labels(data, "trainval")[1] == expected
    assert labels(data, "test")[0] == ({"dog"}, {"person"})
    assert f"only difficult objects {option}" in data.description


def test_a_split_that_is_tested_keeps_the_rule_of_the_challenge(voc_folder: Path) -> None:
    data = module(voc_folder, test_split="trainval", difficult_in_training="negative")
    assert labels(data, "trainval") == EXPECTED


def test_any_list_of_images_is_a_split(tiny_voc: ModuleType, voc_folder: Path) -> None:
    tiny_voc.write_lines(voc_folder, "few", ["000023", "000012"])
    data = module(voc_folder, train_split="few")
    assert data.dataset("few").image_ids == ["000023", "000012"]
    assert labels(data, "few") == [EXPECTED[2], EXPECTED[0]]


def test_an_empty_split_is_refused(tiny_voc: ModuleType, voc_folder: Path) -> None:
    tiny_voc.write_lines(voc_folder, "few", [])
    with pytest.raises(DataError, match="split few: expected images, got none"):
        module(voc_folder, train_split="few").setup("fit")


def test_annotations_follow_the_images(voc_folder: Path) -> None:
    first, second, third = module(voc_folder).annotations("trainval")
    assert first.boxes.tolist() == [[0, 0, 10, 20], [4, 4, 2, 2]]
    assert [len(image.label_ids) for image in (second, third)] == [2, 0]
    assert (first.width, first.height) == (40, 30)


def test_batches_mark_what_is_ignored(voc_folder: Path) -> None:
    batch = next(iter(module(voc_folder).test_dataloader()))
    assert batch["ignored"].sum() == 1
    assert not (batch["ignored"] & batch["target"]).any()


def test_a_missing_root_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such folder; get VOCtrainval_06-Nov-2007\.tar and"):
        module(tmp_path / "gone").setup("fit")


def test_a_missing_split_names_those_that_are_there(voc_folder: Path) -> None:
    with pytest.raises(DataError, match=r"val\.txt: .*a split that is there \(test, trainval\)"):
        module(voc_folder, val_split="val").setup("fit")


def test_a_missing_class_file_among_others_is_refused(voc_folder: Path) -> None:
    (voc_folder / "ImageSets" / "Main" / "cow_trainval.txt").unlink()
    with pytest.raises(DataError, match=r"cow_trainval\.txt: expected one line per image, got no"):
        module(voc_folder).setup("fit")


def test_a_listed_photo_that_is_missing_is_refused_with_its_line(voc_folder: Path) -> None:
    (voc_folder / "JPEGImages" / "000005.jpg").unlink()
    with pytest.raises(DataError) as caught:
        module(voc_folder).setup("fit")
    message = str(caught.value)
    assert "trainval.txt:2: expected the image 000005, which is listed here" in message
    assert "on_error: skip" in message


def test_a_listed_photo_that_is_missing_can_be_skipped(voc_folder: Path) -> None:
    (voc_folder / "JPEGImages" / "000005.jpg").unlink()
    data = module(voc_folder, on_error="skip")
    assert data.dataset("trainval").image_ids == ["000012", "000023"]
    assert len(data.annotations("trainval")) == 2
    assert len(data.skipped["trainval"]) == 1


def test_an_id_that_climbs_out_is_refused(tiny_voc: ModuleType, voc_folder: Path) -> None:
    tiny_voc.write_lines(voc_folder, "few", ["../../secret"])
    with pytest.raises(DataError, match=r"few\.txt:1: .* a path that climbs out"):
        module(voc_folder, train_split="few").setup("fit")


def test_a_missing_annotation_is_refused(tiny_voc: ModuleType, tmp_path: Path) -> None:
    folder = tiny_voc.write_voc(tmp_path, class_files=False)
    shutil.rmtree(folder / "Annotations")
    with pytest.raises(DataError, match=r"000012\.xml: expected an annotation, got nothing"):
        module(tmp_path).setup("fit")


def test_an_image_in_two_splits_is_refused(tiny_voc: ModuleType, tmp_path: Path) -> None:
    tiny_voc.write_voc(tmp_path, {"trainval": tiny_voc.TRAIN, "test": tiny_voc.TRAIN})
    with pytest.raises(DataError, match=r"test\.txt:1: .*not in trainval as well, got .*000012"):
        _ = module(tmp_path).fingerprint


def test_real_photos_are_read(real_data: Path) -> None:
    data = VOC2007DataModule(
        real_data / "voc2007", train_split="devtrain", test_split="devtest", num_workers=0
    )
    train, test = data.dataset("devtrain"), data.dataset("devtest")
    assert (len(train), len(test)) == (1750, 750)
    # 1.45 labels an image, and person is the most frequent one.
    assert 1.3 < (train.targets.sum() / len(train)).item() < 1.6
    assert data.label_names[int(data.label_counts.argmax())] == "person"
    assert test.ignored.any()
    assert test[0]["image"].shape == (3, 224, 224)


def test_the_real_class_files_agree_with_the_real_xml(real_data: Path, tmp_path: Path) -> None:
    root = real_data / "voc2007"
    listed = VOC2007DataModule(root, train_split="devtrain", test_split="devtest")
    source = listed.folder
    folder = tmp_path / "VOC2007"
    (folder / "ImageSets" / "Main").mkdir(parents=True)
    for name in ("JPEGImages", "Annotations"):
        (folder / name).symlink_to(source / name)
    shutil.copy(source / "ImageSets" / "Main" / "devtest.txt", folder / "ImageSets" / "Main")
    from_xml = VOC2007DataModule(tmp_path).dataset("devtest")
    assert torch.equal(from_xml.targets, listed.dataset("devtest").targets)
    assert torch.equal(from_xml.ignored, listed.dataset("devtest").ignored)


def test_the_photo_missing_from_the_real_list_is_named(real_data: Path) -> None:
    data = VOC2007DataModule(real_data / "voc2007", train_split="train")
    with pytest.raises(DataError, match=r"train\.txt:2416: expected the image 009623"):
        data.dataset("train")
