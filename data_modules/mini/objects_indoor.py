"""Drawings: electronics and small things of the house."""

import math
from random import Random

from data_modules.mini.colours import BLACK, CLOTH, STEEL, WHITE, mix, pick, shade, vary
from data_modules.mini.pen import Colour, Pen

_SCREEN: tuple[Colour, ...] = (
    (60, 130, 190),
    (40, 60, 90),
    (90, 170, 140),
    (120, 90, 160),
    (30, 34, 40),
)
_CASE: tuple[Colour, ...] = ((40, 42, 46), (190, 194, 200), (90, 94, 100), WHITE)


def _picture(pen: Pen, rng: Random) -> None:
    """What a screen shows, in the pen's box."""
    colour = pick(rng, _SCREEN)
    pen.rectangle(0.0, 0.0, 1.0, 1.0, colour)
    kind = rng.randrange(3)
    if kind == 0:
        pen.polygon(
            [(0.0, 1.0), (0.3, 0.4), (0.55, 0.75), (0.75, 0.5), (1.0, 1.0)], shade(colour, 0.6)
        )
        pen.circle(0.78, 0.24, 0.09, (250, 220, 120))
    elif kind == 1:
        for y in (0.16, 0.36, 0.56, 0.76):
            pen.rectangle(0.1, y, rng.uniform(0.4, 0.9), y + 0.08, shade(colour, 1.5))
    pen.polygon([(0.55, 0.0), (0.8, 0.0), (0.45, 1.0), (0.2, 1.0)], (255, 255, 255, 36))


def draw_tv(pen: Pen, rng: Random) -> None:
    """A flat screen on a foot."""
    pen.rectangle(0.42, 0.84, 0.58, 0.95, (50, 52, 56))
    pen.rounded(0.26, 0.93, 0.74, 1.0, (40, 42, 46), 0.3)
    pen.rounded(0.0, 0.0, 1.0, 0.88, (30, 31, 34), 0.06)
    _picture(pen.part(0.04, 0.06, 0.96, 0.8), rng)


def draw_laptop(pen: Pen, rng: Random) -> None:
    """An open laptop."""
    case = pick(rng, _CASE)
    pen.rounded(0.14, 0.0, 0.86, 0.7, shade(case, 0.7), 0.06)
    _picture(pen.part(0.18, 0.06, 0.82, 0.62), rng)
    pen.polygon([(0.14, 0.68), (0.86, 0.68), (1.0, 0.94), (0.0, 0.94)], case)
    pen.polygon([(0.2, 0.71), (0.8, 0.71), (0.87, 0.83), (0.13, 0.83)], shade(case, 0.45))
    pen.polygon([(0.42, 0.85), (0.58, 0.85), (0.6, 0.92), (0.4, 0.92)], shade(case, 0.8))
    pen.rectangle(0.0, 0.93, 1.0, 1.0, shade(case, 0.6))


def draw_mouse(pen: Pen, rng: Random) -> None:
    """A computer mouse with its wheel."""
    case = pick(rng, (BLACK, WHITE, (150, 154, 160)))
    pen.ellipse(0.5, 0.54, 0.46, 0.46, shade(case, 0.75) if sum(case) > 200 else shade(case, 1.15))
    pen.ellipse(0.48, 0.48, 0.42, 0.42, case)
    pen.line([(0.5, 0.08), (0.5, 0.44)], 0.04, (120, 122, 126))
    pen.rounded(0.43, 0.16, 0.57, 0.36, (90, 200, 220), 0.4)


def draw_remote(pen: Pen, rng: Random) -> None:
    """A remote control with rows of buttons."""
    case = pick(rng, (BLACK, (60, 62, 66), (170, 172, 176)))
    pen.rounded(0.06, 0.0, 0.94, 1.0, case, 0.3)
    pen.circle(0.5, 0.1, 0.1, (214, 50, 44))
    for y in (0.26, 0.4, 0.54):
        for x in (0.28, 0.5, 0.72):
            pen.circle(x, y, 0.055, shade(case, 1.7))
    pen.ellipse(0.5, 0.76, 0.28, 0.11, shade(case, 1.4))


