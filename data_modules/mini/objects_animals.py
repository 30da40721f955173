"""Drawings: the ten animals of COCO, seen from the side and looking to the right."""

import math
from random import Random

from data_modules.mini.colours import BLACK, WHITE, pick, shade, vary
from data_modules.mini.pen import Colour, Pen, Point


def _legs(
    pen: Pen, rng: Random, places: tuple[float, ...], top: float, width: float, colour: Colour
) -> None:
    """Four legs; the first two are on the far side."""
    for index, x in enumerate(places):
        step = rng.uniform(-0.05, 0.05)
        tone = shade(colour, 0.72) if index < 2 else colour
        pen.line([(x, top), (x + step * 0.4, (top + 1) / 2), (x + step, 0.98)], width, tone)


def _eye(pen: Pen, x: float, y: float, radius: float = 0.016) -> None:
    pen.circle(x, y, radius, BLACK)


def draw_bird(pen: Pen, rng: Random) -> None:
    """A bird on the wing or on its feet."""
    colour = pick(
        rng, ((240, 240, 240), (90, 90, 98), (70, 120, 180), (190, 70, 50), (120, 90, 60))
    )
    wing = shade(colour, 0.72)
    beak = (236, 160, 40)
    if rng.random() < 0.45:
        lift = rng.uniform(0.02, 0.2)
        pen.polygon(
            [(0.5, 0.5), (0.34, lift), (0.06, lift + 0.04), (0.34, 0.62)], shade(wing, 0.85)
        )
        pen.polygon([(0.02, 0.6), (0.3, 0.54), (0.3, 0.68), (0.04, 0.76)], wing)
        pen.ellipse(0.5, 0.6, 0.28, 0.14, colour)
        pen.circle(0.8, 0.5, 0.11, colour)
        pen.polygon([(0.88, 0.46), (1.0, 0.53), (0.88, 0.56)], beak)
        pen.polygon([(0.6, 0.54), (0.62, lift), (0.36, lift), (0.38, 0.6)], wing)
        _eye(pen, 0.83, 0.48, 0.022)
        return
    for x in (0.46, 0.58):
        pen.line([(x, 0.7), (x + 0.02, 0.96), (x + 0.09, 0.97)], 0.03, beak)
    pen.polygon([(0.0, 0.74), (0.06, 0.62), (0.4, 0.46), (0.4, 0.7)], wing)
    pen.ellipse(0.5, 0.56, 0.3, 0.21, colour, -0.25)
    pen.circle(0.76, 0.26, 0.16, colour)
    pen.polygon([(0.7, 0.36), (0.86, 0.36), (0.78, 0.6), (0.6, 0.6)], colour)
    pen.polygon([(0.9, 0.2), (1.0, 0.28), (0.9, 0.33)], beak)
    pen.ellipse(0.43, 0.56, 0.22, 0.12, wing, -0.2)
    _eye(pen, 0.8, 0.24, 0.025)


