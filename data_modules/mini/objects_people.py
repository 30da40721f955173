"""Drawings: people and what they carry or wear."""

from random import Random

from data_modules.mini.colours import (
    BLACK,
    CLOTH,
    HAIR,
    SKIN,
    STEEL,
    TROUSERS,
    WHITE,
    pick,
    shade,
    vary,
)
from data_modules.mini.pen import Pen, Point

# Where the free hand is, in the person's box; the scenes attach what is held there.
HAND: dict[str, Point] = {"stand": (0.84, 0.53), "reach": (0.95, 0.14), "offer": (0.97, 0.38)}


def draw_person(pen: Pen, rng: Random) -> None:
    """A person in any pose."""
    draw_posed_person(pen, rng, rng.choice(("stand", "stand", "walk", "reach", "offer")))


def draw_posed_person(pen: Pen, rng: Random, pose: str) -> None:
    """A person.

    Args:
        pen: for a box about 0.46 times as wide as it is high.
        rng: source of the variation.
        pose: `stand`, `walk`, `ride` (knees bent, feet apart), `reach` (one hand up) or `offer`
            (one hand forward).
    """
    skin, hair = pick(rng, SKIN, 8), pick(rng, HAIR, 8)
    shirt, cloth = pick(rng, CLOTH), pick(rng, TROUSERS)
    shoe = pick(rng, (BLACK, WHITE, (120, 60, 40), (190, 50, 50)))
    dress = pose in ("stand", "reach") and rng.random() < 0.22
    legs = _legs(pose, rng)
    leg_colour = skin if dress or rng.random() < 0.2 else cloth
    far_arm, near_arm = _arms(pose, rng)
    bare = rng.random() < 0.45
    pen.line(far_arm, 0.085, shade(skin if bare else shirt, 0.85))
    for index, leg in enumerate(legs):
        pen.line(leg, 0.13, shade(leg_colour, 0.82 if index == 0 else 1.0))
        foot_x, foot_y = leg[-1]
        pen.ellipse(foot_x + 0.05, foot_y + 0.005, 0.12, 0.026, shoe)
    if dress:
        pen.polygon([(0.36, 0.42), (0.64, 0.42), (0.8, 0.74), (0.2, 0.74)], shirt)
    else:
        pen.polygon([(0.34, 0.46), (0.66, 0.46), (0.68, 0.58), (0.32, 0.58)], cloth)
    pen.rectangle(0.43, 0.14, 0.57, 0.22, shade(skin, 0.88))
    torso = [(0.27, 0.24), (0.38, 0.19), (0.62, 0.19), (0.73, 0.24), (0.66, 0.52), (0.34, 0.52)]
    pen.polygon(torso, shirt)
    if pen.detailed:
        _front(pen, rng, shirt)
    pen.line(near_arm, 0.085, shade(skin, 0.97) if bare else shade(shirt, 0.86))
    pen.line([near_arm[0], _between(near_arm[0], near_arm[1], 0.7)], 0.105, shade(shirt, 0.9))
    pen.circle(*near_arm[-1], 0.05, skin)
    pen.circle(*far_arm[-1], 0.045, shade(skin, 0.9))
    _head(pen, rng, skin, hair)


def _legs(pose: str, rng: Random) -> tuple[list[Point], list[Point]]:
    if pose == "ride":
        return (
            [(0.42, 0.54), (0.16, 0.7), (0.2, 0.96)],
            [(0.58, 0.54), (0.88, 0.7), (0.76, 0.96)],
        )
    if pose == "walk":
        stride = rng.uniform(0.14, 0.3)
        return (
            [(0.45, 0.54), (0.42 - stride * 0.3, 0.74), (0.42 - stride, 0.95)],
            [(0.55, 0.54), (0.6 + stride * 0.5, 0.74), (0.52 + stride, 0.97)],
        )
    apart = rng.uniform(0.02, 0.12)
    return (
        [(0.42, 0.54), (0.41 - apart / 2, 0.76), (0.38 - apart, 0.965)],
        [(0.58, 0.54), (0.59 + apart / 2, 0.76), (0.6 + apart, 0.975)],
    )


def _arms(pose: str, rng: Random) -> tuple[list[Point], list[Point]]:
    swing = rng.uniform(-0.05, 0.05)
    far: list[Point] = [(0.3, 0.25), (0.19 - swing, 0.38), (0.2 + swing, 0.52)]
    if pose == "walk":
        far = [(0.3, 0.25), (0.14, 0.38), (0.26 + swing, 0.48)]
    near: dict[str, list[Point]] = {
        "stand": [(0.7, 0.25), (0.82, 0.39), HAND["stand"]],
        "walk": [(0.7, 0.25), (0.84, 0.38), (0.74, 0.5)],
        "ride": [(0.7, 0.25), (0.9, 0.32), (1.0, 0.42)],
        "reach": [(0.7, 0.25), (0.92, 0.3), HAND["reach"]],
        "offer": [(0.7, 0.25), (0.82, 0.4), HAND["offer"]],
    }
    if pose == "ride":
        far = [(0.3, 0.25), (0.08, 0.3), (0.0, 0.42)]
    return far, near[pose]


def _front(pen: Pen, rng: Random, shirt: tuple[int, ...]) -> None:
    style = rng.randrange(5)
    if style == 0:
        for y in (0.27, 0.35, 0.43):
            pen.rectangle(0.33, y, 0.67, y + 0.025, shade(shirt, 1.45))
    elif style == 1:
        pen.line([(0.5, 0.2), (0.5, 0.51)], 0.02, shade(shirt, 0.7))
        pen.polygon([(0.42, 0.19), (0.58, 0.19), (0.5, 0.26)], shade(shirt, 1.5))
    elif style == 2:
        pen.circle(0.5, 0.33, 0.075, shade(shirt, 1.5))
    pen.polygon([(0.58, 0.2), (0.73, 0.24), (0.66, 0.52), (0.56, 0.52)], shade(shirt, 0.9))


