"""Drawings: food."""

from random import Random

from data_modules.mini.colours import CLOTH, STEEL, WHITE, pick, shade, vary
from data_modules.mini.pen import Pen


def draw_banana(pen: Pen, rng: Random) -> None:
    """One banana or a bunch of three."""
    yellow = vary(rng, (246, 208, 60), 10)
    for index in range(rng.choice((1, 2, 3))):
        lift = 0.16 * index
        tone = shade(yellow, 1 - 0.1 * index)
        pen.polygon(
            [
                (0.04, 0.2),
                (0.14, 0.14),
                (0.26, 0.5 - lift),
                (0.52, 0.66 - lift),
                (0.9, 0.56 - lift),
                (0.98, 0.64 - lift),
                (0.78, 0.9 - lift),
                (0.46, 0.98 - lift),
                (0.16, 0.74 - lift),
            ],
            tone,
        )
        pen.line([(0.14, 0.4), (0.4, 0.8 - lift), (0.86, 0.68 - lift)], 0.025, shade(tone, 0.78))
        pen.circle(0.95, 0.61 - lift, 0.04, (90, 66, 30))
    pen.line([(0.06, 0.04), (0.1, 0.2)], 0.08, (130, 110, 40))


def draw_apple(pen: Pen, rng: Random) -> None:
    """An apple with stalk and leaf."""
    colour = pick(rng, ((204, 40, 40), (196, 30, 50), (120, 180, 60), (220, 90, 50)))
    pen.ellipse(0.34, 0.58, 0.32, 0.4, colour)
    pen.ellipse(0.66, 0.58, 0.32, 0.4, shade(colour, 0.9))
    pen.ellipse(0.5, 0.6, 0.3, 0.38, colour)
    pen.ellipse(0.3, 0.46, 0.08, 0.13, shade(colour, 1.5), 0.4)
    pen.line([(0.5, 0.28), (0.54, 0.04)], 0.06, (90, 60, 34))
    pen.ellipse(0.68, 0.12, 0.15, 0.07, (80, 150, 60), -0.4)


def draw_sandwich(pen: Pen, rng: Random) -> None:
    """A cut sandwich, or a burger-like roll, with its filling."""
    bread = pick(rng, ((222, 174, 108), (200, 146, 84), (236, 206, 150)))
    fill = ((96, 170, 70), (240, 200, 70), (206, 60, 50), (236, 150, 140))
    if rng.random() < 0.5:
        pen.polygon([(0.02, 0.3), (0.66, 0.04), (0.98, 0.34), (0.36, 0.66)], shade(bread, 1.2))
        for index, colour in enumerate(fill):
            y = 0.1 * index
            pen.polygon(
                [
                    (0.02, 0.3 + y),
                    (0.36, 0.64 + y),
                    (0.98, 0.32 + y),
                    (0.98, 0.44 + y),
                    (0.36, 0.76 + y),
                    (0.02, 0.42 + y),
                ],
                colour,
            )
            if index == 2:
                break
        pen.polygon(
            [(0.02, 0.6), (0.36, 0.9), (0.98, 0.6), (0.98, 0.7), (0.36, 1.0), (0.02, 0.72)], bread
        )
        pen.line([(0.02, 0.3), (0.36, 0.64), (0.98, 0.32)], 0.05, shade(bread, 0.75))
        return
    pen.sector(0.5, 0.46, 0.48, 0.44, 180, 360, bread)
    pen.polygon(
        [
            (0.0, 0.44),
            (1.0, 0.44),
            (0.94, 0.58),
            (0.78, 0.5),
            (0.6, 0.6),
            (0.42, 0.5),
            (0.22, 0.6),
            (0.06, 0.56),
        ],
        fill[0],
    )
    pen.rounded(0.04, 0.56, 0.96, 0.7, (110, 62, 40), 0.3)
    pen.rectangle(0.06, 0.52, 0.94, 0.57, fill[1])
    pen.rounded(0.04, 0.7, 0.96, 0.96, bread, 0.4)
    for x, y in ((0.3, 0.22), (0.5, 0.12), (0.68, 0.24), (0.44, 0.3)):
        pen.circle(x, y, 0.022, (250, 240, 210))


def draw_orange(pen: Pen, rng: Random) -> None:
    """An orange, whole or halved."""
    colour = vary(rng, (242, 140, 34), 12)
    pen.ellipse(0.5, 0.52, 0.48, 0.48, shade(colour, 0.86))
    if rng.random() < 0.3:
        pen.ellipse(0.5, 0.5, 0.42, 0.42, (250, 230, 190))
        for index in range(6):
            pen.sector(0.5, 0.5, 0.38, 0.38, 60 * index + 5, 60 * index + 55, (250, 160, 50))
        return
    pen.ellipse(0.46, 0.48, 0.42, 0.42, colour)
    pen.ellipse(0.34, 0.34, 0.1, 0.08, shade(colour, 1.5))
    pen.circle(0.56, 0.12, 0.06, (70, 120, 50))


def draw_broccoli(pen: Pen, rng: Random) -> None:
    """A floret on its stalk."""
    green = vary(rng, (64, 128, 54), 14)
    stalk = (150, 186, 96)
    pen.polygon([(0.36, 0.44), (0.64, 0.44), (0.6, 1.0), (0.42, 1.0)], stalk)
    pen.line([(0.5, 0.7), (0.2, 0.44)], 0.1, stalk)
    pen.line([(0.5, 0.7), (0.8, 0.44)], 0.1, stalk)
    for x, y, radius in (
        (0.2, 0.4, 0.2),
        (0.8, 0.4, 0.2),
        (0.36, 0.22, 0.22),
        (0.64, 0.22, 0.22),
        (0.5, 0.4, 0.22),
    ):
        pen.circle(x, y, radius, shade(green, 0.85))
        pen.circle(x - 0.03, y - 0.04, radius * 0.75, green)
    for _ in range(14):
        pen.circle(
            rng.uniform(0.1, 0.9), rng.uniform(0.08, 0.5), 0.04, vary(rng, shade(green, 1.15), 14)
        )


