"""Mini-VOC2007: drawn scenes in the devkit's layout, read like the real thing."""

from pathlib import Path

from data_modules.base import OnError
from data_modules.mini.voc import ensure_mini_voc2007
from data_modules.records import SplitRecords
from data_modules.transforms import Resize
from data_modules.voc2007 import Difficult, VOC2007DataModule


class MiniVOC2007DataModule(VOC2007DataModule):
    """The devkit's layout and reader, with drawn scenes for photos; needs no download.

    The files are written once, by `prepare_data` or when something is first read, and used again
    by every later run with the same arguments.

    Args:
        root: the folder to draw into, or where it was drawn; None is a place of its own under
            `$CNN_RNN_HOME` or the user's cache folder.
        batch_size: images a batch and process.
        num_workers: processes that read images, for each loader.
        image_size: side of the square images in the batches; they are drawn with 96 pixels.
        train_split: of training: `trainval`, `train` or `val`.
        val_split: of validation; None holds a part of the training split out.
        test_split: of test and predict.
        val_fraction: the part held out.
        seed: of the held-out part and the order of training; the scenes do not depend on it.
        resize: `square` or `crop`; the scenes are square.
        augment: random crops and mirroring in training.
        on_error: `raise`, `skip` or `skip_missing`, as in `MultiLabelDataModule`.
        difficult_in_training: as in `VOC2007DataModule`.
        scene_seed: of the scenes and the splits.
        num_trainval: images in trainval.
        num_test: images in test.
    """

    is_mini = True
    title = "mini-VOC2007, drawn scenes in VOC's layout"
    how_to_get = "remove the folder: the scenes are then drawn again"

    def __init__(
        self,
        root: str | Path | None = None,
        batch_size: int = 64,
        num_workers: int = 2,
        image_size: int = 96,
        train_split: str = "trainval",
        val_split: str | None = None,
        test_split: str = "test",
        val_fraction: float = 0.1,
        seed: int = 0,
        resize: Resize = "square",
        augment: bool = False,
        on_error: OnError = "raise",
        difficult_in_training: Difficult = "ignored",
        scene_seed: int = 0,
        num_trainval: int = 1500,
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
            difficult_in_training,
        )
        self.wanted_root = self.root if root else None
        self.scene_seed = scene_seed
        self.num_trainval = num_trainval
        self.num_test = num_test

    def prepare_data(self) -> None:
        """Draws the scenes where they are not there yet; `root` is then their folder."""
        self.root = ensure_mini_voc2007(
            self.wanted_root,
            seed=self.scene_seed,
            num_trainval=self.num_trainval,
            num_test=self.num_test,
        )

    def read_split(self, split: str) -> SplitRecords:
        """The scenes and labels of a split, drawn first if need be."""
        self.prepare_data()
        return super().read_split(split)
