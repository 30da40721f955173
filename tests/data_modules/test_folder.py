import logging
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from data_modules import DataError, FolderDataModule

SPLITS = {
    "a.jpg": "train",
    "holiday/b c.png": "train",
    "é.jpg": "test",
    "d.jpg": "train",
    "e.jpg": "extra",
}


def module(root: Path, **options: Any) -> FolderDataModule:
    return FolderDataModule(root, image_size=16, num_workers=0, **options)


@pytest.fixture
def photos(tiny_folder: ModuleType, tmp_path: Path) -> Path:
    """Five images, without labels yet."""
    root: Path = tiny_folder.write_images(tmp_path / "photos")
    return root


def labels(data: FolderDataModule, split: str) -> dict[str, set[str]]:
    dataset = data.dataset(split)
    return {
        image_id: {name for name, flag in zip(data.label_names, row, strict=True) if flag}
        for image_id, row in zip(dataset.image_ids, dataset.targets.tolist(), strict=True)
    }


def test_splits_by_column(
    tiny_folder: ModuleType, photos: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tiny_folder.write_csv(photos / "labels.csv", splits=SPLITS)
    data = module(photos, labels="labels.csv")
    with caplog.at_level(logging.WARNING):
        assert data.label_names == ["bird", "cat", "dog"]
    assert "splits that nothing uses: extra (1 images)" in caplog.text
    assert labels(data, "train") == {
        "a.jpg": {"cat", "dog"},
        "holiday/b c.png": set(),
        "d.jpg": {"cat"},
    }
    assert labels(data, "test") == {"é.jpg": {"bird"}}
    assert data.label_counts.tolist() == [0, 2, 1]
    assert data.description == (
        "own images: train train 3, 1 of them held out for validation, test test 1 images "
        "(splits by column)"
    )
    batch = next(iter(data.train_dataloader()))
    assert batch["image"].shape == (2, 3, 16, 16)


def test_splits_by_file(tiny_folder: ModuleType, photos: Path) -> None:
    for split in ("train", "val", "test"):
        name = {"train": "a.jpg", "val": "d.jpg", "test": "é.jpg"}[split]
        tiny_folder.write_csv(photos / f"{split}.csv", {name: tiny_folder.LABELS[name]})
    data = module(photos, labels="{split}.csv", val_split="val")
    assert data.label_names == ["bird", "cat", "dog"]
    assert labels(data, "val") == {"d.jpg": {"cat"}}
    assert len(data.fingerprint) == 64
    assert "(splits by files)" in data.description


def test_stratified_splits_share_the_images_out(tiny_folder: ModuleType, photos: Path) -> None:
    tiny_folder.write_json_lines(photos / "labels.jsonl")
    data = module(photos, labels="labels.jsonl", test_fraction=0.4)
    found = {**labels(data, "train"), **labels(data, "test")}
    assert found == {name: set(names) for name, names in tiny_folder.LABELS.items()}
    assert len(data.dataset("test")) == 2
    # The seed of a run moves the held-out part, never the test part.
    assert labels(
        module(photos, labels="labels.jsonl", test_fraction=0.4, seed=5), "test"
    ) == labels(data, "test")
    assert "stratified split, seed 0" in data.description


def test_label_columns_keep_their_order(tiny_folder: ModuleType, photos: Path) -> None:
    tiny_folder.write_columns(photos / "labels.csv")
    data = module(photos, labels="labels.csv", test_fraction=0.4)
    assert data.label_names == ["dog", "cat", "bird"]
    found = {**labels(data, "train"), **labels(data, "test")}
    assert found["e.jpg"] == {"dog", "bird"}


def test_folders_may_be_labels(tiny_folder: ModuleType, tmp_path: Path) -> None:
    named = {f"{n}.jpg": ["cat", "dog"] if n % 3 == 0 else ["dog"] for n in range(9)}
    data = module(tiny_folder.write_class_folders(tmp_path, named))
    found = {**labels(data, "train"), **labels(data, "test")}
    assert len(found) == 9
    assert found["cat/0.jpg"] == {"cat", "dog"}
    assert found["dog/1.jpg"] == {"dog"}


def test_folders_may_be_splits_and_labels(tiny_folder: ModuleType, tmp_path: Path) -> None:
    for split in ("train", "test"):
        tiny_folder.write_class_folders(tmp_path / split, {"1.jpg": ["cat"], "2.jpg": ["dog"]})
    data = module(tmp_path)
    assert labels(data, "train") == {"train/cat/1.jpg": {"cat"}, "train/dog/2.jpg": {"dog"}}
    assert labels(data, "test") == {"test/cat/1.jpg": {"cat"}, "test/dog/2.jpg": {"dog"}}
    assert len(data.fingerprint) == 64


def test_unlabelled_photos_can_be_predicted(
    tiny_folder: ModuleType, photos: Path, tmp_path: Path
) -> None:
    tiny_folder.write_csv(photos / "labels.csv", splits=SPLITS)
    tiny_folder.write_images(tmp_path / "new", ["a.jpg", "deep/2.png"])
    data = module(photos, labels="labels.csv", predict_folder=str(tmp_path / "new"))
    data.setup("predict")
    (batch,) = data.predict_dataloader()
    assert batch["image_id"] == [f"{tmp_path}/new/a.jpg", f"{tmp_path}/new/deep/2.png"]
    assert batch["target"].shape == (2, 3)
    assert not batch["target"].any()
    # Labels are those of training, the label that only the test split has included.
    assert data.label_names == module(photos, labels="labels.csv").label_names
    assert len(data.fingerprint) == 64


def test_photos_to_predict_do_not_take_the_place_of_the_test_split(
    tiny_folder: ModuleType, photos: Path, tmp_path: Path
) -> None:
    tiny_folder.write_csv(photos / "labels.csv", splits=SPLITS)
    tiny_folder.write_images(tmp_path / "new", ["a.jpg"])
    plain = module(photos, labels="labels.csv")
    data = module(photos, labels="labels.csv", predict_folder=str(tmp_path / "new"))
    data.setup("test")
    assert [batch["image_id"] for batch in data.test_dataloader()] == [
        batch["image_id"] for batch in plain.test_dataloader()
    ]
    assert data.fingerprint == plain.fingerprint


def test_labels_may_be_given_in_order(tiny_folder: ModuleType, photos: Path) -> None:
    tiny_folder.write_csv(photos / "labels.csv", splits=SPLITS)
    names = ["dog", "horse", "cat", "bird"]
    data = module(photos, labels="labels.csv", labels_in_order=names)
    assert data.label_names == names
    assert data.label_counts.tolist() == [1, 0, 2, 0]


def test_a_label_that_is_not_among_the_given_ones_is_refused(
    tiny_folder: ModuleType, photos: Path
) -> None:
    tiny_folder.write_csv(photos / "labels.csv", splits=SPLITS)
    data = module(photos, labels="labels.csv", labels_in_order=["cat", "bird"])
    with pytest.raises(DataError, match=r"labels\.csv:2: expected one of the labels .* got 'dog'"):
        data.dataset("train")


def test_a_split_that_is_not_there_is_refused(tiny_folder: ModuleType, photos: Path) -> None:
    tiny_folder.write_csv(photos / "labels.csv", splits=SPLITS)
    data = module(photos, labels="labels.csv", test_split="validation")
    with pytest.raises(DataError, match="splits extra, test, train, got 'validation'; name one"):
        data.dataset("validation")


def test_a_line_without_a_split_among_others_is_refused(photos: Path) -> None:
    (photos / "labels.jsonl").write_text(
        '{"image": "a.jpg", "labels": ["x"], "split": "train"}\n{"image": "d.jpg", "labels": []}\n'
    )
    with pytest.raises(DataError, match=r"labels\.jsonl:2: expected a split in 'split'"):
        module(photos, labels="labels.jsonl").dataset("train")


def test_files_with_other_columns_are_refused(tiny_folder: ModuleType, photos: Path) -> None:
    tiny_folder.write_columns(photos / "train.csv", {"a.jpg": ["dog"]})
    (photos / "test.csv").write_text("image,dog,horse\nd.jpg,1,0\n")
    with pytest.raises(DataError, match=r"test\.csv: expected the label columns of the other fi"):
        _ = module(photos, labels="{split}.csv").label_names


def test_an_image_in_two_splits_is_refused(tiny_folder: ModuleType, photos: Path) -> None:
    tiny_folder.write_csv(photos / "train.csv", {"a.jpg": ["dog"], "d.jpg": ["cat"]})
    tiny_folder.write_csv(photos / "test.csv", {"d.jpg": ["cat"]})
    with pytest.raises(DataError, match=r"test\.csv:2: expected images of test .* 'd\.jpg'"):
        _ = module(photos, labels="{split}.csv").fingerprint


def test_a_name_that_climbs_out_is_refused(tiny_folder: ModuleType, photos: Path) -> None:
    tiny_folder.write_csv(photos / "train.csv", {"../secret.jpg": ["dog"]})
    tiny_folder.write_csv(photos / "test.csv", {"d.jpg": ["cat"]})
    with pytest.raises(DataError, match=r"train\.csv:2: .* a path that climbs out"):
        module(photos, labels="{split}.csv").dataset("train")


def test_a_listed_image_that_is_missing_is_refused(tiny_folder: ModuleType, photos: Path) -> None:
    tiny_folder.write_csv(photos / "labels.csv", splits=SPLITS)
    (photos / "d.jpg").unlink()
    with pytest.raises(DataError, match=r"labels\.csv:5: expected the image d\.jpg, .* missing"):
        module(photos, labels="labels.csv").dataset("train")
    data = module(photos, labels="labels.csv", on_error="skip")
    assert data.dataset("train").image_ids == ["a.jpg", "holiday/b c.png"]


def test_images_without_any_label_are_refused(photos: Path) -> None:
    (photos / "labels.csv").write_text("image,labels\na.jpg,\nd.jpg,\n")
    with pytest.raises(DataError, match=r"labels\.csv: expected images with labels, got none"):
        _ = module(photos, labels="labels.csv").label_names


def test_a_missing_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a folder of images, got no such folder; put"):
        _ = module(tmp_path / "gone").label_names


def test_boxes_are_refused(tiny_folder: ModuleType, photos: Path) -> None:
    tiny_folder.write_csv(photos / "labels.csv", splits=SPLITS)
    with pytest.raises(DataError, match="expected a data set with boxes"):
        module(photos, labels="labels.csv").annotations("train")


@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_a_fraction_outside_of_0_and_1_is_refused(tmp_path: Path, fraction: float) -> None:
    with pytest.raises(ValueError, match="test_fraction: expected a number between 0 and 1"):
        module(tmp_path, test_fraction=fraction)


def test_repeated_labels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="labels_in_order: expected different labels"):
        module(tmp_path, labels_in_order=["cat", "cat"])


def test_the_examples_in_the_documentation_are_options() -> None:
    page = (Path(__file__).parents[2] / "docs" / "own_images.md").read_text()
    examples = [part.split("```")[0] for part in page.split("```yaml\n")[1:]]
    assert len(examples) >= 3
    for example in examples:
        assert len(example.splitlines()) <= 10
        data = yaml.safe_load(example)["data"]
        assert data["class_path"] == "data_modules.FolderDataModule"
        assert FolderDataModule(**data["init_args"]).split_names
