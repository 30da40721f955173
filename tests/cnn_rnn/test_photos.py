import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from cnn_rnn.photos import PhotoError, read_photo, transform_id, transform_of
from data_modules.images import read_image
from data_modules.transforms import evaluation_transform
from data_modules.transforms import transform_id as id_of_data


def noise(*shape: int) -> Any:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def exif(orientation: int) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    return found


PICTURES: dict[str, tuple[Image.Image, dict[str, Any]]] = {
    "rgb.jpg": (Image.fromarray(noise(30, 41, 3)), {"quality": 80}),
    "grey.jpg": (Image.fromarray(noise(30, 41)), {}),
    "cmyk.jpg": (Image.fromarray(noise(30, 41, 3)).convert("CMYK"), {}),
    "turned.jpg": (Image.fromarray(noise(30, 41, 3)), {"exif": exif(6)}),
    "turned.png": (Image.fromarray(noise(30, 41, 3)), {"exif": exif(3)}),
    "clear.png": (Image.fromarray(noise(30, 41, 4)), {}),
    "grey clear.png": (Image.fromarray(noise(30, 41, 2), "LA"), {}),
    "palette.gif": (Image.fromarray(noise(30, 41, 3)).convert("P"), {"transparency": 3}),
    "deep.png": (Image.fromarray(noise(30, 41).astype(np.uint16) * 200), {}),
    "one bit.png": (Image.fromarray(noise(30, 41)).convert("1"), {}),
    "photo.webp": (Image.fromarray(noise(30, 41, 3)), {}),
    "photo.tiff": (Image.fromarray(noise(30, 41, 3)), {}),
    "photo.bmp": (Image.fromarray(noise(30, 41, 3)), {}),
    "photo.ppm": (Image.fromarray(noise(30, 41, 3)), {}),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("resize", ["square", "crop"])
def test_a_photo_has_the_pixels_that_the_data_modules_give(
    name: str, resize: Any, tmp_path: Path
) -> None:
    image, options = PICTURES[name]
    image.save(tmp_path / name, **options)
    expected = evaluation_transform(24, resize)(read_image(tmp_path / name))
    got = transform_of(id_of_data(24, resize))(read_photo(tmp_path / name))
    assert got.dtype == torch.uint8
    assert torch.equal(got, expected)


def test_the_default_id_is_that_of_the_data_modules() -> None:
    assert transform_id(96) == id_of_data(96)


@pytest.mark.parametrize("name", ["", "rgb8/square-224-bilinear", "rgb8-exif-white/square-0-x"])
def test_an_unknown_id_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="unknown preprocessing"):
        transform_of(name)


def test_files_images_tensors_and_arrays_of_one_photo_are_equal(tmp_path: Path) -> None:
    pixels = noise(30, 41, 3)
    file = tmp_path / "photo.png"
    Image.fromarray(pixels).save(file)
    expected = torch.from_numpy(pixels).permute(2, 0, 1)
    with Image.open(file) as image:
        photos = [file, str(file), image, pixels, expected]
        assert all(torch.equal(read_photo(photo), expected) for photo in photos)


def test_a_grey_array_is_grey_in_all_channels() -> None:
    grey = noise(5, 7)
    assert torch.equal(read_photo(grey), torch.from_numpy(grey).expand(3, 5, 7))


def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(noise(60, 60, 3)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"an empty file \(0 bytes\); replace"),
        (b"<html>no photo</html>", r"not an image \(JPEG, .*\), it begins with b'<html>no photo"),
        (jpeg()[:-90], r"a truncated or damaged image \(RuntimeError: [A-Z][^/]*\); replace it"),
    ],
    ids=["empty", "page", "truncated"],
)
def test_a_broken_file_is_named_with_what_to_do(
    content: bytes, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(content)
    with pytest.raises(PhotoError, match=f"^{re.escape(str(file))}: {message}"):
        read_photo(file)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"gone.jpg: no such file; give"):
        read_photo(tmp_path / "gone.jpg")
    with pytest.raises(PhotoError, match=r"a folder, not a photo; .*lightning predict --photos"):
        read_photo(tmp_path)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (torch.zeros(3, 4, 4), r"photo: expected a tensor .*got \(3, 4, 4\) of float32"),
        (torch.zeros(4, 4, 3, dtype=torch.uint8), r"got \(4, 4, 3\) of uint8"),
        (torch.zeros(3, 0, 4, dtype=torch.uint8), r"got \(3, 0, 4\) of uint8"),
        (np.zeros((4, 4, 3)), r"expected an array .*of float64"),
        (np.zeros((3, 4, 4), np.uint8), r"got \(3, 4, 4\) of uint8"),
        (Image.new("F", (3, 3)), r"floating-point pixels; convert"),
        (7, r"expected a path, a PIL image, .*got int"),
    ],
)
def test_pixels_of_another_kind_are_refused(pixels: Any, message: str) -> None:
    with pytest.raises(PhotoError, match=message):
        read_photo(pixels)
