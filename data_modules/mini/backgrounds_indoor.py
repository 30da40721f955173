"""Backgrounds with a roof: each fills the picture before the objects come.

Where the floor, the counter or the desk begins is fixed; the areas of `scene_types.py` rely on it.
"""

from random import Random

from data_modules.mini import clutter
from data_modules.mini.colours import CLOTH, STEEL, WHITE, WOOD, pick, shade, vary
from data_modules.mini.pen import Colour, Pen

_WALL: tuple[Colour, ...] = (
    (226, 218, 200),
    (206, 216, 220),
    (196, 206, 186),
    (224, 204, 186),
    (236, 234, 228),
    (190, 180, 196),
    (168, 186, 200),
)


def _wall(pen: Pen, rng: Random, floor: float) -> Colour:
    colour = pick(rng, _WALL, 12)
    clutter.gradient(pen, 0.0, floor, shade(colour, 1.06), shade(colour, 0.9))
    if rng.random() < 0.3:
        for index in range(12):
            pen.rectangle(index / 12, 0.0, index / 12 + 0.03, floor, shade(colour, 0.92))
    return colour


def _boards(pen: Pen, rng: Random, floor: float) -> None:
    wood = pick(rng, ((176, 130, 86), (150, 108, 72), (200, 164, 120), (120, 90, 66)))
    clutter.gradient(pen, floor, 1.0, shade(wood, 0.86), shade(wood, 1.06))
    for index in range(-3, 14):
        x = index / 10
        pen.line(
            [(0.5 + (x - 0.5) * 0.75, floor), (0.5 + (x - 0.5) * 1.5, 1.0)], 0.005, shade(wood, 0.7)
        )
    pen.rectangle(0.0, floor - 0.02, 1.0, floor, shade(WHITE, 0.9))


def _tiles(pen: Pen, colour: Colour, top: float, bottom: float, rows: int) -> None:
    size = (bottom - top) / rows
    for row in range(1, rows):
        pen.rectangle(0.0, top + row * size, 1.0, top + row * size + 0.005, shade(colour, 0.84))
    for column in range(int(1 / size) + 1):
        pen.rectangle(column * size, top, column * size + 0.005, bottom, shade(colour, 0.84))


def kitchen(pen: Pen, rng: Random) -> None:
    """Cupboards, a tiled wall, and in front a counter whose top is at 0.62 to 0.74."""
    wall = _wall(pen, rng, 0.72)
    _tiles(pen, wall, 0.3, 0.62, 5)
    door = pick(rng, (*WOOD, WHITE, (150, 176, 170), (190, 200, 206)))
    gap = rng.uniform(0.3, 0.5)
    for left, right in ((0.0, gap), (gap + 0.26, 1.0)):
        pen.rectangle(left, 0.0, right, 0.26, shade(door, 0.92))
        count = max(1, round((right - left) / 0.17))
        for index in range(count):
            x = left + (right - left) * index / count
            pen.line([(x, 0.0), (x, 0.26)], 0.008, shade(door, 0.65))
            pen.rectangle(x + 0.02, 0.18, x + 0.03, 0.23, STEEL)
    if rng.random() < 0.6:
        clutter.window(pen, rng, gap + 0.03, 0.05, 0.2, 0.24)
    _counter(pen, rng, door)


def _counter(pen: Pen, rng: Random, door: Colour) -> None:
    top = pick(rng, ((206, 200, 192), (92, 92, 98), (186, 150, 108), (232, 230, 226)))
    clutter.gradient(pen, 0.6, 0.77, shade(top, 0.86), shade(top, 1.08))
    pen.rectangle(0.0, 0.76, 1.0, 0.79, shade(top, 0.7))
    pen.rectangle(0.0, 0.79, 1.0, 1.0, door)
    shift = rng.random() * 0.2
    for index in range(-1, 5):
        x = shift + index * 0.24
        pen.line([(x, 0.79), (x, 1.0)], 0.008, shade(door, 0.65))
        pen.rectangle(x + 0.02, 0.84, x + 0.07, 0.855, STEEL)
    for _ in range(rng.randint(0, 3)):
        clutter.jar(pen, rng, rng.random(), 0.64, rng.uniform(0.05, 0.1))


