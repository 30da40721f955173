"""Writes a VOC2007 devkit of a few coloured pictures: image sets, class files, XML."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

CLASSES = [
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
]
# image id -> [(class, 1-based corners, difficult)]
Objects = Sequence[tuple[str, tuple[int, int, int, int], int]]
TRAIN: dict[str, Objects] = {
    "000012": [("car", (1, 1, 10, 20), 0), ("car", (5, 5, 6, 6), 1)],
    "000005": [("chair", (2, 3, 4, 7), 1), ("person", (1, 1, 40, 30), 0)],
    "000023": [],
}
TEST: dict[str, Objects] = {
    "000001": [("dog", (8, 2, 30, 30), 0), ("person", (1, 1, 2, 2), 1)],
    "000002": [("train", (1, 1, 40, 30), 0)],
}


def value(objects: Objects, name: str) -> int:
    """-1, 0 or 1, as in the class files."""
    flags = [difficult for found, _, difficult in objects if found == name]
    return -1 if not flags else int(not all(flags))


def xml(image_id: str, objects: Objects) -> str:
    """The annotation of an image of 40 x 30 pixels."""
    lines = [f"<annotation>\n<folder>VOC2007</folder>\n<filename>{image_id}.jpg</filename>"]
    lines.append("<size><width>40</width><height>30</height><depth>3</depth></size>")
    for name, (left, top, right, bottom), difficult in objects:
        lines.append(
            f"<object><name>{name}</name><pose>Left</pose><truncated>0</truncated>"
            f"<difficult>{difficult}</difficult><bndbox><xmin>{left}</xmin><ymin>{top}</ymin>"
            f"<xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox>"
            "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part></object>"
        )
    return "\n".join([*lines, "</annotation>\n"])


def write_voc(
    root: Path,
    splits: Mapping[str, Mapping[str, Objects]] = {"trainval": TRAIN, "test": TEST},
    class_files: bool = True,
    line_end: str = "\n",
) -> Path:
    """Writes `VOCdevkit/VOC2007` below root; returns that folder."""
    folder = root / "VOCdevkit" / "VOC2007"
    for name in ("ImageSets/Main", "Annotations", "JPEGImages"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for split, images in splits.items():
        write_lines(folder, split, list(images), line_end)
        for name in CLASSES if class_files else []:
            lines = [f"{key} {value(objects, name):2d}" for key, objects in images.items()]
            write_lines(folder, f"{name}_{split}", lines, line_end)
        for key, objects in images.items():
            (folder / "Annotations" / f"{key}.xml").write_text(xml(key, objects))
            picture = Image.new("RGB", (40, 30), (len(objects) * 50, 100, 50))
            picture.save(folder / "JPEGImages" / f"{key}.jpg")
    return folder


def write_lines(folder: Path, name: str, lines: Sequence[str], line_end: str = "\n") -> Path:
    """Writes `ImageSets/Main/<name>.txt`."""
    file = folder / "ImageSets" / "Main" / f"{name}.txt"
    file.write_bytes("".join(f"{line}{line_end}" for line in lines).encode())
    return file
