"""Batches of features straight from a memory map, and who gets which of them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset, DistributedSampler

from cnn_rnn.feature_extraction import ImageDataset
from cnn_rnn.feature_store import FeatureCacheError

Batch = dict[str, Any]


class FeatureDataset(Dataset[Batch]):
    """Samples of a split; a loader gets a whole batch by one look-up in the memory map.

    Args:
        features: (N, F) of the whole split.
        labels: the split.
        indices: int64 rows of the split that are samples here, in order.
    """

    def __init__(self, features: npt.NDArray[Any], labels: ImageDataset, indices: Tensor) -> None:
        self.features = features
        self.indices = indices
        self.targets = labels.targets
        self.ignored = labels.ignored
        self.image_ids = labels.image_ids

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Batch:
        """The sample `index` as a batch of one."""
        return self.__getitems__([index])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """The batch of some samples; DataLoader calls this by its name."""
        rows = self.indices[torch.as_tensor(indices)]
        features = self.features[rows.numpy()].astype(np.float32, copy=False)
        return {
            "features": torch.from_numpy(features),
            "target": self.targets[rows],
            "ignored": self.ignored[rows],
            "image_id": [self.image_ids[row] for row in rows.tolist()],
        }


class ShareSampler(DistributedSampler[int]):
    """The rank-th of world shares of range(n): unpadded in order, or equal shares of a shuffle.

    It is a DistributedSampler because Lightning leaves those alone. Each pass begins a new epoch
    unless `set_epoch` says otherwise.

    Raises:
        FeatureCacheError: there are fewer samples than processes.
    """

    def __init__(self, n: int, rank: int, world: int, *, shuffle: bool, seed: int) -> None:
        if n < world:
            raise FeatureCacheError(
                f"{n} images cannot be shared by {world} processes: use at most {n} devices"
            )
        super().__init__(
            range(n),  # type: ignore[arg-type]  # only its length is read
            num_replicas=world,
            rank=rank,
            shuffle=shuffle,
            seed=seed,
        )
        self.n = n

    def __len__(self) -> int:
        if self.shuffle:
            return self.n // self.num_replicas
        return len(range(self.rank, self.n, self.num_replicas))

    def __iter__(self) -> Iterator[int]:
        if not self.shuffle:
            return iter(range(self.rank, self.n, self.num_replicas))
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.n)
        self.epoch += 1
        return iter(order[self.rank :: self.num_replicas][: len(self)].tolist())


def whole_batch(batch: Any) -> Batch:
    """The collate function: `FeatureDataset` gives whole batches already."""
    collated: Batch = batch
    return collated
