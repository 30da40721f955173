"""What the reader of a format hands over: a split's images, labels and boxes, no pixels yet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, overload

import torch
from torch import Tensor


class ImageBoxes(NamedTuple):
    """The M boxes of an image, in the order of the file.

    Attributes:
        label_ids: (M,) int64 in 0..K-1; a label may occur several times.
        boxes: (M, 4) float32: left, top, width, height in pixels of the original image, 0-based.
        areas: (M,) float32, square pixels: of the segment where the format has one, else of the
            box.
        width: of the image, in pixels.
        height: of the image, in pixels.
    """

    label_ids: Tensor
    boxes: Tensor
    areas: Tensor
    width: int
    height: int


class BoxTable(Sequence[ImageBoxes]):
    """The boxes of N images, held in flat tensors: COCO's 600,000 take 15 MB.

    Args:
        counts: (N,) int64: boxes of each image.
        label_ids: (sum of counts,) int64, image after image.
        boxes: (sum of counts, 4) float32.
        areas: (sum of counts,) float32.
        sizes: (N, 2) int64: width and height of each image.
    """

    def __init__(
        self, counts: Tensor, label_ids: Tensor, boxes: Tensor, areas: Tensor, sizes: Tensor
    ) -> None:
        self.ends = counts.cumsum(0)
        self.counts = counts
        self.label_ids = label_ids
        self.boxes = boxes
        self.areas = areas
        self.sizes = sizes

    def __len__(self) -> int:
        return len(self.counts)

    @overload
    def __getitem__(self, index: int) -> ImageBoxes: ...

    @overload
    def __getitem__(self, index: slice) -> list[ImageBoxes]: ...

    def __getitem__(self, index: int | slice) -> ImageBoxes | list[ImageBoxes]:
        """The boxes of an image, or of several."""
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        end = int(self.ends[index])
        rows = slice(end - int(self.counts[index]), end)
        width, height = self.sizes[index].tolist()
        return ImageBoxes(self.label_ids[rows], self.boxes[rows], self.areas[rows], width, height)

    def __iter__(self) -> Iterator[ImageBoxes]:
        """The boxes of each image."""
        return (self[row] for row in range(len(self)))

    @classmethod
    def from_images(cls, images: Sequence[ImageBoxes]) -> "BoxTable":
        """The table of some images."""
        nothing = ImageBoxes(
            torch.zeros(0, dtype=torch.int64), torch.zeros(0, 4), torch.zeros(0), 0, 0
        )
        parts = [nothing, *images]  # torch.cat wants one tensor at least
        return cls(
            torch.tensor([len(image.label_ids) for image in images], dtype=torch.int64),
            torch.cat([image.label_ids for image in parts]),
            torch.cat([image.boxes for image in parts]),
            torch.cat([image.areas for image in parts]),
            torch.tensor([image[3:] for image in images], dtype=torch.int64).reshape(-1, 2),
        )

    def select(self, rows: Tensor) -> "BoxTable":
        """The boxes of some images, in the order given.

        Args:
            rows: (M,) int64.
        """
        counts = self.counts[rows]
        first = (self.ends - self.counts)[rows]
        within = torch.arange(int(counts.sum())) - (counts.cumsum(0) - counts).repeat_interleave(
            counts
        )
        chosen = first.repeat_interleave(counts) + within
        return BoxTable(
            counts, self.label_ids[chosen], self.boxes[chosen], self.areas[chosen], self.sizes[rows]
        )


@dataclass(frozen=True)
class SplitRecords:
    """The N images of a split, in the order of the annotations.

    Attributes:
        image_ids: N names of images, unique within the data set.
        image_paths: N files; they need not exist.
        places: N places for messages: the file that names the image, and where in it.
        targets: (N, K) bool.
        ignored: (N, K) bool: neither right nor wrong; False wherever `targets` is True.
        annotation_files: all files that decided the above.
        used: what was taken of the split, in words: "all images", "labelled images only".
        boxes: of the N images; None where the format has none, or keeps them in other files.
    """

    image_ids: list[str]
    image_paths: list[Path]
    places: Sequence[tuple[Path, str | int]]
    targets: Tensor
    ignored: Tensor
    annotation_files: list[Path] = field(default_factory=list)
    used: str = "all images"
    boxes: BoxTable | None = None

    def __len__(self) -> int:
        return len(self.image_ids)

    def select(self, rows: Sequence[int]) -> "SplitRecords":
        """The records of some rows, in the order given."""
        index = torch.as_tensor(rows, dtype=torch.int64)
        return SplitRecords(
            [self.image_ids[row] for row in rows],
            [self.image_paths[row] for row in rows],
            [self.places[row] for row in rows],
            self.targets[index],
            self.ignored[index],
            self.annotation_files,
            self.used,
            None if self.boxes is None else self.boxes.select(index),
        )
