"""`lightning predict --photos FOLDER --ckpt_path FILE`: a whole config out of a checkpoint."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import platformdirs
import torch

from cnn_rnn.checkpoint_file import (
    MINI,
    CheckpointError,
    packaged_checkpoint,
    read_checkpoint,
    task_class,
)
from cnn_rnn.cli import CommandLineError

# The data module of photos, as any config names one: by its class path.
PHOTO_DATA = "data_modules.PhotoFolderDataModule"
_SIZE = re.compile(r".*/(square|crop)-(\d+)-.*")


def with_photos(arguments: Sequence[str]) -> list[str]:
    """Replaces `--photos FOLDER` by the config that the checkpoint holds.

    Args:
        arguments: of the command line; without `--photos` they are given back as they are.
    Raises:
        CommandLineError: another subcommand, or no checkpoint is named.
        CheckpointError: it cannot be used.
    """
    folder, others = _taken("--photos", arguments)
    if folder is None:
        return list(arguments)
    if others[0] != "predict":
        raise CommandLineError(f"--photos is of predict, not of {others[0]}")
    wanted, others = _taken("--ckpt_path", others)
    if wanted is None:
        raise CommandLineError(
            "--photos: say which model predicts, by --ckpt_path FILE (a .ckpt that `lightning fit` "
            "wrote), or mini for the packaged one"
        )
    file = _as_lightning_reads_it(packaged_checkpoint() if wanted == MINI else Path(wanted))
    config = json.dumps(photo_config(folder, file))
    return [others[0], "--config", config, *others[1:], "--ckpt_path", str(file)]


def photo_config(folder: str, file: Path) -> dict[str, Any]:
    """The config by which a checkpoint predicts a folder of photos.

    Raises:
        CheckpointError: it lacks something.
    """
    content = read_checkpoint(file)
    task_class(str(content["task"]), file)
    preprocessing = content.get("preprocessing") or {}
    known = _SIZE.fullmatch(str(preprocessing.get("transform_id", "")))
    if known is None:
        raise CheckpointError(
            f"{file}: it does not say how photos are resized; predict with the config that it was "
            "trained with: --config FILE --data.init_args.predict_folder FOLDER"
        )
    arguments = dict(content["hyper_parameters"])
    counts = arguments.pop("label_counts")
    arguments.pop("label_names")
    if arguments.get("fine_tune"):  # the backbone's weights are in the checkpoint
        arguments["backbone"] = {**arguments["backbone"], "weights": None}
    return {
        "trainer": {"logger": False, "enable_checkpointing": False},
        "model": {"class_path": content["task"], "init_args": arguments},
        "data": {
            "class_path": PHOTO_DATA,
            "init_args": {
                "root": folder,
                "label_names": list(content["label_names"]),
                "label_counts": [int(count) for count in counts],
                "image_size": int(known[2]),
                "resize": known[1],
            },
        },
    }


def _taken(option: str, arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """The value of an option, and the arguments without it."""
    others = list(arguments)
    for position, argument in enumerate(arguments):
        if argument == option:
            if position + 1 == len(arguments):
                raise CommandLineError(f"{option}: expected a value")
            value = others[position + 1]
            del others[position : position + 2]
            return value, others
        if argument.startswith(f"{option}="):
            del others[position]
            return argument.removeprefix(f"{option}="), others
    return None, others


def _as_lightning_reads_it(file: Path) -> Path:
    """The file itself, or for safetensors a `.ckpt` of the same content in the user's cache."""
    if file.suffix != ".safetensors":
        return file
    content = read_checkpoint(file)
    home = os.environ.get("CNN_RNN_HOME")
    root = Path(home).expanduser() if home else platformdirs.user_cache_path("cnn-rnn")
    status = file.stat()
    version = f"{status.st_size}-{status.st_mtime_ns}"
    made = root / "checkpoints" / version / f"{file.stem}.ckpt"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        partial = made.with_name(f"{made.name}.{os.getpid()}")
        # What Lightning's loader asks for beside the weights.
        torch.save({**content, "pytorch-lightning_version": "2.5.1"}, partial)
        partial.replace(made)
    return made
