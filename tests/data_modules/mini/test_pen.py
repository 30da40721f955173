"""The pen: where shapes land, on the picture and on the mask."""

import math

import numpy as np
import pytest

from data_modules.mini.pen import SUPERSAMPLING, Canvas

RED = (255, 0, 0)


def _seen(canvas: Canvas, number: int) -> tuple[int, int, int, int]:
    mask = np.asarray(canvas.mask) == number
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def test_a_box_is_drawn_where_it_was_asked_for() -> None:
    canvas = Canvas(100)
    canvas.pen(0.1, 0.2, 0.5, 0.3, number=7).rectangle(0, 0, 1, 1, RED)
    assert _seen(canvas, 7) == (30, 60, 180, 150)
    assert canvas.image.getpixel((100, 100)) == RED
    assert canvas.image.getpixel((20, 100)) == (0, 0, 0)


def test_the_mask_holds_what_was_drawn_last() -> None:
    canvas = Canvas(50)
    canvas.pen(number=1).rectangle(0, 0, 1, 1, RED)
    canvas.pen(0.5, 0, 0.5, 1, number=2).rectangle(0, 0, 1, 1, RED)
    canvas.pen(0, 0.5, 1, 0.5, number=0).rectangle(0, 0, 1, 1, RED)
    canvas.pen(0, 0, 1, 1, number=None).rectangle(0, 0, 1, 1, RED)
    side = canvas.side - 2
    corners = [canvas.mask.getpixel(at) for at in ((2, 2), (side, 2), (2, side), (side, side))]
    assert corners == [1, 2, 0, 0]


def test_flip_mirrors_and_says_so() -> None:
    canvas = Canvas(60)
    pen = canvas.pen(number=3, flip=True)
    pen.rectangle(0, 0, 0.25, 1, RED)
    assert _seen(canvas, 3)[0] == 135
    assert pen.mirrored
    assert not canvas.pen().mirrored
    assert not pen.part(1.0, 0.0, 0.0, 1.0).mirrored


def test_angle_turns_clockwise_about_the_middle() -> None:
    pen = Canvas(100).pen(0.3, 0.3, 0.4, 0.4, angle=math.pi / 2)
    assert pen.at(0.5, 0.5) == pytest.approx((0.5, 0.5))
    assert pen.at(0.0, 0.0) == pytest.approx((0.7, 0.3))


def test_part_is_a_box_within_the_box() -> None:
    pen = Canvas(100).pen(0.2, 0.2, 0.4, 0.4)
    assert pen.part(0.5, 0.5, 1.0, 1.0).at(0.0, 1.0) == pytest.approx((0.4, 0.6))


def test_circles_stay_round_in_boxes_that_are_no_squares() -> None:
    canvas = Canvas(100)
    canvas.pen(0.1, 0.3, 0.8, 0.2, number=1).circle(0.5, 0.5, 0.2, RED)
    left, top, right, bottom = _seen(canvas, 1)
    assert abs((right - left) - (bottom - top)) <= 2


def test_glass_lets_shine_through() -> None:
    canvas = Canvas(40)
    canvas.pen().rectangle(0, 0, 1, 1, (0, 0, 200))
    canvas.pen().rectangle(0, 0, 1, 1, (255, 0, 0, 128))
    colour = canvas.image.getpixel((60, 60))
    assert isinstance(colour, tuple)
    assert 120 <= colour[0] <= 136
    assert 90 <= colour[2] <= 110


def test_every_shape_stays_near_its_box() -> None:
    canvas = Canvas(100)
    pen = canvas.pen(0.3, 0.3, 0.4, 0.4, number=1)
    pen.rounded(0, 0, 1, 1, RED)
    pen.sector(0.5, 0.5, 0.5, 0.5, 0, 270, RED)
    pen.arc(0.5, 0.5, 0.45, 0.45, 0, 360, 0.1, RED)
    pen.line([(0.05, 0.05), (0.95, 0.95)], 0.1, RED)
    pen.ellipse(0.5, 0.5, 0.5, 0.2, RED, angle=0.5)
    left, top, right, bottom = _seen(canvas, 1)
    low, high = 0.3 * 100 * SUPERSAMPLING - 3, 0.7 * 100 * SUPERSAMPLING + 3
    assert low <= min(left, top)
    assert max(right, bottom) <= high
