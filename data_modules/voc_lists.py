"""VOC's image sets: `<split>.txt` names images, `<class>_<split>.txt` labels them -1, 0 or 1."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from data_modules.errors import DataError, shown
from data_modules.text_lines import read_lines

Listed = dict[str, int]
_FIX = "correct the line, or get the official file again"
_VALUES = {"-1": -1, "0": 0, "1": 1}


def read_split_list(file: Path, how_to_get: str) -> Listed:
    """The images of a split, each with its line number, in order.

    Raises:
        DataError: the file is missing, a line is no single id, or an id occurs twice.
    """
    listed: Listed = {}
    for number, text in read_lines(file, "a list of images", how_to_get):
        if len(text.split()) != 1:
            raise DataError(file, number, "one image id", shown(text), _FIX)
        if text in listed:
            got = f"{shown(text)} again, as in line {listed[text]}"
            raise DataError(file, number, "an id that no earlier line has", got, _FIX)
        listed[text] = number
    return listed


def read_class_list(file: Path, listed: Listed, how_to_get: str) -> npt.NDArray[np.int8]:
    """What a class file says of each image of its split.

    Args:
        file: `<class>_<split>.txt`; its lines may be in any order.
        listed: the N images of the split.
        how_to_get: what to do when the file is missing.

    Returns:
        (N,) int8 of -1 (absent), 0 (only objects that are difficult) and 1 (present).

    Raises:
        DataError: the file is missing, malformed, or does not name the images of the split.
    """
    rows = {image_id: row for row, image_id in enumerate(listed)}
    values = np.zeros(len(listed), dtype=np.int8)
    seen: Listed = {}
    for number, text in read_lines(file, "one line per image", how_to_get):
        words = text.split()
        if len(words) != 2 or words[1] not in _VALUES:
            raise DataError(file, number, "an image id and -1, 0 or 1", shown(text), _FIX)
        image_id = words[0]
        if image_id not in rows:
            expected = "an image of the split"
            raise DataError(file, number, expected, shown(image_id), _FIX)
        if image_id in seen:
            got = f"{shown(image_id)} again, as in line {seen[image_id]}"
            raise DataError(file, number, "an id that no earlier line has", got, _FIX)
        seen[image_id] = number
        values[rows[image_id]] = _VALUES[words[1]]
    for image_id in listed:
        if image_id not in seen:
            expected = f"a line for each of the {len(listed)} images of the split"
            raise DataError(file, "", expected, f"none for {shown(image_id)}", _FIX)
    return values


def available_splits(folder: Path) -> list[str]:
    """The splits in `ImageSets/Main`, sorted; class files are no splits."""
    return sorted(file.stem for file in folder.glob("*.txt") if "_" not in file.stem)