def _head(pen: Pen, rng: Random, skin: tuple[int, ...], hair: tuple[int, ...]) -> None:
    style = rng.randrange(5)
    if style == 0:  # long hair falls behind the head
        pen.ellipse(0.5, 0.125, 0.225, 0.115, hair)
    pen.ellipse(0.5, 0.095, 0.165, 0.083, skin)
    if style in (0, 1, 2):
        pen.sector(0.5, 0.085, 0.185, 0.085, 180, 360, hair)
        pen.polygon([(0.32, 0.08), (0.38, 0.05), (0.37, 0.12)], hair)
    elif style == 3:
        cap = pick(rng, CLOTH)
        pen.sector(0.5, 0.075, 0.185, 0.078, 180, 360, cap)
        pen.rectangle(0.5, 0.062, 0.78, 0.08, shade(cap, 0.8))
    else:
        pen.sector(0.5, 0.06, 0.15, 0.05, 180, 360, hair)
    if not pen.detailed:
        return
    for x in (0.44, 0.57):
        pen.ellipse(x, 0.095, 0.022, 0.011, BLACK)
    pen.line([(0.45, 0.14), (0.51, 0.147), (0.56, 0.14)], 0.014, shade(skin, 0.6))
    pen.line([(0.505, 0.1), (0.515, 0.12)], 0.01, shade(skin, 0.75))


def _between(first: Point, second: Point, weight: float) -> Point:
    x, y = (a + (b - a) * weight for a, b in zip(first, second, strict=True))
    return x, y


def draw_backpack(pen: Pen, rng: Random) -> None:
    """A backpack with a front pocket and a loop."""
    colour = pick(rng, CLOTH)
    pen.arc(0.5, 0.12, 0.14, 0.12, 180, 360, 0.06, shade(colour, 0.6))
    pen.line([(0.12, 0.3), (0.04, 0.6), (0.16, 0.9)], 0.08, shade(colour, 0.6))
    pen.line([(0.88, 0.3), (0.96, 0.6), (0.84, 0.9)], 0.08, shade(colour, 0.6))
    pen.rounded(0.1, 0.08, 0.9, 1.0, colour, 0.3)
    pen.rounded(0.2, 0.5, 0.8, 0.92, shade(colour, 0.8), 0.2)
    pen.line([(0.22, 0.36), (0.78, 0.36)], 0.04, shade(colour, 0.55))
    pen.rectangle(0.46, 0.5, 0.54, 0.62, STEEL)


def draw_umbrella(pen: Pen, rng: Random) -> None:
    """An open umbrella with panels and a crook."""
    colour = pick(rng, CLOTH)
    other = shade(colour, 0.78) if rng.random() < 0.6 else pick(rng, CLOTH)
    pen.line([(0.5, 0.02), (0.5, 0.9)], 0.03, BLACK)
    pen.arc(0.44, 0.9, 0.06, 0.08, 0, 180, 0.03, shade((150, 90, 50), 0.9))
    for index in range(6):
        pen.sector(
            0.5, 0.5, 0.5, 0.44, 180 + 30 * index, 210 + 30 * index, (colour, other)[index % 2]
        )
    for index in range(4):  # the scalloped edge
        pen.ellipse(0.125 + 0.25 * index, 0.51, 0.125, 0.05, shade(colour, 0.6))


def draw_handbag(pen: Pen, rng: Random) -> None:
    """A handbag with a flap."""
    colour = pick(rng, ((150, 60, 50), (60, 50, 48), (190, 140, 90), (210, 90, 120), (60, 90, 120)))
    pen.arc(0.5, 0.42, 0.28, 0.4, 180, 360, 0.07, shade(colour, 0.6))
    pen.polygon([(0.12, 0.4), (0.88, 0.4), (1.0, 1.0), (0.0, 1.0)], colour)
    pen.polygon(
        [(0.12, 0.4), (0.88, 0.4), (0.9, 0.66), (0.5, 0.76), (0.1, 0.66)], shade(colour, 0.78)
    )
    pen.circle(0.5, 0.7, 0.06, (224, 190, 90))


def draw_tie(pen: Pen, rng: Random) -> None:
    """A tie, plain or striped."""
    colour = pick(rng, CLOTH)
    pen.polygon([(0.2, 0.0), (0.8, 0.0), (0.66, 0.16), (0.34, 0.16)], shade(colour, 0.8))
    pen.polygon([(0.36, 0.16), (0.64, 0.16), (0.95, 0.82), (0.5, 1.0), (0.05, 0.82)], colour)
    if rng.random() < 0.6:
        for y in (0.34, 0.54, 0.74):
            pen.polygon(
                [(0.3, y), (0.72, y - 0.1), (0.76, y - 0.02), (0.26, y + 0.08)], shade(colour, 1.5)
            )


def draw_suitcase(pen: Pen, rng: Random) -> None:
    """A suitcase on wheels with its handle out."""
    colour = vary(rng, pick(rng, CLOTH), 12)
    for x in (0.3, 0.7):
        pen.line([(x, 0.3), (x, 0.02)], 0.05, STEEL)
        pen.circle(x, 0.96, 0.06, BLACK)
    pen.line([(0.28, 0.02), (0.72, 0.02)], 0.07, BLACK)
    pen.rounded(0.06, 0.24, 0.94, 0.94, colour, 0.18)
    for x in (0.24, 0.42, 0.6, 0.78):
        pen.line([(x, 0.3), (x, 0.88)], 0.035, shade(colour, 0.75))
    pen.rectangle(0.38, 0.24, 0.62, 0.29, BLACK)
