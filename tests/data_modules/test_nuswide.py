import gzip
import logging
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from data_modules import DataError, NUSWIDE1kDataModule, NUSWIDE81DataModule
from data_modules.nuswide import NUSWIDEDataModule


def concepts(root: Path, **options: Any) -> NUSWIDE81DataModule:
    return NUSWIDE81DataModule(root, image_size=16, num_workers=0, **options)


def tags(root: Path, **options: Any) -> NUSWIDE1kDataModule:
    return NUSWIDE1kDataModule(root, image_size=16, num_workers=0, **options)


def labels(data: NUSWIDEDataModule, split: str) -> dict[str, list[str]]:
    dataset = data.dataset(split)
    return {
        image_id: [name for name, flag in zip(data.label_names, row, strict=True) if flag]
        for image_id, row in zip(dataset.image_ids, dataset.targets.tolist(), strict=True)
    }


def test_concepts_are_the_ground_truth_of_labelled_images(nuswide_root: Path) -> None:
    data = concepts(nuswide_root)
    assert data.label_names == ["airport", "lake", "person"]
    assert labels(data, "train") == {
        "actor/0001_2124494179.jpg": ["person"],
        "zoo/0002_702409954.jpg": ["lake", "person"],
        "zoo/0004_200.jpg": ["lake"],
    }
    assert labels(data, "test") == {
        "lake/0005_702409954.jpg": ["lake"],
        "actor/0007_400.jpg": ["airport", "person"],
    }
    assert data.label_counts.tolist() == [0, 2, 2]


def test_tags_are_those_of_the_users(nuswide_root: Path) -> None:
    data = tags(nuswide_root)
    assert data.label_names == ["cloud", "clouds", "nikon", "sky"]
    assert labels(data, "train") == {
        "actor/0001_2124494179.jpg": ["nikon"],
        "sky/0003_100.jpg": ["cloud", "clouds", "sky"],
        "zoo/0004_200.jpg": ["sky"],
    }


def test_all_images_can_be_kept(nuswide_root: Path) -> None:
    data = concepts(nuswide_root, protocol="official_all")
    assert len(data.dataset("train")) == 4
    assert labels(data, "test")["sky/0006_300.jpg"] == []


def test_the_seeded_split_shares_out_all_labelled_images(nuswide_root: Path) -> None:
    data = concepts(nuswide_root, protocol="seeded_150000")
    train, test = labels(data, "train"), labels(data, "test")
    official = concepts(nuswide_root)
    assert {**train, **test} == {**labels(official, "train"), **labels(official, "test")}
    # 150,000 of 209,347 labelled images, so 4 of 5.
    assert (len(train), len(test)) == (4, 1)
    assert labels(concepts(nuswide_root, protocol="seeded_150000", seed=3), "test") == test
    others = [
        set(labels(concepts(nuswide_root, protocol="seeded_150000", split_seed=seed), "test"))
        for seed in range(1, 6)
    ]
    assert any(other != set(test) for other in others)


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        ("official_labelled", "official split, unlabelled images left out"),
        ("official_all", "official split, all images"),
        ("seeded_150000", "labelled images, 4 of 5 drawn with seed 0 to train"),
    ],
)
def test_the_description_states_the_split(nuswide_root: Path, protocol: str, said: str) -> None:
    assert f"({said})" in concepts(nuswide_root, protocol=protocol).description


def test_batches_hold_the_photos(nuswide_root: Path) -> None:
    batch = next(iter(concepts(nuswide_root).test_dataloader()))
    assert batch["image"].shape == (2, 3, 16, 16)
    assert batch["image_id"] == ["lake/0005_702409954.jpg", "actor/0007_400.jpg"]


def test_the_fingerprint_depends_on_protocol_and_labels(nuswide_root: Path) -> None:
    found = {
        module(nuswide_root, protocol=protocol).fingerprint
        for module in (concepts, tags)
        for protocol in ("official_labelled", "official_all", "seeded_150000")
    }
    assert len(found) == 6


