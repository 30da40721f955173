"""The deconvnet of Zeiler and Fergus: signals at the features traced to pixels (section 4.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

# Every way a module of torch or torchvision calls it; in place or not makes no difference here.
RELUS = {nn.functional.relu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_}


class DeconvolutionalReLU(TorchFunctionMode):
    """Within this context a signal passes back through ReLU by the deconvnet's rule.

    Forward it is ReLU. Backward the *signal* is rectified, whatever the sign of the activation was;
    the gradient would ask for the latter alone. Max-pooling's switches and the transposed filters
    of convolutions are what the gradient uses anyway. Holds for the calling thread only, and
    changes no module.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func in RELUS:
            return _RectifiedBothWays.apply(args[0])
        return func(*args, **(kwargs or {}))


class _RectifiedBothWays(torch.autograd.Function):
    @staticmethod
    def forward(activation: Tensor) -> Tensor:
        return activation.clamp(min=0)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        """Nothing to remember: the rule does not ask for the activation."""

    @staticmethod
    def backward(ctx: Any, signal: Tensor) -> Tensor:
        return signal.clamp(min=0)


def back_project(backbone: nn.Module, images: Tensor, signals: Tensor) -> Tensor:
    """Traces signals at the features back to the pixels.

    Args:
        backbone: (B, 3, H, W) -> (B, F), of convolutions, ReLU, pooling and linear layers.
        images: (B, 3, H, W) float in [0, 1].
        signals: (B, S, F) float; S signals an image share one forward pass.
    Returns:
        (B, S, 3, H, W), signed, without a graph.
    """
    with torch.inference_mode(False), torch.enable_grad():
        pixels = images.detach().clone().requires_grad_()
        with DeconvolutionalReLU():
            features: Tensor = backbone(pixels)
        steps = signals.detach().clone().unbind(dim=1)
        found = [
            torch.autograd.grad(features, pixels, signal, retain_graph=index + 1 < len(steps))[0]
            for index, signal in enumerate(steps)
        ]
    return torch.stack(found, dim=1)
