"""The catalogue: COCO's own categories, and a drawing for each."""

import hashlib
from random import Random

import numpy as np
import pytest
from torchvision.models.detection import FasterRCNN_ResNet50_FPN_Weights

from data_modules.mini.catalogue import BY_NAME, CATEGORIES, Category
from data_modules.mini.pen import Canvas


def _draw(kind: Category, seed: int, size: int = 48) -> Canvas:
    canvas = Canvas(size)
    scale = 0.8 / max(kind.width, kind.height)
    width, height = kind.width * scale, kind.height * scale
    kind.draw(canvas.pen(0.5 - width / 2, 0.5 - height / 2, width, height, number=1), Random(seed))
    return canvas


def test_all_eighty_categories_have_their_official_names_and_ids() -> None:
    official = FasterRCNN_ResNet50_FPN_Weights.COCO_V1.meta["categories"]
    expected = {
        number: name
        for number, name in enumerate(official)
        if name not in ("N/A", "__background__")
    }
    assert {kind.id: kind.name for kind in CATEGORIES} == expected


def test_categories_are_in_the_order_of_their_ids() -> None:
    numbers = [kind.id for kind in CATEGORIES]
    assert numbers == sorted(numbers)
    assert [BY_NAME[kind.name] for kind in CATEGORIES] == list(CATEGORIES)


@pytest.mark.parametrize("kind", CATEGORIES, ids=lambda kind: kind.name)
def test_a_drawing_fills_its_box_and_hardly_leaves_it(kind: Category) -> None:
    for seed in range(6):
        mask = np.asarray(_draw(kind, seed).mask) == 1
        scale = 0.8 / max(kind.width, kind.height)
        side = len(mask)
        across, down = kind.width * scale * side, kind.height * scale * side
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        assert 0.45 * across <= columns[-1] - columns[0] + 1 <= 1.25 * across + 3
        assert 0.45 * down <= rows[-1] - rows[0] + 1 <= 1.25 * down + 3


def test_drawings_vary_with_the_seed_and_repeat_with_it() -> None:
    for kind in CATEGORIES:
        pictures = [_draw(kind, seed).image.tobytes() for seed in (0, 1, 2, 3, 0)]
        assert pictures[0] == pictures[4]
        assert len(set(pictures)) >= 2, kind.name


def test_no_two_categories_share_a_drawing() -> None:
    pictures = {hashlib.sha256(_draw(kind, 0).mask.tobytes()).hexdigest() for kind in CATEGORIES}
    assert len(pictures) == len(CATEGORIES)
