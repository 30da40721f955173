"""Writes a COCO of a few coloured pictures in the official layout."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

# (image id, width, height, [(category id, box, crowd)]); not in the order of the ids
TRAIN = [
    (25, 64, 48, [(1, [1.0, 2.0, 10.0, 20.0], 0), (44, [5.0, 5.0, 4.0, 6.0], 0)]),
    (9, 48, 64, [(44, [0.0, 0.0, 48.0, 64.0], 1)]),
    (30, 40, 40, []),
    (42, 32, 32, [(1, [1.0, 1.0, 8.0, 8.0], 0), (1, [9.0, 9.0, 2.0, 0.0], 0)]),
]
TEST = [
    (7, 64, 48, [(90, [0.0, 0.0, 5.0, 5.0], 0)]),
    (3, 64, 48, [(1, [0.0, 0.0, 64.0, 48.0], 0)]),
]
CATEGORIES = [
    {"supercategory": "indoor", "id": 90, "name": "toothbrush"},
    {"supercategory": "person", "id": 1, "name": "person"},
    {"supercategory": "kitchen", "id": 44, "name": "bottle"},
]
Images = Sequence[tuple[int, int, int, list[tuple[int, list[float], int]]]]


def instances(images: Images, split: str) -> dict[str, Any]:
    """The content of `instances_<split>.json`."""
    found: dict[str, Any] = {"info": {}, "images": [], "annotations": [], "categories": CATEGORIES}
    for number, width, height, objects in images:
        name = f"COCO_{split}_{number:012d}.jpg"
        found["images"].append({"id": number, "file_name": name, "width": width, "height": height})
        for category_id, box, crowd in objects:
            found["annotations"].append(
                {
                    "id": len(found["annotations"]) + 1000 * number,
                    "image_id": number,
                    "category_id": category_id,
                    "bbox": box,
                    "area": box[2] * box[3] / 2,
                    "iscrowd": crowd,
                    "segmentation": [[0.0, 0.0, 1.0, 0.0, 1.0, 1.0]],
                }
            )
    return found


def write_json(root: Path, split: str, content: object) -> Path:
    """Writes `annotations/instances_<split>.json`; text goes in as it is."""
    file = root / "annotations" / f"instances_{split}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def write_coco(
    root: Path, splits: Mapping[str, Images] = {"train2014": TRAIN, "val2014": TEST}
) -> Path:
    """Writes annotations and photos; returns root."""
    for split, images in splits.items():
        content = instances(images, split)
        write_json(root, split, content)
        (root / split).mkdir(parents=True)
        for entry in content["images"]:
            colour = (entry["id"] * 5 % 256, 100, 50)
            picture = Image.new("RGB", (entry["width"], entry["height"]), colour)
            picture.save(root / split / entry["file_name"])
    return root