def draw_keyboard(pen: Pen, rng: Random) -> None:
    """A keyboard with four rows of keys."""
    case = pick(rng, _CASE)
    pen.polygon([(0.05, 0.04), (0.95, 0.04), (1.0, 0.94), (0.0, 0.94)], case)
    key = shade(case, 1.6) if sum(case) < 400 else shade(case, 0.78)
    for row in range(4):
        y = 0.12 + row * 0.19
        keys = 10 if row < 3 else 5
        for index in range(keys):
            x = 0.08 + index * 0.84 / keys
            pen.rectangle(x, y, x + 0.84 / keys - 0.02, y + 0.13, key)
    pen.rectangle(0.0, 0.93, 1.0, 1.0, shade(case, 0.6))


def draw_cell_phone(pen: Pen, rng: Random) -> None:
    """A phone with a lit screen."""
    pen.rounded(0.04, 0.0, 0.96, 1.0, pick(rng, (BLACK, WHITE, (190, 160, 150))), 0.25)
    screen = pen.part(0.12, 0.09, 0.88, 0.9)
    _picture(screen, rng)
    for y in (0.62, 0.8):
        for x in (0.14, 0.42, 0.7):
            screen.rectangle(x, y, x + 0.18, y + 0.1, pick(rng, CLOTH))


def draw_book(pen: Pen, rng: Random) -> None:
    """A closed book lying or standing, or an open one."""
    colour = pick(rng, CLOTH)
    if rng.random() < 0.35:
        pen.polygon([(0.0, 0.24), (0.48, 0.36), (0.5, 1.0), (0.0, 0.86)], colour)
        pen.polygon([(1.0, 0.24), (0.52, 0.36), (0.5, 1.0), (1.0, 0.86)], colour)
        pen.polygon([(0.04, 0.16), (0.3, 0.16), (0.5, 0.3), (0.5, 0.92), (0.04, 0.78)], WHITE)
        pen.polygon(
            [(0.96, 0.16), (0.7, 0.16), (0.5, 0.3), (0.5, 0.92), (0.96, 0.78)], shade(WHITE, 0.9)
        )
        for y in (0.34, 0.48, 0.62):
            pen.line([(0.1, y - 0.06), (0.44, y + 0.06)], 0.02, (150, 150, 150))
            pen.line([(0.9, y - 0.06), (0.56, y + 0.06)], 0.02, (150, 150, 150))
        return
    pen.polygon([(0.14, 0.0), (0.96, 0.0), (0.96, 0.86), (0.14, 0.86)], colour)
    pen.polygon([(0.04, 0.1), (0.14, 0.0), (0.14, 0.86), (0.04, 0.98)], shade(colour, 0.6))
    pen.polygon([(0.04, 0.98), (0.14, 0.86), (0.96, 0.86), (0.9, 0.98)], WHITE)
    pen.rectangle(0.3, 0.14, 0.82, 0.24, shade(colour, 1.6))
    pen.rectangle(0.3, 0.3, 0.66, 0.35, shade(colour, 1.4))
    pen.ellipse(0.56, 0.6, 0.16, 0.14, shade(colour, 0.72))


def draw_clock(pen: Pen, rng: Random) -> None:
    """A round clock with two hands."""
    rim = pick(rng, (*CLOTH, BLACK, (190, 150, 70)))
    pen.ellipse(0.5, 0.5, 0.5, 0.5, rim)
    pen.ellipse(0.5, 0.5, 0.41, 0.41, WHITE)
    for index in range(12):
        turn = math.radians(30 * index)
        x, y = math.cos(turn), math.sin(turn)
        pen.line([(0.5 + 0.33 * x, 0.5 + 0.33 * y), (0.5 + 0.38 * x, 0.5 + 0.38 * y)], 0.035, BLACK)
    for length, width in ((0.2, 0.06), (0.3, 0.04)):
        turn = rng.uniform(0, 2 * math.pi)
        pen.line(
            [(0.5, 0.5), (0.5 + length * math.cos(turn), 0.5 + length * math.sin(turn))],
            width,
            BLACK,
        )
    pen.circle(0.5, 0.5, 0.045, (200, 40, 40))


