from pathlib import Path

import pytest
import torch

from data_modules.mini import MiniNUSWIDE1kDataModule, MiniNUSWIDE81DataModule
from data_modules.mini.concepts import CONCEPTS
from data_modules.mini.tags import TAGS
from data_modules.nuswide import NUSWIDE1kDataModule, NUSWIDE81DataModule


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the scenes are drawn, once for all tests."""
    return tmp_path_factory.mktemp("mini")


def concepts(home: Path) -> MiniNUSWIDE81DataModule:
    return MiniNUSWIDE81DataModule(home / "mini", num_workers=0, num_train=14, num_test=6)


def tags(home: Path) -> MiniNUSWIDE1kDataModule:
    return MiniNUSWIDE1kDataModule(home / "mini", num_workers=0, num_train=14, num_test=6)


def test_both_label_sets_share_one_folder_drawn_when_it_is_read(home: Path) -> None:
    assert not (home / "mini").exists()
    assert concepts(home).label_names == list(CONCEPTS)
    assert tags(home).label_names == list(TAGS)
    assert len(list((home / "mini").glob("nuswide-*"))) == 1
    batch = next(iter(tags(home).test_dataloader()))
    assert batch["image"].shape[1:] == (3, 96, 96)
    assert batch["target"].shape[1] == len(TAGS)


def test_unlabelled_images_are_left_out_by_default(home: Path) -> None:
    data = concepts(home)
    labelled = data.dataset("train").targets
    assert labelled.any(dim=1).all()
    data = MiniNUSWIDE81DataModule(
        data.root, num_workers=0, num_train=14, num_test=6, protocol="official_all"
    )
    assert len(data.dataset("train")) == 14 >= len(labelled)


def test_the_plain_reader_reads_the_same(home: Path) -> None:
    mini, mini_tags = concepts(home), tags(home)
    mini.prepare_data()
    plain = NUSWIDE81DataModule(mini.root, num_workers=0, image_size=96)
    assert torch.equal(plain.dataset("test").targets, mini.dataset("test").targets)
    assert plain.fingerprint == mini.fingerprint
    plain_tags = NUSWIDE1kDataModule(mini.root, num_workers=0, image_size=96)
    assert torch.equal(plain_tags.dataset("test").targets, mini_tags.dataset("test").targets)


def test_they_say_that_they_are_mini(home: Path) -> None:
    assert concepts(home).description.startswith("MINI: mini-NUS-WIDE 81")
    assert tags(home).description.startswith("MINI: mini-NUS-WIDE 1k")
    assert concepts(home).check(["test"]).exit_code == 0
