"""Which process sees which images: each exactly once in evaluation, equal shares in training."""

from collections.abc import Iterator

import numpy as np
from torch.utils.data import DistributedSampler

from data_modules.errors import DataError


class RankSampler(DistributedSampler[int]):
    """The share of one process of `range(num_images)`.

    Evaluation keeps the order and pads nothing, so that metrics over all processes are those of
    one process. Training shuffles by (seed, epoch) and leaves out the up to `world` - 1 images
    that would make shares unequal: others in each epoch. `set_epoch` begins an epoch (Lightning
    calls it). It is a DistributedSampler because Lightning leaves those alone, whatever
    `use_distributed_sampler` says.

    Args:
        num_images: how many there are for all processes together.
        rank: of this process, 0..world-1.
        world: number of processes.
        shuffle: for training.
        seed: of the shuffle; the same in all processes.

    Raises:
        DataError: a process would have no image at all.
    """

    def __init__(
        self,
        num_images: int,
        rank: int = 0,
        world: int = 1,
        *,
        shuffle: bool = False,
        seed: int = 0,
    ) -> None:
        if num_images < world:
            expected = f"an image for each of {world} processes"
            fix = f"use at most {num_images} devices"
            raise DataError("the images to share out", "", expected, str(num_images), fix)
        super().__init__(
            range(num_images),  # type: ignore[arg-type]  # only its length is read
            num_replicas=world,
            rank=rank,
            shuffle=shuffle,
            seed=seed,
        )
        self.num_images = num_images

    def __len__(self) -> int:
        if self.shuffle:
            return self.num_images // self.num_replicas
        return len(range(self.rank, self.num_images, self.num_replicas))

    def __iter__(self) -> Iterator[int]:
        if not self.shuffle:
            return iter(range(self.rank, self.num_images, self.num_replicas))
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.num_images)
        return iter(order[self.rank :: self.num_replicas][: len(self)].tolist())
