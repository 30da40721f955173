"""The deconvnet, judged by captum's."""

import warnings

import pytest
import torch
from torch import Tensor, nn

from cnn_rnn.backbones import BackboneSpec, build_backbone
from cnn_rnn.deconvnet import DeconvolutionalReLU, back_project


class Signalled(nn.Module):
    """Features weighted by a signal: its gradient by them is the signal."""

    def __init__(self, backbone: nn.Module, signal: Tensor) -> None:
        super().__init__()
        self.backbone = backbone
        self.signal = signal

    def forward(self, images: Tensor) -> Tensor:
        weighted: Tensor = (self.backbone(images) * self.signal).sum(dim=1)
        return weighted


def by_captum(backbone: nn.Module, images: Tensor, signal: Tensor) -> Tensor:
    from captum.attr import Deconvolution

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it sets hooks
        found: Tensor = Deconvolution(Signalled(backbone, signal)).attribute(
            images.clone().requires_grad_()
        )
    return found


@pytest.mark.parametrize("name", ["vgg16_mini", "vgg11_bn"])
def test_projections_are_those_of_captum(name: str) -> None:
    torch.manual_seed(0)
    weights = "mini" if name == "vgg16_mini" else None
    backbone = BackboneSpec(name, weights).build()
    side = 96 if name == "vgg16_mini" else 32
    images = torch.rand(2, 3, side, side)
    signals = torch.randn(2, 3, backbone.feature_dim)
    found = back_project(backbone, images, signals)
    assert found.shape == (2, 3, 3, side, side)
    for step in range(3):
        wanted = by_captum(backbone, images, signals[:, step])
        assert wanted.abs().sum() > 0
        torch.testing.assert_close(found[:, step], wanted)


def test_a_signal_passes_a_dead_unit_and_a_negative_one_is_stopped() -> None:
    activation = torch.tensor([-1.0, 1.0, -1.0, 1.0], requires_grad=True)
    with DeconvolutionalReLU():
        rectified = torch.relu(activation)
        in_place = nn.ReLU(inplace=True)(activation.clone())
    assert rectified.tolist() == in_place.tolist() == [0, 1, 0, 1]
    signal = torch.tensor([2.0, 3.0, -2.0, -3.0])
    for output in (rectified, in_place):
        (found,) = torch.autograd.grad(output, activation, signal)
        assert found.tolist() == [2, 3, 0, 0]


def test_outside_of_the_context_relu_has_its_own_gradient() -> None:
    activation = torch.tensor([-1.0, 1.0], requires_grad=True)
    with DeconvolutionalReLU():
        pass
    (found,) = torch.autograd.grad(torch.relu(activation).sum(), activation)
    assert found.tolist() == [0, 1]


def test_projection_works_within_inference_mode_and_leaves_no_gradients() -> None:
    backbone = build_backbone("vgg16_mini", "mini")
    outside = back_project(backbone, torch.ones(1, 3, 96, 96) / 2, torch.ones(1, 1, 512))
    with torch.inference_mode():
        inside = back_project(backbone, torch.ones(1, 3, 96, 96) / 2, torch.ones(1, 1, 512))
    assert torch.equal(inside, outside)
    assert not outside.requires_grad
    assert all(parameter.grad is None for parameter in backbone.parameters())
