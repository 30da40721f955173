"""Annotations: boxes, areas and outlines that agree with the mask."""

import numpy as np
from pycocotools import mask as masks

from data_modules.mini.annotations import SEEN_PART, annotate
from data_modules.mini.catalogue import BY_NAME
from data_modules.mini.painting import paint_scene
from data_modules.mini.pen import SUPERSAMPLING, Canvas
from data_modules.mini.sampling import Item, Scene, sample_scene, stream
from data_modules.mini.scenes_town import STREET


def _boxes(parts: list[tuple[float, float, float, float]]) -> tuple[Scene, Canvas, list[int]]:
    """A scene of cars that are plain boxes, drawn one after the other."""
    canvas = Canvas(60)
    covered = []
    for number, (left, top, width, height) in enumerate(parts, start=1):
        canvas.pen(left, top, width, height, number=number).rectangle(0, 0, 1, 1, (255, 0, 0))
        covered.append(canvas.mask.histogram()[number])
    items = tuple(Item("car", 0.5, 0.5, 1.0, 0) for _ in parts)
    return Scene(STREET, items), canvas, covered


def test_a_box_is_measured_to_a_third_of_a_pixel() -> None:
    (found,) = annotate(*_boxes([(0.1, 0.2, 0.5, 0.3)]))
    assert found["category_id"] == BY_NAME["car"].id
    assert np.allclose(found["bbox"], [6, 12, 30, 18], atol=0.34)
    assert abs(found["area"] - 30 * 18) < 20
    assert found["iscrowd"] == 0


def test_what_is_hidden_is_left_out_and_what_is_half_hidden_is_cut() -> None:
    hidden = (0.1, 0.1, 0.4, 0.4)
    scene, canvas, covered = _boxes([hidden, (0.05, 0.05, 0.5, 0.44)])
    assert canvas.mask.histogram()[1] < SEEN_PART * covered[0]
    assert len(annotate(scene, canvas, covered)) == 1
    half, _ = annotate(*_boxes([hidden, (0.1, 0.1, 0.2, 0.4)]))
    assert np.allclose(half["bbox"], [18, 6, 12, 24], atol=0.4)


def test_specks_are_left_out() -> None:
    assert annotate(*_boxes([(0.5, 0.5, 0.01, 0.01)])) == []


def test_outlines_and_runs_cover_what_is_seen() -> None:
    crowds = 0
    for index in range(150):
        scene = sample_scene(stream("annotations", index))
        canvas, covered = paint_scene(scene, 96)
        found = annotate(scene, canvas, covered)
        numbers = {BY_NAME[item.category].id for item in scene.items}
        assert {one["category_id"] for one in found} <= numbers
        small = np.asarray(canvas.mask)[1::SUPERSAMPLING, 1::SUPERSAMPLING]
        for one in found:
            if one["iscrowd"]:
                crowds += 1
                shape = one["segmentation"]
                assert isinstance(shape, dict)
                decoded = masks.decode(masks.frPyObjects(shape, *shape["size"])).astype(bool)
                places = [i + 1 for i, item in enumerate(scene.items) if item.crowd]
                assert (decoded == np.isin(small, places)).all()
            else:
                assert isinstance(one["segmentation"], list)
                merged = masks.merge(masks.frPyObjects(one["segmentation"], 96, 96))
                area = float(masks.area(merged))
                # The outline fills hollows; thin things lose their rims when pycocotools rounds.
                assert area >= 0.55 * one["area"] - 6
                left, top, width, height = masks.toBbox(merged)
                x, y, w, h = one["bbox"]
                assert left >= x - 1
                assert top >= y - 1
                assert left + width <= x + w + 1
                assert top + height <= y + h + 1
    assert crowds >= 1
