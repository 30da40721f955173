import pickle
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import lightning
import pytest
import torch
from torch import Tensor, nn

from data_modules import Batch, COCODataModule, DataError


def module(root: Path, **options: Any) -> COCODataModule:
    return COCODataModule(root, image_size=16, num_workers=0, **options)


@pytest.fixture
def larger_root(tiny_coco: ModuleType, tmp_path: Path) -> Path:
    """Twenty images to train on, five to test."""
    train = [(number, 20, 16, [(1, [0.0, 0.0, 5.0, 5.0], 0)]) for number in range(20)]
    test = [(number, 20, 16, [(44, [0.0, 0.0, 5.0, 5.0], 0)]) for number in range(100, 105)]
    root: Path = tiny_coco.write_coco(tmp_path, {"train2014": train, "val2014": test})
    return root


def test_construction_reads_nothing(tmp_path: Path) -> None:
    assert module(tmp_path / "nowhere").split_names == ["train2014", "val2014"]


def test_a_split_is_read_once(coco_root: Path) -> None:
    data = module(coco_root)
    assert data.dataset("train2014") is data.dataset("train2014")


@pytest.mark.parametrize("fraction", [0.01, 0.1, 0.5, 0.99])
def test_a_part_is_held_out_of_training(larger_root: Path, fraction: float) -> None:
    data = module(larger_root, val_fraction=fraction)
    (train_split, train), (val_split, val) = data.split_indices("train"), data.split_indices("val")
    assert train_split == val_split == "train2014"
    assert sorted([*train.tolist(), *val.tolist()]) == list(range(20))
    assert len(val) == min(max(1, round(20 * fraction)), 19)
    assert train.tolist() == sorted(train.tolist())
    assert train.dtype == val.dtype == torch.int64


def test_the_held_out_part_depends_on_the_seed_alone(larger_root: Path) -> None:
    def held_out(seed: int) -> list[int]:
        return module(larger_root, seed=seed).split_indices("val")[1].tolist()

    assert held_out(1) == held_out(1)
    assert held_out(1) != held_out(2)


def test_a_named_validation_split_leaves_training_whole(larger_root: Path) -> None:
    data = module(larger_root, val_split="val2014")
    assert data.split_indices("train")[1].tolist() == list(range(20))
    assert data.split_indices("val")[0] == "val2014"
    assert data.split_indices("val")[1].tolist() == list(range(5))


def test_label_counts_cover_the_held_out_part(larger_root: Path) -> None:
    assert module(larger_root, val_fraction=0.5).label_counts.tolist() == [20, 0, 0]


def test_one_image_cannot_be_held_out(tiny_coco: ModuleType, tmp_path: Path) -> None:
    root = tiny_coco.write_coco(
        tmp_path, {"train2014": tiny_coco.TRAIN[:1], "val2014": tiny_coco.TEST}
    )
    with pytest.raises(DataError, match="expected 2 images to hold one out, got 1"):
        module(root).setup("fit")


def test_an_empty_split_is_refused(tiny_coco: ModuleType, tmp_path: Path) -> None:
    root = tiny_coco.write_coco(tmp_path, {"train2014": [], "val2014": tiny_coco.TEST})
    with pytest.raises(DataError, match="split train2014: expected images, got none"):
        module(root).setup("fit")


@pytest.mark.parametrize("fraction", [0, 1, -0.5, float("nan")])
def test_a_fraction_outside_of_0_and_1_is_refused(tmp_path: Path, fraction: float) -> None:
    with pytest.raises(ValueError, match="val_fraction: expected a number between 0 and 1"):
        module(tmp_path, val_fraction=fraction)


def test_validating_on_the_training_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="are both 'train2014'; leave val_split out"):
        module(tmp_path, val_split="train2014")


def test_testing_on_the_training_split_is_allowed(coco_root: Path) -> None:
    data = module(coco_root, test_split="train2014")
    data.setup("test")
    assert len(data.split_indices("test")[1]) == 4
    assert data.split_names == ["train2014"]


def test_the_fingerprint_changes_with_a_photo(coco_root: Path) -> None:
    before = module(coco_root).fingerprint
    assert module(coco_root).fingerprint == before
    photo = coco_root / "val2014" / "COCO_val2014_000000000003.jpg"
    photo.write_bytes(photo.read_bytes() + b"more")
    assert module(coco_root).fingerprint != before


