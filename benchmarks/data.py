"""A data set and the backbone for it, described without reading anything."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks.spec import Inputs

if TYPE_CHECKING:
    from lightning import LightningDataModule

    from cnn_rnn.backbones import BackboneSpec

REHEARSAL = "coco-labels"  # names the source of `benchmarks.rehearsal`
REGIONS = 10  # hypotheses of an image, for rows on `regions`: our choice, for the time they take


@dataclass(frozen=True)
class DataSource:
    """A data set and the backbone for it.

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

    def backbone_spec(self, inputs: Inputs = "image") -> BackboneSpec:
        """The backbone, without its weights.

        Args:
            inputs: `regions`: its features are those of `REGIONS` hypotheses of each image.
        """
        from cnn_rnn.backbones import BackboneSpec

        spec = BackboneSpec.parse(dict(self.backbone))
        return replace(spec, regions=REGIONS) if inputs == "regions" else spec

    def without_test(self) -> DataSource:
        """The same with the training split in the place of the test split.

        What is chosen with it cannot have seen a test image.
        """
        train_split = self.arguments["train_split"]
        return replace(self, arguments={**self.arguments, "test_split": train_split})
