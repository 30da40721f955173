"""Drawings: the eight vehicles of COCO."""

from random import Random

from data_modules.mini.colours import (
    BLACK,
    GLASS,
    PAINT,
    STEEL,
    TYRE,
    WHITE,
    WOOD,
    pick,
    shade,
    vary,
)
from data_modules.mini.pen import Colour, Pen


def _wheel(pen: Pen, x: float, y: float, radius: float) -> None:
    pen.circle(x, y, radius, TYRE)
    pen.circle(x, y, radius * 0.55, STEEL)
    pen.circle(x, y, radius * 0.2, TYRE)


def _pane(rng: Random) -> Colour:
    return vary(rng, GLASS, 14)


def draw_bicycle(pen: Pen, rng: Random) -> None:
    """A bicycle from the side."""
    colour = pick(rng, PAINT)
    for x in (0.2, 0.8):
        pen.arc(x, 0.7, 0.19, 0.29, 0, 360, 0.035, TYRE)
        for turn in (0, 60, 120):
            pen.arc(x, 0.7, 0.17, 0.26, turn, turn + 1, 0.01, STEEL)
            pen.line([(x, 0.7), (x + 0.01, 0.44)], 0.008, STEEL)
        pen.circle(x, 0.7, 0.03, STEEL)
    pen.line([(0.2, 0.7), (0.34, 0.32), (0.7, 0.3), (0.46, 0.7), (0.2, 0.7)], 0.042, colour)
    pen.line([(0.34, 0.32), (0.46, 0.7)], 0.042, colour)
    pen.line([(0.8, 0.7), (0.67, 0.14)], 0.042, shade(colour, 0.8))
    pen.line([(0.58, 0.12), (0.7, 0.12), (0.76, 0.2)], 0.035, BLACK)
    pen.line([(0.35, 0.34), (0.32, 0.2)], 0.03, STEEL)
    pen.ellipse(0.31, 0.18, 0.09, 0.04, BLACK)
    pen.circle(0.46, 0.7, 0.06, shade(STEEL, 0.7))
    pen.line([(0.46, 0.7), (0.5, 0.86)], 0.03, BLACK)


def draw_car(pen: Pen, rng: Random) -> None:
    """A car from the side: saloon, hatchback or van-like."""
    colour = pick(rng, PAINT)
    pane = _pane(rng)
    roof = rng.choice(((0.28, 0.36, 0.66, 0.82), (0.14, 0.22, 0.66, 0.84), (0.26, 0.4, 0.62, 0.8)))
    left, first, second, right = roof
    pen.polygon([(left, 0.42), (first, 0.06), (second, 0.06), (right, 0.42)], shade(colour, 0.88))
    pen.polygon([(left + 0.05, 0.4), (first + 0.02, 0.13), (0.48, 0.13), (0.48, 0.4)], pane)
    pen.polygon(
        [(0.52, 0.4), (0.52, 0.13), (second - 0.015, 0.13), (right - 0.05, 0.4)], shade(pane, 0.9)
    )
    pen.polygon(
        [(0.02, 0.46), (0.1, 0.38), (0.86, 0.4), (0.98, 0.52), (1.0, 0.78), (0.0, 0.78)], colour
    )
    pen.rectangle(0.0, 0.7, 1.0, 0.8, shade(colour, 0.66))
    pen.line([(0.5, 0.42), (0.5, 0.74)], 0.014, shade(colour, 0.6))
    pen.line([(0.06, 0.54), (0.95, 0.56)], 0.014, shade(colour, 1.35))
    pen.rectangle(0.42, 0.5, 0.47, 0.53, shade(colour, 0.5))
    pen.ellipse(0.965, 0.56, 0.03, 0.06, (255, 240, 180))
    pen.rectangle(0.0, 0.5, 0.03, 0.62, (200, 40, 40))
    for x in (0.22, 0.78):
        pen.ellipse(x, 0.76, 0.13, 0.24, shade(colour, 0.4))
        _wheel(pen, x, 0.79, 0.145)


def draw_motorcycle(pen: Pen, rng: Random) -> None:
    """A motorcycle from the side."""
    colour = pick(rng, PAINT)
    for x in (0.2, 0.8):
        pen.circle(x, 0.72, 0.215, TYRE)
        pen.circle(x, 0.72, 0.13, STEEL)
        pen.circle(x, 0.72, 0.07, shade(TYRE, 1.2))
    pen.line([(0.8, 0.72), (0.66, 0.14)], 0.05, STEEL)
    pen.line([(0.2, 0.72), (0.48, 0.68), (0.64, 0.36)], 0.07, BLACK)
    pen.rounded(0.36, 0.5, 0.62, 0.8, shade(STEEL, 0.75), 0.2)
    pen.line([(0.08, 0.84), (0.5, 0.82)], 0.05, shade(STEEL, 1.3))
    pen.polygon([(0.38, 0.44), (0.46, 0.26), (0.64, 0.24), (0.68, 0.4), (0.58, 0.54)], colour)
    pen.polygon([(0.04, 0.3), (0.14, 0.3), (0.42, 0.4), (0.42, 0.5), (0.2, 0.5)], BLACK)
    pen.polygon([(0.02, 0.44), (0.2, 0.42), (0.36, 0.52), (0.3, 0.6)], colour)
    pen.line([(0.54, 0.12), (0.68, 0.14)], 0.05, BLACK)
    pen.circle(0.73, 0.26, 0.065, (255, 240, 190))
    pen.sector(0.8, 0.72, 0.2, 0.3, 200, 320, shade(colour, 0.85))
    pen.circle(0.8, 0.72, 0.15, TYRE)
    pen.circle(0.8, 0.72, 0.1, STEEL)


