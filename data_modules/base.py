"""`MultiLabelDataModule`: everything that the formats share; a format only reads its files.

Nothing is read before it is asked for; each split is read once.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import lightning
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from data_modules.check_report import CheckReport
from data_modules.dataset import MultiLabelDataset, Sample
from data_modules.errors import DataError, shown
from data_modules.fingerprint import data_fingerprint
from data_modules.loaders import make_loader
from data_modules.records import BoxTable, SplitRecords
from data_modules.scan import check_files, report_skipped, usable_images
from data_modules.transforms import Resize, evaluation_transform, training_transform, transform_id

Stage = Literal["train", "val", "test"]
OnError = Literal["raise", "skip", "skip_missing"]


class MultiLabelDataModule(lightning.LightningDataModule, ABC):
    """Images with several labels each, in three splits.

    Args:
        root: the folder of the data set.
        batch_size: images a batch and process.
        num_workers: processes that read images, for each loader.
        image_size: side of the square images that the batches hold, in pixels.
        train_split: name of the training split.
        val_split: name of the validation split; None holds `val_fraction` of the training split
            out.
        test_split: name of the split of test and predict. The name of the training split is
            allowed, to measure the fit.
        val_fraction: 0..1, exclusive; used without `val_split` only.
        seed: of the held-out part and of the order of the training images.
        resize: `square` squeezes the whole image into the square; `crop` cuts its middle out.
        augment: random crops and mirroring in training; in vain when features are cached.
        on_error: what a missing or broken image does: `raise` an error (a missing or empty file
            at once, a broken one when it is read); or `skip` it, for which each image is decoded
            once before the first use (1 to 2 ms each); or `skip_missing`, which leaves out missing
            and empty files without opening any. The log and `skipped` say what was left out, and
            a file under `$CNN_RNN_HOME/skipped` lists it.

    Attributes:
        is_mini: the embedded data set: results must say MINI.
        skipped: for each split that was read, a message for every image left out.
    """

    is_mini: bool = False
    title: str = "images"

    def __init__(
        self,
        root: str | Path,
        batch_size: int = 64,
        num_workers: int = 2,
        image_size: int = 224,
        train_split: str = "train",
        val_split: str | None = None,
        test_split: str = "test",
        val_fraction: float = 0.1,
        seed: int = 0,
        resize: Resize = "square",
        augment: bool = False,
        on_error: OnError = "raise",
    ) -> None:
        super().__init__()
        if not 0 < val_fraction < 1:
            raise ValueError(f"val_fraction: expected a number between 0 and 1, got {val_fraction}")
        if val_split == train_split:
            raise ValueError(
                f"val_split and train_split are both {train_split!r}; leave val_split out to hold "
                f"a part of the training split out"
            )
        self.root = Path(root).expanduser()
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.image_size = image_size
        self.train_split = train_split
        self.val_split = val_split
        self.test_split = test_split
        self.val_fraction = val_fraction
        self.seed = seed
        self.resize: Resize = resize
        self.augment = augment
        self.on_error = on_error
        self.skipped: dict[str, list[str]] = {}
        self._records: dict[str, SplitRecords] = {}
        self._sizes: dict[str, list[int]] = {}
        self._datasets: dict[str, MultiLabelDataset] = {}
        self._fingerprint: str | None = None

    @property
    @abstractmethod
    def label_names(self) -> list[str]:
        """The K labels, in the order of the columns of every batch."""

    @abstractmethod
    def read_split(self, split: str) -> SplitRecords:
        """Reads the annotations of a split; called once for each.

        Raises:
            DataError: a file is missing or not what the format says.
        """

    def read_boxes(self, records: SplitRecords) -> BoxTable:
        """Reads the boxes of N records that came without; formats that have none raise.

        Raises:
            DataError: there are none, or they cannot be read.
        """
        expected = "a data set with boxes (COCO, VOC2007)"
        fix = "choose another data set, or leave out what needs boxes"
        raise DataError(self.root, "", expected, type(self).__name__, fix)

    @property
    def label_counts(self) -> Tensor:
        """(K,) int64: how many images of the whole training split have each label."""
        return self.dataset(self.train_split).targets.sum(dim=0)

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that change with the labels, images and splits that were read.

        It covers the bytes of annotation files, names and sizes (not the pixels) of images, and
        the names of labels and of the three splits; not the place of `root`.
        """
        if self._fingerprint is None:
            for split in self.split_names:
                self.dataset(split)
            parts = [
                (split, self._records[split], self._sizes[split]) for split in self.split_names
            ]
            self._fingerprint = data_fingerprint(self.root, self.label_names, parts)
        return self._fingerprint

    @property
    def split_names(self) -> list[str]:
        """The different splits of training, validation and test."""
        names = (self.train_split, self.val_split, self.test_split)
        return list(dict.fromkeys(name for name in names if name is not None))

    @property
    def transform_id(self) -> str:
        """Names the evaluation transform exactly."""
        return transform_id(self.image_size, self.resize)

    @property
    def description(self) -> str:
        """What was read, for the header of a table: splits, numbers of images, what was used."""
        sizes = {split: len(self.dataset(split)) for split in self.split_names}
        held_out = len(self.split_indices("val")[1])
        val = (
            f"{held_out:,} of them held out for validation"
            if self.val_split is None
            else f"validation {self.val_split} {sizes[self.val_split]:,}"
        )
        used = dict.fromkeys(self._records[split].used for split in self.split_names)
        left_out = sum(len(self.skipped[split]) for split in self.split_names)
        skipped = [f"{left_out:,} unusable images left out"] if left_out else []
        return (
            f"{'MINI: ' if self.is_mini else ''}{self.title}: "
            f"train {self.train_split} {sizes[self.train_split]:,}, {val}, "
            f"test {self.test_split} {sizes[self.test_split]:,} images "
            f"({'; '.join([*used, *skipped])})"
        )

    def dataset(self, split: str) -> MultiLabelDataset:
        """A split under the evaluation transform; read on the first call.

        Raises:
            DataError: it cannot be read, has no images, or shares images with another split.
        """
        if split not in self._datasets:
            records = self.read_split(split)
            if self.on_error == "raise":
                sizes, self.skipped[split] = check_files(records), []
            else:
                total = len(records)
                threads = max(1, self.num_workers)
                records, sizes, self.skipped[split] = usable_images(
                    records, threads, open_images=self.on_error == "skip"
                )
                name = f"{type(self).__name__}-{split}"
                report_skipped(self.skipped[split], total, name, self.root)
            if not records:
                fix = "choose another split, or correct the data"
                raise DataError(self.root, f"split {split}", "images", "none", fix)
            self._check_disjoint(split, records)
            self._records[split], self._sizes[split] = records, sizes
            self._datasets[split] = MultiLabelDataset(
                records.image_ids,
                records.image_paths,
                records.targets,
                records.ignored,
                evaluation_transform(self.image_size, self.resize),
            )
        return self._datasets[split]

    def annotations(self, split: str) -> BoxTable:
        """The boxes of each image of `dataset(split)`, in its order.

        Raises:
            DataError: the format has no boxes, or they cannot be read.
        """
        self.dataset(split)
        records = self._records[split]
        return self.read_boxes(records) if records.boxes is None else records.boxes

    def check(self, splits: Sequence[str] = ()) -> CheckReport:
        """What is wrong with some splits, or with those in use; see `data_modules.check`."""
        from data_modules.check import check  # which needs this module

        return check(self, splits or self.split_names)

    def split_indices(self, stage: Stage) -> tuple[str, Tensor]:
        """The split of a stage, and the rows of `dataset(split)` that belong to it.

        Args:
            stage: train, val or test.

        Returns:
            The split's name; ascending int64 rows.
        """
        if stage == "test":
            return self.test_split, torch.arange(len(self.dataset(self.test_split)))
        if self.val_split is not None:
            split = self.train_split if stage == "train" else self.val_split
            return split, torch.arange(len(self.dataset(split)))
        count = len(self.dataset(self.train_split))
        if count < 2:
            fix = "give a val_split"
            raise DataError(
                self.root, f"split {self.train_split}", "2 images to hold one out", str(count), fix
            )
        order = torch.randperm(count, generator=torch.Generator().manual_seed(self.seed))
        num_val = min(max(1, round(self.val_fraction * count)), count - 1)
        part = order[:num_val] if stage == "val" else order[num_val:]
        return self.train_split, part.sort().values

    def setup(self, stage: str) -> None:
        """Lightning's hook: reads the splits of a stage.

        Args:
            stage: fit, validate, test or predict.
        """
        parts: dict[str, tuple[Stage, ...]] = {"fit": ("train", "val"), "validate": ("val",)}
        for part in parts.get(stage, ("test",)):
            self.split_indices(part)

    def train_dataloader(self) -> DataLoader[Sample]:
        """Shuffled batches; the last one may be smaller."""
        return self._loader("train", training=True)

    def val_dataloader(self) -> DataLoader[Sample]:
        """Each image once, in order."""
        return self._loader("val")

    def test_dataloader(self) -> DataLoader[Sample]:
        """Each image once, in order."""
        return self._loader("test")

    def predict_dataloader(self) -> DataLoader[Sample]:
        """The images of the test split."""
        return self._loader("test")

    def _loader(self, stage: Stage, training: bool = False) -> DataLoader[Sample]:
        split, rows = self.split_indices(stage)
        augmented = training_transform(self.image_size) if training and self.augment else None
        return make_loader(
            self.dataset(split).select(rows, augmented),
            self.batch_size,
            self.num_workers,
            training=training,
            seed=self.seed,
            trainer=self.trainer,
        )

    def _check_disjoint(self, split: str, records: SplitRecords) -> None:
        """Refuses images of the training split in the split of validation or test."""
        for other in self._records:
            pair = (split, other)
            if self.train_split not in pair or not set(pair) <= set(self.split_names):
                continue
            known = set(self._records[other].image_ids)
            for image_id, (file, place) in zip(records.image_ids, records.places, strict=True):
                if image_id in known:
                    expected = f"images of {split} that are not in {other} as well"
                    fix = "training and evaluation must not share images: correct the splits"
                    raise DataError(file, place, expected, f"image {shown(image_id)}", fix)
