"""Checkpoints from one run of the command line to the next: what `best` and `last` mean."""

from pathlib import Path
from typing import Any

from lightning.pytorch.callbacks import ModelCheckpoint

from cnn_rnn.cli import CommandLineError


class ResumableCheckpoint(ModelCheckpoint):
    """Lightning's, but a run that is resumed in its own folder goes on comparing with its best.

    Lightning compares the folder as text with the one that the checkpoint names, and forgets the
    best where one is relative and the other is not, or where the folder was moved.

    Attributes:
        resumed_from: the checkpoint that the run begins with, where it is resumed; to be set
            before the trainer runs.
    """

    resumed_from: Path | None = None

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restores the best score and the paths, which lie in the callback's folder now."""
        here = Path(self.dirpath or "").resolve()
        if self.resumed_from is not None and self.resumed_from.resolve().parent == here:
            scores = state_dict["best_k_models"].items()
            state_dict = {
                **state_dict,
                "dirpath": self.dirpath,
                "best_k_models": {self._here(path): score for path, score in scores},
            }
            for key in ("best_model_path", "kth_best_model_path", "last_model_path"):
                state_dict[key] = self._here(state_dict[key])
        super().load_state_dict(state_dict)

    def _here(self, path: str) -> str:
        return str(Path(self.dirpath or "", Path(path).name)) if path else path


def resolve_checkpoint(wanted: str, config: Any) -> Path | str:
    """The file that --ckpt_path names.

    Args:
        wanted: `best` or `last` of the newest run of the config, or a path, or a URL.
        config: the parsed config of a subcommand.

    Raises:
        CommandLineError: there is no such file.
    """
    if wanted in ("best", "last"):
        return find_checkpoint(run_folder(config), wanted)
    if "://" not in wanted and not Path(wanted).exists():
        raise CommandLineError(f"--ckpt_path: no file {wanted!r}; give a path, or best, or last")
    return wanted


def find_checkpoint(folder: Path, name: str) -> Path:
    """The newest file `<name>.ckpt` anywhere under a folder.

    Raises:
        CommandLineError: there is none.
    """
    found = sorted(folder.rglob(f"{name}.ckpt"), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise CommandLineError(
            f"no {name}.ckpt under {folder.absolute()}: run `lightning fit` with this config "
            "here first, or name the checkpoint by --ckpt_path PATH"
        )
    return found[-1]


def run_folder(config: Any) -> Path:
    """The folder that holds all runs of a config: the checkpoints', the logger's or the root's."""
    if config.checkpoint.dirpath is not None:
        return Path(config.checkpoint.dirpath)
    loggers = config.trainer.logger
    first = loggers[0] if isinstance(loggers, list) and loggers else loggers
    options = getattr(first, "init_args", None)
    if options is None:
        return Path(config.trainer.default_root_dir or ".")
    return Path(options.get("save_dir") or ".", options.get("name") or "")