def draw_airplane(pen: Pen, rng: Random) -> None:
    """An airliner from the side."""
    body = pick(rng, (WHITE, (226, 230, 236), (210, 214, 220)), 6)
    colour = pick(rng, PAINT)
    pen.polygon([(0.04, 0.06), (0.14, 0.06), (0.28, 0.44), (0.08, 0.44)], colour)
    pen.polygon([(0.46, 0.4), (0.4, 0.14), (0.48, 0.14), (0.62, 0.42)], shade(body, 0.72))
    pen.polygon(
        [
            (0.02, 0.42),
            (0.2, 0.36),
            (0.84, 0.36),
            (0.94, 0.42),
            (1.0, 0.52),
            (0.94, 0.6),
            (0.8, 0.64),
            (0.26, 0.62),
        ],
        body,
    )
    pen.polygon([(0.1, 0.47), (0.98, 0.49), (0.99, 0.54), (0.16, 0.53)], colour)
    for index in range(9):
        x = 0.26 + index * 0.066
        pen.rectangle(x, 0.41, x + 0.028, 0.46, (70, 100, 130))
    pen.polygon([(0.9, 0.41), (0.94, 0.42), (0.97, 0.46), (0.9, 0.46)], (60, 80, 104))
    pen.polygon([(0.62, 0.56), (0.38, 0.56), (0.18, 0.92), (0.28, 0.92)], shade(body, 0.82))
    pen.rounded(0.4, 0.66, 0.56, 0.82, shade(STEEL, 0.8), 0.4)
    pen.polygon([(0.06, 0.44), (0.2, 0.44), (0.06, 0.6), (0.0, 0.6)], shade(body, 0.78))


def draw_bus(pen: Pen, rng: Random) -> None:
    """A city bus with a row of windows; some have two decks."""
    colour = pick(rng, PAINT)
    pane = _pane(rng)
    pen.rounded(0.0, 0.02, 1.0, 0.9, colour, 0.12)
    double = rng.random() < 0.3
    rows = ((0.1, 0.3), (0.46, 0.68)) if double else ((0.14, 0.5),)
    for top, bottom in rows:
        for index in range(5):
            x = 0.03 + index * 0.16
            pen.rectangle(x, top, x + 0.135, bottom, pane)
            pen.polygon(
                [(x, bottom), (x + 0.06, top), (x + 0.09, top), (x + 0.03, bottom)],
                shade(pane, 1.3),
            )
        pen.rectangle(0.85, top, 0.99, bottom, shade(pane, 0.85))
    pen.rectangle(0.71, 0.46 if double else 0.2, 0.81, 0.86, shade(pane, 0.75))
    pen.line([(0.76, 0.46 if double else 0.2), (0.76, 0.86)], 0.012, shade(colour, 0.6))
    pen.rectangle(0.0, 0.73, 0.7, 0.78, shade(colour, 1.6))
    pen.rectangle(0.0, 0.84, 1.0, 0.91, shade(colour, 0.5))
    pen.rectangle(0.965, 0.7, 1.0, 0.78, (255, 240, 180))
    for x in (0.18, 0.62):
        _wheel(pen, x, 0.88, 0.1)


