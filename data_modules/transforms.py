"""torchvision transforms v2: an image of any size -> (3, S, S) uint8; the backbone normalises.

The paper does not state sizes or crops; this is our choice (docs/protocols.md). torchvision has no
types, so that what its classes make is `Any` to mypy.
"""

from typing import Literal

from torch import nn
from torchvision.transforms import v2

Resize = Literal["square", "crop"]

_READ_ID = "rgb8-exif-white"  # names what `images.read_image` gives: change both together
_CROPPED_PART = 224 / 256  # the usual ImageNet protocol


def evaluation_transform(image_size: int, resize: Resize = "square") -> nn.Module:
    """The transform of evaluation and of the feature cache.

    Args:
        image_size: S, pixels.
        resize: `square` squeezes the whole image into the square, as later multi-label work does:
            no object is cut off. `crop` keeps the proportions and cuts the middle out, as is usual
            on ImageNet: objects at the border are lost while their labels stay.

    Returns:
        (3, H, W) uint8 -> (3, S, S) uint8.
    """
    if resize == "square":
        squeeze: nn.Module = v2.Resize((image_size, image_size), antialias=True)
        return squeeze
    shorter = round(image_size / _CROPPED_PART)
    crop: nn.Module = v2.Compose([v2.Resize(shorter, antialias=True), v2.CenterCrop(image_size)])
    return crop


def training_transform(image_size: int) -> nn.Module:
    """Random crops (of half the image at least, so that most objects stay) and mirroring."""
    return v2.Compose(  # type: ignore[no-any-return]
        [
            v2.RandomResizedCrop((image_size, image_size), scale=(0.5, 1.0), antialias=True),
            v2.RandomHorizontalFlip(),
        ]
    )


def transform_id(image_size: int, resize: Resize = "square") -> str:
    """A name of `evaluation_transform` that changes whenever its pixels do."""
    return f"{_READ_ID}/{resize}-{image_size}-bilinear-antialias"
