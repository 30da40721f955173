"""Writes folders of a user's own coloured pictures, with labels in files or in folder names."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

LABELS: dict[str, list[str]] = {
    "a.jpg": ["dog", "cat"],
    "holiday/b c.png": [],
    "é.jpg": ["bird"],
    "d.jpg": ["cat"],
    "e.jpg": ["dog", "bird"],
}


def write_image(path: Path, value: int = 100) -> Path:
    """Writes a picture of 12 x 9 pixels, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 9), (value % 256, 50, 200)).save(path)
    return path


def write_images(root: Path, names: Sequence[str] = tuple(LABELS)) -> Path:
    """Writes a picture for each name; returns root."""
    for value, name in enumerate(names):
        write_image(root / name, 20 * value)
    return root


def write_csv(
    file: Path, labels: Mapping[str, list[str]] = LABELS, splits: Mapping[str, str] | None = None
) -> Path:
    """Writes a column that lists labels, and a column of splits if any are given."""
    lines = ["image,labels" + (",split" if splits else "")]
    for name, found in labels.items():
        split = f",{splits[name]}" if splits else ""
        lines.append(f"{name},{';'.join(found)}{split}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def write_columns(file: Path, labels: Mapping[str, list[str]] = LABELS) -> Path:
    """Writes a column of 0 and 1 for each label, in an order of their own."""
    names = ["dog", "cat", "bird"]
    lines = [",".join(["image", *names])]
    for name, found in labels.items():
        lines.append(",".join([name, *(str(int(label in found)) for label in names)]))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def write_json_lines(file: Path, labels: Mapping[str, list[str]] = LABELS) -> Path:
    """Writes an object a line, with a list of labels."""
    rows = [json.dumps({"image": name, "labels": found}) for name, found in labels.items()]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def write_class_folders(root: Path, labels: Mapping[str, list[str]]) -> Path:
    """Writes each picture into the folder of each of its labels; returns root."""
    for value, (name, found) in enumerate(labels.items()):
        for label in found:
            write_image(root / label / name, 20 * value)
    return root
