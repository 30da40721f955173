"""Frozen features instead of images: computed once for a data set, memory-mapped ever after.

`FeatureDataModule` wraps a data module and yields the same batches with `features` (B, F) in the
place of `image`, so that an epoch costs the head only (section 3.4: the CNN is fixed).
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Protocol

import lightning
import numpy.typing as npt
import platformdirs
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from cnn_rnn.feature_batches import Batch, FeatureDataset, ShareSampler, whole_batch
from cnn_rnn.feature_extraction import FrozenBackbone, ImageDataset, extract
from cnn_rnn.feature_store import FORMAT_VERSION, FeatureStore, StoreSpec

logger = logging.getLogger(__name__)

Part = Literal["train", "val", "test"]
_PARTS_OF: dict[str, tuple[Part, ...]] = {
    "fit": ("train", "val"),
    "validate": ("val",),
    "test": ("test",),
    "predict": ("test",),
}


class ImageDataModule(Protocol):
    """What a data module must have to be wrapped."""

    @property
    def label_names(self) -> list[str]:
        """Names of the K labels."""

    @property
    def label_counts(self) -> Tensor:
        """(K,) int64."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever what was read changes."""

    @property
    def transform_id(self) -> str:
        """Names the evaluation transform exactly."""

    @property
    def batch_size(self) -> int:
        """Images a batch."""

    @property
    def num_workers(self) -> int:
        """Processes that read images."""

    def dataset(self, split: str, /) -> ImageDataset:
        """A split with the evaluation transform."""

    def split_indices(self, part: Part, /) -> tuple[str, Tensor]:
        """The split that a part comes from, and the int64 indices into it."""

    def prepare_data(self) -> None:
        """Lightning's hook."""

    def setup(self, stage: str) -> None:
        """Lightning's hook."""


def default_cache_root() -> Path:
    """`features` under $CNN_RNN_HOME, or under the user's cache folder."""
    home = os.environ.get("CNN_RNN_HOME")
    return (Path(home) if home else platformdirs.user_cache_path("cnn-rnn")) / "features"


def feature_source(
    datamodule: ImageDataModule, split: str, backbone: FrozenBackbone
) -> dict[str, str]:
    """Everything that the features of a split depend on, by name."""
    ids = "\n".join(datamodule.dataset(split).image_ids)
    return {
        "data": datamodule.fingerprint,
        "split": split,
        "image_ids": hashlib.sha256(ids.encode("utf-8", "surrogateescape")).hexdigest(),
        "backbone": backbone.identity(),
        "transform": datamodule.transform_id,
    }


def cache_key(source: dict[str, str], dtype: str) -> str:
    """The name of a cache: 64 hexadecimal digits that change with each ingredient."""
    ingredients = {**source, "dtype": dtype, "format": FORMAT_VERSION}
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()