def dining_room(pen: Pen, rng: Random) -> None:
    """A room with windows or pictures, around a table."""
    _wall(pen, rng, 0.5)
    _boards(pen, rng, 0.48)
    if rng.random() < 0.55:
        clutter.window(pen, rng, rng.uniform(0.05, 0.65), 0.06, 0.26, 0.28)
    for _ in range(rng.randrange(3)):
        clutter.painting(pen, rng, rng.uniform(0.0, 0.85), rng.uniform(0.08, 0.2))
    if rng.random() < 0.4:
        clutter.floor_lamp(pen, rng, rng.uniform(0.05, 0.95), 0.5, 0.32)


def office(pen: Pen, rng: Random) -> None:
    """A wall with shelves and a desk whose top is at 0.58 to 0.86."""
    _wall(pen, rng, 0.62)
    if rng.random() < 0.5:
        clutter.window(pen, rng, rng.uniform(0.05, 0.65), 0.06, 0.28, 0.3)
    if rng.random() < 0.6:
        clutter.shelf(
            pen, rng, rng.uniform(0.0, 0.5), rng.uniform(0.16, 0.24), rng.uniform(0.3, 0.5)
        )
    for _ in range(rng.randrange(3)):
        x, y = rng.uniform(0.0, 0.9), rng.uniform(0.1, 0.36)
        pen.rectangle(
            x, y, x + 0.05, y + 0.05, pick(rng, ((246, 226, 110), (240, 170, 180), (170, 220, 190)))
        )
    wood = pick(rng, (*WOOD, (226, 224, 218), (70, 66, 64)))
    clutter.gradient(pen, 0.57, 0.9, shade(wood, 0.9), shade(wood, 1.12))
    clutter.specks(pen, rng, 0.6, 0.88, wood, 10, 0.12)
    pen.rectangle(0.0, 0.89, 1.0, 0.93, shade(wood, 0.7))
    pen.rectangle(0.0, 0.93, 1.0, 1.0, shade(wood, 0.5))
    clutter.papers(pen, rng, 0.64, 0.84, rng.randint(1, 4))


def living_room(pen: Pen, rng: Random) -> None:
    """A room with a rug, a low sideboard at the wall (its top at 0.44) and a coffee table."""
    _wall(pen, rng, 0.56)
    _boards(pen, rng, 0.56)
    if rng.random() < 0.5:
        clutter.window(pen, rng, rng.uniform(0.05, 0.7), 0.04, 0.24, 0.26)
    for _ in range(rng.randrange(3)):
        clutter.painting(pen, rng, rng.uniform(0.0, 0.84), rng.uniform(0.05, 0.16))
    if rng.random() < 0.5:
        clutter.floor_lamp(pen, rng, rng.uniform(0.03, 0.97), 0.6, 0.36)
    wood = pick(rng, WOOD)
    left = rng.uniform(-0.1, 0.3)
    pen.rectangle(left, 0.44, left + 0.7, 0.6, wood)
    pen.rectangle(left - 0.01, 0.43, left + 0.71, 0.45, shade(wood, 1.2))
    for index in range(1, 3):
        pen.line(
            [(left + 0.233 * index, 0.46), (left + 0.233 * index, 0.6)], 0.008, shade(wood, 0.65)
        )
    clutter.rug(pen, rng, 0.68, 0.26)


