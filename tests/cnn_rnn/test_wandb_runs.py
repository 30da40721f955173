from typing import Any


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
