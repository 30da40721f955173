"""Pictures as data URIs, so that a page needs no other file.

An SVG stands in an `img`: nothing in it can run, load, or clash with the names of another one. A
large PNG, printed at 300 dots an inch, is made smaller for the screen; the file itself stays.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
LARGEST = 400_000  # bytes; an SVG of photos is smaller as a PNG, and a larger PNG is made smaller
WIDTH = 1800  # pixels of a large PNG on the page: twice what a screen shows of it
QUALITY = 90  # of WebP, out of 100


def data_uri(file: Path) -> str:
    """The file's content as a URI.

    Raises:
        ValueError: it is neither SVG nor PNG.
    """
    if file.suffix not in TYPES:
        raise ValueError(f"{file}: expected one of {', '.join(TYPES)}")
    content, kind = file.read_bytes(), TYPES[file.suffix]
    if file.suffix == ".png" and len(content) > LARGEST:
        content, kind = _smaller(content), "image/webp"
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def best_of(files: Iterable[Path]) -> Path | None:
    """The SVG where it is there and not large, else the PNG, else whatever there is."""
    there = {file.suffix: file for file in files if file.exists()}
    svg, png = there.get(".svg"), there.get(".png")
    if svg is not None and (png is None or svg.stat().st_size <= LARGEST):
        return svg
    return png


def _smaller(png: bytes) -> bytes:
    """A WebP of at most `WIDTH` pixels a line."""
    with Image.open(io.BytesIO(png)) as picture:
        shown = picture.convert("RGB")
    height = round(shown.height * WIDTH / shown.width)
    if shown.width > WIDTH:
        shown = shown.resize((WIDTH, height), Image.Resampling.LANCZOS)
    made = io.BytesIO()
    shown.save(made, "WEBP", quality=QUALITY)
    return made.getvalue()