def draw_carrot(pen: Pen, rng: Random) -> None:
    """A carrot with its leaves."""
    colour = vary(rng, (236, 122, 36), 12)
    for tip in (0.0, 0.1, 0.2):
        pen.line([(0.28, 0.5), (0.02 + tip * 0.4, tip * 3 + 0.1)], 0.08, (70, 140, 60))
    pen.polygon(
        [
            (0.24, 0.26),
            (0.34, 0.2),
            (0.7, 0.44),
            (1.0, 0.72),
            (0.64, 0.72),
            (0.3, 0.76),
            (0.22, 0.6),
        ],
        colour,
    )
    for x in (0.4, 0.55, 0.7):
        pen.line(
            [(x, 0.36 + (x - 0.4) * 0.5), (x - 0.04, 0.52 + (x - 0.4) * 0.3)],
            0.03,
            shade(colour, 0.72),
        )


def draw_hot_dog(pen: Pen, rng: Random) -> None:
    """A sausage in a roll with mustard."""
    bun = pick(rng, ((216, 160, 90), (228, 178, 110), (196, 138, 74)))
    pen.rounded(0.06, 0.1, 0.94, 0.66, shade(bun, 1.12), 0.5)
    pen.rounded(0.0, 0.26, 1.0, 0.66, vary(rng, (170, 64, 40), 10), 0.5)
    pen.rounded(0.04, 0.5, 0.96, 0.96, bun, 0.45)
    wave = [(0.08 + 0.105 * i, 0.34 + (0.12 if i % 2 else 0.0)) for i in range(9)]
    pen.line(wave, 0.06, (246, 206, 50) if rng.random() < 0.7 else (206, 40, 36))


def draw_pizza(pen: Pen, rng: Random) -> None:
    """A whole pizza, sometimes with a slice missing."""
    crust = vary(rng, (206, 146, 76), 10)
    start, stop = (0.0, 360.0) if rng.random() < 0.5 else (30.0, 330.0)
    pen.sector(0.5, 0.53, 0.5, 0.47, start, stop, shade(crust, 0.7))
    pen.sector(0.5, 0.49, 0.5, 0.47, start, stop, crust)
    pen.sector(0.5, 0.49, 0.42, 0.39, start, stop, (238, 190, 80))
    topping = pick(rng, ((190, 50, 40), (190, 50, 40), (160, 90, 60)))
    for x, y in (
        (0.3, 0.3),
        (0.52, 0.22),
        (0.22, 0.54),
        (0.44, 0.46),
        (0.38, 0.72),
        (0.58, 0.7),
        (0.64, 0.36),
    ):
        pen.ellipse(x, y, 0.075, 0.068, topping)
        pen.ellipse(x - 0.01, y - 0.012, 0.045, 0.04, shade(topping, 1.2))
    for _ in range(6):
        pen.ellipse(
            rng.uniform(0.24, 0.6),
            rng.uniform(0.24, 0.74),
            0.035,
            0.02,
            (70, 140, 60),
            rng.uniform(0, 3),
        )


def draw_donut(pen: Pen, rng: Random) -> None:
    """A ring with icing and sprinkles."""
    dough = vary(rng, (206, 150, 90), 8)
    icing = pick(rng, ((236, 130, 170), (92, 54, 36), (246, 240, 232), (150, 200, 230)))
    pen.arc(0.5, 0.53, 0.33, 0.33, 0, 360, 0.32, dough)
    pen.arc(0.5, 0.47, 0.33, 0.32, 0, 360, 0.26, icing)
    for _ in range(12):
        turn = rng.randrange(0, 360)
        pen.arc(0.5, 0.47, 0.33, 0.32, turn, turn + 6, 0.035, pick(rng, CLOTH))


def draw_cake(pen: Pen, rng: Random) -> None:
    """A cake with icing, a band of cream and cherries or candles."""
    sponge = pick(rng, ((240, 214, 160), (110, 64, 40), (236, 190, 190)))
    icing = pick(rng, (WHITE, (240, 170, 190), (96, 56, 38), (180, 220, 230)))
    pen.ellipse(0.5, 0.92, 0.5, 0.08, shade(STEEL, 1.4))
    pen.rectangle(0.08, 0.42, 0.92, 0.86, sponge)
    pen.ellipse(0.5, 0.86, 0.42, 0.08, sponge)
    pen.rectangle(0.08, 0.62, 0.92, 0.68, shade(icing, 0.95))
    pen.ellipse(0.5, 0.42, 0.42, 0.11, shade(icing, 1.1))
    for index in range(6):
        x = 0.15 + 0.14 * index
        pen.ellipse(x, 0.46, 0.08, 0.07 + 0.05 * (index % 2), icing)
    if rng.random() < 0.5:
        for x in (0.28, 0.5, 0.72):
            pen.rectangle(x - 0.025, 0.16, x + 0.025, 0.4, pick(rng, CLOTH))
            pen.ellipse(x, 0.1, 0.025, 0.07, (250, 180, 50))
    else:
        for x in (0.2, 0.4, 0.6, 0.8):
            pen.circle(x, 0.34, 0.075, (200, 30, 44))