def draw_cat(pen: Pen, rng: Random) -> None:
    """A sitting cat with its tail around it."""
    colour = pick(
        rng, ((222, 140, 60), (80, 80, 86), (236, 230, 220), (140, 116, 92), (44, 42, 46))
    )
    dark = shade(colour, 0.72)
    pen.arc(0.24, 0.82, 0.2, 0.2, 60, 250, 0.1, dark)
    pen.ellipse(0.45, 0.72, 0.28, 0.27, colour)
    pen.polygon([(0.3, 0.6), (0.4, 0.34), (0.7, 0.34), (0.74, 0.98), (0.4, 0.98)], colour)
    for x in (0.52, 0.68):
        pen.line([(x, 0.64), (x, 0.94)], 0.09, shade(colour, 1.12))
        pen.ellipse(x + 0.03, 0.96, 0.09, 0.04, shade(colour, 1.2))
    for x, tip in ((0.42, 0.38), (0.74, 0.8)):
        pen.polygon([(x - 0.1, 0.22), (tip, 0.0), (x + 0.1, 0.16)], colour)
        pen.polygon([(x - 0.04, 0.18), (tip, 0.05), (x + 0.05, 0.16)], (226, 150, 150))
    pen.ellipse(0.58, 0.26, 0.26, 0.18, colour)
    if rng.random() < 0.5:
        for x in (0.5, 0.58, 0.66):
            pen.line([(x, 0.1), (x, 0.18)], 0.03, dark)
        for y in (0.56, 0.68, 0.8):
            pen.line([(0.2, y), (0.36, y - 0.03)], 0.03, dark)
    for x in (0.48, 0.69):
        pen.ellipse(x, 0.25, 0.05, 0.035, (176, 200, 70))
        pen.ellipse(x, 0.25, 0.018, 0.034, BLACK)
    pen.ellipse(0.585, 0.345, 0.1, 0.05, shade(colour, 1.5))
    pen.polygon([(0.55, 0.31), (0.62, 0.31), (0.585, 0.34)], (220, 120, 120))
    for side in (-1, 1):
        for rise in (-0.02, 0.03):
            x = 0.585 + side * 0.08
            pen.line([(x, 0.345), (x + side * 0.24, 0.33 + rise)], 0.012, WHITE)


def draw_dog(pen: Pen, rng: Random) -> None:
    """A standing dog with hanging ears."""
    colour = pick(
        rng, ((166, 112, 64), (226, 196, 150), (60, 54, 52), (236, 232, 226), (130, 84, 50))
    )
    ear = shade(colour, 0.6) if sum(colour) > 250 else (150, 110, 70)
    pen.line([(0.12, 0.42), (0.03, 0.26), (0.05, 0.1)], 0.07, colour)
    _legs(pen, rng, (0.2, 0.58, 0.13, 0.66), 0.6, 0.085, colour)
    pen.rounded(0.07, 0.36, 0.72, 0.68, colour, 0.45)
    pen.ellipse(0.4, 0.66, 0.2, 0.05, shade(colour, 1.25))
    pen.polygon([(0.56, 0.5), (0.62, 0.2), (0.82, 0.26), (0.74, 0.62)], colour)
    pen.line([(0.585, 0.38), (0.78, 0.43)], 0.04, pick(rng, ((200, 40, 40), (40, 80, 180))))
    pen.ellipse(0.75, 0.2, 0.14, 0.16, colour)
    pen.rounded(0.76, 0.19, 1.0, 0.35, shade(colour, 1.18), 0.4)
    pen.ellipse(0.97, 0.215, 0.04, 0.04, BLACK)
    pen.line([(0.84, 0.33), (0.96, 0.32)], 0.015, BLACK)
    _eye(pen, 0.8, 0.16, 0.024)
    pen.ellipse(0.655, 0.22, 0.07, 0.17, ear, 0.25)
    if rng.random() < 0.4:
        pen.ellipse(0.3, 0.46, 0.14, 0.09, ear)


def draw_horse(pen: Pen, rng: Random) -> None:
    """A horse with mane and tail."""
    colour = pick(rng, ((120, 70, 40), (80, 50, 36), (170, 110, 64), (226, 220, 212), (50, 44, 44)))
    mane = shade(colour, 0.5) if rng.random() < 0.7 else (230, 210, 160)
    pen.polygon([(0.08, 0.34), (0.0, 0.5), (0.02, 0.78), (0.1, 0.7), (0.13, 0.42)], mane)
    _legs(pen, rng, (0.19, 0.56, 0.13, 0.62), 0.56, 0.07, colour)
    for x in (0.13, 0.62):
        pen.line([(x, 0.95), (x + 0.02, 0.98)], 0.07, shade(colour, 0.45))
    pen.rounded(0.07, 0.32, 0.68, 0.62, colour, 0.45)
    pen.polygon([(0.5, 0.44), (0.7, 0.06), (0.84, 0.12), (0.7, 0.54)], colour)
    pen.polygon([(0.48, 0.38), (0.66, 0.02), (0.73, 0.04), (0.6, 0.4)], mane)
    pen.polygon(
        [(0.7, 0.07), (0.82, 0.06), (1.0, 0.28), (0.95, 0.36), (0.86, 0.34), (0.74, 0.2)], colour
    )
    pen.polygon([(0.72, 0.08), (0.74, 0.0), (0.78, 0.07)], colour)
    pen.polygon([(0.93, 0.24), (1.0, 0.28), (0.95, 0.36), (0.89, 0.34)], shade(colour, 0.7))
    _eye(pen, 0.82, 0.14)
    if rng.random() < 0.35:
        pen.rounded(0.28, 0.29, 0.48, 0.42, (110, 50, 40), 0.3)


