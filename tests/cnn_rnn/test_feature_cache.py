import copy
import dataclasses
import logging
import pickle
from pathlib import Path
from typing import Any, Literal

import lightning
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, DistributedSampler

from cnn_rnn.feature_cache import FeatureDataModule, cache_key, default_cache_root, feature_source

NUM_IMAGES, NUM_LABELS = 12, 3


class FakeSplit:
    def __init__(self, name: str) -> None:
        generator = torch.Generator().manual_seed(sum(map(ord, name)))
        self.image_ids = [f"{name}/{i}" for i in range(NUM_IMAGES)]
        self.targets = torch.rand(NUM_IMAGES, NUM_LABELS, generator=generator) < 0.5
        self.ignored = torch.rand(NUM_IMAGES, NUM_LABELS, generator=generator) < 0.1
        self.images = torch.randint(
            256, (NUM_IMAGES, 3, 4, 4), dtype=torch.uint8, generator=generator
        )

    def __len__(self) -> int:
        return NUM_IMAGES

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"image": self.images[index]}


class FakeDataModule(lightning.LightningDataModule):
    """Trains on the even images of "trainval", validates on the odd ones, tests on "test"."""

    is_mini = True

    def __init__(self, fingerprint: str = "f", transform_id: str = "t") -> None:
        super().__init__()
        self.fingerprint = fingerprint
        self.transform_id = transform_id
        self.label_names = ["cat", "dog", "tie"]
        self.label_counts = torch.tensor([3, 2, 1])
        self.batch_size = 4
        self.num_workers = 0
        self.hooks: list[str] = []
        self.splits: dict[str, FakeSplit] = {}

    def prepare_data(self) -> None:
        self.hooks.append("prepare_data")

    def setup(self, stage: str) -> None:
        self.hooks.append(stage)

    def dataset(self, split: str) -> FakeSplit:
        return self.splits.setdefault(split, FakeSplit(split))

    def split_indices(self, part: Literal["train", "val", "test"]) -> tuple[str, Tensor]:
        if part == "test":
            return "test", torch.arange(NUM_IMAGES)
        return "trainval", torch.arange(int(part == "val"), NUM_IMAGES, 2)


@dataclasses.dataclass
class FakeBackbone:
    name: str = "fake"
    feature_dim: int = 48
    built: int = 0

    def identity(self) -> str:
        return self.name

    def build(self) -> nn.Module:
        self.built += 1
        return nn.Sequential(nn.Flatten(), Scale())


