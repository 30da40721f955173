"""Drawings: furniture, bathroom and kitchen appliances."""

from random import Random

from data_modules.mini.colours import BLACK, CLOTH, STEEL, WHITE, WOOD, pick, shade, vary
from data_modules.mini.pen import Colour, Pen

_WARE: tuple[Colour, ...] = (WHITE, (226, 230, 234), (60, 62, 66), (186, 190, 196))


def draw_chair(pen: Pen, rng: Random) -> None:
    """A wooden chair, or an office chair on a star foot."""
    if rng.random() < 0.65:
        wood = pick(rng, (*WOOD, WHITE))
        for x in (0.3, 0.92):
            pen.line([(x, 0.56), (x, 0.9)], 0.07, shade(wood, 0.7))
        pen.line([(0.12, 0.04), (0.1, 0.98)], 0.09, wood)
        pen.line([(0.5, 0.04), (0.52, 0.5)], 0.09, wood)
        for y in (0.08, 0.22, 0.36):
            pen.line([(0.12, y), (0.5, y)], 0.08, shade(wood, 0.88))
        pen.polygon(
            [(0.06, 0.54), (0.4, 0.48), (1.0, 0.5), (0.8, 0.6), (0.08, 0.62)], shade(wood, 1.2)
        )
        pen.polygon(
            [(0.06, 0.58), (0.8, 0.58), (1.0, 0.5), (1.0, 0.56), (0.8, 0.66), (0.06, 0.64)],
            shade(wood, 0.8),
        )
        pen.line([(0.78, 0.62), (0.8, 0.98)], 0.09, wood)
        return
    cloth = pick(rng, (*CLOTH, BLACK, BLACK))
    pen.line([(0.5, 0.6), (0.5, 0.86)], 0.07, STEEL)
    pen.line([(0.1, 0.96), (0.5, 0.84), (0.9, 0.96)], 0.06, (60, 60, 64))
    for x in (0.1, 0.5, 0.9):
        pen.circle(x, 0.97, 0.045, BLACK)
    pen.line([(0.24, 0.46), (0.22, 0.58)], 0.05, shade(cloth, 0.6))
    pen.rounded(0.14, 0.0, 0.62, 0.5, cloth, 0.25)
    pen.rounded(0.1, 0.52, 0.92, 0.66, shade(cloth, 0.84), 0.4)
    pen.line([(0.6, 0.36), (0.86, 0.36), (0.86, 0.54)], 0.05, shade(cloth, 0.6))


def draw_couch(pen: Pen, rng: Random) -> None:
    """A sofa with cushions."""
    cloth = pick(rng, (*CLOTH, (150, 130, 110), (120, 120, 126)))
    for x in (0.1, 0.86):
        pen.rectangle(x, 0.88, x + 0.05, 1.0, (80, 56, 40))
    pen.rounded(0.06, 0.06, 0.94, 0.7, shade(cloth, 0.82), 0.2)
    pen.line([(0.5, 0.1), (0.5, 0.5)], 0.012, shade(cloth, 0.6))
    for x in (0.14, 0.5):
        pen.rounded(x, 0.46, x + 0.36, 0.72, shade(cloth, 1.15), 0.25)
    pen.rectangle(0.08, 0.66, 0.92, 0.92, shade(cloth, 0.94))
    for x in (0.0, 0.86):
        pen.rounded(x, 0.32, x + 0.14, 0.93, cloth, 0.4)
    for x in (0.17, 0.66):
        if rng.random() < 0.7:
            pen.rounded(x, 0.26, x + 0.17, 0.56, pick(rng, CLOTH), 0.3)


def draw_potted_plant(pen: Pen, rng: Random) -> None:
    """Leaves in a pot."""
    green = pick(rng, ((70, 140, 64), (50, 116, 60), (110, 160, 70), (60, 130, 100)))
    for _ in range(9):
        x, y = rng.uniform(0.06, 0.94), rng.uniform(0.04, 0.5)
        pen.line([(0.5, 0.68), ((0.5 + x) / 2, y + 0.14), (x, y)], 0.05, shade(green, 0.75))
        pen.ellipse(x, y + 0.05, 0.16, 0.08, vary(rng, green, 20), (x - 0.5) * 2)
    pot = pick(rng, ((190, 96, 60), (226, 222, 214), (100, 120, 140), (160, 120, 90)))
    pen.polygon([(0.24, 0.68), (0.76, 0.68), (0.68, 1.0), (0.32, 1.0)], pot)
    pen.rectangle(0.2, 0.64, 0.8, 0.74, shade(pot, 0.84))