def draw_sheep(pen: Pen, rng: Random) -> None:
    """A woolly sheep with a dark or a light face."""
    wool = pick(rng, ((240, 236, 224), (226, 220, 204), (206, 198, 186)), 6)
    face = pick(rng, ((52, 46, 44), (206, 180, 150), (90, 76, 66)))
    _legs(pen, rng, (0.28, 0.58, 0.22, 0.66), 0.66, 0.07, face)
    for index in range(11):
        turn = 2 * math.pi * index / 11
        pen.circle(
            0.43 + 0.29 * math.cos(turn), 0.47 + 0.2 * math.sin(turn), 0.14, shade(wool, 0.93)
        )
    pen.ellipse(0.43, 0.46, 0.33, 0.25, wool)
    for x, y in ((0.3, 0.38), (0.46, 0.5), (0.3, 0.58), (0.58, 0.36)):
        pen.arc(x, y, 0.07, 0.07, 20, 200, 0.02, shade(wool, 0.82))
    pen.ellipse(0.84, 0.36, 0.11, 0.19, face, -0.5)
    pen.ellipse(0.71, 0.3, 0.08, 0.045, face, -0.3)
    pen.circle(0.78, 0.21, 0.095, wool)
    pen.circle(0.86, 0.31, 0.022, WHITE)
    _eye(pen, 0.865, 0.31, 0.014)


def draw_cow(pen: Pen, rng: Random) -> None:
    """A cow with patches, horns and udder."""
    kinds = (
        ((244, 240, 234), (40, 36, 36)),
        ((244, 236, 224), (150, 84, 46)),
        ((150, 90, 52), (120, 66, 38)),
    )
    colour, patch = (vary(rng, part, 6) for part in rng.choice(kinds))
    pen.line([(0.07, 0.3), (0.03, 0.5), (0.04, 0.68)], 0.03, patch)
    pen.circle(0.04, 0.7, 0.04, patch)
    _legs(pen, rng, (0.2, 0.58, 0.13, 0.65), 0.64, 0.085, colour)
    pen.ellipse(0.28, 0.69, 0.08, 0.06, (236, 170, 160))
    pen.rounded(0.05, 0.24, 0.74, 0.7, colour, 0.35)
    for _ in range(4):
        x, y = rng.uniform(0.14, 0.6), rng.uniform(0.34, 0.56)
        pen.ellipse(
            x, y, rng.uniform(0.06, 0.13), rng.uniform(0.06, 0.13), patch, rng.uniform(0, 3)
        )
    pen.polygon([(0.62, 0.3), (0.8, 0.12), (0.88, 0.4), (0.72, 0.62)], colour)
    pen.rounded(0.76, 0.12, 0.95, 0.5, patch, 0.35)
    pen.polygon([(0.82, 0.14), (0.89, 0.14), (0.9, 0.42), (0.84, 0.42)], colour)
    pen.ellipse(0.88, 0.45, 0.1, 0.09, (232, 176, 166))
    for x in (0.86, 0.92):
        pen.circle(x, 0.46, 0.015, (120, 70, 70))
    for side in (-1, 1):
        pen.ellipse(0.855 + side * 0.13, 0.2, 0.06, 0.045, patch, side * 0.4)
        pen.line([(0.855 + side * 0.07, 0.14), (0.855 + side * 0.1, 0.02)], 0.03, (226, 214, 180))
        _eye(pen, 0.855 + side * 0.055, 0.26, 0.018)