def bedroom(pen: Pen, rng: Random) -> None:
    """A room with a bedside cupboard on each side (their tops at 0.52)."""
    _wall(pen, rng, 0.58)
    _boards(pen, rng, 0.58)
    if rng.random() < 0.6:
        clutter.window(pen, rng, rng.uniform(0.2, 0.6), 0.05, 0.24, 0.28)
    for _ in range(rng.randrange(3)):
        clutter.painting(pen, rng, rng.uniform(0.0, 0.84), rng.uniform(0.06, 0.2))
    wood = pick(rng, WOOD)
    for left in (-0.02, 0.84):
        pen.rectangle(left, 0.52, left + 0.18, 0.72, wood)
        pen.rectangle(left, 0.51, left + 0.18, 0.535, shade(wood, 1.2))
        pen.line([(left + 0.02, 0.61), (left + 0.16, 0.61)], 0.008, shade(wood, 0.6))
    if rng.random() < 0.7:
        clutter.floor_lamp(pen, rng, rng.choice((0.03, 0.96)), 0.52, 0.1)
    clutter.rug(pen, rng, 0.8, 0.16)


def bathroom(pen: Pen, rng: Random) -> None:
    """Tiles, a mirror and a ledge (its top at 0.5)."""
    tile = pick(rng, ((206, 222, 226), (226, 226, 220), (180, 206, 206), (216, 206, 220)))
    clutter.gradient(pen, 0.0, 0.66, shade(tile, 1.08), shade(tile, 0.94))
    _tiles(pen, tile, 0.14, 0.66, 6)
    floor = pick(rng, ((150, 160, 166), (190, 184, 176), (110, 122, 132)))
    clutter.gradient(pen, 0.66, 1.0, shade(floor, 0.9), shade(floor, 1.1))
    for index in range(-2, 9):
        x = index / 6
        pen.line(
            [(0.5 + (x - 0.5) * 0.8, 0.66), (0.5 + (x - 0.5) * 1.5, 1.0)], 0.005, shade(floor, 0.75)
        )
    for y in (0.72, 0.8, 0.9):
        pen.rectangle(0.0, y, 1.0, y + 0.005, shade(floor, 0.75))
    x = rng.uniform(0.1, 0.6)
    pen.rounded(x, 0.08, x + 0.3, 0.4, pick(rng, (*WOOD, STEEL)), 0.15)
    pen.rounded(x + 0.02, 0.1, x + 0.28, 0.38, (190, 214, 224), 0.15)
    pen.polygon(
        [(x + 0.06, 0.36), (x + 0.16, 0.12), (x + 0.2, 0.12), (x + 0.1, 0.36)], (222, 236, 242)
    )
    pen.rectangle(0.0, 0.5, 1.0, 0.525, shade(WHITE, 0.86))
    if rng.random() < 0.6:
        x = rng.uniform(0.0, 0.85)
        towel = pick(rng, CLOTH)
        pen.rectangle(x, 0.16, x + 0.14, 0.17, STEEL)
        pen.rectangle(x + 0.01, 0.165, x + 0.13, 0.42, towel)
        pen.rectangle(x + 0.01, 0.35, x + 0.13, 0.37, shade(towel, 1.5))
    if rng.random() < 0.4:
        clutter.jar(pen, rng, rng.uniform(0.05, 0.9), 0.5, rng.uniform(0.04, 0.08))


def hall(pen: Pen, rng: Random) -> None:
    """Out of focus behind a person: soft blots of light and colour."""
    first, last = pick(rng, _WALL, 16), pick(rng, (*_WALL, (90, 96, 110), (120, 140, 130)), 16)
    clutter.gradient(pen, 0.0, 1.0, first, last)
    for _ in range(12):
        x, y, size = rng.random(), rng.random(), rng.uniform(0.03, 0.14)
        blot = pick(rng, (*CLOTH, WHITE), 16)
        pen.ellipse(x, y, size, size, (*blot, rng.randint(30, 90)))
    if rng.random() < 0.4:
        wood = vary(rng, (120, 90, 66))
        pen.rectangle(0.0, 0.86, 1.0, 1.0, wood)
