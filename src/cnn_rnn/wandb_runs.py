"""Runs on Weights & Biases that keep all of their files in one folder, offline unless asked."""

import os
from pathlib import Path

from lightning.pytorch.loggers import WandbLogger


def keep_files_in(folder: Path) -> None:
    """From now on W&B keeps in a folder what it would keep in the user's home.

    What the environment names already stays where it is.
    """
    for kind in ("data", "cache", "config", "artifact"):
        os.environ.setdefault(f"WANDB_{kind.upper()}_DIR", str(folder.absolute() / kind))


class OfflineFirstLogger(WandbLogger):
    """Lightning's logger, without questions and without files elsewhere.

    Everything is under `save_dir/wandb`: what W&B would stage in the user's home goes there too, so
    that a later `wandb sync` finds it. Folders that the environment names already stay. When the
    process ends, W&B says where the run is and how to sync it.

    Args:
        project: on W&B.
        save_dir: folder of the runs.
        offline: writes to the disk only; False needs an account. None: offline, unless the
            environment has WANDB_MODE=online or the process was started by a sweep's agent.
        name: of the run, as shown.
        group: of the run: those of one group are shown together.
        tags: of the run.
        log_model: whether checkpoints are uploaded too; not possible offline.
    """

    def __init__(
        self,
        project: str = "cnn-rnn",
        save_dir: str = "results",
        offline: bool | None = None,
        name: str | None = None,
        group: str | None = None,
        tags: list[str] | None = None,
        log_model: bool = False,
    ) -> None:
        keep_files_in(Path(save_dir, "wandb"))
        if offline is None:
            asked = os.environ.get("WANDB_MODE") == "online" or "WANDB_SWEEP_ID" in os.environ
            offline = not asked
        Path(save_dir).mkdir(parents=True, exist_ok=True)  # W&B looks for its git repository there
        super().__init__(
            name=name,
            save_dir=save_dir,
            offline=offline,
            project=project,
            log_model=log_model,
            group=group,
            tags=tags,
        )
        # Lightning hands it on though W&B has none any more, and says so in each run.
        self._wandb_init.pop("anonymous", None)