def draw_vase(pen: Pen, rng: Random) -> None:
    """A vase with a few flowers, or empty."""
    colour = pick(rng, (*CLOTH, (120, 160, 190)))
    if rng.random() < 0.75:
        bloom = pick(rng, CLOTH)
        for x, y in ((0.2, 0.14), (0.5, 0.08), (0.8, 0.16), (0.36, 0.24), (0.66, 0.24)):
            pen.line([(0.5, 0.5), (x, y)], 0.035, (80, 140, 70))
            pen.circle(x, y, 0.105, bloom)
            pen.circle(x, y, 0.045, (250, 220, 100))
    pen.polygon(
        [
            (0.34, 0.42),
            (0.66, 0.42),
            (0.6, 0.54),
            (0.84, 0.72),
            (0.8, 0.9),
            (0.66, 1.0),
            (0.34, 1.0),
            (0.2, 0.9),
            (0.16, 0.72),
            (0.4, 0.54),
        ],
        colour,
    )
    pen.ellipse(0.5, 0.43, 0.18, 0.025, shade(colour, 0.6))
    pen.ellipse(0.34, 0.74, 0.05, 0.12, shade(colour, 1.5))


def draw_scissors(pen: Pen, rng: Random) -> None:
    """Open scissors, handles at the bottom."""
    colour = pick(rng, (*CLOTH, BLACK))
    pen.polygon([(0.2, 0.0), (0.32, 0.02), (0.62, 0.62), (0.52, 0.66)], STEEL)
    pen.polygon([(0.8, 0.0), (0.68, 0.02), (0.38, 0.62), (0.48, 0.66)], shade(STEEL, 0.8))
    pen.circle(0.5, 0.52, 0.04, (70, 70, 74))
    pen.arc(0.26, 0.82, 0.2, 0.15, 0, 360, 0.1, colour)
    pen.arc(0.74, 0.82, 0.2, 0.15, 0, 360, 0.1, colour)


def draw_teddy_bear(pen: Pen, rng: Random) -> None:
    """A sitting teddy bear."""
    fur = pick(
        rng, ((176, 120, 66), (214, 166, 110), (140, 92, 56), (232, 210, 180), (200, 130, 150))
    )
    light = mix(fur, (250, 236, 210), 0.55)
    for x in (0.24, 0.76):
        pen.circle(x, 0.1, 0.12, fur)
        pen.circle(x, 0.1, 0.065, light)
        pen.ellipse(0.5 + (x - 0.5) * 1.5, 0.58, 0.11, 0.2, shade(fur, 0.88), (0.5 - x) * 2)
    pen.ellipse(0.5, 0.68, 0.31, 0.28, fur)
    pen.ellipse(0.5, 0.7, 0.19, 0.19, light)
    for x in (0.2, 0.8):
        pen.ellipse(x, 0.88, 0.17, 0.12, shade(fur, 0.92))
        pen.circle(x, 0.89, 0.07, light)
    pen.ellipse(0.5, 0.28, 0.31, 0.25, fur)
    pen.ellipse(0.5, 0.36, 0.15, 0.11, light)
    pen.ellipse(0.5, 0.32, 0.05, 0.035, BLACK)
    for x in (0.37, 0.63):
        pen.circle(x, 0.24, 0.035, BLACK)
    if rng.random() < 0.5:
        bow = vary(rng, (206, 44, 50), 20)
        pen.polygon(
            [(0.34, 0.46), (0.5, 0.52), (0.66, 0.46), (0.66, 0.6), (0.5, 0.54), (0.34, 0.6)], bow
        )


def draw_hair_drier(pen: Pen, rng: Random) -> None:
    """A hair drier pointing to the right."""
    colour = pick(rng, (*CLOTH, BLACK))
    pen.polygon([(0.28, 0.4), (0.5, 0.4), (0.44, 1.0), (0.22, 1.0)], shade(colour, 0.8))
    pen.circle(0.34, 0.26, 0.26, colour)
    pen.polygon([(0.34, 0.02), (0.82, 0.1), (0.82, 0.42), (0.34, 0.5)], colour)
    pen.polygon([(0.82, 0.08), (1.0, 0.02), (1.0, 0.5), (0.82, 0.44)], BLACK)
    pen.circle(0.32, 0.26, 0.12, shade(colour, 0.5))
    pen.rectangle(0.34, 0.58, 0.42, 0.7, WHITE)


def draw_toothbrush(pen: Pen, rng: Random) -> None:
    """A toothbrush lying on its back."""
    colour = pick(rng, CLOTH)
    pen.line([(0.04, 0.76), (0.96, 0.76)], 0.2, colour)
    pen.line([(0.06, 0.76), (0.4, 0.76)], 0.3, shade(colour, 0.8))
    for index in range(5):
        x = 0.7 + 0.06 * index
        pen.rectangle(x, 0.08, x + 0.045, 0.66, WHITE if index % 2 else (90, 170, 220))
