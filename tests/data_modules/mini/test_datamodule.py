from pathlib import Path
from typing import Any

import pytest
import torch

from data_modules import COCODataModule
from data_modules.mini import MiniCOCODataModule


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the scenes are drawn, once for all tests."""
    return tmp_path_factory.mktemp("mini")


def module(home: Path, **options: Any) -> MiniCOCODataModule:
    sizes = {"num_train": 12, "num_val": 5, "num_workers": 0}
    return MiniCOCODataModule(home, **{**sizes, **options})


def test_nothing_is_drawn_before_it_is_needed(tmp_path: Path) -> None:
    module(tmp_path / "mini")
    assert not (tmp_path / "mini").exists()


def test_scenes_are_drawn_when_they_are_read(home: Path) -> None:
    data = module(home)
    assert len(data.dataset("train2014")) == 12
    assert len(data.dataset("val2014")) == 5
    assert next(iter(data.test_dataloader()))["image"].shape == (5, 3, 96, 96)
    assert (data.root / "annotations" / "instances_train2014.json").is_file()


def test_preparing_draws_them_too(home: Path) -> None:
    data = module(home)
    data.prepare_data()
    assert data.root.is_relative_to(home)


def test_the_home_is_that_of_the_package_unless_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_RNN_HOME", str(tmp_path))
    data = MiniCOCODataModule(num_train=2, num_val=1)
    data.prepare_data()
    assert data.root.is_relative_to(tmp_path)


def test_it_says_that_it_is_mini(home: Path) -> None:
    assert module(home).is_mini
    assert not COCODataModule(home).is_mini
    assert module(home).description.startswith("MINI: ")


def test_the_plain_reader_reads_the_same(home: Path) -> None:
    mini = module(home)
    assert mini.label_counts.sum() > 0
    plain = COCODataModule(mini.root, num_workers=0, image_size=96)
    assert plain.label_names == mini.label_names
    assert torch.equal(plain.dataset("val2014").targets, mini.dataset("val2014").targets)
    assert plain.fingerprint == mini.fingerprint


def test_other_scenes_have_another_fingerprint(home: Path) -> None:
    assert module(home, scene_seed=1).fingerprint != module(home).fingerprint
    assert module(home, seed=1).fingerprint == module(home).fingerprint
