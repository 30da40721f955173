"""RMSprop (section 3.4) with a warm-up and a cosine decay (ours)."""

from __future__ import annotations

import math
from collections.abc import Iterable

from torch import nn
from torch.optim import RMSprop
from torch.optim.lr_scheduler import LambdaLR


def rmsprop_with_cosine(
    parameters: Iterable[nn.Parameter],
    lr: float,
    momentum: float,
    weight_decay: float,
    warmup_steps: int,
    total_steps: int,
) -> tuple[RMSprop, LambdaLR]:
    """The optimiser and its schedule, to be stepped after every batch.

    Args:
        parameters: those to train.
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
