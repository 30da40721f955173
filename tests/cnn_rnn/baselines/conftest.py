"""Small seeded data with ignored labels."""

from typing import NamedTuple

import pytest
import torch
from torch import Tensor


class Data(NamedTuple):
    """Training and test images whose labels can be read off their features."""

    features: Tensor
    target: Tensor
    ignored: Tensor
    test_features: Tensor
    test_target: Tensor


@pytest.fixture
def data() -> Data:
    """240 training and 80 test images, 12 features, 5 labels; a tenth of the labels ignored."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(320, 12, generator=generator)
    directions = torch.randn(12, 5, generator=generator)
    noise = torch.randn(320, 5, generator=generator)
    target = features @ directions + noise > 2.0
    ignored = torch.rand(320, 5, generator=generator) < 0.1
    return Data(features[:240], target[:240], ignored[:240], features[240:], target[240:])
