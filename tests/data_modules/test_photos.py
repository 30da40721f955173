from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from data_modules import DataError, PhotoFolderDataModule
from data_modules.images import read_image
from data_modules.photos import BlockSampler
from data_modules.transforms import evaluation_transform

NAMES = ["a.jpg", "b.png", "deep/c.jpg", "deep/d.jpg", "z.jpg"]


@pytest.fixture
def folder(tiny_folder: ModuleType, tmp_path: Path) -> Path:
    root: Path = tiny_folder.write_images(tmp_path / "new", NAMES)
    return root


def module(root: Path, **options: Any) -> PhotoFolderDataModule:
    options = {"batch_size": 2, "num_workers": 0, "image_size": 8} | options
    return PhotoFolderDataModule(root, ["cat", "dog"], [3, 1], **options)


def test_each_photo_comes_once_in_the_order_of_the_names(folder: Path) -> None:
    batches = list(module(folder).predict_dataloader())
    ids = [image for batch in batches for image in batch["image_id"]]
    assert ids == [f"{folder}/{name}" for name in NAMES]
    expected = evaluation_transform(8)(read_image(folder / NAMES[0]))
    assert torch.equal(batches[0]["image"][0], expected)
    assert batches[0]["target"].shape == (2, 2)
    assert all(error is None for batch in batches for error in batch["error"])


def test_a_broken_photo_is_grey_and_says_why(folder: Path) -> None:
    (folder / "b.png").write_bytes(b"no photo")
    (folder / "z.jpg").write_bytes(b"")
    batches = list(module(folder).predict_dataloader())
    errors = [error for batch in batches for error in batch["error"]]
    assert [error is None for error in errors] == [True, False, True, True, False]
    assert errors[1] is not None
    assert errors[1].startswith(f"{folder}/b.png: expected an image")
    assert (batches[0]["image"][1] == 128).all()


def test_blocks_that_are_done_are_left_out(folder: Path) -> None:
    data = module(folder)
    data.photos.skip({0, 4})
    ids = [image for batch in data.predict_dataloader() for image in batch["image_id"]]
    assert ids == [f"{folder}/deep/c.jpg", f"{folder}/deep/d.jpg"]


@pytest.mark.parametrize("world", [1, 2, 3, 8])
@pytest.mark.parametrize("done", [set[int](), {0, 6}, {3, 9}])
def test_processes_share_whole_blocks(world: int, done: set[int]) -> None:
    shares = [list(BlockSampler(11, 3, rank, world, done)) for rank in range(world)]
    seen = sorted(photo for share in shares for photo in share)
    assert seen == [photo for photo in range(11) if photo - photo % 3 not in done]
    for share in shares:
        assert share == sorted(share)
        firsts = share[::3]  # of its batches
        assert all(first % 3 == 0 for first in firsts)


def test_the_fingerprint_follows_names_sizes_and_blocks(folder: Path) -> None:
    before = module(folder).photos.fingerprint
    assert module(folder).photos.fingerprint == before
    assert module(folder, batch_size=3).photos.fingerprint != before
    (folder / "z.jpg").rename(folder / "y.jpg")
    renamed = module(folder).photos.fingerprint
    assert renamed != before
    (folder / "y.jpg").write_bytes(b"longer than before, or not")
    assert module(folder).photos.fingerprint not in (before, renamed)


def test_a_folder_without_photos_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no photo")
    with pytest.raises(DataError, match=r"expected images \(\.jpg, .*, got none; put photos"):
        _ = module(tmp_path).photos
    with pytest.raises(DataError, match="no such folder"):
        _ = module(tmp_path / "gone").photos
