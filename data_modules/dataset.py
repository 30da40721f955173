"""A split of a data set: images and multi-hot labels, and how samples become a batch."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

import torch
from torch import Tensor
from torch.utils.data import Dataset

from data_modules.images import read_image


class Sample(TypedDict):
    """One image."""

    image: Tensor  # (3, H, W) uint8
    target: Tensor  # (K,) bool
    ignored: Tensor  # (K,) bool: neither right nor wrong
    image_id: str


class Batch(TypedDict):
    """B images of one size."""

    image: Tensor  # (B, 3, H, W) uint8
    target: Tensor  # (B, K) bool
    ignored: Tensor  # (B, K) bool
    image_id: list[str]


class MultiLabelDataset(Dataset[Sample]):
    """N images of a split.

    Args:
        image_ids: N names.
        image_paths: N files.
        targets: (N, K) bool.
        ignored: (N, K) bool.
        transform: (3, H, W) uint8 -> (3, S, S) uint8.
    """

    def __init__(
        self,
        image_ids: list[str],
        image_paths: Sequence[Path],
        targets: Tensor,
        ignored: Tensor,
        transform: Callable[[Tensor], Tensor],
    ) -> None:
        self.image_ids = image_ids
        self.image_paths = image_paths
        self.targets = targets
        self.ignored = ignored
        self.transform = transform

    def __len__(self) -> int:
        return len(self.image_ids)

    def __getitem__(self, index: int) -> Sample:
        """Reads the image `index`.

        Raises:
            DataError: its file cannot be read.
        """
        return {
            "image": self.transform(read_image(self.image_paths[index])),
            "target": self.targets[index],
            "ignored": self.ignored[index],
            "image_id": self.image_ids[index],
        }

    def select(
        self, rows: Tensor, transform: Callable[[Tensor], Tensor] | None = None
    ) -> "MultiLabelDataset":
        """Some of the images, in the order given, under another transform if one is given.

        Args:
            rows: (M,) int64.
            transform: instead of this dataset's.
        """
        return MultiLabelDataset(
            [self.image_ids[row] for row in rows.tolist()],
            [self.image_paths[row] for row in rows.tolist()],
            self.targets[rows],
            self.ignored[rows],
            self.transform if transform is None else transform,
        )


def collate(samples: Sequence[Sample]) -> Batch:
    """The batch of at least one sample; all images have the same size."""
    return {
        "image": torch.stack([sample["image"] for sample in samples]),
        "target": torch.stack([sample["target"] for sample in samples]),
        "ignored": torch.stack([sample["ignored"] for sample in samples]),
        "image_id": [sample["image_id"] for sample in samples],
    }
