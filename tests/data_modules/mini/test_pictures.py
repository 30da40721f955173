"""Single-object pictures: every category, apart from the scenes, the same for any processes."""

import hashlib
from collections import Counter

import numpy as np

from data_modules.mini.catalogue import CATEGORIES
from data_modules.mini.coco import draw
from data_modules.mini.pictures import (
    CLASS_NAMES,
    draw_single,
    single_object_picture,
    single_object_pictures,
)
from data_modules.mini.sampling import stream

# See test_painting.py.
PIXELS = {0: "b14603afc866c38b", 5: "714d3ba01cd8d4d0"}


def test_pixels_are_those_of_this_generator_version() -> None:
    for index, expected in PIXELS.items():
        picture, _ = single_object_picture(0, index)
        assert hashlib.sha256(picture.tobytes()).hexdigest()[:16] == expected


def test_class_names_are_the_categories() -> None:
    assert tuple(kind.name for kind in CATEGORIES) == CLASS_NAMES


def test_a_batch_is_the_pictures_one_by_one() -> None:
    pictures, labels = single_object_pictures(3, 95, 130, 32, num_processes=2)
    assert pictures.shape == (130, 32, 32, 3)
    assert labels.dtype == np.int64
    for place in (0, 4, 5, 129):
        picture, label = single_object_picture(3, 95 + place, 32)
        assert (pictures[place] == picture).all()
        assert labels[place] == label


def test_every_category_is_about_equally_frequent() -> None:
    labels = Counter(
        stream("single object", 0, index).randrange(len(CATEGORIES)) for index in range(8000)
    )
    assert len(labels) == len(CATEGORIES)
    assert min(labels.values()) > 60


def test_a_picture_is_of_its_category() -> None:
    kind = CATEGORIES[15]
    _, label = single_object_picture(0, 0)
    again = draw_single(CATEGORIES[label], _stream_after_label(0, 0))
    assert (again == single_object_picture(0, 0)[0]).all()
    other = draw_single(kind, _stream_after_label(0, 0))
    assert label != 15
    assert (again != other).any()


def _stream_after_label(seed: int, index: int):  # type: ignore[no-untyped-def]
    rng = stream("single object", seed, index)
    rng.randrange(len(CATEGORIES))
    return rng


def test_no_picture_is_a_scene() -> None:
    single, _ = single_object_picture(0, 0)
    scenes = [draw(0, split, 0, 96)[0] for split in ("train2014", "val2014")]
    assert all((np.asarray(scene) != single).any() for scene in scenes)
