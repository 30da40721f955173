"""Drawings: street furniture and sports equipment."""

import math
from random import Random

from data_modules.mini.colours import BLACK, CLOTH, PAINT, STEEL, WHITE, WOOD, pick, shade, vary
from data_modules.mini.pen import Pen, Point

# The letters of STOP as strokes in a unit box.
_STOP: tuple[tuple[Point, ...], ...] = (
    ((1, 0), (0, 0), (0, 0.5), (1, 0.5), (1, 1), (0, 1)),
    ((0, 0), (1, 0), (0.5, 0), (0.5, 1)),
    ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0)),
    ((0, 1), (0, 0), (1, 0), (1, 0.5), (0, 0.5)),
)


def draw_traffic_light(pen: Pen, rng: Random) -> None:
    """Three lamps on a pole, one of them lit."""
    box = pick(rng, ((40, 44, 44), (60, 66, 50), (206, 170, 40)))
    pen.rectangle(0.43, 0.4, 0.57, 1.0, (96, 98, 102))
    pen.rounded(0.12, 0.0, 0.88, 0.52, box, 0.25)
    lit = rng.randrange(3)
    for index, lamp in enumerate(((236, 50, 44), (250, 196, 50), (60, 206, 100))):
        colour = lamp if index == lit else shade(lamp, 0.28)
        pen.ellipse(0.5, 0.09 + 0.165 * index, 0.24, 0.068, colour)


def draw_fire_hydrant(pen: Pen, rng: Random) -> None:
    """A hydrant with cap and side outlets."""
    colour = pick(rng, ((206, 44, 38), (236, 186, 40), (214, 60, 44), (60, 110, 180)))
    dark = shade(colour, 0.72)
    pen.rounded(0.04, 0.4, 0.96, 0.58, dark, 0.3)
    pen.rectangle(0.26, 0.26, 0.74, 0.92, colour)
    pen.rectangle(0.28, 0.26, 0.38, 0.92, shade(colour, 1.3))
    pen.sector(0.5, 0.26, 0.3, 0.22, 180, 360, colour)
    pen.rectangle(0.16, 0.24, 0.84, 0.31, dark)
    pen.rectangle(0.44, 0.0, 0.56, 0.08, dark)
    pen.rectangle(0.14, 0.88, 0.86, 1.0, dark)
    pen.circle(0.5, 0.5, 0.16, shade(STEEL, 1.2))
    pen.circle(0.5, 0.5, 0.08, dark)


def draw_stop_sign(pen: Pen, rng: Random) -> None:
    """A red octagon with a white bar of letters, on a post."""
    red = vary(rng, (200, 32, 36), 10)
    if pen.mirrored:
        pen = pen.part(1.0, 0.0, 0.0, 1.0)
    pen.rectangle(0.46, 0.4, 0.54, 1.0, (130, 132, 134))
    for radius, colour in ((0.5, WHITE), (0.44, red)):
        turns = [math.pi / 8 + math.pi / 4 * index for index in range(8)]
        points = [(0.5 + radius * math.cos(t), 0.24 + radius * 0.48 * math.sin(t)) for t in turns]
        pen.polygon(points, colour)
    for index, letter in enumerate(_STOP):
        x = 0.17 + 0.175 * index
        pen.line([(x + 0.12 * u, 0.195 + 0.09 * v) for u, v in letter], 0.032, WHITE)


def draw_parking_meter(pen: Pen, rng: Random) -> None:
    """A meter with a round head on a post."""
    colour = pick(rng, ((92, 100, 110), (120, 124, 130), (70, 90, 110)))
    pen.rectangle(0.38, 0.4, 0.62, 1.0, shade(colour, 0.7))
    pen.rectangle(0.14, 0.2, 0.86, 0.5, colour)
    pen.sector(0.5, 0.21, 0.36, 0.2, 180, 360, colour)
    pen.sector(0.5, 0.19, 0.26, 0.13, 180, 360, (216, 226, 220))
    pen.line([(0.5, 0.19), (0.6, 0.1)], 0.05, (200, 40, 40))
    pen.rectangle(0.3, 0.28, 0.7, 0.34, BLACK)
    pen.rectangle(0.36, 0.38, 0.64, 0.46, (226, 190, 60))


