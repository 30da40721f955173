"""Weights of an image encoder: found by name or file, loaded without pickle, checked key by key."""

from __future__ import annotations

import pickle
from importlib import resources
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import Tensor, nn


class WeightsError(ValueError):
    """Weights that are missing, unreadable or of another network; says how to mend it."""

    is_user_error = True


def weights_file(name: str, weights: str) -> Any:
    """Where the weights of a backbone are, without reading them.

    Args:
        name: the backbone's name.
        weights: a path, a torchvision weights name, or `mini`.
    Returns:
        A Path, or torchvision's weights entry (with its `.url`).
    Raises:
        WeightsError: neither a file nor a known name.
    """
    if weights == "mini" and name == "vgg16_mini":
        packaged = Path(str(resources.files("cnn_rnn") / "weights" / "vgg16_mini.safetensors"))
        if not packaged.is_file():
            raise WeightsError(
                f"{packaged}: the packaged weights are missing; make them with `make mini-weights`"
            )
        return packaged
    path = Path(weights).expanduser()
    if path.is_file():
        return path
    published: list[str] = []
    if name in torchvision.models.list_models(module=torchvision.models):
        entries = torchvision.models.get_model_weights(name)
        if weights in entries.__members__:
            return entries[weights]
        published = list(entries.__members__)
    raise WeightsError(
        f"backbone.weights: no file {weights!r}"
        + (f", and not one of torchvision's {', '.join(published)}" if published else "")
        + f"; give the path of a state dict of {name}"
        + (", or mini for the packaged one" if name == "vgg16_mini" else "")
    )


def load_into(body: nn.Module, name: str, weights: str, head_prefix: str) -> None:
    """Load a state dict into a network without its head; the head's own keys may be there or not.

    Raises:
        WeightsError: the file is unreadable, or keys or shapes differ.
    """
    source = weights_file(name, weights)
    state = _read(source) if isinstance(source, Path) else _download(source)
    kept = set(body.state_dict())
    state = {
        key: value for key, value in state.items() if key in kept or not _head(key, head_prefix)
    }
    try:
        body.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(f"{weights}: not the weights of {name}: {error}") from None


def _head(key: str, prefix: str) -> bool:
    return key.startswith(prefix) or key.startswith(("classifier.", "fc.", "head."))


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            tensors = load_file(path)
        except SafetensorError as error:
            raise WeightsError(f"{path}: not a safetensors file: {error}") from None
        return {key: value.float() for key, value in tensors.items()}
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{path}: not a plain state dict of tensors: {reason}") from None
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise WeightsError(f"{path}: expected a state dict of tensors, got {type(state).__name__}")
    return state


def _download(entry: Any) -> dict[str, Tensor]:
    try:
        state: dict[str, Tensor] = entry.get_state_dict(progress=True, check_hash=True)
    except OSError as error:
        raise WeightsError(
            f"{entry.url}: could not be fetched ({error}); fetch it elsewhere and name the file "
            "in backbone.weights"
        ) from None
    return state
