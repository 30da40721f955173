"""Pictures as data URIs, so that a page needs no other file.

An SVG stands in an `img`: nothing in it can run, load, or clash with the names of another one.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
LARGEST_SVG = 400_000  # bytes; a drawing of photos is smaller as a PNG


def data_uri(file: Path) -> str:
    """The file's content as a URI.

    Raises:
        ValueError: it is neither SVG nor PNG.
    """
    if file.suffix not in TYPES:
        raise ValueError(f"{file}: expected one of {', '.join(TYPES)}")
    content = base64.b64encode(file.read_bytes()).decode("ascii")
    return f"data:{TYPES[file.suffix]};base64,{content}"


def best_of(files: Iterable[Path]) -> Path | None:
    """The SVG where it is there and not large, else the PNG, else whatever there is."""
    there = {file.suffix: file for file in files if file.exists()}
    svg, png = there.get(".svg"), there.get(".png")
    if svg is not None and (png is None or svg.stat().st_size <= LARGEST_SVG):
        return svg
    return png
