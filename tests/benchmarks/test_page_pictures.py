import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.page_pictures import LARGEST, WIDTH, best_of, data_uri


def _noise(file: Path, width: int, height: int) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file)
    return file


def _decoded(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_a_small_picture_stays_as_it_is(tmp_path: Path) -> None:
    file = _noise(tmp_path / "a.png", 20, 10)
    uri = data_uri(file)
    assert uri.startswith("data:image/png;base64,")
    assert base64.b64decode(uri.partition(",")[2]) == file.read_bytes()


def test_a_large_picture_is_made_smaller_in_its_shape(tmp_path: Path) -> None:
    file = _noise(tmp_path / "a.png", 2 * WIDTH, 200)
    uri = data_uri(file)
    assert uri.startswith("data:image/webp;base64,")
    assert _decoded(uri).size == (WIDTH, 100)
    assert len(uri) < file.stat().st_size


def test_a_drawing_is_shown_as_svg_and_one_of_photos_as_png(tmp_path: Path) -> None:
    png, svg = _noise(tmp_path / "a.png", 4, 4), tmp_path / "a.svg"
    assert best_of([png, svg]) == png
    svg.write_text("<svg/>")
    assert best_of([png, svg]) == svg
    assert data_uri(svg).startswith("data:image/svg+xml;base64,")
    svg.write_text(" " * (LARGEST + 1))
    assert best_of([png, svg]) == png
    png.unlink()
    assert best_of([png, svg]) == svg
    assert best_of([png]) is None


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected one of \.svg, \.png"):
        data_uri(tmp_path / "a.gif")
