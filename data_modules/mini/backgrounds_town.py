"""Backgrounds of town, traffic and sport: each fills the picture before the objects come.

The ground begins at about half the height; the areas of `scenes_town.py` rely on that.
"""

from random import Random

from data_modules.mini import clutter
from data_modules.mini.colours import CLOTH, STEEL, WHITE, pick, shade, vary
from data_modules.mini.pen import Pen


def street(pen: Pen, rng: Random) -> None:
    """House fronts, a pavement and a road with a broken line."""
    clutter.sky(pen, rng, 0.5)
    clutter.houses(pen, rng, 0.5, 0.18, 0.42)
    pavement = vary(rng, (176, 172, 166))
    pen.rectangle(0.0, 0.48, 1.0, 0.6, pavement)
    for index in range(9):
        x = index * 0.13
        pen.line([(x, 0.49), (x - 0.03, 0.59)], 0.006, shade(pavement, 0.85))
    if rng.random() < 0.6:
        for _ in range(rng.randint(1, 3)):
            clutter.tree(pen, rng, rng.random(), 0.53, rng.uniform(0.18, 0.34))
    clutter.street_lamp(pen, rng, rng.uniform(0.05, 0.9), 0.56, 0.36)
    tar = vary(rng, (96, 98, 104), 8)
    pen.rectangle(0.0, 0.585, 1.0, 0.605, shade(pavement, 0.7))
    clutter.gradient(pen, 0.6, 1.0, shade(tar, 1.12), shade(tar, 0.9))
    shift = rng.random() * 0.2
    for index in range(-1, 6):
        x = shift + index * 0.22
        pen.polygon(
            [(x, 0.79), (x + 0.11, 0.79), (x + 0.1, 0.805), (x - 0.01, 0.805)], (226, 222, 200)
        )
    if rng.random() < 0.25:
        for index in range(6):
            x = 0.2 + 0.1 * index
            pen.polygon(
                [(x, 0.62), (x + 0.05, 0.62), (x + 0.02, 0.98), (x - 0.05, 0.98)], (220, 218, 210)
            )


def sports_field(pen: Pen, rng: Random) -> None:
    """A court or a pitch with white lines, a fence and stands behind."""
    clutter.sky(pen, rng, 0.4)
    stand = pick(rng, ((60, 90, 80), (70, 80, 110), (120, 116, 110)))
    pen.rectangle(0.0, 0.26, 1.0, 0.48, stand)
    for _ in range(26):
        pen.circle(rng.random(), rng.uniform(0.29, 0.42), 0.01, pick(rng, CLOTH, 20))
    pen.rectangle(0.0, 0.44, 1.0, 0.49, pick(rng, ((40, 80, 130), (40, 100, 70), (180, 60, 50))))
    ground = pick(rng, ((64, 120, 160), (186, 104, 66), (104, 152, 74), (198, 160, 112)))
    clutter.gradient(pen, 0.48, 1.0, shade(ground, 1.12), shade(ground, 0.92))
    clutter.specks(pen, rng, 0.5, 1.0, ground, 16, 0.02)
    line = (238, 238, 232)
    shift = rng.uniform(-0.1, 0.1)
    pen.line([(0.0, 0.56), (1.0, 0.56)], 0.01, line)
    pen.line([(0.0, 0.92), (1.0, 0.92)], 0.014, line)
    pen.line([(0.32 + shift, 0.56), (0.1 + shift, 1.0)], 0.012, line)
    pen.line([(0.7 + shift, 0.56), (0.96 + shift, 1.0)], 0.012, line)
    if rng.random() < 0.45:  # a net
        pen.rectangle(0.0, 0.53, 1.0, 0.61, (40, 44, 48, 90))
        pen.rectangle(0.0, 0.525, 1.0, 0.54, line)


def plaza(pen: Pen, rng: Random) -> None:
    """A skate park: concrete ramps and walls with paint."""
    clutter.sky(pen, rng, 0.44)
    for _ in range(rng.randint(1, 3)):
        clutter.tree(pen, rng, rng.random(), 0.46, rng.uniform(0.2, 0.34))
    wall = vary(rng, (172, 172, 170))
    pen.rectangle(0.0, 0.42, 1.0, 0.56, shade(wall, 0.9))
    for _ in range(6):
        x, y = rng.random(), rng.uniform(0.45, 0.53)
        pen.line([(x, y), (x + 0.06, y - 0.03), (x + 0.1, y + 0.03)], 0.02, pick(rng, CLOTH, 20))
    clutter.gradient(pen, 0.55, 1.0, shade(wall, 1.1), shade(wall, 0.88))
    left = rng.random() < 0.5
    ramp = [(0.0, 0.5), (0.1, 0.52), (0.2, 0.62), (0.34, 0.72), (0.0, 0.72)]
    pen.polygon(ramp if left else [(1 - x, y) for x, y in ramp], shade(wall, 0.72))
    pen.line([(0.3, 0.66), (0.7, 0.66)], 0.014, (90, 94, 100))


