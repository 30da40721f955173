"""NUS-WIDE in its official files: 81 concepts, and 1,000 tags (section 4.1)."""

from abc import abstractmethod
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch

from data_modules.base import MultiLabelDataModule, OnError
from data_modules.errors import DataError
from data_modules.nuswide_files import ImageList, Labels, NUSWIDEFiles, Part
from data_modules.records import SplitRecords
from data_modules.transforms import Resize

Protocol = Literal["official_labelled", "official_all", "seeded_150000"]
_TRAIN_SHARE = 150_000 / 209_347  # of the labelled images, in Gong et al. (2013)


class NUSWIDEDataModule(MultiLabelDataModule):
    """What both label sets share: image lists, photos and splits.

    The paper states no split. `protocol` names ours:

    - `official_labelled`: the official split without the images that have no label (81 concepts:
      125,449 and 83,898 images).
    - `official_all`: the official split (161,789 and 107,859 images).
    - `seeded_150000`: 150,000 of all labelled images to train and the rest to test, as many as in
      Gong et al. (2013), whose own split was never published.

    Args:
        root: the folder that holds `ImageList`, the labels and the folder of photos.
        batch_size: images a batch and process.
        num_workers: processes that read images, for each loader.
        image_size: side of the square images in the batches.
        train_split: `train`, or `test`.
        val_split: None holds a part of the training split out.
        test_split: `test`, or `train`.
        val_fraction: the part held out.
        seed: of the held-out part and the order of training.
        resize: `square` or `crop`, as in `MultiLabelDataModule`.
        augment: random crops and mirroring in training.
        on_error: `raise`, `skip` or `skip_missing`, as in `MultiLabelDataModule`. Many photos are
            gone from Flickr: `skip_missing` counts them, lists them in a file and goes on.
        protocol: the splits.
        split_seed: of `seeded_150000`; apart from `seed`, so that runs of several seeds share it.
        image_folder: the folder of photos, relative to root.
        fallback: read labels from the files of all images where those of a split are missing or
            malformed, and say so.
    """

    how_to_get = (
        "get the lists and labels from https://lms.comp.nus.edu.sg/wp-content/uploads/2019/"
        "research/nuswide/NUS-WIDE.html (the photos after filling in its form), unpack them in one "
        "folder, and pass it as --data.init_args.root"
    )

    def __init__(
        self,
        root: str | Path,
        batch_size: int = 64,
        num_workers: int = 2,
        image_size: int = 224,
        train_split: str = "train",
        val_split: str | None = None,
        test_split: str = "test",
        val_fraction: float = 0.1,
        seed: int = 0,
        resize: Resize = "square",
        augment: bool = False,
        on_error: OnError = "raise",
        protocol: Protocol = "official_labelled",
        split_seed: int = 0,
        image_folder: str = "Flickr",
        fallback: bool = True,
    ) -> None:
        super().__init__(
            root,
            batch_size,
            num_workers,
            image_size,
            train_split,
            val_split,
            test_split,
            val_fraction,
            seed,
            resize,
            augment,
            on_error,
        )
        self.protocol: Protocol = protocol
        self.split_seed = split_seed
        self.image_folder = image_folder
        self.files = NUSWIDEFiles(self.root, self.how_to_get, fallback)
        self._label_names: list[str] | None = None
        self._parts: dict[Part, SplitRecords] = {}

    @abstractmethod
    def read_label_names(self) -> list[str]:
        """Reads the K labels, in the order of the file."""

    @abstractmethod
    def read_labels(self, part: Part, images: ImageList) -> Labels:
        """Reads the labels of an official part."""

    @property
    def label_names(self) -> list[str]:
        """The K labels in the order of the official list."""
        if self._label_names is None:
            self._require_root()
            self._label_names = self.read_label_names()
        return self._label_names

    def read_split(self, split: str) -> SplitRecords:
        """The images and labels of `train` or `test`, as `protocol` has them."""
        if split not in ("train", "test"):
            fix = "choose one of them; protocol says which images they have"
            raise DataError(self.root, "", "a split train or test", repr(split), fix)
        part: Part = "Train" if split == "train" else "Test"
        if self.protocol == "official_all":
            return self._official(part)
        if self.protocol == "official_labelled":
            return self._labelled(part)
        return self._seeded(for_training=split == "train")

    def _seeded(self, for_training: bool) -> SplitRecords:
        both = [self._labelled("Train"), self._labelled("Test")]
        pool = _joined(both[0], both[1])
        generator = torch.Generator().manual_seed(self.split_seed)
        order = torch.randperm(len(pool), generator=generator)
        num_train = round(_TRAIN_SHARE * len(pool))
        rows = order[:num_train] if for_training else order[num_train:]
        used = f"labelled images, {num_train:,} of {len(pool):,} drawn with seed {self.split_seed}"
        return replace(pool.select(rows.sort().values.tolist()), used=f"{used} to train")

    def _labelled(self, part: Part) -> SplitRecords:
        records = self._official(part)
        rows = records.targets.any(dim=1).nonzero().flatten().tolist()
        return replace(records.select(rows), used="official split, unlabelled images left out")

    def _official(self, part: Part) -> SplitRecords:
        if part not in self._parts:
            self._require_root()
            images = self.files.image_list(f"{part}Imagelist", self.image_folder)
            labels = self.read_labels(part, images)
            targets = torch.from_numpy(labels.targets)
            self._parts[part] = SplitRecords(
                list(images.lines),
                images.paths,
                [(images.file, line) for line in images.lines.values()],
                targets,
                torch.zeros_like(targets),
                [images.file, *labels.files],
                "official split, all images",
            )
        return self._parts[part]

    def _require_root(self) -> None:
        if not self.root.is_dir():
            expected = "the folder of NUS-WIDE with ImageList and the labels"
            raise DataError(self.root.absolute(), "", expected, "no such folder", self.how_to_get)


class NUSWIDE81DataModule(NUSWIDEDataModule):
    """NUS-WIDE with the ground truth of its 81 concepts (Table 1).

    Reads `ConceptsList/Concepts81.txt` and `Groundtruth`; `NUS_WID_Tags/*_Tags81.txt` are what
    users typed, not the ground truth, and are not read.
    """

    title = "NUS-WIDE 81"

    def read_label_names(self) -> list[str]:
        """The concepts, alphabetically in the official file."""
        return self.files.names("ConceptsList", "Concepts81.txt")

    def read_labels(self, part: Part, images: ImageList) -> Labels:
        """The ground truth."""
        return self.files.concepts(self.label_names, part, images)


class NUSWIDE1kDataModule(NUSWIDEDataModule):
    """NUS-WIDE with its 1,000 most frequent user tags (Table 2), read from `NUS_WID_Tags`."""

    title = "NUS-WIDE 1k"

    def read_label_names(self) -> list[str]:
        """The tags, in the order of `TagList1k.txt`."""
        return self.files.names("NUS_WID_Tags", "TagList1k.txt")

    def read_labels(self, part: Part, images: ImageList) -> Labels:
        """The tags of each image."""
        return self.files.tags(len(self.label_names), part, images)


def _joined(first: SplitRecords, second: SplitRecords) -> SplitRecords:
    return SplitRecords(
        [*first.image_ids, *second.image_ids],
        [*first.image_paths, *second.image_paths],
        [*first.places, *second.places],
        torch.cat([first.targets, second.targets]),
        torch.cat([first.ignored, second.ignored]),
        [*first.annotation_files, *second.annotation_files],
    )
