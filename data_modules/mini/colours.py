"""Colours: palettes, shades, and small variations."""

from collections.abc import Sequence
from random import Random

from data_modules.mini.pen import Colour

BLACK = (28, 28, 32)
WHITE = (246, 246, 242)
STEEL = (168, 172, 178)
GLASS = (150, 190, 210)
TYRE = (36, 36, 40)
WOOD = ((150, 104, 62), (120, 80, 48), (184, 138, 88), (96, 64, 42), (206, 170, 122))
SKIN = ((244, 206, 172), (226, 176, 134), (196, 140, 98), (146, 98, 64), (98, 66, 46))
HAIR = ((40, 28, 22), (84, 54, 30), (148, 100, 52), (214, 176, 98), (120, 120, 122), (170, 70, 36))
CLOTH = (
    (204, 54, 50),
    (46, 94, 168),
    (60, 140, 84),
    (236, 186, 62),
    (240, 240, 236),
    (58, 58, 66),
    (128, 76, 150),
    (232, 126, 56),
    (88, 172, 196),
    (222, 130, 160),
)
TROUSERS = ((44, 60, 102), (54, 54, 58), (120, 104, 80), (88, 104, 140), (150, 148, 142))
PAINT = (
    (196, 40, 40),
    (36, 84, 160),
    (238, 238, 236),
    (50, 52, 58),
    (170, 176, 182),
    (236, 190, 50),
    (44, 128, 96),
    (230, 120, 40),
    (110, 160, 200),
    (120, 40, 60),
)


def pick(rng: Random, palette: Sequence[Colour], amount: int = 10) -> Colour:
    """A colour of the palette, varied a little."""
    return vary(rng, palette[rng.randrange(len(palette))], amount)


def vary(rng: Random, colour: Colour, amount: int = 10) -> Colour:
    """A colour near `colour`: each channel by at most `amount`, all by at most as much again."""
    light = rng.randint(-amount, amount)
    return tuple(_clip(part + light + rng.randint(-amount, amount)) for part in colour)


def shade(colour: Colour, factor: float) -> Colour:
    """Darker for `factor` below 1; above 1 the way to white, all of it at 2."""
    if factor <= 1:
        return tuple(_clip(round(part * factor)) for part in colour)
    return tuple(_clip(round(part + (255 - part) * (factor - 1))) for part in colour)


def mix(first: Colour, second: Colour, weight: float) -> Colour:
    """`first` at weight 0, `second` at weight 1."""
    return tuple(_clip(round(a + (b - a) * weight)) for a, b in zip(first, second, strict=True))


def _clip(value: int) -> int:
    return 0 if value < 0 else 255 if value > 255 else value