def harbour(pen: Pen, rng: Random) -> None:
    """Water, a quay with houses, and posts."""
    clutter.sky(pen, rng, 0.42)
    clutter.houses(pen, rng, 0.44, 0.08, 0.22)
    sea = pick(rng, ((58, 108, 140), (70, 130, 150), (86, 116, 130)))
    clutter.gradient(pen, 0.43, 0.84, shade(sea, 1.2), shade(sea, 0.85))
    for _ in range(22):
        x, y = rng.random(), rng.uniform(0.46, 0.82)
        pen.ellipse(x, y, rng.uniform(0.02, 0.07), 0.005, (206, 226, 232, 130))
    plank = pick(rng, ((150, 128, 102), (160, 156, 150), (124, 104, 84)))
    clutter.gradient(pen, 0.83, 1.0, plank, shade(plank, 0.8))
    for index in range(8):
        x = index * 0.15 + rng.uniform(-0.01, 0.01)
        pen.line([(x, 0.84), (x - 0.04, 1.0)], 0.008, shade(plank, 0.66))
    for x in (rng.uniform(0.05, 0.3), rng.uniform(0.6, 0.9)):
        pen.rectangle(x, 0.74, x + 0.035, 0.86, (98, 78, 60))


def airport(pen: Pen, rng: Random) -> None:
    """A runway, a terminal and a tower."""
    clutter.sky(pen, rng, 0.52)
    pen.rectangle(0.0, 0.44, 1.0, 0.53, vary(rng, (178, 184, 190)))
    for index in range(10):
        x = index * 0.1 + 0.015
        pen.rectangle(x, 0.46, x + 0.07, 0.5, (92, 124, 148))
    x = rng.uniform(0.05, 0.85)
    pen.rectangle(x, 0.28, x + 0.035, 0.52, vary(rng, (200, 198, 190)))
    pen.polygon(
        [(x - 0.03, 0.22), (x + 0.065, 0.22), (x + 0.045, 0.29), (x - 0.01, 0.29)], (80, 112, 134)
    )
    tar = vary(rng, (128, 130, 134), 8)
    clutter.gradient(
        pen, 0.52, 1.0, (136, 160, 96) if rng.random() < 0.5 else shade(tar, 1.15), tar
    )
    clutter.gradient(pen, 0.6, 1.0, shade(tar, 1.1), shade(tar, 0.85))
    for index in range(6):
        pen.rectangle(index * 0.19, 0.9, index * 0.19 + 0.1, 0.92, (236, 214, 110))


def railway(pen: Pen, rng: Random) -> None:
    """A platform with a roof, and tracks."""
    clutter.sky(pen, rng, 0.5)
    clutter.houses(pen, rng, 0.5, 0.1, 0.26)
    if rng.random() < 0.5:
        pen.polygon([(0.0, 0.02), (1.0, 0.02), (1.0, 0.1), (0.0, 0.14)], vary(rng, (112, 118, 126)))
        for x in (0.12, 0.5, 0.88):
            pen.rectangle(x, 0.1, x + 0.02, 0.56, shade(STEEL, 0.6))
    gravel = vary(rng, (138, 126, 116))
    clutter.gradient(pen, 0.5, 0.78, gravel, shade(gravel, 0.82))
    clutter.specks(pen, rng, 0.52, 0.76, gravel, 30, 0.01)
    for index in range(14):
        x = index * 0.08
        pen.polygon([(x, 0.67), (x + 0.03, 0.67), (x + 0.02, 0.73), (x - 0.01, 0.73)], (96, 76, 62))
    for y in (0.68, 0.715):
        pen.rectangle(0.0, y, 1.0, y + 0.012, shade(STEEL, 0.8))
    platform = vary(rng, (186, 180, 172))
    clutter.gradient(pen, 0.78, 1.0, platform, shade(platform, 0.84))
    pen.rectangle(0.0, 0.8, 1.0, 0.82, (236, 200, 70))


def market(pen: Pen, rng: Random) -> None:
    """A stall: an awning above, crates on a sloping board below."""
    clutter.sky(pen, rng, 0.4)
    clutter.houses(pen, rng, 0.6, 0.2, 0.4)
    first, second = pick(rng, CLOTH), pick(rng, (WHITE, (240, 230, 200)))
    for index in range(10):
        x = index * 0.1
        pen.polygon(
            [(x * 0.9 + 0.05, 0.0), (x * 0.9 + 0.14, 0.0), (x + 0.1, 0.16), (x, 0.16)],
            (first, second)[index % 2],
        )
        pen.ellipse(x + 0.05, 0.16, 0.05, 0.03, (first, second)[index % 2])
    wood = pick(rng, ((176, 134, 88), (150, 110, 72), (196, 160, 110)))
    clutter.gradient(pen, 0.54, 1.0, shade(wood, 0.8), wood)
    for row, (top, bottom) in enumerate(((0.55, 0.69), (0.71, 0.85), (0.87, 1.01))):
        shift = rng.uniform(-0.1, 0.0)
        for index in range(4):
            x = shift + index * 0.3
            pen.rectangle(x, top, x + 0.28, bottom, shade(wood, 0.66 + 0.06 * row))
            pen.rectangle(x + 0.015, top + 0.015, x + 0.265, bottom - 0.03, shade(wood, 0.5))
            pen.rectangle(x, bottom - 0.03, x + 0.28, bottom, shade(wood, 1.1))
