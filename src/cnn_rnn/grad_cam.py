"""Grad-CAM: where in a backbone's last convolutional map a signal at its features comes from."""

from __future__ import annotations

import threading
from typing import Any

import torch
from torch import Tensor, nn


def grad_cam(backbone: nn.Module, images: Tensor, signals: Tensor) -> Tensor:
    """The last convolutional map, its channels weighted by the mean gradient of a signal.

    The map is the last output of a submodule that is laid out as (B, C, h, w) and has the image's
    proportions; pooling to one cell does not count. A transformer's is that of its patches where
    nothing later has this layout.

    Args:
        backbone: (B, 3, H, W) -> (B, F).
        images: (B, 3, H, W) float in [0, 1].
        signals: (B, S, F) float; S signals an image share one forward pass.
    Returns:
        (B, S, h, w) >= 0, at the size of the map, without a graph.
    Raises:
        ValueError: the backbone has no such map.
    """
    with torch.inference_mode(False), torch.enable_grad():
        pixels = images.detach().clone().requires_grad_()
        features, activation = _with_last_map(backbone, pixels)
        steps = signals.detach().clone().unbind(dim=1)
        weights = [
            torch.autograd.grad(features, activation, signal, retain_graph=index + 1 < len(steps))[
                0
            ].mean(dim=(2, 3))
            for index, signal in enumerate(steps)
        ]
    weighted = torch.einsum("bsc,bchw->bshw", torch.stack(weights, dim=1), activation.detach())
    return weighted.clamp(min=0)


def _with_last_map(backbone: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """The features of some images, and the last map on the way to them."""
    caller, proportions = threading.get_ident(), images.shape[2] / images.shape[3]
    last: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if threading.get_ident() == caller and _is_map(output, proportions):
            last[:] = [output]

    handles = [module.register_forward_hook(keep) for module in backbone.modules()]
    try:
        features: Tensor = backbone(images)
    finally:
        for handle in handles:
            handle.remove()
    if not last:
        raise ValueError(
            f"Grad-CAM needs a convolutional map of more than one cell, and this backbone has none "
            f"for images of {images.shape[2]} x {images.shape[3]}: use larger images, or a "
            "convolutional backbone"
        )
    return features, last[0]


def _is_map(output: Any, proportions: float) -> bool:
    """Whether it is (B, C, h, w), in the image's proportions up to the rounding of strides."""
    if not isinstance(output, Tensor) or output.ndim != 4 or not output.requires_grad:
        return False
    height, width = output.shape[2:]
    return min(height, width) > 1 and abs(height - proportions * width) <= max(1.0, proportions)
