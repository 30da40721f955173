"""RMSprop (section 3.4) with a warm-up and a cosine decay (ours), and two learning rates."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from torch import nn
from torch.optim import RMSprop
from torch.optim.lr_scheduler import LambdaLR


def rmsprop_with_cosine(
    parameters: Iterable[nn.Parameter] | Iterable[dict[str, Any]],
    lr: float,
    momentum: float,
    weight_decay: float,
    warmup_steps: int,
    total_steps: int,
) -> tuple[RMSprop, LambdaLR]:
    """The optimiser and its schedule, to be stepped after every batch.

    Args:
        parameters: those to train, or groups of them; a group may have an `lr` of its own.
        lr: the rate after the warm-up.
        momentum: the paper's: 0.9.
        weight_decay: the paper's: 1e-4.
        warmup_steps: linear from lr / warmup_steps to lr.
        total_steps: where the cosine reaches zero.
    """
    optimizer = RMSprop(parameters, lr=lr, momentum=momentum, weight_decay=weight_decay)

    def factor(step: int) -> float:
        if step < warmup_steps:
            return (step + 1) / warmup_steps
        done = (step - warmup_steps) / max(1, total_steps - warmup_steps)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    return optimizer, LambdaLR(optimizer, factor)


def parameter_groups(module: nn.Module, prefix: str, lr: float) -> list[dict[str, Any]]:
    """The parameters that are to be trained, those of one part with a learning rate of their own.

    Args:
        module: whose parameters; those that require no gradient are left out.
        prefix: of the names of the part.
        lr: of the part.
    Returns:
        The group of the others first; then, where there is any such parameter, the part's.
    """
    rest: list[nn.Parameter] = []
    part: list[nn.Parameter] = []
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            (part if name.startswith(prefix) else rest).append(parameter)
    groups: list[dict[str, Any]] = [{"params": rest}]
    return [*groups, {"params": part, "lr": lr}] if part else groups
