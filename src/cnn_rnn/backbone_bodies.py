"""The networks behind the backbones, without heads: torchvision's, timm's, the narrow VGG16."""

from __future__ import annotations

from typing import Any

import torchvision
from torch import nn
from torchvision.models.vgg import VGG, make_layers

MINI_WIDTH = 8  # the mini VGG16 has an eighth of VGG16's channels


class BackboneError(ValueError):
    """No such backbone; says which there are."""

    is_user_error = True


def network_without_head(name: str) -> tuple[nn.Module, int, str]:
    """A network without its head, F, and the prefix of the head's keys in a full state dict.

    Raises:
        BackboneError: no such network, or it has no head that could be taken off.
    """
    if name == "vgg16_mini":
        body = mini_vgg16()
        return body, _strip_last_linear(body, "classifier"), "classifier."
    if name.startswith("timm/"):
        try:
            import timm
        except ImportError:
            raise BackboneError(f"{name} needs timm: pip install 'cnn-rnn[timm]'") from None
        if name.removeprefix("timm/") not in timm.list_models():
            raise BackboneError(f"timm has no model {name.removeprefix('timm/')!r}")
        model = timm.create_model(name.removeprefix("timm/"), pretrained=False, num_classes=0)
        return model, _timm_features(model), "head"
    if name not in torchvision.models.list_models(module=torchvision.models):
        raise BackboneError(
            f"no backbone {name!r}: expected vgg16, vgg16_mini, a name of "
            "torchvision.models.list_models(), or timm/<name>"
        )
    model = torchvision.models.get_model(name, weights=None)
    if name.startswith("squeezenet"):  # its classifier is a convolution: pool the features
        model.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        return model, 512, "classifier."
    for head in ("classifier", "fc", "heads", "head"):
        if hasattr(model, head):
            return model, _strip_last_linear(model, head), f"{head}."
    raise BackboneError(f"torchvision's {name} has no classifier that could be taken off")


def mini_vgg16(num_classes: int = 1000) -> VGG:
    """VGG16's sixteen layers with an eighth of the channels, for images of about 96 pixels."""
    widths: list[str | int] = [
        64,
        64,
        "M",
        128,
        128,
        "M",
        256,
        256,
        256,
        "M",
        512,
        512,
        512,
        "M",
        512,
        512,
        512,
    ]
    narrow = [width if width == "M" else int(width) // MINI_WIDTH for width in widths]
    model = VGG(make_layers([*narrow, "M"]), num_classes=num_classes, init_weights=False)
    channels, hidden = 512 // MINI_WIDTH, 4096 // MINI_WIDTH
    model.avgpool = nn.AdaptiveAvgPool2d((3, 3))
    model.classifier = nn.Sequential(
        nn.Linear(channels * 9, hidden),
        nn.ReLU(True),
        nn.Dropout(0.2),
        nn.Linear(hidden, hidden),
        nn.ReLU(True),
        nn.Dropout(0.2),
        nn.Linear(hidden, num_classes),
    )
    return model


def _timm_features(model: Any) -> int:
    """Size of what a timm model without classes gives; some add a layer before the head."""
    return int(getattr(model, "head_hidden_size", model.num_features))


def _strip_last_linear(model: nn.Module, head: str) -> int:
    """Replace the last linear layer of `model.<head>` by the identity; returns its input size."""
    module = getattr(model, head)
    if isinstance(module, nn.Linear):
        setattr(model, head, nn.Identity())
        return module.in_features
    names = [name for name, child in module.named_children() if isinstance(child, nn.Linear)]
    if not names:
        raise ValueError(f"the {head} of this backbone ends in no linear layer")
    last = getattr(module, names[-1])
    setattr(module, names[-1], nn.Identity())
    return int(last.in_features)


def pad_as_tensorflow(model: nn.Module) -> None:
    """TensorFlow's SAME padding of a strided 3x3 convolution on an even size: right and bottom."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.stride == (2, 2) and module.padding == (1, 1):
            module.padding = (0, 0)
            module.register_forward_pre_hook(
                lambda _, inputs: (nn.functional.pad(inputs[0], (0, 1, 0, 1)),)
            )
