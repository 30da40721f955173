from itertools import pairwise

import pytest
import torch
from torch import Tensor


@pytest.fixture
def images() -> tuple[Tensor, Tensor, Tensor]:
    """Scores, target and ignored of 53 images and 7 classes, with ties and an empty class."""
    generator = torch.Generator().manual_seed(11)
    shape = (53, 7)
    scores = torch.randint(-20, 0, shape, generator=generator) / 4
    target = torch.rand(shape, generator=generator) < 0.3
    target[:, 5] = False
    ignored = torch.rand(shape, generator=generator) < 0.1
    return scores, target, ignored


@pytest.fixture
def batches(images: tuple[Tensor, Tensor, Tensor]) -> list[tuple[Tensor, Tensor, Tensor]]:
    """The same images in batches of uneven sizes, an empty one among them."""
    scores, target, ignored = images
    cuts = [0, 20, 21, 21, 53]
    rows = [slice(start, stop) for start, stop in pairwise(cuts)]
    return [(scores[part], target[part], ignored[part]) for part in rows]