def draw_bed(pen: Pen, rng: Random) -> None:
    """A bed with pillows and a blanket, from the side of its foot."""
    wood = pick(rng, WOOD)
    cover = pick(rng, CLOTH)
    pen.rounded(0.0, 0.02, 0.2, 0.98, shade(wood, 0.85), 0.15)
    pen.rectangle(0.06, 0.62, 0.96, 0.86, wood)
    pen.polygon([(0.08, 0.46), (0.94, 0.46), (1.0, 0.72), (0.08, 0.72)], WHITE)
    pen.rounded(0.1, 0.28, 0.32, 0.54, shade(WHITE, 0.95), 0.35)
    pen.rounded(0.14, 0.36, 0.38, 0.58, WHITE, 0.35)
    pen.polygon([(0.38, 0.44), (0.92, 0.44), (1.0, 0.58), (1.0, 0.84), (0.42, 0.8)], cover)
    pen.polygon([(0.38, 0.44), (0.5, 0.44), (0.55, 0.81), (0.42, 0.8)], shade(cover, 1.4))
    if rng.random() < 0.5:
        for x in (0.62, 0.74, 0.86):
            pen.line([(x, 0.46), (x + 0.05, 0.8)], 0.02, shade(cover, 0.75))
    pen.rectangle(0.94, 0.56, 1.0, 0.98, shade(wood, 0.75))


def draw_dining_table(pen: Pen, rng: Random) -> None:
    """A table seen from above its front edge; things stand on its upper two thirds."""
    wood = pick(rng, (*WOOD, (226, 216, 200)))
    pen.polygon([(0.14, 0.0), (0.86, 0.0), (1.0, 0.66), (0.0, 0.66)], wood)
    for index in range(1, 5):
        x = 0.2 * index
        pen.line([(0.14 + 0.72 * x, 0.01), (x, 0.65)], 0.008, shade(wood, 0.84))
    pen.rectangle(0.0, 0.64, 1.0, 0.74, shade(wood, 0.7))
    for x in (0.04, 0.88):
        pen.rectangle(x, 0.74, x + 0.08, 1.0, shade(wood, 0.6))
    if rng.random() < 0.4:
        cloth = pick(rng, (WHITE, *CLOTH))
        pen.polygon([(0.4, 0.0), (0.6, 0.0), (0.64, 0.66), (0.36, 0.66)], cloth)
        pen.rectangle(0.36, 0.64, 0.64, 0.8, shade(cloth, 0.85))


def draw_toilet(pen: Pen, rng: Random) -> None:
    """A toilet with cistern and seat, from the side."""
    ware = pick(rng, (WHITE, (236, 232, 222)), 5)
    pen.rounded(0.0, 0.06, 0.34, 0.56, shade(ware, 0.92), 0.15)
    pen.rectangle(0.0, 0.03, 0.37, 0.11, ware)
    pen.rectangle(0.12, 0.15, 0.2, 0.19, STEEL)
    pen.polygon([(0.22, 0.62), (0.74, 0.66), (0.62, 0.98), (0.24, 0.98)], shade(ware, 0.82))
    pen.polygon([(0.14, 0.5), (1.0, 0.5), (0.96, 0.62), (0.78, 0.74), (0.2, 0.74)], ware)
    pen.ellipse(0.62, 0.51, 0.38, 0.07, shade(ware, 0.75))
    pen.ellipse(0.63, 0.505, 0.27, 0.04, (150, 170, 180))
    if rng.random() < 0.6:
        pen.polygon([(0.26, 0.5), (0.34, 0.08), (0.44, 0.06), (0.42, 0.5)], shade(ware, 0.97))


def draw_microwave(pen: Pen, rng: Random) -> None:
    """A microwave oven with window and keypad."""
    case = pick(rng, _WARE)
    pen.rounded(0.0, 0.0, 1.0, 0.96, case, 0.1)
    pen.rounded(0.06, 0.12, 0.68, 0.84, (36, 40, 44), 0.1)
    pen.polygon([(0.12, 0.78), (0.3, 0.18), (0.42, 0.18), (0.24, 0.78)], (70, 76, 84))
    pen.rectangle(0.7, 0.14, 0.735, 0.82, shade(case, 0.6))
    pen.rectangle(0.78, 0.12, 0.95, 0.26, (70, 190, 130))
    for y in (0.36, 0.5, 0.64):
        for x in (0.79, 0.85, 0.91):
            pen.rectangle(x, y, x + 0.04, y + 0.08, shade(case, 0.7))
    pen.rectangle(0.08, 0.95, 0.92, 1.0, BLACK)


