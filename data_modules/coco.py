"""MS-COCO in its official layout, 2014 and 2017, through pycocotools (section 4.2)."""

import contextlib
import io
from pathlib import Path
from typing import Any

import torch

from data_modules.base import MultiLabelDataModule, OnError
from data_modules.coco_json import Category, Entry, read_instances, sorted_categories
from data_modules.errors import DataError, shown
from data_modules.images import inside
from data_modules.records import BoxTable, SplitRecords
from data_modules.transforms import Resize


class COCODataModule(MultiLabelDataModule):
    """Images of COCO; the labels of an image are the categories of its boxes, crowds included.

    Reads `<root>/annotations/instances_<split>.json` and the photos in `<root>/<split>/`. Labels
    are ordered by category id, images by image id. The 2017 edition is read by its split names,
    `train2017` and `val2017`.

    Args:
        root: the folder that holds `annotations` and the folders of photos.
        batch_size: images a batch and process.
        num_workers: processes that read images, for each loader.
        image_size: side of the square images in the batches.
        train_split: of training.
        val_split: of validation; None holds a part of the training split out.
        test_split: of test and predict.
        val_fraction: the part held out.
        seed: of the held-out part and the order of training.
        resize: `square` or `crop`, as in `MultiLabelDataModule`.
        augment: random crops and mirroring in training.
        on_error: `raise`, `skip` or `skip_missing`, as in `MultiLabelDataModule`.
        drop_unlabelled: leave out images without any box. The paper counts them (82,783 and
            40,504 images), so they stay by default; without them it is 82,081 and 40,137.
        image_folder: one folder of photos for all splits, relative to root, in place of
            `<root>/<split>`.
    """

    title = "COCO"
    how_to_get = (
        "get train2014.zip, val2014.zip and annotations_trainval2014.zip from "
        "https://cocodataset.org/#download, unpack them in this folder "
        "(python -m data_modules coco --root DIR does both), and pass it as "
        "--data.init_args.root; `lightning fit --config mini.yaml` runs without any download"
    )

    def __init__(
        self,
        root: str | Path,
        batch_size: int = 64,
        num_workers: int = 2,
        image_size: int = 224,
        train_split: str = "train2014",
        val_split: str | None = None,
        test_split: str = "val2014",
        val_fraction: float = 0.1,
        seed: int = 0,
        resize: Resize = "square",
        augment: bool = False,
        on_error: OnError = "raise",
        drop_unlabelled: bool = False,
        image_folder: str | None = None,
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
        self.drop_unlabelled = drop_unlabelled
        self.image_folder = image_folder
        self._categories: tuple[Path, list[Category]] | None = None

    @property
    def label_names(self) -> list[str]:
        """The categories' names in the order of their ids: 80 in the official files."""
        if self._categories is None:
            self.dataset(self.train_split)
        assert self._categories is not None
        return [category.name for category in self._categories[1]]

    def read_split(self, split: str) -> SplitRecords:
        """The images and labels of `instances_<split>.json`."""
        self._require_files(split)
        file = self._annotation_file(split)
        data = read_instances(file, self.how_to_get)
        categories = self._same_categories(file, sorted_categories(data))
        coco = _indexed(data)
        positions = {entry["id"]: position for position, entry in enumerate(data["images"])}
        numbers = sorted(positions)
        if self.drop_unlabelled:
            numbers = [number for number in numbers if coco.imgToAnns[number]]
        folder = self._photo_folder(split)
        places = [(file, f"images[{positions[number]}].file_name") for number in numbers]
        boxes = _box_table(coco, numbers, [category.id for category in categories])
        targets = torch.zeros(len(numbers), len(categories), dtype=torch.bool)
        targets[torch.arange(len(numbers)).repeat_interleave(boxes.counts), boxes.label_ids] = True
        return SplitRecords(
            [str(number) for number in numbers],
            [
                inside(folder, coco.imgs[number]["file_name"], *place)
                for number, place in zip(numbers, places, strict=True)
            ],
            places,
            targets,
            torch.zeros_like(targets),
            [file],
            "images without objects left out" if self.drop_unlabelled else "all images",
            boxes,
        )

    def _annotation_file(self, split: str) -> Path:
        return self.root / "annotations" / f"instances_{split}.json"

    def _photo_folder(self, split: str) -> Path:
        return self.root / (self.image_folder or split)

    def _require_files(self, split: str) -> None:
        """Names everything that is missing at once, if anything of this split is.

        Raises:
            DataError: with the way to get it.
        """
        needed = (self._annotation_file(split), self._photo_folder(split))
        if all(path.exists() for path in needed):
            return
        splits = dict.fromkeys((split, *self.split_names))
        wanted = [
            path
            for name in splits
            for path in (self._annotation_file(name), self._photo_folder(name))
        ]
        missing = [path for path in wanted if not path.exists()]
        got = f"nothing at {_names(missing, self.root)}" if self.root.exists() else "no such folder"
        expected = f"COCO's folder with {_names(wanted, self.root)}"
        raise DataError(self.root.absolute(), "", expected, got, self.how_to_get)

    def _same_categories(self, file: Path, found: list[Category]) -> list[Category]:
        """The categories of all splits, which must be the same.

        Raises:
            DataError: this file has others than the one before.
        """
        if self._categories is None:
            self._categories = file, found
        before, categories = self._categories
        differing = sorted(set(found) ^ set(categories))
        if differing:
            expected = f"the categories of {before}"
            got = f"other ones, such as {shown(differing[0])}"
            fix = "use files of one edition: labels are columns, the same in all splits"
            raise DataError(file, "categories", expected, got, fix)
        return categories


def _indexed(data: Entry) -> Any:
    """The data as a `pycocotools.coco.COCO`."""
    from pycocotools.coco import COCO

    # It prints what it does.
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = data
        coco.createIndex()
    return coco


def _box_table(coco: Any, image_ids: list[int], category_ids: list[int]) -> BoxTable:
    """The boxes of some images, in the order of the file within each."""
    label_of = {number: label_id for label_id, number in enumerate(category_ids)}
    found = [coco.imgToAnns[number] for number in image_ids]
    flat = [entry for entries in found for entry in entries]
    sizes = [(coco.imgs[number]["width"], coco.imgs[number]["height"]) for number in image_ids]
    return BoxTable(
        torch.tensor([len(entries) for entries in found], dtype=torch.int64),
        torch.tensor([label_of[entry["category_id"]] for entry in flat], dtype=torch.int64),
        torch.tensor([entry["bbox"] for entry in flat], dtype=torch.float32).reshape(-1, 4),
        torch.tensor([entry["area"] for entry in flat], dtype=torch.float32),
        torch.tensor(sizes, dtype=torch.int64).reshape(-1, 2),
    )


def _names(paths: list[Path], root: Path) -> str:
    return ", ".join(dict.fromkeys(path.relative_to(root).as_posix() for path in paths))
