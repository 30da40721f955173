from pathlib import Path
from typing import Any

import pytest

from cnn_rnn.wandb_runs import OfflineFirstLogger


def test_a_run_is_kept_offline_with_all_its_files_under_results(on_wandb: Any) -> None:
    for run in on_wandb.runs:
        assert [file.suffix for file in run.glob("*.wandb")] == [".wandb"]
        assert run.name in on_wandb.said
    assert "wandb sync" in on_wandb.said
    assert list(on_wandb.home.rglob("*wandb*")) == []
    assert {path.name for path in on_wandb.folder.iterdir()} == on_wandb.before


def test_wandb_has_nothing_to_warn_of(on_wandb: Any) -> None:
    lines = on_wandb.said.splitlines()
    assert [line for line in lines if "wandb" in line and "WARN" in line] == []


def test_a_run_has_its_own_checkpoints_as_without_wandb(on_wandb: Any) -> None:
    version = on_wandb.folder / "results" / "tiny" / "version_1"
    assert (version / "checkpoints" / "best.ckpt").is_file()


@pytest.mark.parametrize(
    ("environment", "offline"),
    [({}, True), ({"WANDB_MODE": "online"}, False), ({"WANDB_SWEEP_ID": "abc"}, False)],
)
def test_a_run_is_offline_unless_the_environment_asks(
    environment: dict[str, str], offline: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("DATA", "CACHE", "CONFIG", "ARTIFACT"):
        monkeypatch.setenv(f"WANDB_{kind}_DIR", str(tmp_path))
    monkeypatch.delenv("WANDB_MODE", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    logger = OfflineFirstLogger(save_dir=str(tmp_path))
    assert logger._offline is offline
