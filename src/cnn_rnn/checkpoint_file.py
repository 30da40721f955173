"""Reads a checkpoint into a task that predicts: plain data only, nothing from the file is run."""

from __future__ import annotations

import importlib
import json
import pickle
import sys
import warnings
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, TypedDict

import torch
from torch import nn

from cnn_rnn.photos import transform_id, transform_of
from cnn_rnn.tasks import MultiLabelTask

MINI = "mini"


class Preprocessing(TypedDict):
    """How photos become the batches that a network was trained on."""

    image_size: int
    transform_id: str


class CheckpointError(ValueError):
    """A checkpoint that cannot be used: names the file, what is wrong, and what to do."""

    is_user_error = True


@dataclass(frozen=True)
class LoadedCheckpoint:
    """What a checkpoint is read into.

    Attributes:
        task: in evaluation mode, on the CPU.
        transform: (3, H, W) uint8 -> (3, S, S) uint8.
        preprocessing: what it was made from.
    """

    task: MultiLabelTask
    transform: nn.Module
    preprocessing: Preprocessing


def load_checkpoint(
    checkpoint: str | Path, backbone_weights: str | None = None, image_size: int | None = None
) -> LoadedCheckpoint:
    """A task with its weights, and the preprocessing of its photos.

    Args:
        checkpoint: a `.ckpt` of a training, a `.safetensors` head, or `mini`, the packaged one.
        backbone_weights: in the place of those that the checkpoint names, as for `BackboneSpec`.
        image_size: for checkpoints that do not say it: the side S of the square photos.
    Raises:
        CheckpointError: no such file, not a checkpoint of this project, or it lacks something.
        WeightsError: the weights of its frozen backbone are missing.
    """
    file = packaged_checkpoint() if str(checkpoint) == MINI else Path(checkpoint).expanduser()
    content = read_checkpoint(file)
    task = _task(file, content, backbone_weights)
    preprocessing = _preprocessing(file, content, image_size)
    try:
        transform = transform_of(preprocessing["transform_id"])
    except ValueError as error:
        raise CheckpointError(f"{file}: {error}; use the version that wrote it") from None
    return LoadedCheckpoint(task, transform, preprocessing)


def packaged_checkpoint() -> Path:
    """The file that `mini` names."""
    return Path(str(resources.files("cnn_rnn") / "weights" / "cnn_rnn_mini.safetensors"))


def read_checkpoint(file: Path) -> dict[str, Any]:
    """The content of a checkpoint, in plain types and tensors, without pickled code.

    Raises:
        CheckpointError: there is no such file, or it is not one.
    """
    if not file.is_file():
        raise CheckpointError(
            f"{file}: no such checkpoint; give the path of a .ckpt file that `lightning fit` "
            "wrote (results/.../checkpoints/best.ckpt), or 'mini'"
        )
    try:
        content = _read_safetensors(file) if file.suffix == ".safetensors" else _read_pickle(file)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(
            f"{file}: not a checkpoint of plain data ({reason}); give a .ckpt file that "
            "`lightning fit` wrote"
        ) from None
    missing = [
        key
        for key in ("state_dict", "hyper_parameters", "label_names", "task")
        if not isinstance(content, dict) or key not in content
    ]
    if missing:
        raise CheckpointError(
            f"{file}: not a checkpoint of cnn-rnn: it has no {', '.join(missing)}; give a .ckpt "
            "file that `lightning fit` wrote"
        )
    return content


def task_class(name: str, file: Path) -> type[MultiLabelTask]:
    """The class that a checkpoint names.

    A checkpoint may come from anywhere, so that its word alone imports nothing from outside this
    package: a class of the user's own must have been imported before.

    Raises:
        CheckpointError: it is not there, or no MultiLabelTask.
    """
    module_name, _, class_name = name.rpartition(".")
    module = sys.modules.get(module_name)
    if module is None and module_name.startswith("cnn_rnn."):
        try:
            module = importlib.import_module(module_name)
        except ImportError:
            module = None
    found = getattr(module, class_name, None)
    if not (isinstance(found, type) and issubclass(found, MultiLabelTask)):
        raise CheckpointError(
            f"{file}: its task is {name}, which is not known here; import the module that defines "
            "it before loading the checkpoint"
        )
    return found


def _read_pickle(file: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pickle protocols: what cannot be read raises
        return torch.load(file, map_location="cpu", weights_only=True)


def _read_safetensors(file: Path) -> dict[str, Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as stored:
            content: dict[str, Any] = json.loads(stored.metadata()["checkpoint"])
            content["state_dict"] = {
                key: tensor.float() if tensor.is_floating_point() else tensor
                for key in stored.keys()  # noqa: SIM118  # not a mapping
                for tensor in [stored.get_tensor(key)]
            }
    except (SafetensorError, TypeError) as error:
        raise ValueError(str(error)) from None
    return content


def _task(file: Path, content: dict[str, Any], backbone_weights: str | None) -> MultiLabelTask:
    kind = task_class(str(content["task"]), file)
    arguments = dict(content["hyper_parameters"])
    backbone = dict(arguments["backbone"])
    if arguments.get("fine_tune"):
        backbone["weights"] = None  # its own are in the checkpoint
    elif backbone_weights is not None:
        backbone["weights"] = backbone_weights
    arguments["backbone"] = backbone
    try:
        task = kind(**arguments)
        task.labels.check(content["label_names"], str(file))
        task.load_state_dict(content["state_dict"])
    except (TypeError, RuntimeError) as error:
        first = str(error).splitlines()
        raise CheckpointError(
            f"{file}: its weights do not fit {kind.__name__} ({' '.join(first[:2])}); use the "
            "version that wrote it"
        ) from None
    return task.eval().requires_grad_(False)


def _preprocessing(file: Path, content: dict[str, Any], image_size: int | None) -> Preprocessing:
    said = content.get("preprocessing")
    if said is None and image_size is None:
        raise CheckpointError(
            f"{file}: it does not say how photos are resized (it was trained without a data "
            "module of this project); say it: CNNRNN.load(..., image_size=224)"
        )
    if said is None or (image_size is not None and image_size != said["image_size"]):
        if image_size is None or image_size < 1:
            raise CheckpointError(f"image_size: expected a number of pixels, got {image_size}")
        return {"image_size": image_size, "transform_id": transform_id(image_size)}
    return {"image_size": int(said["image_size"]), "transform_id": str(said["transform_id"])}
