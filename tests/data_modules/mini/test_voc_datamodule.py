from pathlib import Path

import pytest
import torch

from data_modules.mini import MiniVOC2007DataModule
from data_modules.voc2007 import VOC2007DataModule


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the scenes are drawn, once for all tests."""
    return tmp_path_factory.mktemp("mini")


def module(home: Path) -> MiniVOC2007DataModule:
    return MiniVOC2007DataModule(home / "mini", num_workers=0, num_trainval=12, num_test=5)


def test_scenes_are_drawn_when_they_are_read(home: Path) -> None:
    data = module(home)
    assert not (home / "mini").exists()
    assert len(data.dataset("trainval")) == 12
    assert next(iter(data.test_dataloader()))["image"].shape == (5, 3, 96, 96)
    assert len(data.annotations("test")) == 5


def test_the_plain_reader_reads_the_same(home: Path) -> None:
    mini = module(home)
    mini.prepare_data()
    plain = VOC2007DataModule(mini.root, num_workers=0, image_size=96)
    assert plain.label_names == mini.label_names
    assert torch.equal(plain.dataset("test").targets, mini.dataset("test").targets)
    assert plain.fingerprint == mini.fingerprint


def test_it_says_that_it_is_mini(home: Path) -> None:
    assert module(home).description.startswith("MINI: mini-VOC2007")
    assert module(home).check(["test"]).exit_code == 0
