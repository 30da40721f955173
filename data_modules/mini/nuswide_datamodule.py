"""Mini-NUS-WIDE: drawn scenes in NUS-WIDE's files, with its concepts or with tags."""

from pathlib import Path

from data_modules.base import OnError
from data_modules.mini.nuswide import ensure_mini_nuswide
from data_modules.nuswide import (
    NUSWIDE1kDataModule,
    NUSWIDE81DataModule,
    NUSWIDEDataModule,
    Protocol,
)
from data_modules.nuswide_files import NUSWIDEFiles
from data_modules.records import SplitRecords
from data_modules.transforms import Resize


class MiniNUSWIDEDataModule(NUSWIDEDataModule):
    """What both label sets share: one folder of drawn scenes; needs no download.

    The files are written once, by `prepare_data` or when something is first read, and used again
    by every later run with the same arguments.

    Args:
        root: the folder to draw into, or where it was drawn; None is a place of its own under
            `$CNN_RNN_HOME` or the user's cache folder.
        batch_size: images a batch and process.
        num_workers: processes that read images, for each loader.
        image_size: side of the square images in the batches; they are drawn with 96 pixels.
        train_split: `train`, or `test`.
        val_split: None holds a part of the training split out.
        test_split: `test`, or `train`.
        val_fraction: the part held out.
        seed: of the held-out part and the order of training; the scenes do not depend on it.
        resize: `square` or `crop`; the scenes are square.
        augment: random crops and mirroring in training.
        on_error: `raise`, `skip` or `skip_missing`, as in `MultiLabelDataModule`.
        protocol: the splits; `seeded_150000` keeps its share of the images.
        split_seed: of `seeded_150000`.
        scene_seed: of the scenes, their tags and the split.
        num_train: images of the training part, with those that have no label.
        num_test: images of the test part, with those that have no label.
    """

    is_mini = True
    how_to_get = "remove the folder: the scenes are then drawn again"

    def __init__(
        self,
        root: str | Path | None = None,
        batch_size: int = 64,
        num_workers: int = 2,
        image_size: int = 96,
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
        scene_seed: int = 0,
        num_train: int = 3000,
        num_test: int = 1000,
    ) -> None:
        super().__init__(
            root or "",
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
            protocol,
            split_seed,
        )
        self.wanted_root = self.root if root else None
        self.scene_seed = scene_seed
        self.num_train = num_train
        self.num_test = num_test

    @property
    def label_names(self) -> list[str]:
        """The labels; the scenes are drawn first if need be."""
        if self._label_names is None:
            self.prepare_data()
        return super().label_names

    def prepare_data(self) -> None:
        """Draws the scenes where they are not there yet; `root` is then their folder."""
        self.root = ensure_mini_nuswide(
            self.wanted_root,
            seed=self.scene_seed,
            num_train=self.num_train,
            num_test=self.num_test,
        )
        self.files = NUSWIDEFiles(self.root, self.how_to_get, self.files.fallback)

    def read_split(self, split: str) -> SplitRecords:
        """The scenes and labels of a split, drawn first if need be."""
        self.prepare_data()
        return super().read_split(split)


class MiniNUSWIDE81DataModule(MiniNUSWIDEDataModule, NUSWIDE81DataModule):
    """Drawn scenes with those of the 81 concepts that they show; the other concepts are empty."""

    title = "mini-NUS-WIDE 81, drawn scenes in NUS-WIDE's files"


class MiniNUSWIDE1kDataModule(MiniNUSWIDEDataModule, NUSWIDE1kDataModule):
    """Drawn scenes with tags: near-duplicates, and words that say nothing about the picture."""

    title = "mini-NUS-WIDE 1k, drawn scenes in NUS-WIDE's files, with fewer tags"
