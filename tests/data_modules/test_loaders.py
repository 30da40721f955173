from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from data_modules.dataset import Batch, MultiLabelDataset
from data_modules.loaders import make_loader
from data_modules.transforms import training_transform


@pytest.fixture
def dataset(tmp_path: Path) -> MultiLabelDataset:
    names = [f"{value}.png" for value in range(7)]
    for value, name in enumerate(names):
        image = Image.new("RGB", (8, 8), (value, 0, 0))
        image.paste((200, 200, 200), (0, 0, 3, 8))
        image.save(tmp_path / name)
    labels = torch.zeros(7, 2, dtype=torch.bool)
    transform = torch.nn.Identity()
    return MultiLabelDataset(names, [tmp_path / name for name in names], labels, labels, transform)


def ids(
    dataset: MultiLabelDataset, rank: int = 0, world: int = 1, training: bool = False
) -> list[str]:
    trainer = SimpleNamespace(global_rank=rank, world_size=world)
    loader = make_loader(
        dataset,
        2,
        0,
        training=training,
        seed=3,
        trainer=trainer,  # type: ignore[arg-type]
    )
    return [image_id for batch in loader for image_id in batch["image_id"]]


@pytest.mark.parametrize("world", [1, 2, 3, 7])
def test_processes_together_see_each_image_once_in_evaluation(
    dataset: MultiLabelDataset, world: int
) -> None:
    seen = [image_id for rank in range(world) for image_id in ids(dataset, rank, world)]
    assert sorted(seen) == sorted(dataset.image_ids)


def test_training_is_shuffled_by_the_seed(dataset: MultiLabelDataset) -> None:
    first = ids(dataset, training=True)
    assert first == ids(dataset, training=True)
    assert sorted(first) == sorted(dataset.image_ids) != first


def test_workers_give_the_same_batches(dataset: MultiLabelDataset) -> None:
    alone = make_loader(dataset, 2, 0, training=False, seed=0, trainer=None)
    helped = make_loader(dataset, 2, 2, training=False, seed=0, trainer=None)
    for first, second in zip(alone, helped, strict=True):
        assert torch.equal(first["image"], second["image"])
        assert first["image_id"] == second["image_id"]


def test_loaders_leave_the_random_numbers_of_the_model_alone(dataset: MultiLabelDataset) -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    for workers in (0, 1):
        next(iter(make_loader(dataset, 2, workers, training=True, seed=0, trainer=None)))
    assert torch.equal(torch.rand(3), expected)


def test_random_transforms_of_workers_follow_the_seed(dataset: MultiLabelDataset) -> None:
    varied = dataset.select(torch.arange(7), training_transform(8))

    def images(seed: int) -> torch.Tensor:
        loader = make_loader(varied, 7, 1, training=False, seed=seed, trainer=None)
        batch: Batch = next(iter(loader))
        return batch["image"]

    assert torch.equal(images(1), images(1))
    assert not torch.equal(images(1), images(2))
