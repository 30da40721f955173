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
from torch import Tensor, nn

from cnn_rnn import regions
from cnn_rnn.backbone_bodies import network_without_head, pad_as_tensorflow
from cnn_rnn.backbone_weights import load_into, weights_file

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


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
        regions: R; above 1 the features are those of R region hypotheses (`cnn_rnn.regions`), the
            whole image first, R * F in a row: what `HypothesisPoolingTask` reads.
        crop_size: side of the regions' crops, in pixels; None: as large as the images.
    """

    name: str = "vgg16"
    weights: str | None = "IMAGENET1K_V1"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    padding: Literal["symmetric", "tensorflow"] = "symmetric"
    regions: int = 1
    crop_size: int | None = None

    def __post_init__(self) -> None:
        if self.regions < 1 or (self.crop_size is not None and self.crop_size < 1):
            raise ValueError(
                "backbone: expected regions >= 1 and crop_size >= 1 or null, got "
                f"{self.regions} and {self.crop_size}"
            )
        if self.crop_size is not None and self.regions == 1:
            raise ValueError("backbone: crop_size is of regions; data.image_size sets the images'")

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
        """F (R * F with regions), found without allocating any weights.

        Raises:
            BackboneError: no such backbone.
        """
        with torch.device("meta"):
            return _assemble(self).feature_dim

    def identity(self) -> str:
        """A string that changes whenever the features would.

        Name, weights' hash, normalisation, and with regions their method, number and size.

        Raises:
            BackboneError: no such backbone.
            ValueError: random weights have no identity.
            WeightsError: the weights file is missing.
        """
        with torch.device("meta"):
            network_without_head(self.name)  # before its weights are missed
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
        if self.regions > 1:
            rule += f" regions={regions.METHOD}/{self.regions}/{self.crop_size or 'image'}"
        return f"{self.name} {source} {rule}"

    def build(self) -> Backbone:
        """The encoder with its weights, in evaluation mode.

        Raises:
            BackboneError: no such backbone.
            WeightsError: the weights are missing or do not fit.
        """
        # What is built within a test loop may be traced afterwards all the same.
        with torch.inference_mode(False):
            backbone = _assemble(self)
            if self.weights is not None:
                load_into(backbone.body, self.name, self.weights, backbone.head_prefix)
                backbone.keeps_statistics = True
        if self.padding == "tensorflow":
            pad_as_tensorflow(backbone.body)
        return backbone.eval()


class Backbone(nn.Module):
    """Normalisation and a network without its last layer: images (B, 3, H, W) -> (B, F).

    Args:
        body: the network; normalised images (B, 3, H, W) -> (B, F).
        feature_dim: F of the body.
        head_prefix: of the head's keys in a full state dict.
        mean: RGB mean subtracted from images in [0, 1].
        std: RGB divisor after that.
        num_regions: R; above 1 the features of R regions in a row.
        crop_size: side of their crops; None: as large as the images.

    Attributes:
        feature_dim: F, or R * F.
        keeps_statistics: batch normalisation goes on with its pre-trained statistics in training
            mode, where only its scale and shift are trained: the statistics of small batches of
            another data set are worse. False for random weights, which have none.
    """

    mean: Tensor
    std: Tensor
    keeps_statistics: bool = False

    def __init__(
        self,
        body: nn.Module,
        feature_dim: int,
        head_prefix: str,
        mean: tuple[float, ...] = IMAGENET_MEAN,
        std: tuple[float, ...] = IMAGENET_STD,
        num_regions: int = 1,
        crop_size: int | None = None,
    ) -> None:
        super().__init__()
        self.body = body
        self.feature_dim = num_regions * feature_dim
        self.num_regions = num_regions
        self.crop_size = crop_size
        self.head_prefix = head_prefix
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)

    def train(self, mode: bool = True) -> Backbone:
        """Training or evaluation mode, apart from statistics that are kept."""
        super().train(mode)
        if self.keeps_statistics:
            for module in self.body.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.eval()
        return self

    def forward(self, images: Tensor) -> Tensor:
        """Features of a batch.

        Args:
            images: (B, 3, H, W) uint8, or float in [0, 1].
        Returns:
            (B, F) float; with regions (B, R * F), the whole image's features first.
        """
        if self.num_regions == 1:
            return self._encode(images)
        boxes = regions.propose(images, self.num_regions)  # (B, R, 4)
        size = self.crop_size or (images.shape[-2], images.shape[-1])
        # Region by region: a batch of all crops would cost R times the memory, and time for it.
        crops = (regions.crop(images, boxes[:, region], size) for region in range(boxes.shape[1]))
        return torch.cat([self._encode(part) for part in crops], dim=1)

    def _encode(self, images: Tensor) -> Tensor:
        """(B, F): one network for every image."""
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
    body, feature_dim, head_prefix = network_without_head(spec.name)
    return Backbone(
        body, feature_dim, head_prefix, spec.mean, spec.std, spec.regions, spec.crop_size
    )
