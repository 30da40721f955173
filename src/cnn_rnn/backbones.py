"""Image encoders: VGG16's fc7 (section 3.2), any torchvision or timm network, and the narrow VGG16.

Every backbone takes images (B, 3, H, W), uint8 or float in [0, 1], normalises them by its own
rule and gives features (B, F).
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.vgg import VGG, make_layers

from cnn_rnn.backbone_weights import load_into, weights_file

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
MINI_WIDTH = 8  # the mini VGG16 has an eighth of VGG16's channels


@dataclass(frozen=True)
class BackboneSpec:
    """Which image encoder, described without loading anything.

    Attributes:
        name: `vgg16` (features: fc7 after its ReLU, 4096-d), `vgg16_mini`, any other name of
            `torchvision.models.list_models()`, or `timm/<name>`.
        weights: a local `.pth` or `.safetensors` state dict; a torchvision weights name such as
            `IMAGENET1K_V1` (downloaded on first use); `mini` for the packaged weights of
            `vgg16_mini`; None for random weights, which only fine-tuning accepts.
        mean: RGB mean subtracted from images in [0, 1].
        std: RGB divisor after that.
        padding: `tensorflow` pads the strided 3x3 convolutions at the right and the bottom only,
            as weights converted from TensorFlow expect.
    """

    name: str = "vgg16"
    weights: str | None = "IMAGENET1K_V1"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    padding: Literal["symmetric", "tensorflow"] = "symmetric"

    @classmethod
    def parse(cls, config: BackboneSpec | dict[str, Any]) -> BackboneSpec:
        """The spec itself, or one made from its plain dict (configs and checkpoints hold that).

        Raises:
            ValueError: an unknown key.
        """
        if isinstance(config, BackboneSpec):
            return config
        try:
            spec = cls(**config)
        except TypeError as error:
            known = ", ".join(cls.__dataclass_fields__)
            raise ValueError(f"backbone: {error}; known keys: {known}") from None
        return cls(**{**asdict(spec), "mean": tuple(spec.mean), "std": tuple(spec.std)})

    def to_dict(self) -> dict[str, Any]:
        """Plain types only: what a checkpoint stores (`parse` reads it back)."""
        return {**asdict(self), "mean": list(self.mean), "std": list(self.std)}

    @property
    def feature_dim(self) -> int:
        """F, found without allocating any weights.

        Raises:
            ValueError: no such backbone.
        """
        with torch.device("meta"):
            return _assemble(self).feature_dim

    def identity(self) -> str:
        """A string that changes whenever the features would: name, weights' hash, normalisation.

        Raises:
            ValueError: random weights have no identity.
            WeightsError: the weights file is missing.
        """
        if self.weights is None:
            raise ValueError(
                f"backbone {self.name}: random weights give features nobody can reproduce; "
                "name a weights file, or train the backbone with fine_tune=true"
            )
        file = weights_file(self.name, self.weights)
        if isinstance(file, Path):
            source = hashlib.sha256(file.read_bytes()).hexdigest()
        else:  # torchvision puts a hash into the name of each file it publishes
            source = file.url.rsplit("/", 1)[-1]
        rule = f"mean={tuple(self.mean)} std={tuple(self.std)} padding={self.padding}"
        return f"{self.name} {source} {rule}"

    def build(self) -> Backbone:
        """The encoder with its weights, in evaluation mode.

        Raises:
            ValueError: no such backbone.
            WeightsError: the weights are missing or do not fit.
        """
        backbone = _assemble(self)
        if self.weights is not None:
            load_into(backbone.body, self.name, self.weights, backbone.head_prefix)
        if self.padding == "tensorflow":
            _pad_as_tensorflow(backbone.body)
        return backbone.eval()


class Backbone(nn.Module):
    """Normalisation and a network without its last layer: images (B, 3, H, W) -> (B, F)."""

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        body: nn.Module,
        feature_dim: int,
        head_prefix: str,
        mean: tuple[float, ...] = IMAGENET_MEAN,
        std: tuple[float, ...] = IMAGENET_STD,
    ) -> None:
        super().__init__()
        self.body = body
        self.feature_dim = feature_dim
        self.head_prefix = head_prefix
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Features of a batch.

        Args:
            images: (B, 3, H, W) uint8, or float in [0, 1].
        Returns:
            (B, F) float.
        """
        if images.is_floating_point():
            centred = images - self.mean
        else:  # in place: a third of the time of new tensors, and the caller's bytes are untouched
            centred = images.to(self.mean.dtype).div_(255).sub_(self.mean)
        features: Tensor = self.body(centred.div_(self.std))
        return features


def build_backbone(name: str, weights: str | None = None, **options: Any) -> Backbone:
    """`BackboneSpec(name, weights, ...).build()`."""
    return BackboneSpec(name, weights, **options).build()


def _assemble(spec: BackboneSpec) -> Backbone:
    body, feature_dim, head_prefix = _body(spec.name)
    return Backbone(body, feature_dim, head_prefix, spec.mean, spec.std)


def _body(name: str) -> tuple[nn.Module, int, str]:
    """A network without its head, F, and the prefix of the head's keys in a full state dict."""
    if name == "vgg16_mini":
        body = mini_vgg16()
        return body, _strip_last_linear(body, "classifier"), "classifier."
    if name.startswith("timm/"):
        try:
            import timm
        except ImportError:
            raise ValueError(f"{name} needs timm: pip install 'cnn-rnn[timm]'") from None
        if name.removeprefix("timm/") not in timm.list_models():
            raise ValueError(f"timm has no model {name.removeprefix('timm/')!r}")
        model = timm.create_model(name.removeprefix("timm/"), pretrained=False, num_classes=0)
        return model, _timm_features(model), "head"
    if name not in torchvision.models.list_models(module=torchvision.models):
        raise ValueError(
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
    raise ValueError(f"torchvision's {name} has no classifier that could be taken off")


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


def _pad_as_tensorflow(model: nn.Module) -> None:
    """TensorFlow's SAME padding of a strided 3x3 convolution on an even size: right and bottom."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.stride == (2, 2) and module.padding == (1, 1):
            module.padding = (0, 0)
            module.register_forward_pre_hook(
                lambda _, inputs: (nn.functional.pad(inputs[0], (0, 1, 0, 1)),)
            )
