"""JPEG files to read: real photos where they are, else pictures with the statistics of photos."""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from data_modules.images import IMAGE_SUFFIXES

REAL_PHOTOS = Path("voc2007") / "VOCdevkit" / "VOC2007" / "JPEGImages"
DRAWN_SIZE = (500, 375)  # the usual one of VOC2007
QUALITY = 90


def image_files(folder: Path | None, count: int, drawn: Path) -> tuple[list[Path], str]:
    """Up to `count` JPEG files, and what they are in words.

    Args:
        folder: of photos; None takes those of VOC2007 below `$CNN_RNN_REAL_DATA`, or draws some.
        count: at least 1.
        drawn: where drawn pictures are written.

    Raises:
        FileNotFoundError: the folder has no JPEG files.
    """
    named = os.environ.get("CNN_RNN_REAL_DATA")
    if folder is None and named and (Path(named) / REAL_PHOTOS).is_dir():
        folder = Path(named) / REAL_PHOTOS
    if folder is None:
        return draw_images(drawn, count), f"{count} drawn pictures of 500 x 375, JPEG {QUALITY}"
    suffixes = [suffix for suffix in IMAGE_SUFFIXES if suffix in (".jpg", ".jpeg")]
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)[:count]
    if not found:
        raise FileNotFoundError(f"{folder}: expected JPEG files, got none; name another folder")
    return found, f"{len(found)} photos of {folder.name}"


def draw_images(folder: Path, count: int) -> list[Path]:
    """Pictures whose spectrum falls as that of photos does, 1/f: decoding costs about as much."""
    folder.mkdir(parents=True, exist_ok=True)
    width, height = DRAWN_SIZE
    generator = np.random.default_rng(0)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    weight = 1 / np.maximum(frequency, 1 / width)
    files = []
    for number in range(count):
        noise = np.fft.rfft2(generator.standard_normal((3, height, width)))
        pixels = np.fft.irfft2(noise * weight, s=(height, width))
        pixels -= pixels.min()
        pixels *= 255 / pixels.max()
        file = folder / f"{number:05d}.jpg"
        Image.fromarray(pixels.transpose(1, 2, 0).astype(np.uint8)).save(file, quality=QUALITY)
        files.append(file)
    return files
