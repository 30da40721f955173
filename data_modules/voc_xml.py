"""VOC's `Annotations/<id>.xml`: objects, their boxes, and whether they are difficult."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from xml.parsers.expat import ErrorString

import numpy as np
import numpy.typing as npt
import torch

from data_modules.errors import DataError, shown
from data_modules.records import ImageBoxes

_FIX = "correct the file, or get the official one again"


class VocObject(NamedTuple):
    """One object: its label, its corners (1-based pixels, both inclusive), its flag."""

    label_id: int
    corners: tuple[float, float, float, float]
    difficult: bool


class VocImage(NamedTuple):
    """The objects of an image, in the order of the file, and its size in pixels."""

    width: int
    height: int
    objects: list[VocObject]


def read_xml(file: Path, label_ids: Mapping[str, int], how_to_get: str) -> VocImage:
    """The annotation of an image.

    Args:
        file: the XML file; document types and entities are refused, other elements ignored.
        label_ids: ids of the classes by name.
        how_to_get: what to do when the file is missing.

    Raises:
        DataError: naming the element at fault, such as `object[2].bndbox.xmin` (from 0 on).
    """
    reader = _Reader(file, _parse(file, how_to_get))
    width = reader.side(reader.root, "size/width")
    height = reader.side(reader.root, "size/height")
    found = []
    for position, element in enumerate(reader.root.findall("object")):
        place = f"object[{position}]"
        name = reader.text(element, "name", place, "the name of a class")
        if name not in label_ids:
            reader.fail(f"{place}.name", f"one of {', '.join(label_ids)}", shown(name))
        flag = reader.text(element, "difficult", place, "0 or 1")
        if flag not in ("0", "1"):
            reader.fail(f"{place}.difficult", "0 or 1", shown(flag))
        found.append(VocObject(label_ids[name], reader.corners(element, place), flag == "1"))
    return VocImage(width, height, found)


def class_values(image: VocImage, num_labels: int) -> npt.NDArray[np.int8]:
    """What the class files would say of an image: (K,) int8 of -1, 0 and 1."""
    values = np.full(num_labels, -1, dtype=np.int8)
    for found in image.objects:
        values[found.label_id] = max(values[found.label_id], 0 if found.difficult else 1)
    return values


def image_boxes(image: VocImage) -> ImageBoxes:
    """All boxes, those of difficult objects included; areas are the boxes' own."""
    corners = torch.tensor([found.corners for found in image.objects]).reshape(-1, 4)
    sides = corners[:, 2:] - corners[:, :2] + 1  # both corners are inside
    return ImageBoxes(
        torch.tensor([found.label_id for found in image.objects], dtype=torch.int64),
        torch.cat([corners[:, :2] - 1, sides], dim=1),
        sides.prod(dim=1),
        image.width,
        image.height,
    )


class _Reader:
    """Finds values below one root, and says where one is missing."""

    def __init__(self, file: Path, root: ET.Element) -> None:
        self.file = file
        self.root = root

    def fail(self, place: str, expected: str, got: str) -> None:
        raise DataError(self.file, place, expected, got, _FIX)

    def text(self, element: ET.Element, path: str, place: str, expected: str) -> str:
        text = (element.findtext(path) or "").strip()
        if not text:
            self.fail(f"{place}.{path}".lstrip(".").replace("/", "."), expected, "nothing")
        return text

    def side(self, element: ET.Element, path: str) -> int:
        value = self.number(element, path, "")
        if value < 1 or value != int(value):
            self.fail(path.replace("/", "."), "a number of pixels", f"{value:g}")
        return int(value)

    def number(self, element: ET.Element, path: str, place: str) -> float:
        text = self.text(element, path, place, "a number")
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not abs(value) < 2**31:
            self.fail(f"{place}.{path}".lstrip(".").replace("/", "."), "a number", shown(text))
        return value

    def corners(self, element: ET.Element, place: str) -> tuple[float, float, float, float]:
        left, top, right, bottom = (
            self.number(element, f"bndbox/{name}", place)
            for name in ("xmin", "ymin", "xmax", "ymax")
        )
        if not (1 <= left <= right and 1 <= top <= bottom):
            got = f"{left:g}, {top:g}, {right:g}, {bottom:g}"
            self.fail(f"{place}.bndbox", "1 <= xmin <= xmax and 1 <= ymin <= ymax", got)
        return left, top, right, bottom


class _NoDoctype(ET.TreeBuilder):
    """Entities are declared in document types: without one there is nothing to expand."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("a document type")


def _parse(file: Path, how_to_get: str) -> ET.Element:
    parser = ET.XMLParser(target=_NoDoctype())
    try:
        parser.feed(file.read_bytes())
        root: ET.Element = parser.close()
    except FileNotFoundError:
        raise DataError(file, "", "an annotation", "nothing: it is missing", how_to_get) from None
    except ET.ParseError as error:
        line, column = error.position
        place = f"line {line} column {column + 1}"
        raise DataError(file, place, "well-formed XML", ErrorString(error.code), _FIX) from None
    except (OSError, ValueError, LookupError) as error:
        raise DataError(file, "", "plain XML without a document type", str(error), _FIX) from None
    if root.tag != "annotation":
        raise DataError(file, "", "an element <annotation>", f"<{root.tag}>", _FIX)
    return root
