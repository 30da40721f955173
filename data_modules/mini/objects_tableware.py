"""Drawings: bottles, glasses, cups, bowls and cutlery."""

from random import Random

from data_modules.mini.colours import CLOTH, WHITE, pick, shade, vary
from data_modules.mini.pen import Colour, Pen

SILVER: Colour = (196, 200, 206)


def draw_bottle(pen: Pen, rng: Random) -> None:
    """A bottle with a label and a cap."""
    glass = pick(
        rng, ((40, 100, 60), (90, 50, 30), (120, 180, 210), (200, 60, 50), (150, 190, 120))
    )
    pen.rectangle(0.38, 0.02, 0.62, 0.3, glass)
    pen.rectangle(0.34, 0.0, 0.66, 0.08, pick(rng, CLOTH))
    pen.polygon(
        [(0.38, 0.2), (0.62, 0.2), (0.94, 0.42), (0.94, 1.0), (0.06, 1.0), (0.06, 0.42)], glass
    )
    pen.rectangle(0.06, 0.54, 0.94, 0.8, pick(rng, (WHITE, (240, 220, 150), (220, 80, 60))))
    pen.rectangle(0.16, 0.4, 0.28, 0.94, shade(glass, 1.5))


def draw_wine_glass(pen: Pen, rng: Random) -> None:
    """A stemmed glass, part full."""
    wine = pick(rng, ((130, 20, 44), (236, 214, 130), (226, 120, 130)))
    pen.polygon(
        [(0.08, 0.0), (0.92, 0.0), (0.84, 0.36), (0.5, 0.58), (0.16, 0.36)], (226, 236, 240, 150)
    )
    pen.polygon([(0.11, 0.18), (0.89, 0.18), (0.82, 0.36), (0.5, 0.56), (0.18, 0.36)], wine)
    pen.rectangle(0.44, 0.54, 0.56, 0.94, (226, 234, 238))
    pen.ellipse(0.5, 0.95, 0.36, 0.05, (216, 226, 230))
    pen.line([(0.2, 0.06), (0.26, 0.32)], 0.05, (255, 255, 255, 170))


def draw_cup(pen: Pen, rng: Random) -> None:
    """A mug or a paper cup."""
    colour = pick(rng, (*CLOTH, WHITE))
    if rng.random() < 0.7:
        pen.arc(0.78, 0.52, 0.2, 0.24, -90, 90, 0.1, shade(colour, 0.82))
        pen.rounded(0.04, 0.08, 0.8, 1.0, colour, 0.12)
        pen.rectangle(0.62, 0.16, 0.8, 0.9, shade(colour, 0.85))
        pen.ellipse(0.42, 0.1, 0.38, 0.1, shade(colour, 1.3))
        pen.ellipse(0.42, 0.11, 0.3, 0.07, (92, 56, 34))
        return
    pen.polygon([(0.12, 0.12), (0.88, 0.12), (0.76, 1.0), (0.24, 1.0)], WHITE)
    pen.polygon([(0.17, 0.4), (0.83, 0.4), (0.79, 0.76), (0.21, 0.76)], shade(colour, 0.9))
    pen.rounded(0.06, 0.0, 0.94, 0.16, shade(WHITE, 0.4), 0.3)


def draw_fork(pen: Pen, rng: Random) -> None:
    """A fork, tines up."""
    metal = vary(rng, SILVER, 10)
    for x in (0.12, 0.37, 0.63, 0.88):
        pen.line([(x, 0.02), (x, 0.28)], 0.05, metal)
    pen.polygon(
        [(0.06, 0.24), (0.94, 0.24), (0.86, 0.38), (0.6, 0.46), (0.4, 0.46), (0.14, 0.38)], metal
    )
    pen.polygon([(0.4, 0.44), (0.6, 0.44), (0.72, 1.0), (0.28, 1.0)], shade(metal, 0.88))


def draw_knife(pen: Pen, rng: Random) -> None:
    """A knife, blade up."""
    metal = vary(rng, SILVER, 10)
    pen.polygon([(0.3, 0.56), (0.3, 0.04), (0.5, 0.0), (0.82, 0.2), (0.86, 0.56)], metal)
    pen.line([(0.36, 0.06), (0.36, 0.54)], 0.04, shade(metal, 0.7))
    handle = pick(rng, ((40, 38, 40), (120, 76, 44), SILVER))
    pen.rounded(0.22, 0.54, 0.78, 1.0, handle, 0.3)


def draw_spoon(pen: Pen, rng: Random) -> None:
    """A spoon, bowl up."""
    metal = vary(rng, SILVER, 10)
    pen.polygon([(0.42, 0.3), (0.58, 0.3), (0.7, 1.0), (0.3, 1.0)], shade(metal, 0.88))
    pen.ellipse(0.5, 0.18, 0.46, 0.18, metal)
    pen.ellipse(0.5, 0.17, 0.3, 0.12, shade(metal, 0.78))


def draw_bowl(pen: Pen, rng: Random) -> None:
    """A bowl with something in it."""
    colour = pick(rng, (*CLOTH, WHITE, WHITE))
    food = pick(rng, ((236, 196, 110), (120, 170, 70), (200, 80, 50), (244, 236, 214)))
    pen.ellipse(0.5, 0.26, 0.5, 0.22, shade(colour, 1.25))
    pen.ellipse(0.5, 0.27, 0.42, 0.16, food)
    for _ in range(5):
        pen.circle(rng.uniform(0.26, 0.74), rng.uniform(0.18, 0.34), 0.05, vary(rng, food, 34))
    points = [(0.0, 0.28), (0.1, 0.62), (0.3, 0.94), (0.7, 0.94), (0.9, 0.62), (1.0, 0.28)]
    curve = [(0.8, 0.4), (0.5, 0.46), (0.2, 0.4)]
    pen.polygon([*points, *curve], colour)
    pen.polygon(
        [(0.66, 0.45), (1.0, 0.28), (0.9, 0.62), (0.7, 0.94), (0.56, 0.94)], shade(colour, 0.84)
    )
    pen.rectangle(0.32, 0.92, 0.68, 1.0, shade(colour, 0.7))