def draw_train(pen: Pen, rng: Random) -> None:
    """A locomotive or a fast train with a carriage, on its rails."""
    colour = pick(rng, PAINT)
    pane = _pane(rng)
    pen.rectangle(0.0, 0.94, 1.0, 0.98, (92, 80, 74))
    if rng.random() < 0.5:
        pen.polygon(
            [(0.0, 0.2), (0.72, 0.2), (0.9, 0.42), (1.0, 0.74), (0.98, 0.86), (0.0, 0.86)], colour
        )
        pen.polygon([(0.72, 0.24), (0.86, 0.42), (0.92, 0.54), (0.72, 0.54)], (50, 66, 84))
        pen.polygon([(0.0, 0.66), (0.97, 0.66), (0.99, 0.76), (0.0, 0.76)], shade(colour, 1.7))
        for index in range(5):
            x = 0.04 + index * 0.13
            pen.rounded(x, 0.32, x + 0.1, 0.54, pane, 0.2)
        pen.line([(0.3, 0.2), (0.36, 0.06), (0.28, 0.02)], 0.02, BLACK)
    else:
        pen.rectangle(0.0, 0.22, 0.42, 0.84, shade(colour, 0.85))
        for x in (0.04, 0.17, 0.3):
            pen.rectangle(x, 0.32, x + 0.09, 0.52, pane)
        pen.rectangle(0.42, 0.78, 0.46, 0.84, BLACK)
        pen.rectangle(0.46, 0.1, 0.66, 0.84, colour)
        pen.rectangle(0.44, 0.06, 0.68, 0.12, shade(colour, 0.6))
        pen.rectangle(0.5, 0.2, 0.62, 0.42, pane)
        pen.rounded(0.62, 0.36, 0.97, 0.78, shade(colour, 0.75), 0.3)
        pen.polygon([(0.82, 0.36), (0.8, 0.12), (0.92, 0.12), (0.9, 0.36)], BLACK)
        pen.circle(0.97, 0.46, 0.045, (255, 236, 170))
        pen.polygon([(0.94, 0.78), (1.0, 0.94), (0.88, 0.94)], shade(STEEL, 0.6))
    pen.rectangle(0.02, 0.84, 0.96, 0.89, (50, 48, 52))
    for x in (0.08, 0.2, 0.34, 0.54, 0.68, 0.82):
        pen.circle(x, 0.89, 0.055, TYRE)
        pen.circle(x, 0.89, 0.028, STEEL)


def draw_truck(pen: Pen, rng: Random) -> None:
    """A lorry with a box, or a pick-up."""
    colour = pick(rng, PAINT)
    pane = _pane(rng)
    if rng.random() < 0.65:
        box = pick(rng, (WHITE, (210, 212, 214), *PAINT))
        pen.rectangle(0.0, 0.02, 0.68, 0.76, box)
        pen.rectangle(0.0, 0.02, 0.68, 0.08, shade(box, 0.8))
        pen.polygon([(0.1, 0.5), (0.58, 0.5), (0.58, 0.3), (0.1, 0.3)], shade(box, 0.72))
    else:
        pen.rectangle(0.0, 0.44, 0.68, 0.78, shade(colour, 0.85))
        pen.rectangle(0.0, 0.4, 0.66, 0.47, shade(colour, 0.6))
        pen.polygon([(0.06, 0.42), (0.14, 0.26), (0.5, 0.22), (0.6, 0.42)], (140, 110, 76))
    pen.polygon([(0.7, 0.22), (0.9, 0.22), (0.98, 0.5), (1.0, 0.8), (0.7, 0.8)], colour)
    pen.polygon([(0.76, 0.28), (0.88, 0.28), (0.94, 0.5), (0.76, 0.5)], pane)
    pen.rectangle(0.0, 0.76, 1.0, 0.84, (52, 52, 56))
    pen.rectangle(0.95, 0.62, 1.0, 0.7, (255, 240, 180))
    for x in (0.14, 0.34, 0.84):
        _wheel(pen, x, 0.86, 0.115)


def draw_boat(pen: Pen, rng: Random) -> None:
    """A sailing boat, a motor boat or a rowing boat."""
    hull = pick(rng, (*PAINT, *WOOD))
    kind = rng.random()
    if kind < 0.55:
        sail = pick(rng, (WHITE, WHITE, (230, 90, 70), (240, 200, 90)), 6)
        pen.line([(0.46, 0.02), (0.46, 0.8)], 0.025, (90, 70, 56))
        pen.polygon([(0.49, 0.04), (0.49, 0.7), (0.92, 0.7)], sail)
        pen.polygon([(0.43, 0.14), (0.43, 0.7), (0.12, 0.7)], shade(sail, 0.88))
        pen.polygon([(0.49, 0.5), (0.79, 0.5), (0.85, 0.58), (0.49, 0.58)], shade(sail, 0.8))
    elif kind < 0.85:
        pen.polygon([(0.24, 0.78), (0.3, 0.46), (0.62, 0.46), (0.7, 0.78)], WHITE)
        pen.polygon([(0.5, 0.52), (0.6, 0.52), (0.65, 0.66), (0.5, 0.66)], (70, 100, 130))
        pen.rectangle(0.32, 0.52, 0.45, 0.66, (70, 100, 130))
        pen.rectangle(0.28, 0.42, 0.66, 0.48, shade(hull, 0.8))
        pen.line([(0.4, 0.44), (0.4, 0.16)], 0.02, STEEL)
        pen.polygon([(0.41, 0.17), (0.55, 0.22), (0.41, 0.28)], (210, 50, 50))
    else:
        pen.line([(0.2, 0.52), (0.5, 0.82), (0.62, 0.98)], 0.03, (150, 110, 70))
        pen.rectangle(0.3, 0.7, 0.66, 0.76, (150, 110, 70))
    pen.polygon(
        [(0.0, 0.74), (1.0, 0.7), (0.88, 0.92), (0.8, 0.98), (0.18, 0.98), (0.1, 0.92)], hull
    )
    pen.polygon([(0.0, 0.74), (1.0, 0.7), (0.975, 0.76), (0.025, 0.8)], shade(hull, 1.5))
