"""Photos as the network saw them in training: a checkpoint's `transform_id` made into pixels.

`transform_id` is a contract between packages that do not import each other: the data modules name
their evaluation transform by it, and a test holds the pixels of both sides equal.
"""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor, nn
from torchvision.io import ImageReadMode, decode_jpeg
from torchvision.transforms import v2
from torchvision.transforms.v2.functional import pil_to_tensor

Photo: TypeAlias = str | Path | Image.Image | Tensor | npt.NDArray[Any]
"""A file, or pixels: a PIL image, a uint8 tensor (3, H, W), a uint8 array (H, W, 3) or (H, W)."""

# Pillow reads more; some of the rest start other programs.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
MAX_PIXELS = 89_478_485  # Pillow's own bound for a warning: a quarter of a GB as RGB
_KNOWN_ID = re.compile(r"rgb8-exif-white/(square|crop)-([1-9]\d*)-bilinear-antialias")
_PLACE_IN_SOURCE = re.compile(r"\w+, \S+\.cpp:\d+, ")
_CROPPED_PART = 224 / 256  # the usual ImageNet protocol


class PhotoError(ValueError):
    """A photo that cannot be used: names it, says what is wrong and what to do."""

    is_user_error = True


def transform_id(image_size: int) -> str:
    """The id of the data modules' default: the whole photo squeezed into a square."""
    return f"rgb8-exif-white/square-{image_size}-bilinear-antialias"


def transform_of(name: str) -> nn.Module:
    """The transform that an id names: (3, H, W) uint8 -> (3, S, S) uint8.

    Raises:
        ValueError: this version does not know the id.
    """
    known = _KNOWN_ID.fullmatch(name)
    if known is None:
        raise ValueError(f"unknown preprocessing {name!r}: expected {transform_id(224)!r} or alike")
    size = int(known[2])
    if known[1] == "square":
        return v2.Resize((size, size), antialias=True)  # type: ignore[no-any-return]
    shorter = round(size / _CROPPED_PART)
    return v2.Compose([v2.Resize(shorter, antialias=True), v2.CenterCrop(size)])  # type: ignore[no-any-return]


def read_photo(photo: Photo, name: str = "photo") -> Tensor:
    """The pixels of a photo: upright, 8-bit RGB, white where it is transparent.

    Args:
        photo: see `Photo`; of an animation the first picture is taken.
        name: for the message, where `photo` is no file.
    Returns:
        (3, H, W) uint8.
    Raises:
        PhotoError: it is missing, broken, too large, or of a kind that has no 8-bit RGB meaning.
    """
    if isinstance(photo, Tensor):
        return _checked_tensor(photo, name)
    if isinstance(photo, np.ndarray):
        return _checked_array(photo, name)
    if isinstance(photo, Image.Image):
        return _of_image(photo, name)
    if isinstance(photo, str | Path):
        return _read_file(Path(photo))
    raise PhotoError(
        f"{name}: expected a path, a PIL image, or pixels as a uint8 tensor or array, "
        f"got {type(photo).__name__}"
    )


def _read_file(path: Path) -> Tensor:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise PhotoError(f"{path}: no such file; give the path of a photo") from None
    except IsADirectoryError:
        raise PhotoError(
            f"{path}: a folder, not a photo; give a list of photos, or run "
            f"`lightning predict --photos {path}`"
        ) from None
    except (OSError, ValueError) as error:
        raise PhotoError(f"{path}: cannot be read ({error}); give another photo") from None
    if not data:
        raise PhotoError(f"{path}: an empty file (0 bytes); replace it by a whole photo")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # broken EXIF data and the like
            return _decode(data, str(path))
    except (PhotoError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise PhotoError(f"{path}: a decompression bomb? ({error}); make it smaller") from None
    except UnidentifiedImageError:
        raise PhotoError(
            f"{path}: not an image ({', '.join(FORMATS)}), it begins with {data[:16]!r}; "
            "convert it to JPEG or PNG"
        ) from None
    except Exception as error:  # decoders raise nearly anything on bad bytes
        raise PhotoError(
            f"{path}: a truncated or damaged image ({_reason(error)}); replace it by a whole photo"
        ) from None


def _reason(error: Exception) -> str:
    """What a decoder says, without the place in its own source that torchvision puts before it."""
    return f"{type(error).__name__}: {_PLACE_IN_SOURCE.sub('', str(error))}"


def _decode(data: bytes, name: str) -> Tensor:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        _check_size(*image.size, name)
        if image.format == "JPEG" and image.mode in ("RGB", "L"):
            # As the data modules do: the same pixels as Pillow's, in less time.
            buffer = torch.frombuffer(bytearray(data), dtype=torch.uint8)
            pixels: Tensor = decode_jpeg(buffer, ImageReadMode.RGB, apply_exif_orientation=True)
            return pixels
        image.load()
        return _of_image(image, name)


def _of_image(image: Image.Image, name: str) -> Tensor:
    pixels: Tensor = pil_to_tensor(upright_rgb(image, name))
    return pixels


def upright_rgb(image: Image.Image, name: str) -> Image.Image:
    """An image turned as its EXIF data say, in 8-bit RGB, white where it is transparent.

    Raises:
        PhotoError: it is too large, or of a kind that has no 8-bit RGB meaning.
    """
    _check_size(*image.size, name)
    try:
        image = ImageOps.exif_transpose(image)
    except Exception:  # EXIF data that cannot be parsed says nothing about the orientation
        image = image.copy()
    if image.mode == "F":
        raise PhotoError(f"{name}: floating-point pixels; convert it to JPEG or PNG")
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.int64)
        if values.min() < 0 or values.max() > 65535:
            raise PhotoError(f"{name}: neither 8 nor 16 bits a channel; convert it to JPEG or PNG")
        # 65535 = 255 * 257: black stays black and white white.
        image = Image.fromarray(((values + 128) // 257).astype(np.uint8))
    elif "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        layers = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers)
    return image.convert("RGB")


def _checked_tensor(pixels: Tensor, name: str) -> Tensor:
    if pixels.ndim != 3 or pixels.shape[0] != 3 or pixels.dtype != torch.uint8 or 0 in pixels.shape:
        raise PhotoError(
            f"{name}: expected a tensor (3, H, W) of uint8, got {tuple(pixels.shape)} of "
            f"{str(pixels.dtype).removeprefix('torch.')}"
        )
    return pixels.cpu()


def _checked_array(pixels: npt.NDArray[Any], name: str) -> Tensor:
    grey = pixels.ndim == 2
    if pixels.dtype != np.uint8 or 0 in pixels.shape or not (grey or pixels.shape[2:] == (3,)):
        raise PhotoError(
            f"{name}: expected an array (H, W, 3) or (H, W) of uint8, got {pixels.shape} of "
            f"{pixels.dtype}"
        )
    coloured = np.repeat(pixels[:, :, None], 3, axis=2) if grey else pixels
    return torch.from_numpy(np.array(coloured.transpose(2, 0, 1)))


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise PhotoError(
            f"{name}: {width} x {height} pixels, more than {MAX_PIXELS:,} (a decompression bomb?); "
            "make it smaller"
        )