def test_photos_that_are_gone_are_counted_listed_and_left_out(
    nuswide_root: Path, own_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (nuswide_root / "Flickr" / "zoo" / "0004_200.jpg").unlink()
    data = concepts(nuswide_root, on_error="skip_missing")
    with caplog.at_level(logging.WARNING):
        assert len(data.dataset("train")) == 2
    assert "Left out 1 of 3 images of NUSWIDE81DataModule-train" in caplog.text
    (file,) = (own_home / "skipped").iterdir()
    assert "TrainImagelist.txt:4: expected the image zoo/0004_200.jpg" in file.read_text()


def test_a_photo_that_is_gone_is_refused_by_default(nuswide_root: Path) -> None:
    (nuswide_root / "Flickr" / "zoo" / "0004_200.jpg").unlink()
    with pytest.raises(DataError, match=r"TrainImagelist\.txt:4: expected the image zoo/0004_200"):
        concepts(nuswide_root).setup("fit")


def test_a_missing_root_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="got no such folder; get the lists and labels from http"):
        _ = concepts(tmp_path / "gone").label_names


def test_missing_lists_say_how_to_get_them(nuswide_root: Path) -> None:
    (nuswide_root / "ImageList" / "TestImagelist.txt").unlink()
    with pytest.raises(DataError, match=r"TestImagelist\.txt: expected a list of images, got not"):
        concepts(nuswide_root).setup("test")


def test_an_unknown_split_is_refused(nuswide_root: Path) -> None:
    with pytest.raises(DataError, match="expected a split train or test, got 'val'"):
        concepts(nuswide_root, val_split="val").setup("fit")


def test_an_image_in_two_splits_is_refused(tiny_nuswide: ModuleType, tmp_path: Path) -> None:
    shared = dict(list(tiny_nuswide.TRAIN.items())[:1])
    tiny_nuswide.write_nuswide(tmp_path, test={**tiny_nuswide.TEST, **shared})
    with pytest.raises(DataError, match=r"TestImagelist\.txt:4: expected images of test that"):
        _ = concepts(tmp_path).fingerprint


def test_the_real_labels_give_the_official_counts(
    tiny_nuswide: ModuleType, real_data: Path, tmp_path: Path
) -> None:
    source = real_data / "nuswide81"
    if not (source / "train_labels.txt.gz").is_file():
        pytest.skip("needs nuswide81/train_labels.txt.gz in $CNN_RNN_REAL_DATA")
    names = (source / "Concepts81.txt").read_text().split()
    with gzip.open(source / "train_labels.txt.gz", "rt") as stream:
        rows = [line.split() for line in stream]
    truth = torch.zeros(len(rows), len(names), dtype=torch.uint8)
    for row, (_, *found) in enumerate(rows):
        truth[row, [int(label) for label in found]] = 1
    (tmp_path / "ConceptsList").mkdir()
    (tmp_path / "ConceptsList" / "Concepts81.txt").write_bytes(
        (source / "Concepts81.txt").read_bytes()
    )
    # The folders are not known here; numbers keep the repeated Flickr ids apart.
    lines = [f"photos\\{row:06d}_{image_id}.jpg   " for row, (image_id, *_) in enumerate(rows)]
    tiny_nuswide.write_lines(tmp_path / "ImageList" / "TrainImagelist.txt", lines)
    line_ends = torch.full((len(rows),), ord("\n"), dtype=torch.uint8)
    for column, name in enumerate(names):
        file = tiny_nuswide.concept_file(tmp_path, name, "Train")
        file.parent.mkdir(parents=True, exist_ok=True)
        content = torch.stack([truth[:, column] + ord("0"), line_ends], dim=1)
        file.write_bytes(content.numpy().tobytes())
    everything = concepts(tmp_path, protocol="official_all").read_split("train")
    assert torch.equal(everything.targets, truth.bool())
    assert len(everything) == 161_789
    labelled = concepts(tmp_path).read_split("train")
    assert len(labelled) == 125_449
    assert round((labelled.targets.sum() / len(labelled)).item(), 3) == 2.403


def test_the_real_lists_of_labels_are_read(real_data: Path) -> None:
    source = real_data / "nuswide81"
    files = concepts(source).files
    assert len(files.names("Concepts81.txt")) == 81
    assert len(files.names("TagList1k.txt")) == 1000
