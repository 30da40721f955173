from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
import torch
from PIL import Image

from data_modules import COCODataModule, VOC2007DataModule
from data_modules.base import MultiLabelDataModule, OnError
from data_modules.check import check
from data_modules.errors import DataError
from data_modules.official_counts import Official, official_edition
from data_modules.records import SplitRecords

# (image id, labels); the colour of a picture is its place in the whole list
Images = Sequence[tuple[str, Sequence[int]]]


class PicturesDataModule(MultiLabelDataModule):
    """Pictures of one colour, no two alike, with the labels given."""

    title = "Pictures"

    def __init__(self, root: Path, splits: dict[str, Images], val_split: str | None = None) -> None:
        super().__init__(root, val_split=val_split)
        self.splits = splits
        ids = dict.fromkeys(image_id for images in splits.values() for image_id, _ in images)
        for place, image_id in enumerate(ids):
            Image.new("RGB", (8, 8), (place * 7 % 256, 0, 0)).save(self.path(image_id))

    def path(self, image_id: str) -> Path:
        return self.root / f"{image_id}.png"

    @property
    def label_names(self) -> list[str]:
        return ["cat", "dog", "owl"]

    def read_split(self, split: str) -> SplitRecords:
        if split not in self.splits:
            raise DataError(self.root, split, "a split", "none", "choose another")
        images = self.splits[split]
        targets = torch.zeros(len(images), 3, dtype=torch.bool)
        for row, (_, labels) in enumerate(images):
            targets[row, list(labels)] = True
        return SplitRecords(
            [image_id for image_id, _ in images],
            [self.path(image_id) for image_id, _ in images],
            [(self.root / "list.txt", row + 1) for row in range(len(images))],
            targets,
            torch.zeros_like(targets),
        )


TRAIN: Images = [("a", [0]), ("b", [0, 1]), ("c", []), ("d", [0, 1])]
TEST: Images = [("e", [1]), ("f", [])]


@pytest.fixture
def pictures(tmp_path: Path) -> PicturesDataModule:
    return PicturesDataModule(tmp_path, {"train": TRAIN, "test": TEST})


def test_good_data_is_fine(pictures: PicturesDataModule) -> None:
    report = check(pictures, ["train", "test"])
    assert (report.exit_code, report.errors, report.warnings) == (0, [], [])
    assert str(report).endswith("\n\nfine")


def test_labels_are_counted(pictures: PicturesDataModule) -> None:
    report = check(pictures, ["train"])
    (train,) = report.splits
    assert report.label_names == ["cat", "dog", "owl"]
    assert (train.images, train.histogram, train.label_counts) == (
        4,
        {0: 1, 1: 1, 2: 2},
        [3, 2, 0],
    )
    assert train.mean_labels == 5 / 4
    assert train.frequent(report.label_names) == [("cat", 3), ("dog", 2), ("owl", 0)]
    assert train.frequent(report.label_names, least=True) == [("owl", 0), ("dog", 2), ("cat", 3)]


def test_the_text_shows_order_histogram_and_frequencies(pictures: PicturesDataModule) -> None:
    text = str(check(pictures, ["train"]))
    assert "3 labels, in this order: cat, dog, owl" in text
    assert "train: 4 images (all images)\n  files: 4 readable, 0 missing, 0 broken" in text
    assert "labels an image: 1.250 in the mean" in text
    assert f"       1          1  {'#' * 20}\n       2          2  {'#' * 40}\n" in text
    assert "most frequent: cat 3, dog 2, owl 0" in text
    assert "least frequent: owl 0, dog 2, cat 3" in text


def test_every_missing_and_broken_file_is_listed(pictures: PicturesDataModule) -> None:
    pictures.path("a").unlink()
    pictures.path("b").write_bytes(b"")
    pictures.path("c").write_bytes(pictures.path("c").read_bytes()[:50])
    pictures.path("e").write_text("no image")
    report = check(pictures, ["train", "test"])
    train, test = report.splits
    listed = f"(listed in {pictures.root / 'list.txt'}:"
    assert train.missing == [
        f"{pictures.path('a')}: nothing: it is missing {listed}1)",
        f"{pictures.path('b')}: an empty file (0 bytes) {listed}2)",
    ]
    assert len(train.broken) == len(test.broken) == 1
    assert str(pictures.path("c")) in train.broken[0]
    assert str(pictures.path("e")) in test.broken[0]
    assert report.exit_code == 1
    assert train.missing[0] in str(report)
    assert str(report).endswith("not fit for use: 4 bad files")


@pytest.mark.parametrize(
    ("on_error", "code", "verdict"),
    [
        ("raise", 1, "not fit for use: 2 bad files"),
        ("skip_missing", 1, "not fit for use: 1 bad file"),
        ("skip", 0, "fine, with 2 files left out (on_error)"),
    ],
)
def test_files_that_are_left_out_on_purpose_are_no_errors(
    pictures: PicturesDataModule, on_error: OnError, code: int, verdict: str
) -> None:
    pictures.path("a").unlink()
    pictures.path("c").write_text("no image")
    pictures.on_error = on_error
    report = check(pictures, ["train"])
    assert (len(report.splits[0].missing), len(report.splits[0].broken)) == (1, 1)
    assert report.exit_code == code
    assert str(report).endswith(verdict)


