"""A rehearsal at COCO's size: the real label lists of train2014, drawn stand-ins for the photos.

It shows what Table 3 costs in time and memory before anybody has the photos; its numbers say
nothing of a method. A stand-in is a picture of 108 bytes. For each of the 80 labels one byte says
how strongly it is seen: a label of the image v = 255 * Beta(2, 2), any other label
v = 255 * Beta(1, 8), as background; the rest is noise. `RandomFeatures` turns a picture into 4,096
numbers, as many as VGG16's fc7 has: one layer of fixed normal weights and a ReLU.

Training has the 82,081 lists of train2014. The lists of val2014 are not needed for a rehearsal:
its 40,137 images take lists of train2014, drawn by the seed, with pictures of their own.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import lightning
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

LABELS_FILE = "train2014_labels.txt.gz"
NAMES_FILE = "categories_coco_order.txt"
TRAIN_IMAGES, TEST_IMAGES = 82_081, 40_137  # of train2014 and val2014 with a label
FEATURE_DIM = 4_096
PICTURE = (3, 6, 6)
SEED = 0


class LabelListError(ValueError):
    """A file of label lists is not as expected: says where, what was expected, what came."""

    is_user_error = True


class DrawnPictures(Dataset[Mapping[str, Any]]):
    """Pictures drawn for label lists.

    Args:
        image_ids: N names.
        targets: (N, K) bool.
        seed: of the pictures.
    """

    def __init__(self, image_ids: list[str], targets: Tensor, seed: int) -> None:
        self.image_ids = image_ids
        self.targets = targets
        self.ignored = torch.zeros_like(targets)
        draw = np.random.default_rng(seed)
        num_images, num_labels = targets.shape
        seen = np.where(
            targets.numpy(),
            draw.beta(2, 2, (num_images, num_labels)),
            draw.beta(1, 8, (num_images, num_labels)),
        )
        noise = draw.random((num_images, int(np.prod(PICTURE)) - num_labels))
        pictures = (255 * np.concatenate([seen, noise], axis=1)).astype(np.uint8)
        self.pictures = torch.from_numpy(pictures).view(num_images, *PICTURE)

    def __len__(self) -> int:
        """N."""
        return len(self.image_ids)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """A sample as every data set of this project gives it."""
        return {
            "image": self.pictures[index],
            "target": self.targets[index],
            "ignored": self.ignored[index],
            "image_id": self.image_ids[index],
        }


class RandomFeatures:
    """Describes the layer of fixed normal weights, as `FeatureDataModule` wants a backbone."""

    feature_dim = FEATURE_DIM

    def identity(self) -> str:
        """Changes whenever the features would."""
        return f"random layer, {FEATURE_DIM}, seed {SEED}"

    def build(self) -> nn.Module:
        """(B, 3, 6, 6) uint8 -> (B, 4096) float, at least 0, half of them 0."""
        generator = torch.Generator().manual_seed(SEED)
        inputs = int(np.prod(PICTURE))
        layer = nn.Linear(inputs, FEATURE_DIM)
        with torch.no_grad():
            layer.weight.copy_(torch.randn(FEATURE_DIM, inputs, generator=generator))
            layer.bias.copy_(-layer.weight.mean(dim=1) * inputs * 0.2)
        return nn.Sequential(_Scale(), nn.Flatten(), layer, nn.ReLU()).eval()


class _Scale(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.float() / 255


class COCOLabelsDataModule(lightning.LightningDataModule):
    """The rehearsal's images and labels, with what the suite asks of a data module.

    Args:
        root: folder with `train2014_labels.txt.gz` (a line an image: file name, ids of its labels
            in 0..79) and `categories_coco_order.txt` (80 names).
        batch_size: pictures at once.
        num_workers: not used: pictures are in memory.
        train_split: `train`.
        test_split: `test`, or `train` in a search of settings.
        val_split: None: a part of training is held out.
        val_fraction: the held-out share.
        seed: of the held-out part.
        max_images: fewer training images, and in proportion fewer test images; None: all.
    Raises:
        LabelListError: a file is missing or malformed.
    """

    is_mini = False
    title = "COCO's label lists with drawn features (a rehearsal, no result)"

    def __init__(
        self,
        root: str | Path,
        batch_size: int = 512,
        num_workers: int = 0,
        train_split: str = "train",
        test_split: str = "test",
        val_split: None = None,
        val_fraction: float = 0.1,
        seed: int = 0,
        max_images: int | None = None,
    ) -> None:
        super().__init__()
        self.root = Path(root)
        self.batch_size = batch_size
        self.num_workers = 0
        self.train_split = train_split
        self.test_split = test_split
        self.val_fraction = val_fraction
        self.seed = seed
        self.max_images = max_images
        self.drawn_for = RandomFeatures()
        self._datasets: dict[str, DrawnPictures] = {}
        self._names: list[str] = []

    @property
    def label_names(self) -> list[str]:
        """80 names in COCO's order."""
        if not self._names:
            self._names = _lines(self.root / NAMES_FILE)
            if len(self._names) != 80:
                raise LabelListError(
                    f"{self.root / NAMES_FILE}: expected 80 names, got {len(self._names)}"
                )
        return self._names

    @property
    def label_counts(self) -> Tensor:
        """(80,) int64: of the training images."""
        return self.dataset(self.train_split).targets.sum(dim=0)

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that change with the lists and with how many are used."""
        content = (self.root / LABELS_FILE).read_bytes()
        return hashlib.sha256(content + f"{SEED} {self.max_images}".encode()).hexdigest()

    @property
    def split_names(self) -> list[str]:
        """The splits in use."""
        return list(dict.fromkeys((self.train_split, self.test_split)))

    @property
    def transform_id(self) -> str:
        """Pictures go into the backbone as they are."""
        return "none"

    @property
    def description(self) -> str:
        """What was read, for the header of a report."""
        sizes = ", ".join(f"{split} {len(self.dataset(split)):,}" for split in self.split_names)
        return f"REHEARSAL: {self.title}: {sizes} images"

    def dataset(self, split: str) -> DrawnPictures:
        """`train` or `test`."""
        if split not in self._datasets:
            ids, targets = read_label_lists(self.root / LABELS_FILE, len(self.label_names))
            kept = len(ids) if self.max_images is None else min(self.max_images, len(ids))
            if split == "train":
                rows = torch.arange(kept)
            else:
                wanted = max(1, TEST_IMAGES * kept // TRAIN_IMAGES)
                rows = torch.randperm(kept, generator=torch.Generator().manual_seed(SEED))[:wanted]
            names = [f"{split}/{ids[row]}" for row in rows.tolist()]
            # Test pictures have a seed of their own.
            self._datasets[split] = DrawnPictures(names, targets[rows], SEED + (split != "train"))
        return self._datasets[split]

    def split_indices(self, stage: Literal["train", "val", "test"]) -> tuple[str, Tensor]:
        """The split of a stage, and the rows of it that belong to the stage."""
        if stage == "test":
            return self.test_split, torch.arange(len(self.dataset(self.test_split)))
        count = len(self.dataset(self.train_split))
        order = torch.randperm(count, generator=torch.Generator().manual_seed(self.seed))
        num_val = max(1, round(self.val_fraction * count))
        part = order[:num_val] if stage == "val" else order[num_val:]
        return self.train_split, part.sort().values


def read_label_lists(file: Path, num_labels: int) -> tuple[list[str], Tensor]:
    """Image names and their labels.

    Args:
        file: gzipped text; a line an image: its name and the ids of its labels.
        num_labels: K.
    Returns:
        N names; (N, K) bool.
    Raises:
        LabelListError: the file is missing, or a line is not of this form.
    """
    ids: list[str] = []
    rows: list[int] = []
    columns: list[int] = []
    for number, line in enumerate(_lines(file)):
        name, *words = line.split()
        if not all(word.isdecimal() and int(word) < num_labels for word in words):
            raise LabelListError(
                f"{file}:{number + 1}: expected a name and label ids in 0..{num_labels - 1}, "
                f"got {line!r}"
            )
        ids.append(name)
        rows += [number] * len(words)
        columns += [int(word) for word in words]
    targets = torch.zeros(len(ids), num_labels, dtype=torch.bool)
    targets[rows, columns] = True
    return ids, targets


def _lines(file: Path) -> list[str]:
    """The lines of a text that are not empty, unpacked where its name ends in .gz."""
    try:
        content = file.read_bytes()
        text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise LabelListError(f"{file}: cannot be read ({error})") from None
    return [line for line in text.splitlines() if line.strip()]