def draw_elephant(pen: Pen, rng: Random) -> None:
    """An elephant with ear, trunk and tusk."""
    colour = pick(rng, ((130, 132, 140), (112, 108, 112), (150, 142, 136)), 6)
    pen.line([(0.05, 0.34), (0.02, 0.6)], 0.025, shade(colour, 0.7))
    for index, x in enumerate((0.22, 0.56, 0.13, 0.63)):
        tone = shade(colour, 0.76) if index < 2 else colour
        pen.rounded(x - 0.065, 0.5, x + 0.065, 1.0, tone, 0.15)
        pen.rectangle(x - 0.05, 0.96, x + 0.05, 1.0, shade(colour, 1.4))
    pen.ellipse(0.38, 0.4, 0.35, 0.29, colour)
    pen.polygon(
        [(0.84, 0.3), (0.97, 0.4), (1.0, 0.7), (0.96, 0.88), (0.9, 0.86), (0.92, 0.66), (0.8, 0.5)],
        shade(colour, 0.94),
    )
    pen.ellipse(0.78, 0.3, 0.17, 0.23, colour)
    pen.polygon([(0.82, 0.48), (0.94, 0.58), (0.98, 0.54), (0.86, 0.44)], (244, 238, 220))
    pen.ellipse(0.64, 0.32, 0.13, 0.24, shade(colour, 0.78), -0.1)
    pen.ellipse(0.65, 0.32, 0.09, 0.18, shade((196, 150, 146), 0.85), -0.1)
    _eye(pen, 0.83, 0.24, 0.018)


def draw_bear(pen: Pen, rng: Random) -> None:
    """A bear on all fours."""
    colour = pick(
        rng, ((104, 68, 42), (70, 48, 36), (44, 40, 40), (238, 234, 222), (134, 92, 56)), 6
    )
    light = shade(colour, 1.35) if sum(colour) < 500 else shade(colour, 0.9)
    for index, x in enumerate((0.26, 0.58, 0.15, 0.68)):
        tone = shade(colour, 0.74) if index < 2 else colour
        pen.rounded(x - 0.085, 0.5, x + 0.085, 1.0, tone, 0.3)
        pen.ellipse(x + 0.03, 0.965, 0.1, 0.04, shade(tone, 0.85))
    pen.ellipse(0.4, 0.45, 0.37, 0.3, colour)
    pen.ellipse(0.55, 0.32, 0.2, 0.2, colour)
    for x in (0.68, 0.86):
        pen.circle(x, 0.12, 0.075, colour)
        pen.circle(x, 0.12, 0.04, light)
    pen.ellipse(0.78, 0.32, 0.17, 0.22, colour)
    pen.ellipse(0.89, 0.39, 0.11, 0.1, light)
    pen.ellipse(0.96, 0.35, 0.04, 0.035, BLACK)
    pen.line([(0.87, 0.45), (0.95, 0.43)], 0.015, shade(colour, 0.4))
    for x in (0.76, 0.87):
        _eye(pen, x, 0.27, 0.02)