def draw_bench(pen: Pen, rng: Random) -> None:
    """A park bench with slats."""
    wood = pick(rng, (*WOOD, (70, 110, 80)))
    iron = (50, 52, 54)
    for x in (0.12, 0.88):
        pen.line([(x, 0.04), (x, 0.6)], 0.045, iron)
        pen.line([(x, 0.58), (x - 0.04, 0.98)], 0.05, iron)
        pen.line([(x + 0.03, 0.62), (x + 0.05, 0.98)], 0.05, iron)
    for y in (0.05, 0.2, 0.35):
        pen.rectangle(0.02, y, 0.98, y + 0.1, shade(wood, 0.95))
    pen.polygon([(0.02, 0.54), (0.98, 0.54), (1.0, 0.68), (0.0, 0.68)], shade(wood, 1.12))
    pen.rectangle(0.0, 0.66, 1.0, 0.72, shade(wood, 0.65))


def draw_frisbee(pen: Pen, rng: Random) -> None:
    """A flat disc."""
    colour = pick(rng, CLOTH)
    pen.ellipse(0.5, 0.55, 0.5, 0.42, shade(colour, 0.66))
    pen.ellipse(0.5, 0.46, 0.5, 0.4, colour)
    pen.ellipse(0.5, 0.44, 0.3, 0.22, shade(colour, 1.3))


def draw_skis(pen: Pen, rng: Random) -> None:
    """A pair of skis with their tips up."""
    colour = pick(rng, CLOTH)
    for shift in (0.0, 0.42):
        pen.line(
            [(0.02, 0.44 + shift), (0.86, 0.44 + shift), (0.95, 0.34 + shift), (1.0, 0.1 + shift)],
            0.19,
            shade(colour, 0.85 if shift else 1.1),
        )
        pen.rectangle(0.42, 0.24 + shift, 0.58, 0.42 + shift, BLACK)


def draw_snowboard(pen: Pen, rng: Random) -> None:
    """A broad board with bindings."""
    colour = pick(rng, CLOTH)
    pen.line([(0.02, 0.3), (0.1, 0.58), (0.9, 0.58), (0.98, 0.3)], 0.3, colour)
    pen.line([(0.2, 0.52), (0.8, 0.52)], 0.1, shade(colour, 1.5))
    for x in (0.3, 0.66):
        pen.rectangle(x, 0.12, x + 0.1, 0.46, BLACK)


def draw_sports_ball(pen: Pen, rng: Random) -> None:
    """A football, basketball, tennis ball, volleyball or baseball."""
    kind = rng.randrange(5)
    colour = (WHITE, (222, 118, 44), (206, 226, 70), (244, 214, 80), WHITE)[kind]
    pen.ellipse(0.5, 0.5, 0.5, 0.5, shade(colour, 0.78))
    pen.ellipse(0.46, 0.46, 0.45, 0.45, colour)
    if kind == 0:
        for turn in range(5):
            angle = math.radians(72 * turn - 90)
            pen.circle(0.5 + 0.36 * math.cos(angle), 0.5 + 0.36 * math.sin(angle), 0.1, BLACK)
        pen.circle(0.5, 0.5, 0.14, BLACK)
    elif kind == 1:
        pen.line([(0.5, 0.02), (0.5, 0.98)], 0.04, BLACK)
        pen.line([(0.02, 0.5), (0.98, 0.5)], 0.04, BLACK)
    elif kind == 2:
        pen.arc(0.1, 0.5, 0.3, 0.4, -60, 60, 0.06, WHITE)
    elif kind == 3:
        pen.arc(0.5, 0.9, 0.5, 0.5, 215, 325, 0.06, (50, 90, 180))
        pen.arc(0.5, 0.1, 0.5, 0.5, 35, 145, 0.06, (50, 90, 180))
    else:
        pen.arc(0.0, 0.5, 0.34, 0.4, -60, 60, 0.04, (200, 50, 50))
        pen.arc(1.0, 0.5, 0.34, 0.4, 120, 240, 0.04, (200, 50, 50))


def draw_kite(pen: Pen, rng: Random) -> None:
    """A diamond kite with a tail."""
    first, second = pick(rng, CLOTH), pick(rng, CLOTH)
    pen.line([(0.5, 0.66), (0.6, 0.76), (0.42, 0.86), (0.54, 1.0)], 0.03, shade(first, 0.7))
    for x, y in ((0.6, 0.76), (0.42, 0.86)):
        pen.polygon(
            [
                (x - 0.12, y - 0.05),
                (x + 0.12, y + 0.05),
                (x + 0.12, y - 0.05),
                (x - 0.12, y + 0.05),
            ],
            second,
        )
    pen.polygon([(0.5, 0.0), (0.96, 0.26), (0.5, 0.7), (0.04, 0.26)], first)
    pen.polygon([(0.5, 0.0), (0.96, 0.26), (0.5, 0.26)], second)
    pen.polygon([(0.5, 0.26), (0.04, 0.26), (0.5, 0.7)], second)


