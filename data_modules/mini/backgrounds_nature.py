"""Backgrounds of meadow, beach, snow and wood: each fills the picture before the objects come.

The ground begins at about half the height; the areas of `scenes_nature.py` rely on that.
"""

from random import Random

from data_modules.mini import clutter
from data_modules.mini.colours import WHITE, mix, pick, shade, vary
from data_modules.mini.pen import Colour, Pen

_GRASS: tuple[Colour, ...] = ((112, 160, 76), (132, 170, 84), (96, 146, 70), (150, 168, 90))


def _meadow(pen: Pen, rng: Random, horizon: float) -> Colour:
    green = pick(rng, _GRASS)
    clutter.gradient(pen, horizon, 1.0, shade(green, 1.18), shade(green, 0.84))
    clutter.specks(pen, rng, horizon + 0.04, 1.0, green, 34, 0.02)
    return green


def park(pen: Pen, rng: Random) -> None:
    """Trees, a meadow and a path."""
    clutter.sky(pen, rng, 0.46)
    clutter.hills(pen, rng, 0.46, (92, 132, 88), 0.12)
    _meadow(pen, rng, 0.45)
    for _ in range(rng.randint(2, 5)):
        clutter.tree(pen, rng, rng.random(), rng.uniform(0.47, 0.54), rng.uniform(0.24, 0.46))
    if rng.random() < 0.6:
        x = rng.uniform(0.2, 0.7)
        pen.polygon([(x, 0.52), (x + 0.05, 0.52), (x + 0.34, 1.0), (x - 0.1, 1.0)], (206, 190, 156))


def pasture(pen: Pen, rng: Random) -> None:
    """A meadow with a fence, hills and at times a barn."""
    clutter.sky(pen, rng, 0.42)
    clutter.hills(pen, rng, 0.43, (122, 156, 104), 0.14)
    _meadow(pen, rng, 0.42)
    if rng.random() < 0.4:
        x = rng.uniform(0.05, 0.7)
        pen.rectangle(x, 0.3, x + 0.22, 0.45, vary(rng, (158, 62, 50)))
        pen.polygon([(x - 0.02, 0.3), (x + 0.24, 0.3), (x + 0.11, 0.2)], (98, 84, 80))
        pen.rectangle(x + 0.08, 0.36, x + 0.14, 0.45, WHITE)
    for _ in range(rng.randint(0, 3)):
        clutter.tree(pen, rng, rng.random(), 0.46, rng.uniform(0.14, 0.26))
    if rng.random() < 0.6:
        clutter.fence(pen, rng, 0.52, 0.08)
    for _ in range(8):
        pen.circle(rng.random(), rng.uniform(0.6, 0.98), 0.007, pick(rng, (WHITE, (240, 210, 60))))


def savanna(pen: Pen, rng: Random) -> None:
    """Dry grass and flat-topped trees."""
    clutter.sky(pen, rng, 0.45)
    clutter.hills(pen, rng, 0.45, (150, 150, 130), 0.08)
    straw = pick(rng, ((206, 176, 104), (196, 160, 92), (190, 176, 110)))
    clutter.gradient(pen, 0.44, 1.0, shade(straw, 1.1), shade(straw, 0.82))
    clutter.specks(pen, rng, 0.48, 1.0, shade(straw, 0.86), 46, 0.025)
    for _ in range(rng.randint(1, 3)):
        x, base, height = rng.random(), rng.uniform(0.47, 0.54), rng.uniform(0.16, 0.3)
        pen.line([(x, base), (x + 0.01, base - height)], 0.014, (96, 74, 50))
        pen.ellipse(x, base - height, height * 0.6, height * 0.16, (104, 124, 60))
        pen.ellipse(x + 0.03, base - height - 0.03, height * 0.4, height * 0.12, (116, 134, 66))


