"""A data module of features in memory: the label is readable off the features."""

from typing import Any

import pytest
import torch
from lightning.pytorch import LightningDataModule, Trainer
from torch.utils.data import DataLoader

NUM_LABELS = 4


class FeaturesInMemory(LightningDataModule):
    """`num_images` images: labels drawn at random, features = labels and a little noise."""

    def __init__(self, num_images: int = 64, images: bool = False, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.label_names = ["cat", "dog", "cow", "emu"]
        self.target = torch.rand(num_images, NUM_LABELS, generator=generator) < 0.4
        noise = torch.randn(num_images, 8, generator=generator) * 0.05
        self.features = torch.cat([self.target.float(), self.target.float()], dim=1) + noise
        self.label_counts = self.target.sum(0)
        self.images = images

    def collate(self, indices: list[int]) -> dict[str, Any]:
        target = self.target[indices]
        batch: dict[str, Any] = {
            "target": target,
            "ignored": torch.zeros_like(target),
            "image_id": [f"image {index}" for index in indices],
        }
        if self.images:
            batch["image"] = torch.randint(0, 256, (len(indices), 3, 32, 32), dtype=torch.uint8)
        else:
            batch["features"] = self.features[indices]
        return batch

    def loader(self) -> DataLoader[Any]:
        return DataLoader(
            dataset=range(len(self.target)),  # type: ignore[arg-type]  # a range is a map dataset
            batch_size=16,
            collate_fn=self.collate,
        )

    train_dataloader = val_dataloader = test_dataloader = predict_dataloader = loader


@pytest.fixture
def data() -> FeaturesInMemory:
    return FeaturesInMemory()


@pytest.fixture
def image_data() -> FeaturesInMemory:
    return FeaturesInMemory(num_images=16, images=True)


@pytest.fixture
def trainer(tmp_path: Any) -> Trainer:
    """Twenty epochs, nothing logged to disk."""
    return quiet_trainer(tmp_path, 20)


@pytest.fixture
def short_trainer(tmp_path: Any) -> Trainer:
    """One epoch."""
    return quiet_trainer(tmp_path, 1)


def quiet_trainer(root: Any, epochs: int) -> Trainer:
    torch.manual_seed(0)
    return Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=root,
    )


@pytest.fixture
def feature_backbone(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A backbone whose features have the size of this data's."""
    from cnn_rnn.backbones import BackboneSpec

    monkeypatch.setattr(BackboneSpec, "feature_dim", property(lambda _self: 8))
    return {"name": "vgg16_mini", "weights": None}