class FeatureDataModule(lightning.LightningDataModule):
    """Wraps a data module: the same splits, labels and order, with features for images.

    Attributes that are not defined here (`is_mini`, `annotations`, ...) are the wrapped module's.
    Training batches are shuffled by (seed, epoch); evaluation keeps the order of the split. With
    several processes each gets its share without any padding, so that metrics count every image
    once; training drops the up to world - 1 images that would make the shares unequal.

    Args:
        datamodule: images and labels.
        backbone: a frozen image encoder; built only if features are missing.
        cache_root: folder of all caches; by default `features` under $CNN_RNN_HOME.
        batch_size: of the batches of features; by default the wrapped module's, which is always
            that of the image batches.
        dtype: on disk; batches are float32 either way. float16 halves disk and memory traffic.
        seed: of the order of the training batches.
        device: where the backbone runs; by default the trainer's, or CUDA where there is any.
        verify: compare the checksums of finished caches before they are used.

    Raises:
        FeatureCacheError: from `setup` or `fill`: a full disk, or features that are not finite.
    """

    def __init__(
        self,
        datamodule: ImageDataModule,
        backbone: FrozenBackbone,
        cache_root: Path | None = None,
        *,
        batch_size: int | None = None,
        dtype: Literal["float32", "float16"] = "float32",
        seed: int = 0,
        device: str | None = None,
        verify: bool = False,
    ) -> None:
        super().__init__()
        self.datamodule = datamodule
        self.backbone = backbone
        self.cache_root = cache_root or default_cache_root()
        self.batch_size = batch_size or datamodule.batch_size
        self.dtype = dtype
        self.seed = seed
        self.device = device
        self.verify = verify
        self._opened: dict[str, npt.NDArray[Any]] = {}

    def __getattr__(self, name: str) -> Any:
        # Only called for what is not found; `datamodule` itself is missing while unpickling.
        if name.startswith("__") or name == "datamodule":
            raise AttributeError(name)
        return getattr(self.datamodule, name)

    def __getstate__(self) -> dict[str, Any]:
        # A pickled memory map would be a copy of all features; another process opens its own.
        return {**self.__dict__, "_opened": {}}

    @property
    def label_names(self) -> list[str]:
        """Names of the K labels."""
        return self.datamodule.label_names

    @property
    def label_counts(self) -> Tensor:
        """(K,) int64: how often each label occurs in the training split."""
        return self.datamodule.label_counts

    def prepare_data(self) -> None:
        """Lets the wrapped module prepare its files."""
        self.datamodule.prepare_data()

    def setup(self, stage: str) -> None:
        """Sets the wrapped module up and computes what the stage lacks, on every process at once.

        Args:
            stage: fit, validate, test or predict.
        """
        self.datamodule.setup(stage)
        self.fill(_PARTS_OF[stage])

    def fill(self, parts: Iterable[Part]) -> None:
        """Computes and opens the features of the splits behind some parts."""
        for split in dict.fromkeys(self.datamodule.split_indices(part)[0] for part in parts):
            self.features(split)

    def features(self, split: str) -> npt.NDArray[Any]:
        """The features of a whole split, (N, F), memory-mapped; computed if they are missing."""
        if split not in self._opened:
            source = feature_source(self.datamodule, split, self.backbone)
            dataset = self.datamodule.dataset(split)
            spec = StoreSpec(len(dataset), self.backbone.feature_dim, self.dtype, source)
            folder = self.cache_root / cache_key(source, self.dtype)
            store = FeatureStore(folder, spec, verify=self.verify)
            if store.is_complete:
                logger.info("Features of %s: using the cache in %s", split, folder)
            else:
                extract(
                    store,
                    dataset,
                    self.backbone,
                    batch_size=self.datamodule.batch_size,
                    num_workers=self.datamodule.num_workers,
                    device=self._device(),
                    share=_rank_and_world(),
                )
            self._opened[split] = store.array()
        return self._opened[split]

    def train_dataloader(self) -> DataLoader[Batch]:
        """Shuffled batches of the training part."""
        return self._loader("train", shuffle=True)

    def val_dataloader(self) -> DataLoader[Batch]:
        """The validation part in its order."""
        return self._loader("val")

    def test_dataloader(self) -> DataLoader[Batch]:
        """The test part in its order."""
        return self._loader("test")

    def predict_dataloader(self) -> DataLoader[Batch]:
        """The test part in its order."""
        return self._loader("test")

    def _loader(self, part: Part, shuffle: bool = False) -> DataLoader[Batch]:
        split, indices = self.datamodule.split_indices(part)
        batches = FeatureDataset(self.features(split), self.datamodule.dataset(split), indices)
        return DataLoader(
            dataset=batches,
            batch_size=self.batch_size,
            sampler=ShareSampler(len(batches), *_rank_and_world(), shuffle=shuffle, seed=self.seed),
            collate_fn=whole_batch,
        )

    def _device(self) -> torch.device:
        if self.device is not None:
            return torch.device(self.device)
        if self.trainer is not None:
            return self.trainer.strategy.root_device
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _rank_and_world() -> tuple[int, int]:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1
