from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from data_modules.dataset import MultiLabelDataset, collate
from data_modules.errors import DataError


def dark(image: Tensor) -> Tensor:
    return image * 0


@pytest.fixture
def dataset(tmp_path: Path) -> MultiLabelDataset:
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    for value, path in enumerate(paths):
        Image.new("RGB", (4, 4), (value, 0, 0)).save(path)
    targets = torch.eye(3, dtype=torch.bool)
    return MultiLabelDataset(["a", "b", "c"], paths, targets, ~targets, torch.nn.Identity())


def test_a_sample_is_an_image_with_its_labels(dataset: MultiLabelDataset) -> None:
    sample = dataset[1]
    assert sample["image"][0].flatten().tolist() == [1] * 16
    assert sample["target"].tolist() == [False, True, False]
    assert sample["ignored"].tolist() == [True, False, True]
    assert sample["image_id"] == "b"


def test_a_batch_stacks_samples_in_order(dataset: MultiLabelDataset) -> None:
    batch = collate([dataset[2], dataset[0]])
    assert batch["image"].shape == (2, 3, 4, 4)
    assert batch["image"].dtype == torch.uint8
    assert batch["target"].dtype == batch["ignored"].dtype == torch.bool
    assert batch["target"].tolist() == [[False, False, True], [True, False, False]]
    assert batch["image_id"] == ["c", "a"]


def test_a_selection_reads_the_same_images(dataset: MultiLabelDataset) -> None:
    chosen = dataset.select(torch.tensor([2, 0]))
    assert chosen.image_ids == ["c", "a"]
    assert torch.equal(chosen[0]["image"], dataset[2]["image"])
    assert torch.equal(chosen.targets, dataset.targets[[2, 0]])


def test_a_selection_may_have_its_own_transform(dataset: MultiLabelDataset) -> None:
    assert dataset.select(torch.tensor([2]), dark)[0]["image"].max() == 0
    assert dataset[2]["image"].max() == 2


def test_an_image_that_broke_since_raises(dataset: MultiLabelDataset) -> None:
    dataset.image_paths[0].write_bytes(b"gone")
    with pytest.raises(DataError, match=r"a\.png: expected an image"):
        dataset[0]