def test_a_long_list_is_cut_in_the_text_and_whole_on_request(tmp_path: Path) -> None:
    pictures = PicturesDataModule(tmp_path, {"train": [(f"p{n:02}", [0]) for n in range(30)]})
    for n in range(30):
        pictures.path(f"p{n:02}").unlink()
    report = check(pictures, ["train"])
    assert "    ... and 10 more\n" in report.text()
    assert "p29.png" not in report.text()
    assert "p29.png" in report.text(limit=None)


def test_annotations_that_cannot_be_read_do_not_hide_the_rest(
    pictures: PicturesDataModule,
) -> None:
    report = check(pictures, ["nowhere", "test"])
    assert [split.name for split in report.splits] == ["test"]
    assert len(report.errors) == 1
    assert "nowhere: expected a split" in report.errors[0]
    assert report.exit_code == 1


def test_nothing_readable_is_a_report_too(pictures: PicturesDataModule) -> None:
    report = check(pictures, ["nowhere"])
    assert (report.splits, report.label_names, report.exit_code) == ([], [], 1)
    assert str(report).endswith("not fit for use: 1 error")


def test_a_split_without_images_is_an_error(tmp_path: Path) -> None:
    report = check(PicturesDataModule(tmp_path, {"train": []}), ["train"])
    assert report.errors == ["split train: expected images, got none"]
    assert report.exit_code == 1


def test_an_image_of_training_in_the_test_split_is_an_error(tmp_path: Path) -> None:
    splits: dict[str, Images] = {"train": TRAIN, "test": [("b", [0]), ("g", [])]}
    report = check(PicturesDataModule(tmp_path, splits), ["test", "train"])
    assert report.errors == ["test and train share b: training and evaluation must not"]
    assert report.warnings == []


@pytest.mark.parametrize(("val_split", "code"), [("val", 1), (None, 0)])
def test_other_splits_may_share_images(tmp_path: Path, val_split: str | None, code: int) -> None:
    pictures = PicturesDataModule(tmp_path, {"train": TRAIN, "val": TRAIN[:2]}, val_split)
    report = check(pictures, ["train", "val"])
    assert report.exit_code == code
    assert any("share a, b" in message for message in report.warnings + report.errors)


def test_an_image_that_is_listed_twice_is_an_error(tmp_path: Path) -> None:
    report = check(PicturesDataModule(tmp_path, {"train": [*TRAIN, TRAIN[0]]}), ["train"])
    assert report.errors == ["train lists a more than once"]


def test_the_same_bytes_under_two_names_are_a_warning(pictures: PicturesDataModule) -> None:
    pictures.path("e").write_bytes(pictures.path("b").read_bytes())
    pictures.path("d").write_bytes(pictures.path("c").read_bytes())
    report = check(pictures, ["train", "test"])
    assert sorted(report.warnings) == [
        "the same photo under two names, in train and test: b = e",
        "the same photo under two names, in train: c = d",
    ]
    assert report.exit_code == 0
    assert str(report).endswith("fine, with 2 warnings")


def test_no_split_is_no_check(pictures: PicturesDataModule) -> None:
    with pytest.raises(ValueError, match="at least one split"):
        check(pictures, [])


def test_a_split_named_twice_is_read_once(pictures: PicturesDataModule) -> None:
    report = check(pictures, ["train", "train"])
    assert len(report.splits) == 1
    assert report.warnings == []


def test_another_count_than_the_official_one_is_a_warning(coco_root: Path) -> None:
    report = check(COCODataModule(coco_root), ["train2014", "val2014"])
    assert report.exit_code == 0
    assert report.warnings[:2] == [
        "3 labels; the official edition has 80",
        "train2014: 4 images; the official edition has 82,783 (all) or 82,081 (with a box)",
    ]


def test_mini_data_are_not_compared_with_the_official_edition(
    coco_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(COCODataModule, "is_mini", True)
    report = check(COCODataModule(coco_root), ["train2014"])
    assert report.warnings == []
    assert str(report).startswith("MINI: COCO in ")


@pytest.mark.parametrize("count", [4, 3])
def test_an_official_count_is_no_warning(
    coco_root: Path, tiny_coco: ModuleType, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    assert len(tiny_coco.TRAIN) == 4
    official = {"COCODataModule": Official(3, {"train2014": {9: "all", count: "with a box"}})}
    monkeypatch.setattr("data_modules.official_counts.OFFICIAL", official)
    report = check(COCODataModule(coco_root), ["train2014"])
    assert len(report.warnings) == (0 if count == 4 else 1)


def test_a_subclass_reads_the_same_edition_and_own_data_none() -> None:
    class Mine(VOC2007DataModule):
        pass

    assert official_edition(Mine) == official_edition(VOC2007DataModule)
    assert official_edition(PicturesDataModule) is None


def test_the_missing_photo_of_the_real_voc_is_found(real_data: Path) -> None:
    class Part(VOC2007DataModule):
        """The lines around the photo, to save time."""

        def read_split(self, split: str) -> SplitRecords:
            return super().read_split(split).select(range(2400, 2450))

    report = check(Part(real_data / "voc2007"), ["train"])
    (train,) = report.splits
    assert (train.images, len(train.missing), train.broken) == (50, 1, [])
    assert "009623.jpg" in train.missing[0]
    assert "train.txt:2416" in train.missing[0]
    assert report.warnings == ["train: 50 images; the official edition has 2,501 (all)"]
    assert report.exit_code == 1
