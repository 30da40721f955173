"""Things without a label: skies, trees, buildings, stones, shelves, lamps, rugs, papers.

Each function draws with a pen for the whole picture; coordinates are fractions of its side.
"""

from random import Random

from data_modules.mini.colours import BLACK, CLOTH, STEEL, WHITE, WOOD, mix, pick, shade, vary
from data_modules.mini.pen import Colour, Pen


def gradient(pen: Pen, top: float, bottom: float, first: Colour, last: Colour) -> None:
    """A band from one edge to the other that goes from one colour to another."""
    steps = max(2, int((bottom - top) * 26))
    for index in range(steps):
        y = top + (bottom - top) * index / steps
        colour = mix(first, last, index / (steps - 1))
        pen.rectangle(0.0, y, 1.0, y + (bottom - top) / steps + 0.004, colour)


def specks(
    pen: Pen, rng: Random, top: float, bottom: float, colour: Colour, count: int, length: float
) -> None:
    """Short strokes of nearly one colour: grass, gravel, ripples; longer towards the bottom."""
    for _ in range(count):
        x, depth = rng.random(), rng.random()
        y = top + (bottom - top) * depth
        size = length * (0.35 + depth)
        tone = shade(colour, rng.uniform(0.82, 1.16))
        pen.polygon(
            [(x, y), (x + size, y + rng.uniform(-0.006, 0.006)), (x + size / 2, y + 0.008)], tone
        )


def sky(pen: Pen, rng: Random, horizon: float) -> None:
    """Blue, grey or evening sky with clouds."""
    top, low = rng.choice(
        (
            ((96, 160, 220), (196, 222, 240)),
            ((70, 140, 210), (180, 214, 236)),
            ((150, 160, 172), (206, 208, 210)),
            ((120, 120, 170), (246, 190, 140)),
            ((130, 180, 224), (228, 236, 240)),
        )
    )
    gradient(pen, 0.0, horizon, vary(rng, top), vary(rng, low))
    for _ in range(rng.randrange(4)):
        cloud(pen, rng, rng.random(), rng.uniform(0.04, max(0.06, horizon - 0.14)))


def cloud(pen: Pen, rng: Random, x: float, y: float) -> None:
    """A cloud of a few puffs."""
    size = rng.uniform(0.05, 0.1)
    for shift, lift in ((-1.2, 0.1), (-0.4, -0.3), (0.4, -0.2), (1.2, 0.15)):
        pen.ellipse(x + shift * size, y + lift * size, size, size * 0.5, (250, 250, 250, 190))


def tree(pen: Pen, rng: Random, x: float, base: float, height: float) -> None:
    """A round tree or a fir."""
    green = pick(rng, ((66, 120, 58), (88, 140, 66), (52, 100, 60), (130, 140, 60)), 12)
    pen.rectangle(x - height * 0.04, base - height * 0.35, x + height * 0.04, base, (96, 70, 48))
    if rng.random() < 0.6:
        for shift, lift, size in ((-0.17, 0.5, 0.2), (0.17, 0.52, 0.2), (0.0, 0.7, 0.25)):
            pen.ellipse(
                x + shift * height,
                base - lift * height,
                size * height,
                size * height,
                shade(green, 0.86 + lift * 0.3),
            )
        return
    for step in range(3):
        low, half = base - height * (0.16 + 0.24 * step), height * (0.26 - 0.06 * step)
        pen.polygon(
            [(x - half, low), (x + half, low), (x, low - height * 0.4)],
            shade(green, 0.75 + 0.1 * step),
        )


def hills(pen: Pen, rng: Random, horizon: float, colour: Colour, height: float) -> None:
    """A line of hills behind the horizon."""
    points = [(0.0, horizon)]
    for index in range(7):
        points.append((index / 6, horizon - rng.uniform(0.15, 1.0) * height))
    pen.polygon([*points, (1.0, horizon)], colour)


