"""DataLoaders as Lightning and several processes need them."""

import torch
from lightning.pytorch import Trainer
from torch.utils.data import DataLoader

from data_modules.dataset import MultiLabelDataset, Sample, collate
from data_modules.sampler import RankSampler


def make_loader(
    dataset: MultiLabelDataset,
    batch_size: int,
    num_workers: int,
    *,
    training: bool,
    seed: int,
    trainer: Trainer | None,
) -> DataLoader[Sample]:
    """Batches of this process's share of a dataset.

    Args:
        dataset: all images that take part.
        batch_size: images a batch and process.
        num_workers: processes that read images; they live as long as the loader.
        training: shuffled, in equal shares; otherwise each image exactly once, in order.
        seed: of the shuffle and of random transforms.
        trainer: knows rank and world; None asks torch.distributed.
    """
    rank, world = process_of(trainer)
    # Keywords only: Lightning re-creates loaders from them.
    return DataLoader(
        dataset=dataset,
        batch_size=batch_size,
        sampler=RankSampler(len(dataset), rank, world, shuffle=training, seed=seed),
        num_workers=num_workers,
        collate_fn=collate,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=num_workers > 0,
        # Of its own, so that the model's random numbers do not depend on the loaders.
        generator=torch.Generator().manual_seed(seed * world + rank),
    )


def process_of(trainer: Trainer | None) -> tuple[int, int]:
    """Rank of this process, and how many there are; None asks torch.distributed."""
    if trainer is not None:
        return trainer.global_rank, trainer.world_size
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1
