"""Image files, read safely: whatever their mode and orientation, (3, H, W) uint8 RGB comes out.

docs/bad_input.md lists what happens to each kind of file that is no plain RGB photo.
"""

import io
import re
import warnings
from os import fsencode
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torchvision.io import ImageReadMode, decode_jpeg
from torchvision.transforms.v2.functional import pil_to_tensor

from data_modules.errors import DataError, shown

# Pillow reads more; some of the rest start other programs.
IMAGE_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
MAX_PIXELS = 89_478_485  # Pillow's own bound for a warning: a quarter of a GB as RGB
SKIP_HINT = "or leave such images out with on_error: skip"
_EXIF_ORIENTATION = 0x0112
_PLACE_IN_SOURCE = re.compile(r"\w+, \S+\.cpp:\d+, ")  # torchvision's, before what it says


def read_image(path: Path) -> Tensor:
    """The pixels of an image file.

    Greyscale, palette, CMYK and 16-bit images become 8-bit RGB; transparent parts become white;
    the EXIF orientation is applied; of an animation the first picture is taken.

    Args:
        path: a file in one of `IMAGE_FORMATS`, known by its content.

    Returns:
        (3, H, W) uint8.

    Raises:
        DataError: the file is missing, empty, truncated, no image, larger than `MAX_PIXELS`, or
            of a kind of pixels that has no 8-bit meaning (floating point).
    """
    data = _read_bytes(path)
    try:
        with warnings.catch_warnings():
            # Broken EXIF data and the like; what cannot be read at all raises.
            warnings.simplefilter("ignore")
            return _decode(data, path)
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(path, str(error)) from None
    except UnidentifiedImageError:
        expected = f"an image ({', '.join(IMAGE_FORMATS)})"
        got = f"a file that begins with {shown(data[:16])}"
        raise _broken(path, expected, got) from None
    except Exception as error:  # decoders raise nearly anything on bad bytes
        reason = _PLACE_IN_SOURCE.sub("", str(error))
        got = f"a truncated or damaged file ({type(error).__name__}: {reason})"
        raise _broken(path, "a whole image", got) from None


def file_size(path: Path) -> int:
    """Bytes of an image file, at least 1, without opening it.

    Raises:
        DataError: it is missing, no file, or empty.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise _broken(path, "an image file", "nothing: it is missing", "put it there") from None
    except (OSError, ValueError) as error:
        raise _broken(path, "a readable image file", str(error)) from None
    if not path.is_file():
        raise _broken(path, "an image file", "a folder or a device", "put the image there")
    if status.st_size == 0:
        raise _broken(path, "an image", "an empty file (0 bytes)")
    return status.st_size


def inside(folder: Path, name: str, file: Path, place: str | int) -> Path:
    """The path of an image that an annotation file names relative to a folder.

    Links within the folder are followed, wherever they lead: they are the owner's.

    Args:
        folder: where the images are.
        name: as the annotation file has it.
        file: the annotation file, for the message.
        place: where in it, for the message.

    Raises:
        DataError: the name is empty, absolute, climbs out of the folder, or cannot be a file name.
    """
    # Text, not pathlib: lists name hundreds of thousands of images. A backslash may separate, too.
    parts = name.replace("\\", "/").split("/")
    if not name.strip() or "\0" in name or not _encodable(name):
        problem = "a name that no file can have"
    elif not parts[0] or parts[0][1:2] == ":":
        problem = "an absolute path"
    elif ".." in parts:
        problem = "a path that climbs out"
    else:
        return folder / name
    expected = f"an image name relative to {folder}"
    fix = "correct the name; files outside of the folder are never read"
    raise DataError(file, place, expected, f"{problem}: {shown(name)}", fix)


def _decode(data: bytes, path: Path) -> Tensor:
    with Image.open(io.BytesIO(data), formats=IMAGE_FORMATS) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise _too_large(path, f"{width} x {height}")
        if image.format == "JPEG" and image.mode in ("RGB", "L"):
            # The same pixels as Pillow's, in less time.
            buffer = torch.frombuffer(bytearray(data), dtype=torch.uint8)
            pixels: Tensor = decode_jpeg(buffer, ImageReadMode.RGB, apply_exif_orientation=True)
            return pixels
        image.load()
        upright = ImageOps.exif_transpose(image) if _is_rotated(image) else image
        converted: Tensor = pil_to_tensor(_to_rgb(upright, path))
        return converted


def _to_rgb(image: Image.Image, path: Path) -> Image.Image:
    if image.mode.startswith("I"):
        return _from_16_bits(image, path)
    if image.mode == "F":
        got = "floating-point pixels"
        raise _broken(path, "8 or 16 bits a channel", got, "convert it to PNG or JPEG")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        layers = image.convert("RGBA")
        white = Image.new("RGBA", layers.size, "white")
        return Image.alpha_composite(white, layers).convert("RGB")
    return image.convert("RGB")


def _from_16_bits(image: Image.Image, path: Path) -> Image.Image:
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        got = f"values from {values.min()} to {values.max()}"
        raise _broken(path, "8 or 16 bits a channel", got, "convert it to PNG or JPEG")
    # 65535 = 255 * 257: black stays black and white white.
    return Image.fromarray(((values + 128) // 257).astype(np.uint8)).convert("RGB")


def _is_rotated(image: Image.Image) -> bool:
    try:
        return image.getexif().get(_EXIF_ORIENTATION, 1) in range(2, 9)
    except Exception:  # EXIF data that cannot be parsed says nothing about the orientation
        return False


def _read_bytes(path: Path) -> bytes:
    file_size(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise _broken(path, "a readable image file", str(error)) from None


def _encodable(name: str) -> bool:
    try:
        fsencode(name)
    except UnicodeEncodeError:
        return False
    return True


def _too_large(path: Path, got: str) -> DataError:
    expected = f"an image of at most {MAX_PIXELS:,} pixels"
    return _broken(path, expected, f"a decompression bomb? ({got})", "make it smaller")


def _broken(path: Path, expected: str, got: str, fix: str = "replace the file") -> DataError:
    return DataError(path, "", expected, got, f"{fix}, {SKIP_HINT}")
