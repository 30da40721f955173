"""Folders of images without any list: a folder for each label, or no labels at all."""

import filecmp
import os
from pathlib import Path

from data_modules.errors import DataError
from data_modules.images import IMAGE_SUFFIXES
from data_modules.user_labels import LabelledImage


def find_images(folder: Path) -> list[str]:
    """All files below a folder that are images by their suffix, as sorted relative names.

    Hidden files and folders are passed over; links to folders are not followed.

    Raises:
        DataError: the folder is missing.
    """
    if not folder.is_dir():
        fix = "put the images there, or name another folder"
        got = "a file" if folder.exists() else "no such folder"
        raise DataError(folder.absolute(), "", "a folder of images", got, fix)
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            (Path(parent) / name).relative_to(folder).as_posix()
            for name in names
            if name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith(".")
        ]
    return sorted(found)


def class_folder_images(root: Path, split: str | None = None) -> list[LabelledImage]:
    """The images of `<root>/<label>/` or `<root>/<split>/<label>/`, at any depth.

    A file that is in several label folders under one name is one image with several labels.

    Returns:
        Images named relative to root, by the first of their places; sorted by the names that they
        have within the label folders.

    Raises:
        DataError: images lie outside of label folders, or two different images share a name.
    """
    folder = root / split if split else root
    labels_of: dict[str, list[str]] = {}
    for name in find_images(folder):
        label, _, inner = name.partition("/")
        if not inner:
            expected = f"images in folders named by labels, such as {folder / '<label>' / name}"
            fix = "move it into the folder of each of its labels, or give a file of labels"
            raise DataError(folder / name, "", expected, "an image outside of them", fix)
        labels_of.setdefault(inner, []).append(label)
    images = []
    for inner, labels in sorted(labels_of.items()):
        _check_same([folder / label / inner for label in labels])
        name = (folder / labels[0] / inner).relative_to(root).as_posix()
        images.append(LabelledImage(name, tuple(labels), split, root, name))
    return images


def _check_same(files: list[Path]) -> None:
    for other in files[1:]:
        if not filecmp.cmp(files[0], other, shallow=False):
            expected = f"the same image as {files[0]}, which has the same name"
            fix = "rename one of them: equal names in several label folders mean one image"
            raise DataError(other, "", expected, "another one", fix)
