"""Unlabelled photos to predict: in blocks that processes share, a broken one told and not fatal.

A block is one batch of neighbours. Whoever writes predictions can say which blocks are done; a
run that was killed then goes on with the others, on any number of processes.
"""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TypedDict

import lightning
import torch
from lightning.pytorch import Trainer
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from data_modules.errors import DataError
from data_modules.image_folders import find_images
from data_modules.images import IMAGE_SUFFIXES, SKIP_HINT, read_image
from data_modules.loaders import process_of
from data_modules.transforms import Resize, evaluation_transform, transform_id


class PhotoSample(TypedDict):
    """A photo, or grey and what is wrong with it."""

    image: Tensor  # (3, S, S) uint8
    image_id: str
    error: str | None


class PhotoBatch(TypedDict):
    """B photos; the rows of broken ones hold grey, their predictions mean nothing."""

    image: Tensor  # (B, 3, S, S) uint8
    target: Tensor  # (B, K) bool: nothing
    ignored: Tensor  # (B, K) bool: nothing
    image_id: list[str]
    error: list[str | None]


class Photos(Dataset[PhotoSample]):
    """All images below a folder, in the order of their names.

    Args:
        folder: of the photos, at any depth.
        transform: (3, H, W) uint8 -> (3, S, S) uint8.
        image_size: S.
        num_labels: K of the batches.
        batch_size: photos a block.
        num_workers: processes that read photos, for each loader.

    Attributes:
        image_ids: the paths as `folder` leads to them, with slashes.
        image_paths: the files.

    Raises:
        DataError: there is no such folder, or no image in it.
    """

    def __init__(
        self,
        folder: Path,
        transform: Callable[[Tensor], Tensor],
        image_size: int,
        num_labels: int,
        batch_size: int,
        num_workers: int,
    ) -> None:
        names = find_images(folder)
        if not names:
            expected = f"images ({', '.join(IMAGE_SUFFIXES)})"
            fix = "put photos there, or name another folder"
            raise DataError(folder.absolute(), "", expected, "none", fix)
        self.folder = folder
        self.image_ids = [(folder / name).as_posix() for name in names]
        self.image_paths = [folder / name for name in names]
        self.transform = transform
        self.image_size = image_size
        self.num_labels = num_labels
        self.batch_size = batch_size
        self.num_workers = num_workers
        self._done: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.image_ids)

    def __getitem__(self, index: int) -> PhotoSample:
        """Reads a photo; a broken one is grey, and says why."""
        try:
            image, error = self.transform(read_image(self.image_paths[index])), None
        except DataError as problem:
            image = torch.full((3, self.image_size, self.image_size), 128, dtype=torch.uint8)
            error = str(problem).removesuffix(f", {SKIP_HINT}")  # it is left out anyhow
        return {"image": image, "image_id": self.image_ids[index], "error": error}

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that change with a photo's name, size or time, or the blocks'."""
        digest = hashlib.sha256(f"{self.batch_size} {self.image_size}".encode())
        for path in self.image_paths:
            try:
                status = path.stat()
                about = f"{status.st_size} {status.st_mtime_ns}"
            except OSError:
                about = "missing"
            digest.update(os.fsencode(path.relative_to(self.folder)) + f"\0{about}\n".encode())
        return digest.hexdigest()

    def skip(self, done: Collection[int]) -> None:
        """Leaves blocks out of the loaders made from now on.

        Args:
            done: the first photo of each.
        """
        self._done = frozenset(done)

    def loader(self, trainer: Trainer | None) -> DataLoader[PhotoSample]:
        """This process's share of the blocks that are left."""
        rank, world = process_of(trainer)
        # Keywords only: Lightning re-creates loaders from them.
        return DataLoader(
            dataset=self,
            batch_size=self.batch_size,
            sampler=BlockSampler(len(self), self.batch_size, rank, world, self._done),
            num_workers=self.num_workers,
            collate_fn=self.collate,
            pin_memory=torch.cuda.is_available(),
        )

    def collate(self, samples: Sequence[PhotoSample]) -> PhotoBatch:
        """The batch of at least one sample."""
        nothing = torch.zeros(len(samples), self.num_labels, dtype=torch.bool)
        return {
            "image": torch.stack([sample["image"] for sample in samples]),
            "target": nothing,
            "ignored": nothing,
            "image_id": [sample["image_id"] for sample in samples],
            "error": [sample["error"] for sample in samples],
        }


class BlockSampler(DistributedSampler[int]):
    """The photos of every world-th block that is left, ascending; a process may get none.

    Only the last block can be short, and it comes last, so that a batch is always a block. It is a
    DistributedSampler because Lightning leaves those alone.

    Args:
        num_photos: of all processes together.
        block_size: photos a block.
        rank: of this process, 0..world-1.
        world: number of processes.
        done: the first photo of each block that is left out.
    """

    def __init__(
        self, num_photos: int, block_size: int, rank: int, world: int, done: Collection[int]
    ) -> None:
        super().__init__(
            range(num_photos),  # type: ignore[arg-type]  # only its length is read
            num_replicas=world,
            rank=rank,
            shuffle=False,
        )
        left = [first for first in range(0, num_photos, block_size) if first not in done]
        self.photos = [
            photo
            for first in left[rank::world]
            for photo in range(first, min(first + block_size, num_photos))
        ]

    def __len__(self) -> int:
        return len(self.photos)

    def __iter__(self) -> Iterator[int]:
        return iter(self.photos)


class PhotoFolderDataModule(lightning.LightningDataModule):
    """A folder of photos to predict with a model whose labels are known already.

    `lightning predict --photos FOLDER --ckpt_path FILE` makes one from what the checkpoint says.

    Args:
        root: the folder; its photos are found at any depth.
        label_names: K names of the model's labels.
        label_counts: K training counts of the model; only handed on.
        batch_size: photos a batch and process.
        num_workers: processes that read photos, for each loader.
        image_size: side of the square images that the model wants, in pixels.
        resize: `square` or `crop`, as in its training.
    """

    def __init__(
        self,
        root: str | Path,
        label_names: list[str],
        label_counts: list[int],
        batch_size: int = 64,
        num_workers: int = 2,
        image_size: int = 224,
        resize: Resize = "square",
    ) -> None:
        super().__init__()
        # With many processes and few photos, or few left, some processes have nothing to do.
        self.allow_zero_length_dataloader_with_multiple_devices = True
        self.root = Path(root).expanduser()
        self.label_names = label_names
        self.label_counts = torch.tensor(label_counts)
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.image_size = image_size
        self.resize: Resize = resize
        self._photos: Photos | None = None

    @property
    def photos(self) -> Photos:
        """The photos; looked for on the first call.

        Raises:
            DataError: there are none.
        """
        if self._photos is None:
            self._photos = Photos(
                self.root,
                evaluation_transform(self.image_size, self.resize),
                self.image_size,
                len(self.label_names),
                self.batch_size,
                self.num_workers,
            )
        return self._photos

    @property
    def transform_id(self) -> str:
        """Names the transform exactly."""
        return transform_id(self.image_size, self.resize)

    def predict_dataloader(self) -> DataLoader[PhotoSample]:
        """This process's share of the photos."""
        return self.photos.loader(self.trainer)