def draw_zebra(pen: Pen, rng: Random) -> None:
    """A striped horse."""
    colour, dark = vary(rng, (242, 240, 234), 5), vary(rng, (32, 30, 32), 5)
    pen.line([(0.08, 0.34), (0.03, 0.62)], 0.03, dark)
    _legs(pen, rng, (0.19, 0.56, 0.13, 0.62), 0.56, 0.075, colour)
    for x in (0.13, 0.19, 0.56, 0.62):
        for y in (0.68, 0.78, 0.88):
            pen.line([(x - 0.025, y), (x + 0.03, y + 0.01)], 0.032, dark)
    pen.rounded(0.07, 0.32, 0.68, 0.64, colour, 0.45)
    pen.polygon([(0.5, 0.46), (0.68, 0.08), (0.82, 0.14), (0.7, 0.56)], colour)
    pen.polygon(
        [(0.7, 0.08), (0.82, 0.08), (0.99, 0.28), (0.95, 0.35), (0.86, 0.33), (0.74, 0.22)], colour
    )
    pen.polygon([(0.72, 0.09), (0.74, 0.0), (0.78, 0.08)], colour)
    for index in range(7):
        x = 0.14 + index * 0.075 + rng.uniform(-0.01, 0.01)
        pen.polygon([(x, 0.33), (x + 0.035, 0.33), (x + 0.015, 0.62), (x - 0.005, 0.6)], dark)
    for index in range(5):
        x, y = 0.56 + index * 0.035, 0.4 - index * 0.075
        pen.polygon(
            [(x, y), (x + 0.012, y - 0.03), (x + 0.13, y + 0.05), (x + 0.13, y + 0.08)], dark
        )
    pen.polygon([(0.5, 0.4), (0.66, 0.04), (0.71, 0.06), (0.56, 0.4)], dark)
    pen.polygon([(0.93, 0.24), (0.99, 0.28), (0.95, 0.35), (0.89, 0.34)], dark)
    pen.line([(0.84, 0.12), (0.8, 0.22)], 0.02, dark)
    _eye(pen, 0.83, 0.16)


def draw_giraffe(pen: Pen, rng: Random) -> None:
    """A giraffe with its patches."""
    colour = pick(rng, ((240, 206, 130), (232, 190, 110), (246, 220, 160)), 6)
    patch = vary(rng, (160, 96, 46), 12)
    pen.line([(0.1, 0.52), (0.04, 0.7)], 0.025, patch)
    _legs(pen, rng, (0.2, 0.5, 0.13, 0.57), 0.62, 0.06, colour)
    pen.polygon(
        [(0.08, 0.52), (0.2, 0.47), (0.6, 0.4), (0.66, 0.5), (0.62, 0.68), (0.12, 0.68)], colour
    )
    lean = rng.uniform(-0.03, 0.05)
    neck: list[Point] = [(0.48, 0.48), (0.7 + lean, 0.08), (0.8 + lean, 0.1), (0.66, 0.56)]
    pen.polygon(neck, colour)
    for x, y in (
        (0.18, 0.56),
        (0.3, 0.53),
        (0.42, 0.52),
        (0.24, 0.63),
        (0.37, 0.62),
        (0.5, 0.6),
        (0.55, 0.5),
    ):
        pen.ellipse(x, y, 0.05, 0.032, patch, rng.uniform(0, 3))
    for weight in (0.15, 0.35, 0.55, 0.75):
        x = 0.585 + (0.75 + lean - 0.585) * weight
        pen.ellipse(x, 0.48 - 0.36 * weight, 0.042, 0.026, patch, rng.uniform(0, 3))
    pen.polygon([(0.52, 0.42), (0.68 + lean, 0.06), (0.71 + lean, 0.08), (0.55, 0.45)], patch)
    for x in (0.74, 0.79):
        pen.line([(x + lean, 0.05), (x + lean - 0.01, 0.005)], 0.025, patch)
    pen.polygon(
        [
            (0.68 + lean, 0.05),
            (0.8 + lean, 0.035),
            (0.98 + lean, 0.1),
            (0.96 + lean, 0.14),
            (0.76 + lean, 0.13),
        ],
        colour,
    )
    pen.ellipse(0.67 + lean, 0.06, 0.05, 0.018, colour, 0.4)
    _eye(pen, 0.82 + lean, 0.07, 0.016)