def draw_baseball_bat(pen: Pen, rng: Random) -> None:
    """A bat, its handle at the bottom."""
    wood = pick(rng, ((206, 160, 104), (180, 130, 80), (60, 60, 66), (170, 176, 182)))
    pen.polygon(
        [(0.2, 0.06), (0.5, 0.0), (0.8, 0.06), (0.86, 0.3), (0.62, 0.9), (0.38, 0.9), (0.14, 0.3)],
        wood,
    )
    pen.polygon(
        [(0.2, 0.06), (0.42, 0.02), (0.46, 0.9), (0.38, 0.9), (0.14, 0.3)], shade(wood, 1.2)
    )
    pen.polygon([(0.41, 0.74), (0.59, 0.74), (0.6, 0.96), (0.4, 0.96)], (70, 50, 44))
    pen.ellipse(0.5, 0.97, 0.3, 0.03, shade(wood, 0.8))


def draw_baseball_glove(pen: Pen, rng: Random) -> None:
    """A leather glove with four broad fingers."""
    leather = pick(rng, ((150, 90, 48), (120, 70, 40), (180, 120, 70)))
    for x, top in ((0.2, 0.18), (0.4, 0.06), (0.6, 0.06), (0.79, 0.16)):
        pen.line([(x, top + 0.08), (0.5 + (x - 0.5) * 0.7, 0.6)], 0.2, leather)
        pen.line([(x, top + 0.08), (0.5 + (x - 0.5) * 0.7, 0.5)], 0.02, shade(leather, 0.6))
    pen.line([(0.08, 0.5), (0.24, 0.74)], 0.22, shade(leather, 0.85))
    pen.rounded(0.18, 0.46, 0.86, 0.98, leather, 0.3)
    pen.ellipse(0.5, 0.64, 0.2, 0.16, shade(leather, 0.66))


def draw_skateboard(pen: Pen, rng: Random) -> None:
    """A board on four wheels."""
    colour = pick(rng, CLOTH)
    pen.line([(0.02, 0.12), (0.14, 0.4), (0.86, 0.4), (0.98, 0.12)], 0.22, colour)
    for x in (0.24, 0.76):
        pen.rectangle(x - 0.05, 0.5, x + 0.05, 0.68, STEEL)
        pen.circle(x - 0.06, 0.78, 0.12, WHITE)
        pen.circle(x + 0.06, 0.78, 0.12, shade(WHITE, 0.85))


def draw_surfboard(pen: Pen, rng: Random) -> None:
    """A surfboard standing on its tail."""
    colour = pick(rng, (*CLOTH, WHITE, (250, 240, 200)))
    stripe = pick(rng, CLOTH)
    points = [(0.5, 0.0), (0.78, 0.12), (0.96, 0.36), (1.0, 0.58), (0.86, 0.86), (0.66, 1.0)]
    outline = points + [(1 - x, y) for x, y in reversed(points)]
    pen.polygon(outline, colour)
    pen.polygon([(0.46, 0.01), (0.54, 0.01), (0.56, 0.99), (0.44, 0.99)], stripe)
    pen.polygon([(0.03, 0.44), (0.97, 0.44), (0.99, 0.52), (0.01, 0.52)], stripe)


def draw_tennis_racket(pen: Pen, rng: Random) -> None:
    """A racket, its handle at the bottom."""
    frame = pick(rng, PAINT)
    pen.ellipse(0.5, 0.3, 0.44, 0.27, (226, 228, 214, 130))
    for index in range(1, 5):
        x = 0.1 + 0.16 * index
        pen.line([(x, 0.08), (x, 0.52)], 0.012, WHITE)
        y = 0.04 + 0.105 * index
        pen.line([(0.1, y), (0.9, y)], 0.012, WHITE)
    pen.arc(0.5, 0.3, 0.44, 0.28, 0, 360, 0.085, frame)
    pen.polygon([(0.28, 0.53), (0.72, 0.53), (0.56, 0.7), (0.44, 0.7)], shade(frame, 0.85))
    pen.rounded(0.4, 0.66, 0.6, 1.0, BLACK, 0.3)
