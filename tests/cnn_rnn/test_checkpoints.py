import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from cnn_rnn.checkpoints import (
    ResumableCheckpoint,
    find_checkpoint,
    resolve_checkpoint,
    run_folder,
)
from cnn_rnn.cli import CommandLineError


def config(logger: Any = None, dirpath: str | None = None, root: str | None = "results") -> Any:
    return SimpleNamespace(
        checkpoint=SimpleNamespace(dirpath=dirpath),
        trainer=SimpleNamespace(logger=logger, default_root_dir=root),
    )


def make(folder: Path, name: str, time: int) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (time, time))
    return path


def test_the_newest_checkpoint_of_a_name_is_found(tmp_path: Path) -> None:
    make(tmp_path, "version_2/checkpoints/best.ckpt", 1)
    newest = make(tmp_path, "version_1/checkpoints/best.ckpt", 2)
    make(tmp_path, "version_3/checkpoints/last.ckpt", 3)
    assert find_checkpoint(tmp_path, "best") == newest


def test_no_checkpoint_is_an_error_that_says_where(tmp_path: Path) -> None:
    with pytest.raises(CommandLineError, match=f"no last.ckpt under {tmp_path}"):
        find_checkpoint(tmp_path, "last")


def test_runs_lie_where_the_logger_writes() -> None:
    named = SimpleNamespace(init_args={"save_dir": "results", "name": "mini"})
    assert run_folder(config(named)) == Path("results/mini")
    assert run_folder(config([named, True])) == Path("results/mini")
    unnamed = SimpleNamespace(init_args={"save_dir": "logs", "name": None})
    assert run_folder(config(unnamed)) == Path("logs")


@pytest.mark.parametrize("logger", [None, True, False, []])
def test_runs_without_a_logger_lie_in_the_root(logger: Any) -> None:
    assert run_folder(config(logger)) == Path("results")
    assert run_folder(config(logger, root=None)) == Path()


def test_the_checkpoints_own_folder_comes_first() -> None:
    logger = SimpleNamespace(init_args={"save_dir": "results", "name": "mini"})
    assert run_folder(config(logger, dirpath="kept")) == Path("kept")


def test_names_paths_and_urls_are_resolved(tmp_path: Path) -> None:
    last = make(tmp_path, "version_0/checkpoints/last.ckpt", 1)
    own = config(root=str(tmp_path))
    assert resolve_checkpoint("last", own) == last
    assert resolve_checkpoint(str(last), own) == str(last)
    assert resolve_checkpoint("https://host/a.ckpt", own) == "https://host/a.ckpt"


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandLineError, match=r"no file '.*gone\.ckpt'"):
        resolve_checkpoint(str(tmp_path / "gone.ckpt"), config())


def saved_state(folder: str) -> dict[str, Any]:
    callback = ResumableCheckpoint(dirpath=folder, monitor="val/loss")
    callback.best_model_score = torch.tensor(0.5)
    callback.best_model_path = callback.kth_best_model_path = f"{folder}/best.ckpt"
    callback.last_model_path = f"{folder}/last.ckpt"
    callback.best_k_models = {f"{folder}/best.ckpt": torch.tensor(0.5)}
    return {**callback.state_dict(), "dirpath": folder}


@pytest.mark.parametrize("folder", ["runs/checkpoints", "/gone/checkpoints"])
def test_a_run_resumed_in_its_folder_remembers_its_best(tmp_path: Path, folder: str) -> None:
    callback = ResumableCheckpoint(dirpath=str(tmp_path), monitor="val/loss")
    callback.resumed_from = tmp_path / "last.ckpt"
    callback.load_state_dict(saved_state(folder))
    best = f"{tmp_path}/best.ckpt"
    assert callback.best_model_score == 0.5
    assert callback.best_k_models == {best: 0.5}
    assert (callback.best_model_path, callback.kth_best_model_path) == (best, best)
    assert callback.last_model_path == f"{tmp_path}/last.ckpt"


@pytest.mark.filterwarnings("ignore:The dirpath has changed")
def test_a_run_begun_from_another_folder_has_a_best_of_its_own(tmp_path: Path) -> None:
    callback = ResumableCheckpoint(dirpath=str(tmp_path), monitor="val/loss")
    callback.resumed_from = tmp_path / "other" / "last.ckpt"
    callback.load_state_dict(saved_state(f"{tmp_path}/other"))
    assert callback.best_model_score is None
    assert callback.best_k_models == {}
