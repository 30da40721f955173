"""Painted scenes: the same pixels everywhere, and a mask that agrees with them."""

import hashlib
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from data_modules.mini.coco import draw
from data_modules.mini.painting import finish, paint_scene
from data_modules.mini.pen import Canvas
from data_modules.mini.sampling import SCENE_TYPES, Scene, sample_scene, stream
from data_modules.mini.scene_types import SceneType

# Pillow 11 and later draw the same; another hash means another data set: raise
# GENERATOR_VERSION in data_modules/mini/coco.py and train the mini VGG16 again.
PIXELS = {
    ("train2014", 0): "3dcb8dc9e118afe6",
    ("train2014", 1): "27c991dc56eef12f",
    ("train2014", 7): "f5d4f56426be9e09",
    ("val2014", 0): "91db936e2b60fcb5",
    ("val2014", 11): "c63d1570f34cedeb",
}


@pytest.mark.parametrize(("split", "index"), PIXELS, ids=lambda part: str(part))
def test_pixels_are_those_of_this_generator_version(split: str, index: int) -> None:
    picture, _, _ = draw(0, split, index, 96)
    assert hashlib.sha256(picture.tobytes()).hexdigest()[:16] == PIXELS[split, index]


@pytest.mark.parametrize("kind", SCENE_TYPES, ids=lambda kind: kind.name)
def test_a_background_fills_the_whole_picture(kind: SceneType) -> None:
    for seed in range(8):
        canvas = Canvas(48)
        canvas.image.paste((255, 0, 255), (0, 0, canvas.side, canvas.side))
        kind.background(canvas.pen(), Random(seed))
        pixels = np.asarray(canvas.image)
        assert not (pixels == (255, 0, 255)).all(axis=2).any()
        assert not np.asarray(canvas.mask).any()


def _scene_with(count: int) -> Scene:
    for index in range(1000):
        scene = sample_scene(stream("painting", index))
        if len(scene.items) >= count:
            return scene
    raise AssertionError("no such scene")


def test_what_is_seen_of_an_item_is_at_most_what_it_covered() -> None:
    for index in range(40):
        scene = sample_scene(stream("painting", index))
        canvas, covered = paint_scene(scene, 64)
        seen = canvas.mask.histogram()
        assert len(covered) == len(scene.items)
        assert all(seen[i + 1] <= covered[i] for i in range(len(covered)))
        assert sum(seen[len(covered) + 1 :]) == 0


def test_the_mask_changes_where_an_item_is_left_out() -> None:
    scene = _scene_with(3)
    free = max(i for i, item in enumerate(scene.items) if item.holder is None)
    without = replace(
        scene,
        items=tuple(
            replace(item, x=9.0) if i == free else item for i, item in enumerate(scene.items)
        ),
    )
    canvas, _ = paint_scene(scene, 96)
    other, covered = paint_scene(without, 96)
    assert covered[free] == 0
    changed = (np.asarray(canvas.image) != np.asarray(other.image)).any(axis=2)
    assert changed[np.asarray(canvas.mask) == free + 1].mean() > 0.5


def test_every_picture_has_a_light_of_its_own() -> None:
    canvas = Canvas(32)
    canvas.pen().rectangle(0, 0, 1, 1, (128, 128, 128))
    means = [finish(canvas, Random(seed)).mean() for seed in range(20)]
    assert max(means) - min(means) > 15
    picture = finish(canvas, Random(0))
    assert picture.shape == (32, 32, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 0.5