def forest(pen: Pen, rng: Random) -> None:
    """Fir trees, mountains and a stream with stones."""
    clutter.sky(pen, rng, 0.4)
    clutter.hills(pen, rng, 0.4, (136, 146, 162), 0.28)
    pen.rectangle(0.0, 0.39, 1.0, 0.5, vary(rng, (66, 92, 60)))
    for _ in range(12):
        clutter.tree(pen, rng, rng.random(), rng.uniform(0.42, 0.5), rng.uniform(0.2, 0.4))
    green = _meadow(pen, rng, 0.48)
    water = vary(rng, (104, 146, 166))
    bend = rng.uniform(0.1, 0.5)
    pen.polygon(
        [
            (bend, 0.5),
            (bend + 0.1, 0.5),
            (bend + 0.5, 0.74),
            (bend + 0.3, 1.0),
            (bend - 0.1, 1.0),
            (bend + 0.16, 0.72),
        ],
        water,
    )
    clutter.specks(pen, rng, 0.8, 0.98, mix(water, green, 0.4), 10, 0.03)
    clutter.stones(pen, rng, 0.54, 0.98, 9)


def beach(pen: Pen, rng: Random) -> None:
    """Sea with surf, and sand."""
    clutter.sky(pen, rng, 0.36)
    sea = pick(rng, ((52, 130, 168), (70, 150, 170), (60, 110, 150)))
    clutter.gradient(pen, 0.36, 0.62, shade(sea, 0.85), shade(sea, 1.3))
    for _ in range(14):
        x, y = rng.random(), rng.uniform(0.38, 0.6)
        pen.ellipse(x, y, rng.uniform(0.03, 0.1), 0.004 + (y - 0.36) * 0.02, (236, 244, 246, 150))
    sand = pick(rng, ((232, 208, 156), (222, 194, 146), (236, 220, 180)))
    clutter.gradient(pen, 0.62, 1.0, shade(sand, 0.9), sand)
    foam = (
        [(0.0, 0.6)] + [(i / 8, 0.62 + rng.uniform(-0.012, 0.02)) for i in range(9)] + [(1.0, 0.6)]
    )
    pen.polygon(foam, (246, 248, 246))
    clutter.specks(pen, rng, 0.68, 1.0, shade(sand, 0.9), 20, 0.015)
    clutter.stones(pen, rng, 0.7, 0.98, rng.randrange(4))
    if rng.random() < 0.4:
        for _ in range(rng.randint(1, 2)):
            x, base = rng.random(), rng.uniform(0.6, 0.7)
            pen.line(
                [(x, base), (x + 0.03, base - 0.2), (x + 0.02, base - 0.34)], 0.02, (120, 90, 60)
            )
            for dx, dy in ((-0.14, 0.03), (-0.1, -0.07), (0.02, -0.1), (0.13, -0.04), (0.13, 0.05)):
                pen.line(
                    [(x + 0.02, base - 0.34), (x + 0.02 + dx, base - 0.34 + dy)],
                    0.025,
                    (70, 128, 66),
                )


def snow(pen: Pen, rng: Random) -> None:
    """A white slope, peaks and firs."""
    clutter.sky(pen, rng, 0.58)
    peak = rng.uniform(0.2, 0.8)
    for x, height, tone in ((peak, 0.34, 0.86), (peak - 0.4, 0.24, 0.94), (peak + 0.36, 0.22, 0.9)):
        pen.polygon(
            [(x - 0.34, 0.5), (x, 0.5 - height), (x + 0.34, 0.5)], shade((176, 190, 210), tone)
        )
        pen.polygon(
            [
                (x - 0.1, 0.6 - height),
                (x, 0.5 - height),
                (x + 0.1, 0.6 - height),
                (x + 0.03, 0.57 - height),
                (x - 0.03, 0.62 - height),
            ],
            WHITE,
        )
    white = vary(rng, (238, 242, 248), 6)
    tilt = rng.uniform(-0.08, 0.08)
    pen.polygon([(0.0, 0.48 + tilt), (1.0, 0.48 - tilt), (1.0, 1.0), (0.0, 1.0)], white)
    for _ in range(rng.randint(2, 6)):
        clutter.tree(pen, rng, rng.random(), rng.uniform(0.5, 0.56), rng.uniform(0.14, 0.3))
    pen.polygon([(0.0, 0.8), (1.0, 0.7), (1.0, 1.0), (0.0, 1.0)], shade(white, 0.95))
    for _ in range(4):
        x = rng.random()
        pen.line([(x, 0.6), (x - 0.12, 0.8), (x - 0.08, 1.0)], 0.006, (206, 216, 230))
