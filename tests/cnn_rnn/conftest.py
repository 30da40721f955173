"""A working folder for the command line, with a tiny COCO and a run on it."""

import importlib.util
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import nn

from cnn_rnn.backbone_bodies import mini_vgg16
from cnn_rnn.cli import main

TINY = """
trainer:
  accelerator: cpu
  max_epochs: 2
  enable_progress_bar: false
  enable_model_summary: false
  logger:
    init_args: {name: tiny}
model:
  class_path: cnn_rnn.tasks.CNNRNNTask
  init_args:
    backbone: {name: vgg16_mini, weights: weights.pth}
    hidden_dim: 16
data:
  class_path: data_modules.COCODataModule
  init_args: {root: coco, image_size: 32, batch_size: 4, num_workers: 0, val_fraction: 0.25}
"""


def write_data(root: Path) -> None:
    """A COCO of small pictures of one colour each, and weights that tell the colours apart."""
    path = Path(__file__).parents[1] / "data" / "tiny_coco.py"
    spec = importlib.util.spec_from_file_location("tiny_coco", path)
    assert spec is not None
    assert spec.loader is not None
    tiny_coco = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tiny_coco)
    box = [0.0, 0.0, 8.0, 8.0]
    labels: list[list[tuple[int, list[float], int]]]
    labels = [[(1, box, 0)], [(44, box, 0), (90, box, 0)], [(1, box, 0), (44, box, 0)], []]
    splits = {
        "train2014": [(i, 40, 32, labels[i % 4]) for i in range(1, 17)],
        "val2014": [(i, 40, 32, labels[i % 4]) for i in range(31, 38)],
    }
    tiny_coco.write_coco(root / "coco", splits)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = mini_vgg16()
        for module in network.modules():  # PyTorch's own start lets the image fade away
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight)
    torch.save(network.state_dict(), root / "weights.pth")


@pytest.fixture
def cli_state(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undoes what the command line does to its process: logging and the search path."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    names = ("cnn_rnn", "data_modules", "lightning.pytorch.utilities.rank_zero")
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger.level, [*logger.handlers], [*logger.filters]) for logger in loggers]
    yield
    for logger, (level, handlers, filters) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers, logger.filters = handlers, filters


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder in which `lightning fit --config tiny.yaml` was run once."""
    folder = tmp_path_factory.mktemp("fitted")
    write_data(folder)
    (folder / "tiny.yaml").write_text(TINY)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("CNN_RNN_HOME", str(folder / "home"))
        assert main(["fit", "--config", "tiny.yaml"]) == 0
    return folder


@pytest.fixture
def folder(cli_state: None, fitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as the working folder: tiny.yaml, its data and cache, and a finished run."""
    copy = shutil.copytree(fitted, tmp_path / "work")
    monkeypatch.chdir(copy)
    monkeypatch.setenv("CNN_RNN_HOME", str(copy / "home"))
    return copy


FIT_AND_TEST = """
import sys, wandb
from cnn_rnn.cli import main
options = ["--config", "tiny.yaml", "--config", "wandb.yaml", "--trainer.log_every_n_steps", "1"]
options += ["--model.init_args.min_length", "1"]  # after two epochs it would give no label
assert main(["fit", *options]) == 0
wandb.finish()
sys.exit(main(["test", *options]))
"""


@dataclass(frozen=True)
class OnWandb:
    """`fit` and then `test` with wandb.yaml, standard input closed, nobody logged in.

    Attributes:
        folder: the working folder.
        home: the user's.
        said: what the processes wrote.
        before: what the working folder held before.
    """

    folder: Path
    home: Path
    said: str
    before: frozenset[str]

    @property
    def runs(self) -> tuple[Path, Path]:
        """The folders of the two runs, `fit` first."""
        fit, test = sorted((self.folder / "results" / "wandb").glob("offline-run-*"))
        return fit, test


@pytest.fixture(scope="session")
def on_wandb(fitted: Path, tmp_path_factory: pytest.TempPathFactory) -> OnWandb:
    """Done once for all tests; they only read it."""
    folder = shutil.copytree(fitted, tmp_path_factory.mktemp("wandb") / "work")
    home = tmp_path_factory.mktemp("user")
    kept = ("PATH", "PYTHONPATH", "OMP_NUM_THREADS")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    for variable in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        environment[variable] = str(home)
    before = frozenset(path.name for path in folder.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", FIT_AND_TEST],
        env={**environment, "CNN_RNN_HOME": str(folder / "home")},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return OnWandb(folder, home, said, before)
