"""Where CNN-RNN looks before each label (section 4.6), by a deconvolutional network through VGG16.

The signal that is traced back at a step is the average over the label nodes of the softmax, each
sending out its probability at that step. With equal signals and h = identity the result would not
depend on the labels given: the prefix enters through the probabilities.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.models import VGG

from cnn_rnn.backbones import Backbone
from cnn_rnn.deconvnet import back_project
from cnn_rnn.grad_cam import grad_cam
from cnn_rnn.network import CNNRNN

# Images whose graph is held at once: ten of 224 x 224, which is about 1 GB in VGG16. Our choice.
PIXELS_AT_ONCE = 2**19


def attention_maps(backbone: Backbone, network: CNNRNN, images: Tensor, paths: Tensor) -> Tensor:
    """One map for each step of a path: what speaks for the labels to come, given those before.

    A VGG (`vgg16`, `vgg16_mini` and their kin) is traced back to the pixels by the deconvnet, its
    fully connected layers included; of the three colours the absolute values are summed. Any other
    backbone is asked by Grad-CAM at its last convolutional map, which is then enlarged.

    Args:
        backbone: in evaluation mode.
        network: in evaluation mode, of the backbone's features.
        images: (B, 3, H, W) uint8, or float in [0, 1].
        paths: (B, T) int64 labels, padded with -1, without START and END; T may be 0.
    Returns:
        (B, T+1, H, W) float32 >= 0, on the device of `images`: position t is given the first t
        labels. Maps behind the end of a path repeat what follows the whole path. Only their
        proportions mean something; a map is all 0 where no positive signal reaches the image.
    Raises:
        ValueError: shapes that do not fit, a model in training mode, a backbone that was built in
            inference mode, or one without a convolutional map.
    """
    if images.ndim != 4 or paths.ndim != 2 or len(images) != len(paths):
        raise ValueError(
            f"expected images (B, 3, H, W) and paths (B, T), got {tuple(images.shape)} and "
            f"{tuple(paths.shape)}"
        )
    if backbone.training or network.training:
        raise ValueError("attention is that of a trained model: call .eval() on both parts first")
    if any(weight.is_inference() for weight in backbone.parameters()):
        raise ValueError(
            "the backbone was built within torch.inference_mode, so that nothing can be traced "
            "back through it: build it outside"
        )
    at_once = max(1, PIXELS_AT_ONCE // (images.shape[2] * images.shape[3]))
    maps = [
        _maps(backbone, network, some, their_paths)
        for some, their_paths in zip(
            torch.split(images, at_once), torch.split(paths, at_once), strict=True
        )
    ]
    return torch.cat(maps).to(images.device)


def is_traced_to_pixels(backbone: Backbone) -> bool:
    """Whether `attention_maps` traces through this backbone by the deconvnet, not by Grad-CAM."""
    return isinstance(backbone.body, VGG)


@torch.no_grad()
def feature_signals(network: CNNRNN, features: Tensor, paths: Tensor) -> Tensor:
    """The average of the label nodes' signals, traced back to the image features.

    (1/K) sum over k of p(k | image, prefix) times label k's row of the output table, rectified if
    h is ReLU, through the transpose of U_I^x. END is no label and sends nothing.

    Args:
        network: in evaluation mode.
        features: (B, F) float.
        paths: (B, T) int64, padded with -1.
    Returns:
        (B, T+1, F), signed.
    """
    probabilities = network(features, paths)[..., : network.num_labels].exp()
    joint = probabilities @ network.label_embedding / network.num_labels  # (B, T+1, D)
    if network.joint_activation == "relu":
        joint = joint.clamp(min=0)
    signals: Tensor = joint @ network.project_image.weight
    return signals


def _maps(backbone: Backbone, network: CNNRNN, images: Tensor, paths: Tensor) -> Tensor:
    device = network.label_embedding.device
    pixels = images.to(device)
    if not pixels.is_floating_point():
        pixels = pixels.to(torch.float32) / 255
    with torch.no_grad():
        features = backbone(pixels)
    signals = feature_signals(network, features, paths.to(device))
    if is_traced_to_pixels(backbone):
        return back_project(backbone, pixels, signals).abs().sum(dim=2).float()
    coarse = grad_cam(backbone, pixels, signals)
    return nn.functional.interpolate(
        coarse.float(), pixels.shape[2:], mode="bilinear", align_corners=False
    )
