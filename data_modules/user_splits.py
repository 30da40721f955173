"""Which of the user's images belong to which split, and what all the labels are."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from data_modules.errors import DataError, shown
from data_modules.image_folders import class_folder_images
from data_modules.stratify import stratified_test_rows
from data_modules.user_labels import LabelColumns, LabelFile, LabelledImage, read_label_file

logger = logging.getLogger(__name__)

_ANY_SPLIT = "{split}"


@dataclass(frozen=True)
class UserSplits:
    """The user's labelled images.

    Attributes:
        images: of each split.
        label_names: K names in the order of the columns.
        files: what decided labels and splits, apart from folders.
        used: how the splits came about, in words.
    """

    images: dict[str, list[LabelledImage]]
    label_names: list[str]
    files: list[Path]
    used: str

    def targets(self, images: Sequence[LabelledImage]) -> npt.NDArray[np.bool_]:
        """(N, K): the labels of some images.

        Raises:
            DataError: a label is none of `label_names`.
        """
        columns = {name: column for column, name in enumerate(self.label_names)}
        targets = np.zeros((len(images), len(columns)), dtype=np.bool_)
        for row, image in enumerate(images):
            for label in image.labels:
                if label not in columns:
                    expected = f"one of the labels {shown(self.label_names, 300)}"
                    fix = "correct it, or add it to labels_in_order"
                    raise DataError(image.file, image.place, expected, shown(label), fix)
                targets[row, columns[label]] = True
        return targets


def read_user_splits(
    root: Path,
    labels: str | None,
    layout: LabelColumns,
    split_names: Sequence[str],
    labels_in_order: list[str] | None,
    test_fraction: float,
    split_seed: int,
) -> UserSplits:
    """Reads every label there is.

    Args:
        root: the folder of images.
        labels: a file of labels, one with `{split}` in its name for each split, or None.
        layout: of these files.
        split_names: the splits that are wanted, training first; files and folders of others are
            not read.
        labels_in_order: what `label_names` are to be.
        test_fraction: of the images, where nothing names splits.
        split_seed: of that split.

    Raises:
        DataError: something is missing or malformed.
    """
    if labels is None:
        return _from_folders(root, split_names, labels_in_order, test_fraction, split_seed)
    if _ANY_SPLIT in labels:
        files = {name: root / labels.replace(_ANY_SPLIT, name) for name in split_names}
        tables = {name: read_label_file(file, layout) for name, file in files.items()}
        names = labels_in_order or _label_names(list(tables.values()), root)
        images = {name: table.images for name, table in tables.items()}
        return UserSplits(images, names, list(files.values()), "splits by files")
    file = root / labels
    table = read_label_file(file, layout)
    found = UserSplits({}, labels_in_order or _label_names([table], file), [file], "")
    if any(image.split is not None for image in table.images):
        return _by_column(found, table.images, split_names, layout.split)
    return _stratified(found, table.images, root, test_fraction, split_seed)


def _from_folders(
    root: Path,
    split_names: Sequence[str],
    labels_in_order: list[str] | None,
    test_fraction: float,
    split_seed: int,
) -> UserSplits:
    if (root / split_names[0]).is_dir():
        images = {name: class_folder_images(root, name) for name in split_names}
        table = LabelFile(list(chain(*images.values())), None)
        names = labels_in_order or _label_names([table], root)
        return UserSplits(images, names, [], "splits by folders")
    table = LabelFile(class_folder_images(root), None)
    found = UserSplits({}, labels_in_order or _label_names([table], root), [], "")
    return _stratified(found, table.images, root, test_fraction, split_seed)


def _by_column(
    found: UserSplits, images: list[LabelledImage], split_names: Sequence[str], column: str
) -> UserSplits:
    splits: dict[str, list[LabelledImage]] = {}
    for image in images:
        if image.split is None:
            expected = f"a split in {column!r}, as other lines have"
            raise DataError(image.file, image.place, expected, "none", "add it")
        splits.setdefault(image.split, []).append(image)
    unused = Counter(image.split for image in images if image.split not in split_names)
    if unused:
        counts = ", ".join(f"{name} ({count} images)" for name, count in unused.items())
        logger.warning("%s: splits that nothing uses: %s", images[0].file, counts)
    return UserSplits(splits, found.label_names, found.files, "splits by column")


def _stratified(
    found: UserSplits,
    images: list[LabelledImage],
    root: Path,
    test_fraction: float,
    split_seed: int,
) -> UserSplits:
    rows = set(
        stratified_test_rows(found.targets(images), test_fraction, split_seed, root).tolist()
    )
    splits = {
        "train": [image for row, image in enumerate(images) if row not in rows],
        "test": [image for row, image in enumerate(images) if row in rows],
    }
    used = f"stratified split, seed {split_seed}"
    return UserSplits(splits, found.label_names, found.files, used)


def _label_names(tables: Sequence[LabelFile], where: Path) -> list[str]:
    """The columns, which must be the same in all files, or all labels that occur, sorted."""
    columns = [table.columns for table in tables if table.columns is not None]
    for table in tables:
        if columns and table.images and set(table.columns or ()) != set(columns[0]):
            expected = f"the label columns of the other files, {shown(columns[0], 300)}"
            fix = "give all files the same columns"
            file = table.images[0].file
            raise DataError(file, "", expected, shown(table.columns, 300), fix)
    occurring = {label for table in tables for image in table.images for label in image.labels}
    names = columns[0] if columns else sorted(occurring)
    if not names:
        raise DataError(where, "", "images with labels", "none", "add labels")
    return names