class Scale(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images / 255


@pytest.fixture
def backbone() -> FakeBackbone:
    return FakeBackbone()


@pytest.fixture
def wrapped(tmp_path: Path, backbone: FakeBackbone) -> FeatureDataModule:
    return FeatureDataModule(FakeDataModule(), backbone, tmp_path)


def ids(loader: DataLoader[dict[str, Any]]) -> list[str]:
    return [image_id for batch in loader for image_id in batch["image_id"]]


def test_batches_are_the_backbones_output(wrapped: FeatureDataModule) -> None:
    wrapped.setup("test")
    batches = list(wrapped.test_dataloader())
    split = FakeSplit("test")
    features = torch.cat([batch["features"] for batch in batches])
    assert torch.allclose(features, split.images.flatten(1) / 255)
    assert torch.cat([batch["target"] for batch in batches]).equal(split.targets)
    assert torch.cat([batch["ignored"] for batch in batches]).equal(split.ignored)
    assert [len(batch["image_id"]) for batch in batches] == [4, 4, 4]


def test_evaluation_keeps_the_order_of_the_split(wrapped: FeatureDataModule) -> None:
    assert ids(wrapped.val_dataloader()) == [f"trainval/{i}" for i in range(1, NUM_IMAGES, 2)]
    assert ids(wrapped.test_dataloader()) == [f"test/{i}" for i in range(NUM_IMAGES)]
    assert ids(wrapped.predict_dataloader()) == ids(wrapped.test_dataloader())


def test_training_batches_are_shuffled_anew_each_epoch_and_alike_for_a_seed(
    tmp_path: Path, backbone: FakeBackbone
) -> None:
    def epochs(seed: int) -> list[list[str]]:
        module = FeatureDataModule(FakeDataModule(), backbone, tmp_path, seed=seed)
        loader = module.train_dataloader()
        return [ids(loader), ids(loader)]

    first, second = epochs(0)
    assert sorted(first) == sorted(f"trainval/{i}" for i in range(0, NUM_IMAGES, 2))
    assert sorted(second) == sorted(first) != second != first
    assert epochs(0) == [first, second]
    assert epochs(1)[0] != first


def test_features_are_computed_once_and_only_where_they_are_needed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = FakeBackbone()
    FeatureDataModule(FakeDataModule(), first, tmp_path).setup("fit")
    assert first.built == 1  # training and validation share a split
    assert len(list(tmp_path.iterdir())) == 1
    assert "using the cache" not in caplog.text
    second = FakeBackbone()
    module = FeatureDataModule(FakeDataModule(), second, tmp_path)
    module.setup("fit")
    assert second.built == 0
    assert f"Features of trainval: using the cache in {tmp_path}" in caplog.text
    module.setup("test")
    assert second.built == 1


def test_fill_computes_all_parts(wrapped: FeatureDataModule) -> None:
    wrapped.fill(["train", "val", "test"])
    assert len(list(wrapped.cache_root.iterdir())) == 2


def test_the_hooks_of_the_wrapped_module_run(wrapped: FeatureDataModule) -> None:
    wrapped.prepare_data()
    wrapped.setup("validate")
    wrapped.setup("predict")
    assert wrapped.hooks == ["prepare_data", "validate", "predict"]


def test_other_attributes_are_the_wrapped_modules(wrapped: FeatureDataModule) -> None:
    assert wrapped.label_names == ["cat", "dog", "tie"]
    assert wrapped.label_counts.tolist() == [3, 2, 1]
    assert (wrapped.is_mini, wrapped.fingerprint, wrapped.num_workers) == (True, "f", 0)
    assert wrapped.split_indices("test")[0] == "test"
    with pytest.raises(AttributeError, match="no_such"):
        _ = wrapped.no_such


def test_a_wrapped_module_can_be_copied_and_pickled(wrapped: FeatureDataModule) -> None:
    wrapped.setup("test")
    pickled = pickle.dumps(wrapped)
    assert wrapped.features("test").tobytes() not in pickled
    for other in (copy.deepcopy(wrapped), pickle.loads(pickled)):
        assert ids(other.test_dataloader()) == ids(wrapped.test_dataloader())


def test_the_batch_size_is_the_wrapped_modules_unless_given(
    tmp_path: Path, backbone: FakeBackbone
) -> None:
    module = FeatureDataModule(FakeDataModule(), backbone, tmp_path)
    assert module.batch_size == 4
    module = FeatureDataModule(FakeDataModule(), backbone, tmp_path, batch_size=5)
    assert [len(batch["image_id"]) for batch in module.test_dataloader()] == [5, 5, 2]


def test_half_precision_on_disk_gives_single_precision_batches(
    tmp_path: Path, backbone: FakeBackbone
) -> None:
    module = FeatureDataModule(FakeDataModule(), backbone, tmp_path, dtype="float16")
    assert module.features("test").dtype == "float16"
    features = torch.cat([batch["features"] for batch in module.test_dataloader()])
    assert features.dtype == torch.float32
    assert torch.allclose(features, FakeSplit("test").images.flatten(1) / 255, atol=1e-3)


def test_the_key_changes_with_each_ingredient() -> None:
    renamed = FakeDataModule()
    renamed.dataset("a").image_ids[3] = "other"
    sources = [
        feature_source(FakeDataModule(), "a", FakeBackbone()),
        feature_source(FakeDataModule(), "b", FakeBackbone()),
        feature_source(FakeDataModule(fingerprint="g"), "a", FakeBackbone()),
        feature_source(FakeDataModule(transform_id="u"), "a", FakeBackbone()),
        feature_source(FakeDataModule(), "a", FakeBackbone("other")),
        feature_source(renamed, "a", FakeBackbone()),
    ]
    keys = [cache_key(source, dtype) for source in sources for dtype in ("float32", "float16")]
    assert len(set(keys)) == 12
    assert cache_key(feature_source(FakeDataModule(), "a", FakeBackbone()), "float32") == keys[0]


def test_the_key_changes_with_the_format(monkeypatch: pytest.MonkeyPatch) -> None:
    source = feature_source(FakeDataModule(), "a", FakeBackbone())
    before = cache_key(source, "float32")
    monkeypatch.setattr("cnn_rnn.feature_cache.FORMAT_VERSION", 10**6)
    assert cache_key(source, "float32") != before


def test_the_home_is_an_environment_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_RNN_HOME", str(tmp_path))
    assert default_cache_root() == tmp_path / "features"
    monkeypatch.delenv("CNN_RNN_HOME")
    assert default_cache_root().parts[-2:] == ("cnn-rnn", "features")


@pytest.mark.parametrize("rank", [0, 1])
def test_each_of_two_ranks_gets_its_unpadded_share(
    wrapped: FeatureDataModule, monkeypatch: pytest.MonkeyPatch, rank: int
) -> None:
    monkeypatch.setattr("torch.distributed.is_initialized", lambda: True)
    monkeypatch.setattr("torch.distributed.get_rank", lambda: rank)
    monkeypatch.setattr("torch.distributed.get_world_size", lambda: 2)
    wrapped.fill(["test"])
    assert ids(wrapped.test_dataloader()) == [f"test/{i}" for i in range(rank, NUM_IMAGES, 2)]
    assert isinstance(wrapped.train_dataloader().sampler, DistributedSampler)
    assert len(ids(wrapped.train_dataloader())) == 3


class Probe(lightning.LightningModule):
    """A head that notes the images it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(48, NUM_LABELS)
        self.epochs: list[list[str]] = []

    def on_train_epoch_start(self) -> None:
        self.epochs.append([])

    def training_step(self, batch: dict[str, Any], _: int) -> Tensor:
        self.epochs[-1] += batch["image_id"]
        return nn.functional.binary_cross_entropy_with_logits(
            self.head(batch["features"]), batch["target"].float()
        )

    def validation_step(self, batch: dict[str, Any], _: int) -> None:
        self.log("val/size", float(len(batch["image_id"])), batch_size=len(batch["image_id"]))

    def predict_step(self, batch: dict[str, Any], _: int) -> list[str]:
        image_ids: list[str] = batch["image_id"]
        return image_ids

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def test_a_trainer_fits_and_predicts(wrapped: FeatureDataModule, tmp_path: Path) -> None:
    options: dict[str, Any] = {"enable_progress_bar": False, "enable_model_summary": False}
    trainer = lightning.Trainer(
        accelerator="cpu", max_epochs=2, logger=False, default_root_dir=tmp_path, **options
    )
    model = Probe()
    trainer.fit(model, datamodule=wrapped)
    first, second = model.epochs
    assert sorted(first) == sorted(second) == sorted(f"trainval/{i}" for i in range(0, 12, 2))
    assert first != second
    predictions = trainer.predict(model, datamodule=wrapped)
    assert predictions == [[f"test/{i}" for i in range(s, s + 4)] for s in (0, 4, 8)]
    resumed = Probe()
    trainer = lightning.Trainer(
        accelerator="cpu", max_epochs=3, logger=False, default_root_dir=tmp_path, **options
    )
    checkpoint = next((tmp_path / "checkpoints").glob("*.ckpt"))
    trainer.fit(resumed, datamodule=wrapped, ckpt_path=checkpoint)
    assert len(resumed.epochs) == 1
    assert resumed.epochs[0] not in (first, second)
