"""Mini-COCO: the embedded scenes, drawn on first need and read like the real thing."""

from pathlib import Path

from data_modules.base import OnError
from data_modules.coco import COCODataModule
from data_modules.mini.coco import ensure_mini_coco
from data_modules.records import SplitRecords
from data_modules.transforms import Resize


class MiniCOCODataModule(COCODataModule):
    """COCO's layout and reader, with drawn scenes for photos; needs no download.

    The files are written once, by `prepare_data` or when something is first read, and used again
    by every later run with the same arguments.

    Args:
        root: the folder to draw into, or where it was drawn; None is a place of its own under
            `$CNN_RNN_HOME` or the user's cache folder.
        batch_size: images a batch and process.
        num_workers: processes that read images, for each loader.
        image_size: side of the square images in the batches; they are drawn with 96 pixels.
        train_split: of training.
        val_split: of validation; None holds a part of the training split out.
        test_split: of test and predict.
        val_fraction: the part held out.
        seed: of the held-out part and the order of training; the scenes do not depend on it.
        resize: `square` or `crop`; the scenes are square.
        augment: random crops and mirroring in training.
        on_error: `raise`, `skip` or `skip_missing`, as in `MultiLabelDataModule`.
        drop_unlabelled: leave out scenes without any object.
        scene_seed: of the scenes.
        num_train: scenes in train2014.
        num_val: scenes in val2014.
    """

    is_mini = True
    title = "mini-COCO, drawn scenes in COCO's layout"
    how_to_get = "remove the folder: the scenes are then drawn again"

    def __init__(
        self,
        root: str | Path | None = None,
        batch_size: int = 64,
        num_workers: int = 2,
        image_size: int = 96,
        train_split: str = "train2014",
        val_split: str | None = None,
        test_split: str = "val2014",
        val_fraction: float = 0.1,
        seed: int = 0,
        resize: Resize = "square",
        augment: bool = False,
        on_error: OnError = "raise",
        drop_unlabelled: bool = False,
        scene_seed: int = 0,
        num_train: int = 6000,
        num_val: int = 2000,
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
            drop_unlabelled,
        )
        self.wanted_root = self.root if root else None
        self.scene_seed = scene_seed
        self.num_train = num_train
        self.num_val = num_val

    def prepare_data(self) -> None:
        """Draws the scenes where they are not there yet; `root` is then their folder."""
        self.root = ensure_mini_coco(
            self.wanted_root,
            seed=self.scene_seed,
            num_train=self.num_train,
            num_val=self.num_val,
        )

    def read_split(self, split: str) -> SplitRecords:
        """The scenes and labels of a split, drawn first if need be."""
        self.prepare_data()
        return super().read_split(split)
