"""The schedule, and the two learning rates of fine-tuning."""

import pytest
import torch
from torch import nn

from cnn_rnn.optimization import parameter_groups, rmsprop_with_cosine


@pytest.fixture
def module() -> nn.Module:
    parts = {"backbone": nn.Linear(2, 2), "head": nn.Linear(2, 1), "backbone_norm": nn.Linear(1, 1)}
    return nn.ModuleDict(parts)


def test_a_part_has_its_own_rate_and_the_rest_comes_first(module: nn.Module) -> None:
    rest, part = parameter_groups(module, "backbone.", 0.01)
    assert [weight.shape for weight in part["params"]] == [(2, 2), (2,)]
    assert [weight.shape for weight in rest["params"]] == [(1, 2), (1,), (1, 1), (1,)]
    assert part["lr"] == 0.01
    assert "lr" not in rest


def test_frozen_parameters_are_in_no_group(module: nn.Module) -> None:
    module.get_submodule("backbone").requires_grad_(False)
    (rest,) = parameter_groups(module, "backbone.", 0.01)
    assert len(rest["params"]) == 4


def test_warm_up_and_cosine_keep_the_ratio_of_the_rates(module: nn.Module) -> None:
    groups = parameter_groups(module, "backbone.", 0.01)
    optimizer, schedule = rmsprop_with_cosine(groups, 0.1, 0.9, 1e-4, 4, 20)
    rates = []
    for _ in range(20):
        rates.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        schedule.step()
    head, backbone = torch.tensor(rates).unbind(dim=1)
    torch.testing.assert_close(backbone, head / 10)
    torch.testing.assert_close(head[:4], torch.tensor([0.025, 0.05, 0.075, 0.1]))
    assert head.argmax() == 3
    assert (head[4:].diff() < 0).all()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0, abs=1e-12)
