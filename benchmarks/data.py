"""Which data a table runs on: the real set where it is, MINI where nobody asked for it."""

from __future__ import annotations

import importlib
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from lightning import LightningDataModule

    from cnn_rnn.backbones import BackboneSpec

logger = logging.getLogger(__name__)

DataChoice = Literal["auto", "mini", "coco"]
COCO_VARIABLE = "CNN_RNN_COCO"
REAL_DATA_VARIABLE = "CNN_RNN_REAL_DATA"


class DataNotFoundError(ValueError):
    """Data that was asked for is not there: says what is missing, where, and how to get it."""

    is_user_error = True


@dataclass(frozen=True)
class DataSource:
    """A data set and the backbone for it, described without reading anything.

    Attributes:
        name: of the data set: names its settings in a table.
        title: as reports show it; MINI says so.
        data_module: class path.
        arguments: of the data module, apart from those that the suite gives.
        backbone: arguments of `cnn_rnn.backbones.BackboneSpec`.
        image_batch_size: images the backbone takes at once.
        num_workers: processes that read images for the backbone.
    """

    name: str
    title: str
    data_module: str
    arguments: Mapping[str, Any]
    backbone: Mapping[str, Any]
    image_batch_size: int = 64
    num_workers: int = 2

    @property
    def is_mini(self) -> bool:
        """Whether the images are drawn."""
        return self.name.startswith("mini")

    def open(self) -> LightningDataModule:
        """The data module; a part of its training split is to be held out.

        Raises:
            DataError: the data is missing or malformed.
        """
        module_name, _, class_name = self.data_module.rpartition(".")
        data_module = getattr(importlib.import_module(module_name), class_name)
        opened: LightningDataModule = data_module(
            **self.arguments,
            batch_size=self.image_batch_size,
            num_workers=self.num_workers,
            val_split=None,
        )
        return opened

    def to_json(self) -> str:
        """The source as text: equal sources give equal texts."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> DataSource:
        """The reverse of `to_json`."""
        return cls(**json.loads(text))

    def backbone_spec(self) -> BackboneSpec:
        """The backbone, without its weights."""
        from cnn_rnn.backbones import BackboneSpec

        return BackboneSpec.parse(dict(self.backbone))

    def without_test(self) -> DataSource:
        """The same with the training split in the place of the test split.

        What is chosen with it cannot have seen a test image.
        """
        train_split = self.arguments["train_split"]
        return replace(self, arguments={**self.arguments, "test_split": train_split})


def mini() -> DataSource:
    """Mini-COCO: drawn scenes in COCO's layout, made on first use."""
    return DataSource(
        name="mini",
        title="MINI (drawn scenes in COCO's layout, not the paper's data)",
        data_module="data_modules.mini.MiniCOCODataModule",
        arguments={"train_split": "train2014", "test_split": "val2014"},
        backbone={"name": "vgg16_mini", "weights": "mini"},
    )


def coco(root: Path) -> DataSource:
    """COCO 2014 in its official layout, with VGG16's fc7.

    Raises:
        DataNotFoundError: a file or folder of it is missing.
    """
    needed = [
        "annotations/instances_train2014.json",
        "annotations/instances_val2014.json",
        "train2014",
        "val2014",
    ]
    missing = [name for name in needed if not (root / name).exists()]
    if missing:
        raise DataNotFoundError(
            f"COCO 2014 is not in {root}: missing {', '.join(missing)}. Get train2014.zip, "
            "val2014.zip and annotations_trainval2014.zip from https://cocodataset.org/#download, "
            f"unpack them into {root}, or name the right folder with --data-root (make: "
            "DATA_ROOT=DIR). --data mini (DATA=mini) runs without any download"
        )
    return DataSource(
        name="coco",
        title="MS-COCO 2014",
        data_module="data_modules.COCODataModule",
        arguments={"root": str(root), "train_split": "train2014", "test_split": "val2014"},
        backbone={"name": "vgg16", "weights": "IMAGENET1K_V1"},
        num_workers=max(2, min(16, os.cpu_count() or 2)),
    )


def find_voc2007_photos(
    root: Path | None, train: str, test: str, weights: Path | None
) -> DataSource:
    """Real VOC2007 photos with MobileNetV2 features, converted from TensorFlow.

    Args:
        root: the folder that holds VOCdevkit; by default `voc2007` in $CNN_RNN_REAL_DATA.
        train: split to train on.
        test: split to test on.
        weights: of MobileNetV2; by default the file in `weights` beside `root`.
    Raises:
        DataNotFoundError: the devkit, a split of it, or the weights file is missing.
    """
    named = os.environ.get(REAL_DATA_VARIABLE)
    if root is None and named:
        root = Path(named) / "voc2007"
    if root is None:
        raise DataNotFoundError(
            "real photos are needed: name the folder that holds VOCdevkit/VOC2007 with --data-root "
            f"(make: DATA_ROOT=DIR), or the folder that holds voc2007 with ${REAL_DATA_VARIABLE}"
        )
    weights = weights or root.parent / "weights" / "mobilenet_v2_tfslim_dequant.pth"
    splits = root / "VOCdevkit" / "VOC2007" / "ImageSets" / "Main"
    for file in (splits / f"{train}.txt", splits / f"{test}.txt"):
        if not file.exists():
            raise DataNotFoundError(
                f"{file} is missing: name the folder that holds VOCdevkit/VOC2007 with --data-root "
                "(make: DATA_ROOT=DIR), and splits that it has with --train and --test"
            )
    if not weights.exists():
        raise DataNotFoundError(
            f"{weights} is missing: name a state dict of torchvision's mobilenet_v2, converted "
            "from TensorFlow, with --weights"
        )
    return DataSource(
        name="voc2007",
        title=f"PASCAL VOC 2007 photos, {train} to {test}, MobileNetV2 features",
        data_module="data_modules.VOC2007DataModule",
        arguments={"root": str(root), "train_split": train, "test_split": test},
        backbone={
            "name": "mobilenet_v2",
            "weights": str(weights),
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "padding": "tensorflow",
        },
    )


def choose(choice: DataChoice, root: Path | None) -> DataSource:
    """The data for a table of COCO.

    Args:
        choice: `auto` takes COCO where a folder of it is named, MINI otherwise, and says so.
        root: the folder of COCO; by default what $CNN_RNN_COCO says.
    Raises:
        DataNotFoundError: COCO was asked for and is not there.
    """
    if choice == "mini":
        if root is not None:
            raise DataNotFoundError(
                f"--data mini takes no --data-root ({root}): it is drawn on first use, under "
                "$CNN_RNN_HOME"
            )
        return mini()
    named = root or (Path(os.environ[COCO_VARIABLE]) if os.environ.get(COCO_VARIABLE) else None)
    if named is not None:
        return coco(named)
    if choice == "coco":
        raise DataNotFoundError(
            "--data coco needs COCO 2014: name its folder with --data-root (make: DATA_ROOT=DIR) "
            f"or ${COCO_VARIABLE}. Get train2014.zip, val2014.zip and "
            "annotations_trainval2014.zip from https://cocodataset.org/#download and unpack them "
            "there. --data mini (DATA=mini) runs without any download"
        )
    logger.warning(
        "COCO not found: running on MINI, drawn scenes in COCO's layout. For COCO: "
        "make table3 DATA=coco DATA_ROOT=DIR"
    )
    return mini()