def test_the_transform_is_named(coco_root: Path) -> None:
    assert module(coco_root).transform_id != module(coco_root, resize="crop").transform_id


def test_skipped_images_are_counted_and_listed(coco_root: Path) -> None:
    (coco_root / "train2014" / "COCO_train2014_000000000025.jpg").write_bytes(b"broken")
    data = module(coco_root, on_error="skip")
    assert data.dataset("train2014").image_ids == ["9", "30", "42"]
    assert len(data.skipped["train2014"]) == 1
    assert "COCO_train2014_000000000025.jpg" in data.skipped["train2014"][0]
    assert "1 unusable images left out" in data.description
    assert data.label_counts.tolist() == [1, 1, 0]


def test_missing_images_can_be_skipped_without_opening_any(coco_root: Path) -> None:
    (coco_root / "train2014" / "COCO_train2014_000000000025.jpg").write_bytes(b"broken")
    (coco_root / "train2014" / "COCO_train2014_000000000009.jpg").unlink()
    data = module(coco_root, on_error="skip_missing")
    assert data.dataset("train2014").image_ids == ["25", "30", "42"]
    assert len(data.skipped["train2014"]) == 1


def test_a_broken_image_raises_when_it_is_read(coco_root: Path) -> None:
    (coco_root / "train2014" / "COCO_train2014_000000000025.jpg").write_bytes(b"broken")
    data = module(coco_root, val_split="val2014")
    with pytest.raises(DataError, match=r"000000000025\.jpg: expected an image"):
        list(data.train_dataloader())


def test_batches_hold_the_contract(coco_root: Path) -> None:
    batch: Batch = next(iter(module(coco_root, batch_size=3).test_dataloader()))
    assert set(batch) == {"image", "target", "ignored", "image_id"}
    assert batch["image"].shape == (2, 3, 16, 16)
    assert batch["image"].dtype == torch.uint8
    assert batch["target"].shape == batch["ignored"].shape == (2, 3)
    assert batch["image_id"] == ["3", "7"]


def test_augmentation_changes_training_images_only(coco_root: Path) -> None:
    data = module(coco_root, val_split="val2014", augment=True)

    def names(loader: Any) -> str:
        return str(loader.dataset.transform)

    assert "RandomResizedCrop" in names(data.train_dataloader())
    assert "Random" not in names(data.val_dataloader()) + names(data.test_dataloader())
    assert "Random" not in str(data.dataset("train2014").transform)


def test_a_read_module_survives_pickling(coco_root: Path) -> None:
    data = module(coco_root)
    again = pickle.loads(pickle.dumps(data.train_dataloader().dataset))
    assert torch.equal(again[0]["image"], data.train_dataloader().dataset[0]["image"])


class _Watcher(lightning.LightningModule):
    """Remembers which images each stage brought."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 1)
        self.seen: dict[str, list[list[str]]] = {"train": [], "val": [], "test": [], "predict": []}

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        self.seen["train"].append(batch["image_id"])
        loss: Tensor = self.layer(batch["image"].float().mean().reshape(1, 1)).sum()
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        self.seen["val"].append(batch["image_id"])

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        self.seen["test"].append(batch["image_id"])

    def predict_step(self, batch: Batch, batch_idx: int) -> list[str]:
        self.seen["predict"].append(batch["image_id"])
        return batch["image_id"]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.0)


def test_lightning_runs_every_stage(larger_root: Path) -> None:
    data = module(larger_root, batch_size=4)
    model = _Watcher()
    trainer = lightning.Trainer(
        accelerator="cpu",
        max_epochs=2,
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, datamodule=data)
    trainer.test(model, datamodule=data, verbose=False)
    trainer.predict(model, datamodule=data)
    epochs = [list(chain(*model.seen["train"][start : start + 5])) for start in (0, 5)]
    train, val = (data.split_indices(stage)[1].tolist() for stage in ("train", "val"))
    assert [sorted(map(int, epoch)) for epoch in epochs] == [train, train]
    assert epochs[0] != epochs[1]
    assert [list(map(int, seen)) for seen in model.seen["val"]] == [val, val]
    assert list(chain(*model.seen["test"])) == [str(number) for number in range(100, 105)]
    assert model.seen["predict"] == model.seen["test"]
