import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from data_modules.errors import DataError
from data_modules.images import file_size, inside, read_image

RED = (254, 0, 0)


def saved(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


def colour_at(pixels: torch.Tensor, row: int = 0, column: int = 0) -> tuple[int, ...]:
    return tuple(pixels[:, row, column].tolist())


def png_of_size(width: int, height: int) -> bytes:
    """The beginning of a PNG that claims a size."""
    content = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for name, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000))):
        content += struct.pack(">I", len(data)) + name + data
        content += struct.pack(">I", zlib.crc32(name + data))
    return content


def photo_bytes(size: tuple[int, int] = (40, 30)) -> bytes:
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM"])
def test_each_format_gives_uint8_rgb(tmp_path: Path, format_name: str) -> None:
    path = saved(tmp_path / "image", Image.new("RGB", (7, 5), RED), format=format_name)
    pixels = read_image(path)
    assert pixels.dtype == torch.uint8
    assert pixels.shape == (3, 5, 7)
    assert (pixels[0] > 240).all()
    assert (pixels[1:] < 12).all()


def test_a_photo_has_the_pixels_that_pillow_decodes(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo_bytes())
    with Image.open(path) as image:
        expected = torch.from_numpy(np.array(image)).permute(2, 0, 1)
    assert torch.equal(read_image(path), expected)


@pytest.mark.parametrize("name", ["grey.jpg", "grey.png"])
def test_greyscale_becomes_rgb(tmp_path: Path, name: str) -> None:
    assert colour_at(read_image(saved(tmp_path / name, Image.new("L", (4, 4), 90)))) == (90, 90, 90)


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    image = Image.new("CMYK", (4, 4), (0, 255, 255, 0))
    red, green, blue = colour_at(read_image(saved(tmp_path / "cmyk.jpg", image)))
    assert red > 240
    assert max(green, blue) < 12


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (257 * 100, 100), (65535, 255)])
@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_16_bits_are_scaled_to_8(tmp_path: Path, suffix: str, value: int, expected: int) -> None:
    image = Image.fromarray(np.full((4, 4), value, dtype=np.uint16))
    pixels = read_image(saved(tmp_path / f"deep.{suffix}", image))
    assert colour_at(pixels) == (expected, expected, expected)


def test_one_bit_becomes_black_and_white(tmp_path: Path) -> None:
    image = Image.new("1", (4, 4), 1)
    assert colour_at(read_image(saved(tmp_path / "bits.png", image))) == (255, 255, 255)


def test_a_palette_becomes_rgb(tmp_path: Path) -> None:
    image = Image.new("RGB", (4, 4), RED).quantize(2)
    assert colour_at(read_image(saved(tmp_path / "palette.png", image))) == RED