def houses(pen: Pen, rng: Random, ground: float, low: float, high: float) -> None:
    """A row of house fronts with windows."""
    x = rng.uniform(-0.12, 0.0)
    palette = ((196, 150, 120), (206, 190, 160), (150, 120, 110), (160, 166, 172), (224, 214, 196))
    while x < 1.0:
        width = rng.uniform(0.16, 0.3)
        height = rng.uniform(low, high)
        wall = pick(rng, palette, 12)
        top = ground - height
        pen.rectangle(x, top, x + width, ground, wall)
        if rng.random() < 0.5:
            pen.polygon(
                [(x - 0.01, top), (x + width + 0.01, top), (x + width / 2, top - 0.08)],
                shade((150, 80, 64), rng.uniform(0.7, 1.1)),
            )
        pane = shade((110, 140, 160), rng.uniform(0.6, 1.2))
        columns, rows = max(2, int(width / 0.075)), max(2, int(height / 0.1))
        for row in range(rows):
            for column in range(columns):
                left = x + width * (column + 0.25) / columns
                y = top + height * (row + 0.25) / rows
                pen.rectangle(left, y, left + width * 0.5 / columns, y + height * 0.45 / rows, pane)
        x += width


def stones(pen: Pen, rng: Random, top: float, bottom: float, count: int) -> None:
    """Grey stones that lie about."""
    for _ in range(count):
        x, y, size = rng.random(), rng.uniform(top, bottom), rng.uniform(0.012, 0.04)
        tone = pick(rng, ((130, 126, 120), (108, 104, 100), (150, 140, 126)))
        pen.polygon(
            [
                (x - size, y),
                (x - size * 0.6, y - size * 0.7),
                (x + size * 0.4, y - size * 0.8),
                (x + size, y),
            ],
            tone,
        )


def fence(pen: Pen, rng: Random, y: float, height: float) -> None:
    """A wooden fence from edge to edge."""
    wood = pick(rng, (*WOOD, WHITE))
    for index in range(9):
        x = 0.02 + index * 0.12
        pen.rectangle(x, y - height, x + 0.018, y, shade(wood, 0.85))
    for rise in (0.85, 0.45):
        pen.rectangle(0.0, y - height * rise, 1.0, y - height * rise + 0.016, wood)


def street_lamp(pen: Pen, rng: Random, x: float, base: float, height: float) -> None:
    """A lamp post."""
    pen.line([(x, base), (x, base - height), (x + 0.05, base - height - 0.02)], 0.014, (70, 74, 78))
    pen.ellipse(x + 0.06, base - height - 0.012, 0.028, 0.014, (250, 240, 190))


def window(pen: Pen, rng: Random, x: float, y: float, width: float, height: float) -> None:
    """A window with the sky behind it, with or without curtains."""
    frame = pick(rng, (WHITE, (150, 110, 76)))
    pen.rectangle(x, y, x + width, y + height, frame)
    light = rng.choice(((170, 206, 232), (206, 224, 236), (60, 70, 104), (240, 206, 160)))
    for column in (0, 1):
        left = x + width * (0.06 + 0.47 * column)
        pen.rectangle(left, y + height * 0.07, left + width * 0.41, y + height * 0.93, light)
    pen.rectangle(x, y + height * 0.62, x + width, y + height * 0.66, frame)
    if rng.random() < 0.5:
        cloth = pick(rng, CLOTH)
        pen.polygon(
            [
                (x - 0.03, y - 0.02),
                (x + width * 0.3, y - 0.02),
                (x + 0.0, y + height + 0.03),
                (x - 0.04, y + height + 0.03),
            ],
            cloth,
        )
        right = x + width
        pen.polygon(
            [
                (right + 0.03, y - 0.02),
                (right - width * 0.3, y - 0.02),
                (right, y + height + 0.03),
                (right + 0.04, y + height + 0.03),
            ],
            shade(cloth, 0.9),
        )


def painting(pen: Pen, rng: Random, x: float, y: float) -> None:
    """A framed picture on the wall."""
    width, height = rng.uniform(0.1, 0.18), rng.uniform(0.09, 0.16)
    pen.rectangle(x, y, x + width, y + height, pick(rng, WOOD))
    colour = pick(rng, CLOTH, 20)
    pen.rectangle(x + 0.015, y + 0.015, x + width - 0.015, y + height - 0.015, shade(colour, 1.4))
    pen.polygon(
        [
            (x + 0.015, y + height - 0.015),
            (x + width * 0.5, y + height * 0.4),
            (x + width - 0.015, y + height - 0.015),
        ],
        shade(colour, 0.9),
    )


