"""Contact sheets: scenes with their labels, or the drawings by name, to look at the data."""

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from data_modules.mini.catalogue import BY_NAME, CATEGORIES
from data_modules.mini.pen import Canvas
from data_modules.mini.sampling import stream

_GAP = 6
_CAPTION = 30  # two lines of text
_PAPER = (250, 250, 250)
_BEHIND_DRAWINGS = (214, 222, 214)


def contact_sheet(
    root: str | Path, split: str, count: int = 24, seed: int = 0, *, zoom: int = 2, columns: int = 6
) -> Image.Image:
    """A random choice of pictures with the names of their labels below.

    Args:
        root: a folder in COCO's layout, such as `ensure_mini_coco` returns.
        split: `train2014` or `val2014`.
        count: number of pictures.
        seed: of the choice.
        zoom: whole factor by which the pictures are enlarged.
        columns: pictures side by side.
    Returns:
        An RGB image.
    """
    file = Path(root) / "annotations" / f"instances_{split}.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    names = {category["id"]: category["name"] for category in content["categories"]}
    labels: dict[int, list[str]] = {}
    for annotation in content["annotations"]:
        found = labels.setdefault(annotation["image_id"], [])
        if names[annotation["category_id"]] not in found:
            found.append(names[annotation["category_id"]])
    images = content["images"]
    chosen = stream("contact sheet", seed).sample(range(len(images)), min(count, len(images)))
    cells = []
    for index in sorted(chosen):
        with Image.open(Path(root) / split / images[index]["file_name"]) as picture:
            size = (picture.width * zoom, picture.height * zoom)
            cells.append(
                (
                    picture.convert("RGB").resize(size, Image.Resampling.LANCZOS),
                    ", ".join(labels.get(images[index]["id"], ["(nothing)"])),
                )
            )
    return _sheet(cells, columns)


def drawing_sheet(
    names: Sequence[str] | None = None,
    each: int = 1,
    *,
    seed: int = 0,
    size: int = 72,
    columns: int = 16,
) -> Image.Image:
    """Drawings by name, each on plain ground.

    Args:
        names: of categories; None is all of them.
        each: drawings of a category, side by side.
        seed: of their variation.
        size: side of a cell in pixels.
        columns: drawings side by side.
    Returns:
        An RGB image.
    """
    cells = []
    for name in names if names is not None else [kind.name for kind in CATEGORIES]:
        kind = BY_NAME[name]
        scale = 0.9 / max(kind.width, kind.height)
        width, height = kind.width * scale, kind.height * scale
        for number in range(each):
            canvas = Canvas(size)
            canvas.pen().rectangle(0.0, 0.0, 1.0, 1.0, _BEHIND_DRAWINGS)
            pen = canvas.pen(0.5 - width / 2, 0.5 - height / 2, width, height)
            kind.draw(pen, stream("drawing", seed, name, number))
            cells.append((canvas.image.reduce(3), name))
    return _sheet(cells, columns)


def _sheet(cells: Sequence[tuple[Image.Image, str]], columns: int) -> Image.Image:
    columns = max(1, min(columns, len(cells)))
    rows = -(-len(cells) // columns)
    width = max((picture.width for picture, _ in cells), default=1) + _GAP
    height = max((picture.height for picture, _ in cells), default=1) + _CAPTION
    sheet = Image.new("RGB", (columns * width + _GAP, rows * height + _GAP), _PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(11)
    letters = max(6, int(width / 6.2))
    for index, (picture, caption) in enumerate(cells):
        x, y = _GAP + index % columns * width, _GAP + index // columns * height
        sheet.paste(picture, (x, y))
        lines = textwrap.wrap(caption, letters)[:2]
        pen.text(
            (x, y + picture.height + 1), "\n".join(lines), fill=(40, 40, 40), font=font, spacing=1
        )
    return sheet
