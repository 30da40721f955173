"""Which data a table runs on: the real set where it is named, its MINI otherwise."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.data import DataSource
from benchmarks.preprocessing import preprocessing

logger = logging.getLogger(__name__)

WITHOUT_DOWNLOAD = "--data mini (DATA=mini) runs without any download"


class DataNotFoundError(ValueError):
    """Data that was asked for is not there: says what is missing, where, and how to get it."""

    is_user_error = True


@dataclass(frozen=True)
class DataOptions:
    """What the user says of the data; None: the default.

    Attributes:
        choice: `auto` takes the real set where its folder is named, otherwise MINI, and says so;
            `mini`; or the name of the real set.
        root: folder of the real set; by default what its environment variable names.
        train: split to train on.
        test: split to test on.
        backbone: name of a backbone, as `BackboneSpec` takes it.
        weights: file or name of its weights.
        preprocessing: how its weights want images, a name of `preprocessing.RULES`; None: by the
            name of the weights' file, which is said.
    """

    choice: str = "auto"
    root: Path | None = None
    train: str | None = None
    test: str | None = None
    backbone: str | None = None
    weights: str | None = None
    preprocessing: str | None = None


@dataclass(frozen=True)
class DataSet:
    """A data set of the paper, and its drawn counterpart.

    Attributes:
        id: name of the real source.
        title: of the real set.
        data_module: class path of the real set's module.
        splits: of training and test.
        variable: environment variable that names its folder.
        folders: places below the root that may hold it; the first that exists counts.
        files: what has to be there, by split.
        how_to_get: ends "..., unpack them into".
        mini: name of the drawn source.
        mini_title: as reports show it.
        mini_module: class path.
        arguments: of both modules.
    """

    id: str
    title: str
    data_module: str
    splits: tuple[str, str]
    variable: str
    folders: tuple[str, ...]
    files: tuple[str, ...]
    how_to_get: str
    mini: str
    mini_title: str
    mini_module: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


NUSWIDE_HINT = (
    "get the image list, the labels and the photos from "
    "https://lms.comp.nus.edu.sg/wp-content/uploads/2019/research/nuswide/NUS-WIDE.html and put "
    "them into"
)
SETS = {
    found.id: found
    for found in (
        DataSet(
            "coco",
            "MS-COCO 2014",
            "data_modules.COCODataModule",
            ("train2014", "val2014"),
            "CNN_RNN_COCO",
            ("",),
            ("annotations/instances_{split}.json", "{split}"),
            "run make data-coco DATA_ROOT=DIR, or "
            "get train2014.zip, val2014.zip and annotations_trainval2014.zip from "
            "https://cocodataset.org/#download and unpack them into",
            "mini",
            "MINI (drawn scenes in COCO's layout, not the paper's data)",
            "data_modules.mini.MiniCOCODataModule",
        ),
        DataSet(
            "nuswide81",
            "NUS-WIDE, 81 concepts",
            "data_modules.NUSWIDE81DataModule",
            ("train", "test"),
            "CNN_RNN_NUSWIDE",
            ("",),
            ("ImageList", "ConceptsList/Concepts81.txt", "Groundtruth"),
            NUSWIDE_HINT,
            "mini-nuswide81",
            "MINI (drawn scenes in NUS-WIDE's files, 81 concepts, not the paper's data)",
            "data_modules.mini.MiniNUSWIDE81DataModule",
        ),
        DataSet(
            "nuswide1k",
            "NUS-WIDE, 1,000 tags",
            "data_modules.NUSWIDE1kDataModule",
            ("train", "test"),
            "CNN_RNN_NUSWIDE",
            ("",),
            ("ImageList", "NUS_WID_Tags/TagList1k.txt"),
            NUSWIDE_HINT,
            "mini-nuswide1k",
            "MINI (drawn scenes in NUS-WIDE's files, 1,000 tags, not the paper's data)",
            "data_modules.mini.MiniNUSWIDE1kDataModule",
        ),
        DataSet(
            "voc2007",
            "PASCAL VOC 2007",
            "data_modules.VOC2007DataModule",
            ("trainval", "test"),
            "CNN_RNN_VOC2007",
            ("VOCdevkit/VOC2007", "VOC2007", ""),
            ("ImageSets/Main/{split}.txt", "JPEGImages"),
            "run make data-voc2007 DATA_ROOT=DIR, or "
            "get VOCtrainval_06-Nov-2007.tar and VOCtest_06-Nov-2007.tar from "
            "http://host.robots.ox.ac.uk/pascal/VOC/voc2007/ and unpack both into",
            "mini-voc2007",
            "MINI (drawn scenes in VOC2007's layout, not the paper's data)",
            "data_modules.mini.MiniVOC2007DataModule",
        ),
    )
}


def choose(data_set: str, options: DataOptions = DataOptions()) -> DataSource:
    """The data for a table.

    Args:
        data_set: the one that the paper made the table on; a key of `SETS`.
        options: what the user says.
    Raises:
        DataNotFoundError: the real set was asked for and is not there, or another set was.
    """
    wanted = SETS[data_set]
    if options.choice not in ("auto", "mini", wanted.mini, wanted.id):
        raise DataNotFoundError(
            f"this table is made on {wanted.title}: --data is one of auto, mini, {wanted.id}; got "
            f"{options.choice}"
        )
    if options.choice in ("mini", wanted.mini):
        if options.root is not None:
            raise DataNotFoundError(
                f"--data mini takes no --data-root ({options.root}): it is drawn on first use, "
                "under $CNN_RNN_HOME"
            )
        return _mini(wanted, options)
    variable = os.environ.get(wanted.variable)
    root = options.root or (Path(variable) if variable else None)
    if root is not None:
        return _real(wanted, root, options)
    if options.choice == wanted.id:
        raise DataNotFoundError(
            f"--data {wanted.id} needs {wanted.title}: name its folder with --data-root (make: "
            f"DATA_ROOT=DIR) or ${wanted.variable}. To have it, {wanted.how_to_get} a folder. "
            f"{WITHOUT_DOWNLOAD}"
        )
    logger.warning(
        "%s not found: running on %s. For the real set: DATA=%s DATA_ROOT=DIR (or $%s)",
        wanted.title,
        wanted.mini_title,
        wanted.id,
        wanted.variable,
    )
    return _mini(wanted, options)


def _mini(wanted: DataSet, options: DataOptions) -> DataSource:
    """The drawn scenes, made on first use."""
    backbone, words = _backbone(options, {"name": "vgg16_mini", "weights": "mini"})
    return DataSource(
        name=wanted.mini,
        title=wanted.mini_title + words,
        data_module=wanted.mini_module,
        arguments={**wanted.arguments, **_splits(wanted, options)},
        backbone=backbone,
    )


def _real(wanted: DataSet, root: Path, options: DataOptions) -> DataSource:
    """The real set in its official layout, with VGG16's fc7 unless another backbone is named."""
    splits = _splits(wanted, options)
    folder = next((root / name for name in wanted.folders if (root / name).is_dir()), root)
    names = dict.fromkeys(
        pattern.format(split=split) for pattern in wanted.files for split in splits.values()
    )
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        raise DataNotFoundError(
            f"{wanted.title} is not in {folder}: missing {', '.join(missing)}. To have it, "
            f"{wanted.how_to_get} {root}, or name the right folder with --data-root (make: "
            "DATA_ROOT=DIR) and splits that it has with --train and --test (TRAIN, TEST). "
            f"{WITHOUT_DOWNLOAD}"
        )
    backbone, words = _backbone(options, {"name": "vgg16", "weights": "IMAGENET1K_V1"})
    of_paper = tuple(splits.values()) == wanted.splits
    parts = "" if of_paper else f", {splits['train_split']} to {splits['test_split']}"
    return DataSource(
        name=wanted.id,
        title=wanted.title + parts + words,
        data_module=wanted.data_module,
        arguments={**wanted.arguments, "root": str(root), **splits},
        backbone=backbone,
        num_workers=max(2, min(16, os.cpu_count() or 2)),
    )


def _splits(wanted: DataSet, options: DataOptions) -> dict[str, str]:
    train, test = wanted.splits
    return {"train_split": options.train or train, "test_split": options.test or test}


def _backbone(options: DataOptions, default: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Arguments of the backbone's spec, and words for the title where it is not the default.

    Raises:
        DataNotFoundError: the weights' file is missing.
    """
    if options.backbone is None and options.weights is None:
        if options.preprocessing is not None:
            raise DataNotFoundError("--preprocessing is that of --backbone's weights: name both")
        return default, ""
    name = options.backbone or default["name"]
    weights = options.weights or ("IMAGENET1K_V1" if options.backbone else default["weights"])
    is_file = weights.endswith((".pth", ".pt", ".safetensors")) or os.sep in weights
    if is_file and not Path(weights).exists():
        raise DataNotFoundError(
            f"{weights} is missing: name a state dict of {name} with --weights (make: WEIGHTS=FILE)"
        )
    rule = preprocessing(weights, options.preprocessing)
    made = {"name": name, "weights": weights, **rule.arguments}
    return made, f", features of {name}, images as {rule.words}"