def draw_oven(pen: Pen, rng: Random) -> None:
    """A cooker: hob, knobs and an oven door."""
    case = pick(rng, _WARE)
    pen.rectangle(0.0, 0.06, 1.0, 1.0, case)
    pen.rectangle(0.0, 0.02, 1.0, 0.12, (44, 46, 50))
    for x in (0.2, 0.5, 0.8):
        pen.ellipse(x, 0.035, 0.12, 0.03, (90, 90, 94))
    for x in (0.14, 0.32, 0.5, 0.68, 0.86):
        pen.circle(x, 0.2, 0.045, shade(case, 0.55))
    pen.rounded(0.08, 0.34, 0.92, 0.82, (38, 40, 44), 0.1)
    pen.polygon([(0.14, 0.78), (0.4, 0.38), (0.54, 0.38), (0.3, 0.78)], (84, 74, 66))
    pen.line([(0.12, 0.3), (0.88, 0.3)], 0.035, shade(STEEL, 1.2))
    pen.rectangle(0.0, 0.88, 1.0, 0.9, shade(case, 0.6))


def draw_toaster(pen: Pen, rng: Random) -> None:
    """A toaster with two slices."""
    case = pick(rng, (*_WARE, (196, 50, 46)))
    for x in (0.2, 0.5):
        pen.rounded(x, 0.02, x + 0.26, 0.5, (206, 150, 84), 0.25)
    pen.rounded(0.04, 0.3, 0.92, 0.94, case, 0.25)
    pen.rectangle(0.14, 0.3, 0.82, 0.37, BLACK)
    pen.rectangle(0.9, 0.44, 1.0, 0.54, BLACK)
    pen.rectangle(0.12, 0.48, 0.22, 0.84, shade(case, 1.4))
    pen.rectangle(0.1, 0.92, 0.86, 1.0, BLACK)


def draw_sink(pen: Pen, rng: Random) -> None:
    """A wash-basin with a tap, on a pedestal or a cabinet."""
    ware = pick(rng, (WHITE, (226, 230, 234), (190, 196, 202)), 5)
    if rng.random() < 0.5:
        pen.polygon([(0.38, 0.6), (0.62, 0.6), (0.66, 1.0), (0.34, 1.0)], shade(ware, 0.86))
    else:
        wood = pick(rng, (*WOOD, WHITE))
        pen.rectangle(0.08, 0.52, 0.92, 1.0, wood)
        pen.line([(0.5, 0.58), (0.5, 0.98)], 0.015, shade(wood, 0.6))
        for x in (0.44, 0.56):
            pen.circle(x, 0.76, 0.025, STEEL)
    pen.line([(0.5, 0.32), (0.5, 0.08), (0.62, 0.06), (0.64, 0.16)], 0.055, STEEL)
    for x in (0.36, 0.64):
        pen.line([(x, 0.34), (x, 0.26)], 0.06, shade(STEEL, 0.8))
    pen.polygon([(0.02, 0.38), (0.98, 0.38), (0.86, 0.64), (0.14, 0.64)], shade(ware, 0.9))
    pen.ellipse(0.5, 0.38, 0.5, 0.1, ware)
    pen.ellipse(0.5, 0.385, 0.4, 0.065, (150, 172, 184))
    pen.circle(0.5, 0.4, 0.03, (70, 76, 80))


def draw_refrigerator(pen: Pen, rng: Random) -> None:
    """A tall refrigerator with two doors."""
    case = pick(rng, (WHITE, (200, 204, 208), (226, 226, 220), (60, 64, 68), (196, 70, 60)), 6)
    pen.rounded(0.0, 0.0, 1.0, 0.98, case, 0.12)
    pen.rectangle(0.86, 0.02, 1.0, 0.96, shade(case, 0.85))
    pen.line([(0.0, 0.36), (1.0, 0.36)], 0.022, shade(case, 0.5))
    for top, bottom in ((0.16, 0.32), (0.42, 0.62)):
        pen.line([(0.12, top), (0.12, bottom)], 0.06, shade(STEEL, 0.6))
    if rng.random() < 0.5:
        for _ in range(3):
            x, y = rng.uniform(0.3, 0.66), rng.uniform(0.08, 0.24)
            pen.rectangle(x, y, x + 0.14, y + 0.06, pick(rng, CLOTH))
    pen.rectangle(0.06, 0.97, 0.94, 1.0, BLACK)
