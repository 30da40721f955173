"""A canvas with a mask of instance numbers, and a pen that draws in a unit box onto both.

Every shape is a filled polygon with whole-number corners on a canvas three times too large: what
Pillow draws is then the same everywhere, and edges are smooth after the reduction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

Colour = tuple[int, ...]
Point = tuple[float, float]

SUPERSAMPLING = 3
_CORNERS = 22  # of a polygon that stands for an ellipse: enough at a canvas of 288 pixels
_CIRCLE = [
    (math.cos(2 * math.pi * i / _CORNERS), math.sin(2 * math.pi * i / _CORNERS))
    for i in range(_CORNERS)
]


class Canvas:
    """A square picture under way.

    Args:
        size: side of the finished picture in pixels.

    Attributes:
        side: side of the canvas, `size * SUPERSAMPLING`.
        image: RGB, `side` x `side`.
        mask: the number of the instance that is seen at each pixel; 0 where there is none.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.side = size * SUPERSAMPLING
        self.image = Image.new("RGB", (self.side, self.side))
        self.mask = Image.new("L", (self.side, self.side))
        self._solid = ImageDraw.Draw(self.image)
        self._glass = ImageDraw.Draw(self.image, "RGBA")
        self._numbers = ImageDraw.Draw(self.mask)

    def fill(self, corners: Sequence[tuple[int, int]], colour: Colour, number: int | None) -> None:
        """Fill a polygon.

        Args:
            corners: canvas pixels, which may lie outside.
            colour: RGB, or RGBA to let what is below shine through.
            number: what the mask holds there from now on; None leaves the mask as it is.
        """
        (self._solid if len(colour) == 3 else self._glass).polygon(corners, fill=colour)
        if number is not None:
            self._numbers.polygon(corners, fill=number)

    def pen(
        self,
        left: float = 0.0,
        top: float = 0.0,
        width: float = 1.0,
        height: float = 1.0,
        *,
        number: int | None = None,
        flip: bool = False,
        angle: float = 0.0,
    ) -> Pen:
        """A pen for a box of the picture, in fractions of its side.

        Args:
            left: left edge of the box.
            top: upper edge.
            width: width of the box.
            height: height of the box.
            number: the instance that it draws; 0 hides instances behind it; None leaves the mask.
            flip: mirrored from left to right.
            angle: radians, clockwise, about the middle of the box.
        """
        side = self.side
        cosine, sine = math.cos(angle), math.sin(angle)
        across = (-width if flip else width) * side
        down = height * side
        a, b = across * cosine, -down * sine
        d, e = across * sine, down * cosine
        x, y = (left + width / 2) * side, (top + height / 2) * side
        matrix = (a, b, x - a / 2 - b / 2, d, e, y - d / 2 - e / 2)
        return Pen(self, matrix, number)


