"""Grad-CAM, judged by captum's and by hand."""

import pytest
import torch
from torch import Tensor, nn

from cnn_rnn.backbones import build_backbone
from cnn_rnn.grad_cam import grad_cam


class Signalled(nn.Module):
    """Features weighted by a signal: its gradient by them is the signal."""

    def __init__(self, backbone: nn.Module, signal: Tensor) -> None:
        super().__init__()
        self.backbone = backbone
        self.signal = signal

    def forward(self, images: Tensor) -> Tensor:
        weighted: Tensor = (self.backbone(images) * self.signal).sum(dim=1)
        return weighted


@pytest.mark.parametrize(("name", "layer"), [("resnet18", "layer4"), ("mobilenet_v2", "features")])
def test_maps_of_the_last_layer_are_those_of_captum(name: str, layer: str) -> None:
    from captum.attr import LayerGradCam

    torch.manual_seed(0)
    backbone = build_backbone(name)
    images, signals = torch.rand(2, 3, 64, 64), torch.randn(2, 2, backbone.feature_dim)
    found = grad_cam(backbone, images, signals)
    assert found.shape == (2, 2, 2, 2)
    for step in range(2):
        judge = LayerGradCam(
            Signalled(backbone, signals[:, step]), backbone.body.get_submodule(layer)
        )
        wanted = judge.attribute(images.clone().requires_grad_(), relu_attributions=True)
        assert wanted.sum() > 0
        torch.testing.assert_close(found[:, step], wanted[:, 0], rtol=1e-4, atol=1e-7)


def test_channels_are_weighted_by_the_mean_gradient() -> None:
    network = nn.Sequential(nn.Conv2d(3, 2, 1, bias=False), nn.Flatten())
    weight = torch.tensor([[1.0, 0, 0], [0, 1, 0]]).view(2, 3, 1, 1)
    assert isinstance(network[0], nn.Conv2d)
    network[0].weight.data.copy_(weight)
    image = torch.arange(12.0).view(1, 3, 2, 2)
    signal = torch.tensor([3.0, 1, 1, 3, -1, -1, -1, -1]).view(1, 1, 8)  # means 2 and -1
    expected = (2 * image[:, 0] - image[:, 1]).clamp(min=0)
    torch.testing.assert_close(grad_cam(network, image, signal), expected[:, None])


@pytest.mark.parametrize(
    ("name", "cells"),
    [("vit_b_32", 2), ("swin_t", 2), ("densenet121", 2), ("timm/resnet10t", 2)],
)
def test_every_kind_of_backbone_has_a_map(name: str, cells: int) -> None:
    if name.startswith("timm/"):
        pytest.importorskip("timm")
    side = 224 if name == "vit_b_32" else 64
    torch.manual_seed(0)
    backbone = build_backbone(name)
    found = grad_cam(backbone, torch.rand(1, 3, side, side), torch.ones(1, 1, backbone.feature_dim))
    assert found.shape == (1, 1, *[7 if name == "vit_b_32" else cells] * 2)
    assert (found >= 0).all()


def test_a_backbone_without_a_map_is_refused_and_keeps_no_hook() -> None:
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    with pytest.raises(ValueError, match=r"needs a convolutional map .* 8 x 8"):
        grad_cam(network, torch.rand(1, 3, 8, 8), torch.ones(1, 1, 2))
    assert not any(module._forward_hooks for module in network.modules())


def test_it_works_within_inference_mode() -> None:
    backbone = build_backbone("resnet18")
    with torch.inference_mode():
        images = torch.rand(1, 3, 64, 64)
        found = grad_cam(backbone, images, torch.ones(1, 1, 512))
    assert torch.equal(found, grad_cam(backbone, images.clone(), torch.ones(1, 1, 512)))
