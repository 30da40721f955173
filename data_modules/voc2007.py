"""PASCAL VOC 2007 as the official devkit lays it out (section 4.3)."""

from pathlib import Path
from typing import Literal

import numpy as np
import torch

from data_modules.base import MultiLabelDataModule, OnError
from data_modules.errors import DataError
from data_modules.images import inside
from data_modules.records import BoxTable, SplitRecords
from data_modules.transforms import Resize
from data_modules.voc_lists import available_splits, read_class_list, read_split_list
from data_modules.voc_xml import VocImage, class_values, image_boxes, read_xml

VOC_CLASSES = [
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
]
Difficult = Literal["ignored", "negative", "positive"]


class VOC2007DataModule(MultiLabelDataModule):
    """Images of VOC2007 with its 20 classes.

    Any `ImageSets/Main/<split>.txt` is a split. Labels come from `<class>_<split>.txt` (-1, 0, 1);
    where a split has none of these files, from `Annotations/<id>.xml` by the same rule. A class of
    which an image shows only difficult objects (0) is `ignored` there: the challenge counts it
    neither as right nor as wrong.

    Args:
        root: the folder that holds `VOCdevkit/VOC2007`, or one of these two themselves.
        batch_size: images a batch and process.
        num_workers: processes that read images, for each loader.
        image_size: side of the square images in the batches.
        train_split: of training.
        val_split: of validation; None holds a part of the training split out.
        test_split: of test and predict.
        val_fraction: the part held out.
        seed: of the held-out part and the order of training.
        resize: `square` or `crop`, as in `MultiLabelDataModule`.
        augment: random crops and mirroring in training.
        on_error: `raise`, `skip` or `skip_missing`, as in `MultiLabelDataModule`.
        difficult_in_training: what a class with only difficult objects is in `train_split` (and in
            what is held out of it): ignored, as in evaluation, or a negative or positive label.
            A split that is tested as well keeps the challenge's rule.
    """

    title = "VOC2007"
    how_to_get = (
        "get VOCtrainval_06-Nov-2007.tar and VOCtest_06-Nov-2007.tar from "
        "http://host.robots.ox.ac.uk/pascal/VOC/voc2007/, unpack both in one folder "
        "(python -m data_modules voc2007 --root DIR does both), and pass it as "
        "--data.init_args.root"
    )

    def __init__(
        self,
        root: str | Path,
        batch_size: int = 64,
        num_workers: int = 2,
        image_size: int = 224,
        train_split: str = "trainval",
        val_split: str | None = None,
        test_split: str = "test",
        val_fraction: float = 0.1,
        seed: int = 0,
        resize: Resize = "square",
        augment: bool = False,
        on_error: OnError = "raise",
        difficult_in_training: Difficult = "ignored",
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
        self.difficult_in_training = difficult_in_training

    @property
    def label_names(self) -> list[str]:
        """The 20 classes, alphabetically, as the devkit has them."""
        return list(VOC_CLASSES)

    @property
    def folder(self) -> Path:
        """`VOC2007`, with `ImageSets`, `Annotations` and `JPEGImages`.

        Raises:
            DataError: it is not there, with the way to get it.
        """
        for folder in (self.root / "VOCdevkit" / "VOC2007", self.root / "VOC2007", self.root):
            if (folder / "ImageSets" / "Main").is_dir():
                return folder
        expected = "the folder that holds VOCdevkit/VOC2007 with ImageSets/Main"
        got = "a folder without it" if self.root.is_dir() else "no such folder"
        raise DataError(self.root.absolute(), "", expected, got, self.how_to_get)

    def read_split(self, split: str) -> SplitRecords:
        """The images that `ImageSets/Main/<split>.txt` names, with their labels."""
        sets = self.folder / "ImageSets" / "Main"
        file = sets / f"{split}.txt"
        there = ", ".join(available_splits(sets)) or "none"
        listed = read_split_list(file, f"choose a split that is there ({there})")
        photos = self.folder / "JPEGImages"
        paths = [inside(photos, f"{name}.jpg", file, line) for name, line in listed.items()]
        class_files = [sets / f"{name}_{split}.txt" for name in VOC_CLASSES]
        if any(class_file.exists() for class_file in class_files):
            fix = "get the official file, or remove all class files of the split to read the XML"
            columns = [read_class_list(class_file, listed, fix) for class_file in class_files]
            values, sources = np.stack(columns, axis=1), class_files
        else:
            sources = [self._annotation(image_id) for image_id in listed]
            rows = [class_values(image, len(VOC_CLASSES)) for image in self._read_xml(sources)]
            values = np.array(rows, dtype=np.int8).reshape(-1, len(VOC_CLASSES))
        targets, ignored = torch.from_numpy(values == 1), torch.from_numpy(values == 0)
        used = "labels of only difficult objects ignored"
        treated = self.difficult_in_training
        if treated != "ignored" and split == self.train_split != self.test_split:
            targets = targets | ignored if treated == "positive" else targets
            ignored = torch.zeros_like(ignored)
            used = f"labels of only difficult objects {treated} in training"
        return SplitRecords(
            list(listed),
            paths,
            [(file, line) for line in listed.values()],
            targets,
            ignored,
            [file, *sources],
            used,
        )

    def read_boxes(self, records: SplitRecords) -> BoxTable:
        """The boxes in the XML of some images; those of difficult objects too."""
        files = [self._annotation(image_id) for image_id in records.image_ids]
        return BoxTable.from_images([image_boxes(image) for image in self._read_xml(files)])

    def _annotation(self, image_id: str) -> Path:
        return self.folder / "Annotations" / f"{image_id}.xml"

    def _read_xml(self, files: list[Path]) -> list[VocImage]:
        label_ids = {name: label_id for label_id, name in enumerate(VOC_CLASSES)}
        return [read_xml(file, label_ids, self.how_to_get) for file in files]