class Pen:
    """Draws in a unit box: (0, 0) is its upper left corner, (1, 1) its lower right one."""

    def __init__(
        self,
        canvas: Canvas,
        matrix: tuple[float, float, float, float, float, float],
        number: int | None,
    ) -> None:
        self.canvas = canvas
        self.matrix = matrix
        self.number = number
        a, b, _, d, e, _ = matrix
        self.width = math.hypot(a, d)  # canvas pixels
        self.height = math.hypot(b, e)
        self._unit = math.sqrt(self.width * self.height)

    @property
    def detailed(self) -> bool:
        """Whether the box is large enough for details that cost time to draw."""
        return self._unit > 54

    @property
    def mirrored(self) -> bool:
        """Whether what is drawn comes out reversed: letters must be drawn reversed, then."""
        a, b, _, d, e, _ = self.matrix
        return a * e - b * d < 0

    def at(self, x: float, y: float) -> Point:
        """A point of the box in fractions of the picture's side."""
        a, b, c, d, e, f = self.matrix
        return (a * x + b * y + c) / self.canvas.side, (d * x + e * y + f) / self.canvas.side

    def part(self, left: float, top: float, right: float, bottom: float) -> Pen:
        """A pen for a box within this box; `left > right` mirrors it."""
        a, b, c, d, e, f = self.matrix
        width, height = right - left, bottom - top
        matrix = (
            a * width,
            b * height,
            a * left + b * top + c,
            d * width,
            e * height,
            d * left + e * top + f,
        )
        return Pen(self.canvas, matrix, self.number)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        a, b, c, d, e, f = self.matrix
        corners = [(round(a * x + b * y + c), round(d * x + e * y + f)) for x, y in points]
        self.canvas.fill(corners, colour, self.number)

    def rectangle(
        self, left: float, top: float, right: float, bottom: float, colour: Colour
    ) -> None:
        """A filled rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def rounded(
        self, left: float, top: float, right: float, bottom: float, colour: Colour, by: float = 0.2
    ) -> None:
        """A rectangle without its corners; `by` is the part of the shorter side that is cut."""
        cut = by * min((right - left) * self.width, (bottom - top) * self.height)
        x, y = cut / max(self.width, 1e-6), cut / max(self.height, 1e-6)
        points = []
        for corner_x, corner_y, sign_x, sign_y in (
            (left, top, 1, 1),
            (right, top, -1, 1),
            (right, bottom, -1, -1),
            (left, bottom, 1, -1),
        ):
            arc = [
                (corner_x, corner_y + sign_y * y),
                (corner_x + sign_x * x * 0.3, corner_y + sign_y * y * 0.3),
                (corner_x + sign_x * x, corner_y),
            ]
            points += arc if sign_x * sign_y > 0 else arc[::-1]
        self.polygon(points, colour)

    def ellipse(
        self, x: float, y: float, across: float, down: float, colour: Colour, angle: float = 0.0
    ) -> None:
        """A filled ellipse about (x, y) with half-axes `across` and `down`."""
        if angle:
            cosine, sine = math.cos(angle), math.sin(angle)
            points = [
                (
                    x + across * u * cosine - down * v * sine,
                    y + across * u * sine + down * v * cosine,
                )
                for u, v in _CIRCLE
            ]
        else:
            points = [(x + across * u, y + down * v) for u, v in _CIRCLE]
        self.polygon(points, colour)

    def circle(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A circle that stays round in a box that is no square.

        Args:
            x: centre.
            y: centre.
            radius: in units of the box's mean side (the root of its area).
            colour: RGB or RGBA.
        """
        across, down = radius * self._unit / self.width, radius * self._unit / self.height
        self.ellipse(x, y, across, down, colour)

    def sector(
        self,
        x: float,
        y: float,
        across: float,
        down: float,
        start: float,
        stop: float,
        colour: Colour,
    ) -> None:
        """A slice of an ellipse from `start` to `stop` degrees, clockwise from three o'clock."""
        steps = max(2, int(abs(stop - start) / 15))
        points = [(x, y)] if abs(stop - start) < 360 else []
        for i in range(steps + 1):
            turn = math.radians(start + (stop - start) * i / steps)
            points.append((x + across * math.cos(turn), y + down * math.sin(turn)))
        self.polygon(points, colour)

    def arc(
        self,
        x: float,
        y: float,
        across: float,
        down: float,
        start: float,
        stop: float,
        width: float,
        colour: Colour,
    ) -> None:
        """A curved line along an ellipse, from `start` to `stop` degrees."""
        steps = max(2, int(abs(stop - start) / 18))
        turns = [math.radians(start + (stop - start) * i / steps) for i in range(steps + 1)]
        self.line(
            [(x + across * math.cos(t), y + down * math.sin(t)) for t in turns], width, colour
        )

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """A line with round joints; `width` is in units of the box's mean side."""
        a, b, c, d, e, f = self.matrix
        half = max(width * self._unit / 2, 0.5)
        places = [(a * x + b * y + c, d * x + e * y + f) for x, y in points]
        for i in range(len(places) - 1):
            (x0, y0), (x1, y1) = places[i], places[i + 1]
            length = math.hypot(x1 - x0, y1 - y0) or 1.0
            p, q = (y0 - y1) / length * half, (x1 - x0) / length * half
            quad = [(x0 + p, y0 + q), (x1 + p, y1 + q), (x1 - p, y1 - q), (x0 - p, y0 - q)]
            corners = [(round(x), round(y)) for x, y in quad]
            self.canvas.fill(corners, colour, self.number)
        if half > 1.5 and len(colour) == 3:
            for x0, y0 in places:
                corners = [(round(x0 + half * u), round(y0 + half * v)) for u, v in _CIRCLE[::2]]
                self.canvas.fill(corners, colour, self.number)
