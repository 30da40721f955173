"""Fills a feature store with a frozen backbone's features, with every process that asks for it.

Section 3.4 keeps the CNN fixed, so an image's features never change. Processes share the work by
claiming chunks; the batches of the claimed chunks run through one data loader.
"""

import itertools
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from tqdm.auto import tqdm

from cnn_rnn.feature_store import FeatureCacheError, FeatureStore

logger = logging.getLogger(__name__)

# Pixels the backbone sees at once on a CPU: larger activations are paid for in page faults.
# Measured on one thread: MobileNetV2 at 224 takes 19 ms an image by fours, 31 ms by 64.
CPU_PIXELS = 4 * 224 * 224


class ImageDataset(Protocol):
    """Images with their labels; the part of a data module's dataset that features need."""

    @property
    def image_ids(self) -> Sequence[str]:
        """N ids."""

    @property
    def targets(self) -> Tensor:
        """(N, K) bool."""

    @property
    def ignored(self) -> Tensor:
        """(N, K) bool."""

    def __len__(self) -> int:
        """N."""

    def __getitem__(self, index: int, /) -> Mapping[str, Any]:
        """A sample whose `image` is (3, H, W); every image has the same size."""


class FrozenBackbone(Protocol):
    """An image encoder that is described without being loaded."""

    @property
    def feature_dim(self) -> int:
        """F."""

    def identity(self) -> str:
        """Changes whenever the features would: name, hash of the weights, normalisation."""

    def build(self) -> nn.Module:
        """The module, images (B, 3, H, W) -> (B, F), with its weights."""


def extract(
    store: FeatureStore,
    dataset: ImageDataset,
    backbone: FrozenBackbone,
    *,
    batch_size: int,
    num_workers: int = 0,
    device: torch.device | str = "cpu",
    share: tuple[int, int] = (0, 1),
) -> None:
    """Computes every missing chunk of a store; returns when the store is complete.

    Args:
        store: (N, F), its rows in the order of the dataset; other processes may fill it as well.
        dataset: N images.
        backbone: built only if a chunk is left for this process.
        batch_size: images at once; the features do not depend on it.
        num_workers: processes that read images.
        device: where the backbone runs.
        share: rank and number of processes known to fill this store; each begins elsewhere.

    Raises:
        FeatureCacheError: a feature is not finite, or the backbone gives another shape than (B, F).
    """
    rank, world = share
    network: nn.Module | None = None
    # A run that finds its features computed and one that computes them go on with equal seeds.
    with torch.random.fork_rng(devices=[]), _claims_end_with(store):
        while missing := store.ledger.missing():
            begin = len(missing) * rank // world
            claimed = _claim_each(store, missing[begin:] + missing[:begin])
            first = next(claimed, None)
            if first is None:
                logger.info("%s: waiting for another process to finish its part", store.folder)
                if not store.ledger.claim(missing[0], wait=True):
                    continue
                first = missing[0]
            if network is None:
                network = _prepare(backbone, device)
            chunks = itertools.chain([first], claimed)
            loader = _loader(store, dataset, chunks, batch_size, num_workers, device)
            _run(store, dataset, network, loader, device, quiet=rank > 0)


@contextmanager
def _claims_end_with(store: FeatureStore) -> Iterator[None]:
    try:
        yield
    finally:
        store.ledger.release_all()


def _claim_each(store: FeatureStore, chunks: Sequence[int]) -> Iterator[int]:
    for chunk in chunks:
        if store.ledger.claim(chunk):
            yield chunk


def _prepare(backbone: FrozenBackbone, device: torch.device | str) -> nn.Module:
    network = backbone.build().eval().to(device)
    if torch.device(device).type == "cpu":
        return network.to(memory_format=torch.channels_last)
    return network


class _ImagesOfChunks(Dataset[tuple[int, int, Tensor]]):
    """Looks up (chunk, row); the chunk number travels along with the image."""

    def __init__(self, images: ImageDataset) -> None:
        self.images = images

    def __getitem__(self, index: tuple[int, int]) -> tuple[int, int, Tensor]:
        chunk, row = index
        return chunk, row, self.images[row]["image"]


def _loader(
    store: FeatureStore,
    dataset: ImageDataset,
    chunks: Iterator[int],
    batch_size: int,
    num_workers: int,
    device: torch.device | str,
) -> DataLoader[tuple[int, int, Tensor]]:
    """One loader for all chunks, so that its workers live on; no batch crosses a chunk's end."""
    batches = (
        [(chunk, row) for row in rows[start : start + batch_size]]
        for chunk in chunks
        for rows in [store.rows(chunk)]
        for start in range(0, len(rows), batch_size)
    )
    return DataLoader(
        dataset=_ImagesOfChunks(dataset),
        batch_sampler=batches,  # any iterable of lists of indices will do
        num_workers=num_workers,
        collate_fn=_stack,
        pin_memory=torch.device(device).type == "cuda",
    )


def _stack(samples: list[tuple[int, int, Tensor]]) -> tuple[int, int, Tensor]:
    """The chunk, the first row and the images (B, 3, H, W) of a batch."""
    chunk, row, _ = samples[0]
    return chunk, row, torch.stack([image for _, _, image in samples])


def _run(
    store: FeatureStore,
    dataset: ImageDataset,
    network: nn.Module,
    loader: DataLoader[tuple[int, int, Tensor]],
    device: torch.device | str,
    quiet: bool,
) -> None:
    started, computed = time.perf_counter(), 0
    parts: list[Tensor] = []
    with tqdm(
        desc="Features",
        total=store.spec.num_rows,
        initial=store.num_rows_done(),
        unit="image",
        disable=quiet,
    ) as bar:
        for chunk, row, images in loader:
            features = _features(network, images, device)
            _check(store, dataset, features, row)
            parts.append(features)
            computed += len(features)
            bar.update(len(features))
            if row + len(features) == store.rows(chunk).stop:
                store.write(chunk, torch.cat(parts).numpy())
                parts = []
                bar.update(max(0, store.num_rows_done() - bar.n))  # the chunks of other processes
    seconds = time.perf_counter() - started
    logger.info("%d images in %.0f s: %.1f images/s", computed, seconds, computed / seconds)


@torch.inference_mode()
def _features(network: nn.Module, images: Tensor, device: torch.device | str) -> Tensor:
    images = images.to(device, non_blocking=True)
    if images.device.type != "cpu":
        on_device: Tensor = network(images)
        return on_device.float().cpu()
    images = images.contiguous(memory_format=torch.channels_last)
    at_once = max(1, CPU_PIXELS // (images.shape[2] * images.shape[3]))
    parts = torch.split(images, at_once)
    return torch.cat([network(part).float() for part in parts])


def _check(store: FeatureStore, dataset: ImageDataset, features: Tensor, row: int) -> None:
    if features.shape[1:] != (store.spec.num_columns,):
        raise FeatureCacheError(
            f"the backbone gives features of shape {tuple(features.shape)}, but says it gives "
            f"{store.spec.num_columns} an image"
        )
    kept = features.to(getattr(torch, store.spec.dtype))
    finite = torch.isfinite(kept).all(dim=1)
    if not finite.all():
        first = int((~finite).nonzero()[0])
        raise FeatureCacheError(
            f"image {dataset.image_ids[row + first]}: its features are not finite in "
            f"{store.spec.dtype}; check the weights of the backbone and their normalisation"
        )
