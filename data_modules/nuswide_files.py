"""NUS-WIDE's files: image lists, concepts, their ground truth, and the 1,000 tags."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from data_modules.bit_files import read_bits
from data_modules.errors import DataError, shown
from data_modules.images import inside
from data_modules.text_lines import read_lines

logger = logging.getLogger(__name__)

Part = Literal["Train", "Test"]
Bits = npt.NDArray[np.bool_]
_FIX = "correct the line, or get the official file again"


class ImageList(NamedTuple):
    """The images of a list, by their names (`actor/0001_2124494179.jpg`).

    Attributes:
        file: the list.
        lines: N line numbers by name.
        paths: N files.
    """

    file: Path
    lines: dict[str, int]
    paths: list[Path]


class Labels(NamedTuple):
    """Labels of a list's images, (N, K), and the files that said so."""

    targets: Bits
    files: list[Path]


class NUSWIDEFiles:
    """The official folder, read on demand.

    Args:
        root: holds `ImageList`, and `ConceptsList` and `Groundtruth`, or `NUS_WID_Tags`.
        how_to_get: what to do when files are missing.
        fallback: read a list's labels from the files of all images where its own are missing or
            malformed (the official `Labels_lake_Train.txt` has a bad line), and say so.
    """

    def __init__(self, root: Path, how_to_get: str, fallback: bool) -> None:
        self.root = root
        self.how_to_get = how_to_get
        self.fallback = fallback
        self._all_images: ImageList | None = None

    def image_list(self, name: str, folder: str) -> ImageList:
        """`ImageList/<name>.txt`; a backslash separates folders there, or a slash.

        Images are known by folder and name: three Flickr ids occur twice, with other labels.

        Args:
            name: of the list.
            folder: of the photos, relative to root.

        Raises:
            DataError: it is missing, or names an image twice.
        """
        file = self.root / "ImageList" / f"{name}.txt"
        lines: dict[str, int] = {}
        paths: list[Path] = []
        photos = self.root / folder
        for number, text in read_lines(file, "a list of images", self.how_to_get):
            image = text.replace("\\", "/")
            paths.append(inside(photos, image, file, number))
            if image in lines:
                got = f"{shown(image)} again, as in line {lines[image]}"
                raise DataError(file, number, "an image that no earlier line has", got, _FIX)
            lines[image] = number
        return ImageList(file, lines, paths)

    def names(self, *path: str) -> list[str]:
        """The labels in a file with one of them a line.

        Raises:
            DataError: it is missing or empty, or repeats a label.
        """
        file = self.root.joinpath(*path)
        lines: dict[str, int] = {}
        for number, text in read_lines(file, "a list of labels", self.how_to_get):
            if text in lines:
                got = f"{shown(text)} again, as in line {lines[text]}"
                raise DataError(file, number, "a label that no earlier line has", got, _FIX)
            lines[text] = number
        if not lines:
            raise DataError(file, "", "a label a line", "an empty file", self.how_to_get)
        return list(lines)

    def concepts(self, names: Sequence[str], part: Part, images: ImageList) -> Labels:
        """The ground truth: a file a concept, in `TrainTestLabels` or else in `AllLabels`.

        Raises:
            DataError: a file is missing or malformed, and there is nothing to fall back on.
        """
        truth = self.root / "Groundtruth"
        for name in names:
            if any(character in name for character in "/\\\0"):
                expected = "names of concepts that can be parts of file names"
                raise DataError(truth, "", expected, shown(name), "correct the list of concepts")
        found = [
            self._bits(
                truth / "TrainTestLabels" / f"Labels_{name}_{part}.txt",
                truth / "AllLabels" / f"Labels_{name}.txt",
                1,
                images,
            )
            for name in names
        ]
        columns = [column for column, _ in found]
        return Labels(np.concatenate(columns, axis=1), [file for _, file in found])

    def tags(self, num_tags: int, part: Part, images: ImageList) -> Labels:
        """The tags: `<part>_Tags1k.dat`, or else `AllTags1k.txt`; a line an image.

        Raises:
            DataError: both are missing or malformed.
        """
        folder = self.root / "NUS_WID_Tags"
        own, of_all = folder / f"{part}_Tags1k.dat", folder / "AllTags1k.txt"
        targets, file = self._bits(own, of_all, num_tags, images)
        return Labels(targets, [file])

    def _bits(
        self, own: Path, of_all: Path, num_columns: int, images: ImageList
    ) -> tuple[Bits, Path]:
        try:
            return self._aligned(own, num_columns, images), own
        except DataError as error:
            if not self.fallback:
                fix = f"{error.fix}; or pass fallback: true to read {of_all.name} instead"
                raise DataError(own, error.place, error.expected, error.got, fix) from None
            if not of_all.is_file():
                raise
            logger.warning("%s; reading %s instead", error, of_all)
        if self._all_images is None:
            self._all_images = self.image_list("Imagelist", "")
        rows = {image: row for row, image in enumerate(self._all_images.lines)}
        for image, line in images.lines.items():
            if image not in rows:
                expected = f"an image that {self._all_images.file.name} has too"
                raise DataError(images.file, line, expected, shown(image), _FIX)
        whole = self._aligned(of_all, num_columns, self._all_images)
        return whole[[rows[image] for image in images.lines]], of_all

    def _aligned(self, file: Path, num_columns: int, images: ImageList) -> Bits:
        bits = read_bits(file, num_columns, "labels, a line an image", self.how_to_get)
        if len(bits) != len(images.lines):
            expected = f"{len(images.lines)} lines, as many as {images.file.name} has images"
            raise DataError(file, "", expected, f"{len(bits)}", _FIX)
        return bits
