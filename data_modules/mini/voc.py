"""mini-VOC2007: drawn scenes in the layout of VOC's devkit, written once and used again.

    <root>/voc2007-<digest>/VOCdevkit/VOC2007/JPEGImages/000001.jpg ...
    <root>/voc2007-<digest>/VOCdevkit/VOC2007/Annotations/000001.xml ...
    <root>/voc2007-<digest>/VOCdevkit/VOC2007/ImageSets/Main/{train,val,trainval,test}.txt
    <root>/voc2007-<digest>/VOCdevkit/VOC2007/ImageSets/Main/<class>_<split>.txt

Scenes without any of the 20 classes are left out, as the challenge's collectors did; their numbers
are gaps between the ids.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from data_modules.mini.catalogue import CATEGORIES
from data_modules.mini.coco import GENERATOR_VERSION
from data_modules.mini.drawing import Drawn, draw_scene
from data_modules.mini.processes import in_order
from data_modules.mini.sampling import sample_scene, stream
from data_modules.mini.written_once import Recipe, ensure_folder, measure_tree
from data_modules.voc2007 import VOC_CLASSES

_OTHER_NAMES = {
    "airplane": "aeroplane",
    "couch": "sofa",
    "dining table": "diningtable",
    "motorcycle": "motorbike",
    "potted plant": "pottedplant",
    "tv": "tvmonitor",
}
_CLASS_OF = {
    kind.id: name
    for kind in CATEGORIES
    if (name := _OTHER_NAMES.get(kind.name, kind.name)) in VOC_CLASSES
}
_OWN_CATEGORIES = {kind.name for kind in CATEGORIES if kind.id in _CLASS_OF}
# What is smaller (in parts of the picture) or more hidden is difficult: our choice, so that about
# a tenth of the objects is, as in VOC2007.
_DIFFICULT_AREA = 0.004
_DIFFICULT_SEEN = 0.4


class VocObject(NamedTuple):
    """An object as VOC has it: corners are 1-based pixels, both inside."""

    name: str
    corners: tuple[int, int, int, int]
    truncated: bool
    difficult: bool


class _Job(NamedTuple):
    folder: str
    seed: int
    scene: int
    image_size: int


def ensure_mini_voc2007(
    root: str | Path | None = None,
    *,
    seed: int = 0,
    num_trainval: int = 1500,
    num_test: int = 1000,
    image_size: int = 96,
    progress: bool = True,
    num_processes: int | None = None,
) -> Path:
    """The folder that holds `VOCdevkit`; the scenes are drawn where they are not there yet.

    Safe for several processes at once, and after a kill at any moment (`written_once`).

    Args:
        root: folder for the data set's folder, or the data set's folder itself; None is `mini`
            under `$CNN_RNN_HOME` or the user's cache folder.
        seed: of the scenes and of the splits.
        num_trainval: images of trainval, at least 2; half of them are train, half val.
        num_test: images of test, at least 1.
        image_size: side in pixels, at least 32.
        progress: whether to show a progress bar.
        num_processes: that draw; None is one a core. The files do not depend on it.

    Raises:
        ValueError: a number outside its range.
        DataError: the folder cannot be written, or the disk is full.
    """
    if num_trainval < 2 or num_test < 1 or image_size < 32:
        raise ValueError(
            f"expected num_trainval >= 2, num_test >= 1 and image_size >= 32, "
            f"got {num_trainval}, {num_test} and {image_size}"
        )
    parameters = {
        "generator": GENERATOR_VERSION,
        "seed": seed,
        "num_trainval": num_trainval,
        "num_test": num_test,
        "image_size": image_size,
    }
    recipe = Recipe(
        "voc2007",
        "mini-VOC2007 (about 20 MB)",
        parameters,
        lambda folder: _write(folder, parameters, progress, num_processes),
        measure_tree,
    )
    return ensure_folder(root, recipe)


def voc_objects(drawn: Drawn) -> list[VocObject]:
    """The objects of a scene that are of VOC's classes."""
    size = drawn.picture.width
    found = []
    for annotation, seen in zip(drawn.annotations, drawn.seen, strict=True):
        if annotation["category_id"] not in _CLASS_OF:
            continue
        left, top, width, height = annotation["bbox"]
        first = [math.floor(edge) + 1 for edge in (left, top)]
        last = [math.ceil(edge) for edge in (left + width, top + height)]
        small = annotation["area"] < _DIFFICULT_AREA * size**2
        found.append(
            VocObject(
                _CLASS_OF[annotation["category_id"]],
                (first[0], first[1], max(first[0], last[0]), max(first[1], last[1])),
                min(first) == 1 or max(last) == size,
                small or seen < _DIFFICULT_SEEN or bool(annotation["iscrowd"]),
            )
        )
    return found