def shelf(pen: Pen, rng: Random, x: float, y: float, width: float) -> None:
    """A board on the wall with boxes, tins and other upright things on it."""
    place = x + 0.01
    while place < x + width - 0.05:
        size, height = rng.uniform(0.012, 0.035), rng.uniform(0.04, 0.09)
        pen.rectangle(place, y - height, place + size, y, pick(rng, CLOTH, 24))
        place += size + (rng.uniform(0.02, 0.08) if rng.random() < 0.3 else 0.003)
    pen.rectangle(x, y, x + width, y + 0.018, pick(rng, WOOD))


def floor_lamp(pen: Pen, rng: Random, x: float, base: float, height: float) -> None:
    """A lamp on a stand with a shade."""
    pen.line([(x, base), (x, base - height)], 0.012, (80, 76, 72))
    pen.ellipse(x, base, 0.04, 0.012, (80, 76, 72))
    colour = pick(rng, ((250, 226, 170), (236, 200, 150), (240, 240, 230), (200, 120, 90)))
    top = base - height
    pen.polygon(
        [
            (x - 0.035, top - 0.07),
            (x + 0.035, top - 0.07),
            (x + 0.07, top + 0.04),
            (x - 0.07, top + 0.04),
        ],
        colour,
    )


def rug(pen: Pen, rng: Random, y: float, depth: float) -> None:
    """A rug on the floor, in perspective."""
    colour = pick(rng, CLOTH, 16)
    left, right = rng.uniform(0.05, 0.25), rng.uniform(0.75, 0.95)
    pen.polygon(
        [(left + 0.06, y), (right - 0.06, y), (right, y + depth), (left, y + depth)],
        shade(colour, 0.8),
    )
    pen.polygon(
        [
            (left + 0.1, y + 0.02),
            (right - 0.1, y + 0.02),
            (right - 0.06, y + depth - 0.02),
            (left + 0.06, y + depth - 0.02),
        ],
        shade(colour, 1.15),
    )


def papers(pen: Pen, rng: Random, top: float, bottom: float, count: int) -> None:
    """Sheets, boxes and cloths that lie on a surface."""
    for _ in range(count):
        x, y = rng.uniform(0.05, 0.9), rng.uniform(top, bottom)
        width, depth, lean = (
            rng.uniform(0.04, 0.12),
            rng.uniform(0.02, 0.045),
            rng.uniform(-0.03, 0.03),
        )
        colour = pick(rng, (WHITE, WHITE, (236, 226, 190), *CLOTH), 14)
        pen.polygon(
            [(x + lean, y), (x + width + lean, y), (x + width, y + depth), (x, y + depth)], colour
        )


def plate(pen: Pen, rng: Random, x: float, y: float, width: float) -> None:
    """A plate seen at a slant, its middle at (x, y)."""
    ware = pick(rng, (WHITE, WHITE, (214, 226, 236), (236, 214, 190)), 6)
    pen.ellipse(x, y + width * 0.03, width / 2, width * 0.24, shade(ware, 0.7))
    pen.ellipse(x, y, width / 2, width * 0.24, ware)
    pen.ellipse(x, y, width * 0.34, width * 0.15, shade(ware, 0.9))


def jar(pen: Pen, rng: Random, x: float, base: float, height: float) -> None:
    """A tin, a jar or a box: upright, of no category."""
    width = height * rng.uniform(0.45, 0.8)
    colour = pick(rng, (*CLOTH, STEEL), 16)
    pen.rectangle(x, base - height, x + width, base, colour)
    pen.rectangle(
        x, base - height, x + width, base - height * 0.8, pick(rng, (BLACK, WHITE, STEEL))
    )
    pen.rectangle(x + width * 0.75, base - height * 0.8, x + width, base, shade(colour, 0.75))


def tuft(pen: Pen, rng: Random, x: float, base: float, height: float) -> None:
    """A tuft of grass or a low bush in the foreground."""
    green = pick(rng, ((70, 124, 56), (96, 144, 64), (130, 140, 70)), 12)
    for index in range(5):
        shift = (index - 2) * height * 0.3
        pen.polygon(
            [
                (x + shift * 0.4 - 0.012, base),
                (x + shift * 0.4 + 0.012, base),
                (x + shift, base - height * rng.uniform(0.6, 1.0)),
            ],
            shade(green, 0.8 + 0.08 * index),
        )