def test_a_transparent_palette_entry_becomes_white(tmp_path: Path) -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, *RED])
    path = saved(tmp_path / "palette.png", image, transparency=1)
    assert colour_at(read_image(path)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_become_white(tmp_path: Path, mode: str) -> None:
    hidden = (9, 0) if mode == "LA" else (9, 9, 9, 0)
    path = saved(tmp_path / "clear.png", Image.new(mode, (4, 4), hidden))
    assert colour_at(read_image(path)) == (255, 255, 255)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_the_exif_orientation_is_applied(tmp_path: Path, suffix: str) -> None:
    image = Image.new("RGB", (32, 16), "white")
    image.paste((0, 0, 0), (0, 0, 16, 16))  # black on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn clockwise
    pixels = read_image(saved(tmp_path / f"turned.{suffix}", image, exif=exif))
    assert pixels.shape == (3, 32, 16)
    assert (pixels[:, 2] < 20).all()
    assert (pixels[:, -3] > 235).all()


def test_unreadable_exif_data_is_ignored(tmp_path: Path) -> None:
    path = saved(tmp_path / "odd.png", Image.new("RGB", (4, 4), RED), exif=b"Exif\0\0nonsense")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert colour_at(read_image(path)) == RED


def test_the_first_picture_of_an_animation_is_taken(tmp_path: Path) -> None:
    first, second = Image.new("RGB", (4, 4), RED), Image.new("RGB", (4, 4), "blue")
    path = saved(tmp_path / "moving.gif", first, save_all=True, append_images=[second])
    assert colour_at(read_image(path)) == RED


def test_the_name_does_not_decide_the_format(tmp_path: Path) -> None:
    path = saved(tmp_path / "photo.jpg", Image.new("RGB", (4, 4), RED), format="PNG")
    assert colour_at(read_image(path)) == RED


@pytest.mark.parametrize("kept", [0.05, 0.5, 0.99])
@pytest.mark.parametrize("format_name", ["JPEG", "PNG"])
def test_a_truncated_image_is_refused(tmp_path: Path, format_name: str, kept: float) -> None:
    path = tmp_path / "cut.jpg"
    with Image.open(io.BytesIO(photo_bytes())) as image:
        image.save(path, format_name)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(DataError, match=r"cut\.jpg: expected .* replace the file, or leave .*skip"):
        read_image(path)


def test_a_message_leaves_out_where_the_decoder_was_built(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(photo_bytes()[:-90])
    with pytest.raises(DataError, match=r"damaged file \(RuntimeError: [A-Z][^/]*\); replace"):
        read_image(path)


def test_a_file_that_is_no_image_is_refused_with_its_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "page.jpg"
    path.write_text("<!DOCTYPE html><title>404</title>")
    with pytest.raises(DataError, match="a file that begins with b'<!DOCTYPE html>"):
        read_image(path)


def test_a_format_that_would_start_another_program_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "drawing.eps", Image.new("RGB", (4, 4), RED))
    with pytest.raises(DataError, match="expected an image"):
        read_image(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    with pytest.raises(DataError, match="an empty file"):
        read_image(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it is missing; put it there"):
        read_image(tmp_path / "gone.jpg")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a folder or a device"):
        read_image(tmp_path)


def test_a_name_too_long_for_the_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a readable image file"):
        file_size(tmp_path / ("x" * 5000))


@pytest.mark.parametrize("size", [(10_000, 10_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of_size(*size))
    with pytest.raises(DataError, match=r"at most 89,478,485 pixels, got a decompression bomb\?"):
        read_image(path)


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "depth.tif", Image.new("F", (4, 4), 0.5))
    with pytest.raises(DataError, match="got floating-point pixels; convert it"):
        read_image(path)


def test_32_bit_values_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "deep.tif", Image.new("I", (4, 4), 70_000))
    with pytest.raises(DataError, match="values from 70000 to 70000"):
        read_image(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(),
    format_name=st.sampled_from(["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM"]),
)
def test_damaged_bytes_give_an_image_or_a_data_error(
    tmp_path: Path, data: st.DataObject, format_name: str
) -> None:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(photo_bytes((9, 8)))).save(buffer, format_name)
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        pixels = read_image(path)
    except DataError:
        return
    assert pixels.dtype == torch.uint8
    assert pixels.shape[0] == 3


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../secret.jpg", "climbs out"),
        ("a/../../secret.jpg", "climbs out"),
        ("a\\..\\..\\secret.jpg", "climbs out"),
        ("/etc/passwd", "absolute"),
        ("C:\\secret.jpg", "absolute"),
        ("", "no file can have"),
        ("a\0.jpg", "no file can have"),
        ("\ud800.jpg", "no file can have"),
    ],
)
def test_a_name_that_leaves_the_folder_is_refused(name: str, problem: str) -> None:
    with pytest.raises(DataError, match=rf"list\.txt:3: expected .*{problem}"):
        inside(Path("photos"), name, Path("list.txt"), 3)


@pytest.mark.parametrize("name", ["a.jpg", "dir/a.jpg", "été 1 ..jpg", "犬 (2).jpg", "..a/b..jpg"])
def test_a_name_within_the_folder_is_kept(name: str) -> None:
    assert inside(Path("photos"), name, Path("list.txt"), 3) == Path("photos") / name


@given(st.text())
def test_any_name_gives_a_path_below_the_folder_or_a_data_error(name: str) -> None:
    try:
        path = inside(Path("/photos"), name, Path("list.txt"), 3)
    except DataError:
        return
    assert path.is_relative_to("/photos")
    assert ".." not in path.parts