def class_value(objects: Sequence[VocObject], name: str) -> int:
    """1 where the class is shown, 0 where only by difficult objects, -1 where not at all."""
    flags = [found.difficult for found in objects if found.name == name]
    return -1 if not flags else int(not all(flags))


def _write(
    folder: Path, parameters: dict[str, int], progress: bool, num_processes: int | None
) -> None:
    """Draws everything into an empty folder."""
    devkit = folder / "VOCdevkit" / "VOC2007"
    sets = devkit / "ImageSets" / "Main"
    for path in (sets, devkit / "Annotations", devkit / "JPEGImages"):
        path.mkdir(parents=True)
    num_test = parameters["num_test"]
    total = parameters["num_trainval"] + num_test
    images: dict[str, list[VocObject]] = {}
    candidates = _candidates(parameters["seed"])
    with tqdm(total=total, desc="mini-VOC2007", unit="scene", disable=not progress) as bar:
        while len(images) < total:  # in a few scenes nothing is seen of what was meant to be
            jobs = [
                _Job(str(devkit), parameters["seed"], index, parameters["image_size"])
                for index in islice(candidates, total - len(images))
            ]
            for job, objects in zip(jobs, in_order(_draw_job, jobs, num_processes), strict=True):
                if objects:
                    images[_image_id(job.scene)] = objects
                    bar.update()
    order = list(images)
    stream(parameters["seed"], "voc2007", "splits").shuffle(order)
    test, trainval = order[:num_test], order[num_test:]
    half = len(trainval) // 2
    splits = {
        "train": trainval[:half],
        "val": trainval[half:],
        "trainval": trainval,
        "test": test,
    }
    for split, ids in splits.items():
        _write_split(sets, split, {image_id: images[image_id] for image_id in sorted(ids)})


def _candidates(seed: int) -> Iterator[int]:
    """Indices of the scenes that are meant to show one of the classes."""
    for index in count():
        if sample_scene(stream(seed, "voc2007", index)).labels & _OWN_CATEGORIES:
            yield index


def _draw_job(job: _Job) -> list[VocObject]:
    """Writes picture and annotation of a scene; neither if nothing of VOC's classes is seen."""
    drawn = draw_scene(stream(job.seed, "voc2007", job.scene), job.image_size)
    objects = voc_objects(drawn)
    if objects:
        folder, name = Path(job.folder), _image_id(job.scene)
        drawn.picture.save(folder / "JPEGImages" / f"{name}.jpg", quality=drawn.quality)
        text = _xml(name, job.image_size, objects)
        (folder / "Annotations" / f"{name}.xml").write_text(text, encoding="utf-8")
    return objects


def _image_id(index: int) -> str:
    return f"{index + 1:06d}"


def _xml(name: str, size: int, objects: Sequence[VocObject]) -> str:
    lines = [
        f"<annotation>\n\t<folder>VOC2007</folder>\n\t<filename>{name}.jpg</filename>",
        "\t<source>\n\t\t<database>mini-VOC2007, drawn by the cnn-rnn project</database>\n"
        "\t</source>",
        f"\t<size>\n\t\t<width>{size}</width>\n\t\t<height>{size}</height>\n"
        "\t\t<depth>3</depth>\n\t</size>\n\t<segmented>0</segmented>",
    ]
    for found in objects:
        edges = zip(("xmin", "ymin", "xmax", "ymax"), found.corners, strict=True)
        box = "".join(f"\t\t\t<{edge}>{value}</{edge}>\n" for edge, value in edges)
        lines.append(
            f"\t<object>\n\t\t<name>{found.name}</name>\n\t\t<pose>Unspecified</pose>\n"
            f"\t\t<truncated>{found.truncated:d}</truncated>\n"
            f"\t\t<difficult>{found.difficult:d}</difficult>\n"
            f"\t\t<bndbox>\n{box}\t\t</bndbox>\n\t</object>"
        )
    return "\n".join([*lines, "</annotation>\n"])


def _write_split(sets: Path, split: str, images: dict[str, list[VocObject]]) -> None:
    texts = {split: "".join(f"{image_id}\n" for image_id in images)}
    for name in VOC_CLASSES:
        lines = (f"{key} {class_value(found, name):2d}\n" for key, found in images.items())
        texts[f"{name}_{split}"] = "".join(lines)
    for stem, text in texts.items():
        (sets / f"{stem}.txt").write_text(text, encoding="utf-8")
