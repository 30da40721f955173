"""The user's own images: with a file of labels, in folders named by labels, or unlabelled.

docs/own_images.md shows each of them with its configuration.
"""

from pathlib import Path

import torch
from torch.utils.data import DataLoader

from data_modules.base import MultiLabelDataModule, OnError
from data_modules.dataset import Sample
from data_modules.errors import DataError
from data_modules.images import inside
from data_modules.photos import Photos, PhotoSample
from data_modules.records import SplitRecords
from data_modules.transforms import Resize, evaluation_transform
from data_modules.user_labels import LabelColumns
from data_modules.user_splits import UserSplits, read_user_splits


class FolderDataModule(MultiLabelDataModule):
    """Any images with any labels.

    Where the labels are:

    - `labels: labels.csv` (or `.tsv`, `.jsonl`) has a line per image: a column `image`, and either
      a column `labels` that lists them (`cat;dog`, `["cat", "dog"]`, or nothing), or one column of
      0 and 1 for each label. A column `split`, if there is one, says which split an image is in.
    - `labels: "{split}.csv"` is such a file for each split.
    - without `labels`, folders are labels: `<root>/<label>/a.jpg`, or, where root has a folder
      named like the training split, `<root>/<split>/<label>/a.jpg`. An image that is in several
      of them under one name has several labels.

    Where nothing names the splits, `test_fraction` of the images become `test`, with every label
    as frequent as in the rest, which become `train`.

    Args:
        root: the folder of the images; their names are relative to it.
        labels: the file of labels, relative to root.
        predict_folder: a folder of unlabelled photos, relative to the working folder, for
            `predict`; a broken one is told and not fatal.
        batch_size: images a batch and process.
        num_workers: processes that read images, for each loader.
        image_size: side of the square images in the batches.
        train_split: of training.
        val_split: of validation; None holds a part of the training split out.
        test_split: of test, and of predict without `predict_folder`.
        val_fraction: the part held out.
        seed: of the held-out part and the order of training.
        resize: `square` or `crop`, as in `MultiLabelDataModule`.
        augment: random crops and mirroring in training.
        on_error: `raise`, `skip` or `skip_missing`, as in `MultiLabelDataModule`.
        labels_in_order: all labels, in the order of the columns; any other label is an error. By
            default the columns of the file, or else all labels that occur, sorted.
        image_column: name of the column of images.
        label_column: name of the column that lists labels.
        split_column: name of the column of splits.
        separator: between the labels of a list.
        test_fraction: of the images, where nothing names the splits.
        split_seed: of that split; apart from `seed`, so that runs of several seeds share it.
    """

    title = "own images"

    def __init__(
        self,
        root: str | Path,
        labels: str | None = None,
        predict_folder: str | None = None,
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
        labels_in_order: list[str] | None = None,
        image_column: str = "image",
        label_column: str = "labels",
        split_column: str = "split",
        separator: str = ";",
        test_fraction: float = 0.2,
        split_seed: int = 0,
    ) -> None:
        super().__init__(
            root,
            batch_size,
            num_workers,
            image_size,
            train_split,
            val_split,
            test_split,
            val_fraction,
            seed,
            resize,
            augment,
            on_error,
        )
        if not 0 < test_fraction < 1:
            raise ValueError(
                f"test_fraction: expected a number between 0 and 1, got {test_fraction}"
            )
        if labels_in_order is not None and len(set(labels_in_order)) < len(labels_in_order):
            raise ValueError(f"labels_in_order: expected different labels, got {labels_in_order}")
        self.labels = labels
        self.predict_folder = Path(predict_folder).expanduser() if predict_folder else None
        # With few photos to predict, some processes have nothing to do.
        self.allow_zero_length_dataloader_with_multiple_devices = predict_folder is not None
        self.layout = LabelColumns(image_column, label_column, split_column, separator)
        self.labels_in_order = labels_in_order
        self.test_fraction = test_fraction
        self.split_seed = split_seed
        self._splits: UserSplits | None = None
        self._photos: Photos | None = None

    @property
    def label_names(self) -> list[str]:
        """The labels, in the order of the columns."""
        return self.labels_in_order or list(self._labelled().label_names)

    @property
    def photos(self) -> Photos | None:
        """The photos of `predict_folder`; looked for on the first call.

        Raises:
            DataError: there are none.
        """
        if self._photos is None and self.predict_folder is not None:
            self._photos = Photos(
                self.predict_folder,
                evaluation_transform(self.image_size, self.resize),
                self.image_size,
                len(self.label_names),
                self.batch_size,
                self.num_workers,
            )
        return self._photos

    def setup(self, stage: str) -> None:
        """Lightning's hook: reads the splits of a stage; of photos to predict the labels only."""
        if stage == "predict" and self.photos is not None:
            return
        super().setup(stage)

    def predict_dataloader(self) -> DataLoader[Sample] | DataLoader[PhotoSample]:  # type: ignore[override]  # photos have no labels
        """The photos of `predict_folder`, or else the images of the test split."""
        if self.photos is not None:
            return self.photos.loader(self.trainer)
        return super().predict_dataloader()

    def read_split(self, split: str) -> SplitRecords:
        """The images of a split."""
        found = self._labelled()
        if split not in found.images:
            expected = f"one of the splits {', '.join(sorted(found.images))}"
            fix = "name one of them as train_split, val_split or test_split"
            raise DataError(self.root, "", expected, repr(split), fix)
        images = found.images[split]
        targets = torch.from_numpy(found.targets(images))
        return SplitRecords(
            [image.image for image in images],
            [inside(self.root, image.image, image.file, image.place) for image in images],
            [(image.file, image.place) for image in images],
            targets,
            torch.zeros_like(targets),
            found.files,
            found.used,
        )

    def _labelled(self) -> UserSplits:
        if self._splits is None:
            if not self.root.is_dir():
                fix = "put your images there, or pass another folder as --data.init_args.root"
                raise DataError(
                    self.root.absolute(), "", "a folder of images", "no such folder", fix
                )
            self._splits = read_user_splits(
                self.root,
                self.labels,
                self.layout,
                self.split_names,
                self.labels_in_order,
                self.test_fraction,
                self.split_seed,
            )
        return self._splits
